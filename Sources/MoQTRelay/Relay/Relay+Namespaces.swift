internal import MoQTCodec
internal import MoQTSession
internal import Wire

/// Namespaces and tracks as they come and go (draft-18 "Namespace Discovery").
extension Relay {
    func publishNamespace(_ request: PublishNamespace, from peer: Peer) {
        peer.requests[request.requestID] = .namespace(request.namespace)
        peer.say { try $0.accept(request.requestID, parameters: Parameters()) }
        announced(request.namespace, RequestKey(peer, request.requestID), by: peer)
    }

    /// `peer` publishes the namespace, or says that a client of its does.
    func announced(_ namespace: TrackNamespace, _ key: RequestKey, by peer: Peer) {
        let interested = namespaceInterests.prefixes(of: namespace).filter { interest in
            interest.peer.hears(peer) && !publishers.contains(namespace, for: interest.peer)
        }
        let claim = peer.kind == .client ? claim?(namespace) : nil
        publishers.insert(peer, key.request, under: namespace, claim)
        for interest in interested { announce(namespace, to: interest.peer, interest.request) }
        introduce(namespace, of: peer)
        release(under: namespace)
    }

    /// Tells of a namespace, to whom may know.
    func announce(_ namespace: TrackNamespace, to peer: Peer, _ interest: RequestID) {
        guard peer.may(Errand(.subscribeNamespace, .namespace(namespace)), by: interest, cache.clock) else { return }
        peer.tell(of: namespace, on: interest)
    }

    func withdraw(_ namespace: TrackNamespace, _ key: RequestKey, of peer: Peer) {
        publishers.remove(key, under: namespace)
        for interest in namespaceInterests.prefixes(of: namespace)
        where interest.peer.hears(peer) && !publishers.contains(namespace, for: interest.peer) {
            interest.peer.untell(of: namespace, on: interest.request)
        }
    }

    func subscribeNamespace(_ request: SubscribeNamespace, from peer: Peer) {
        let options = request.options ?? .namespace
        peer.requests[request.requestID] = .namespaceInterest(request.prefix)
        peer.say { try $0.accept(request.requestID, parameters: Parameters()) }
        if options != .publish {
            namespaceInterests.insert(peer, request.requestID, under: request.prefix, ())
            for namespace in publishers.namespaces(under: request.prefix, for: peer) {
                announce(namespace, to: peer, request.requestID)
            }
        }
        if options != .namespace { takeInterest(request.requestID, request.prefix, request.parameters, of: peer) }
    }

    // MARK: - Tracks by PUBLISH

    func publish(_ request: Publish, from peer: Peer) {
        guard peer.kind != .relay || !isOwn(request.track) else {
            // It may be what this relay has offered there.
            return peer.say { try $0.reject(request.requestID, .uninterested, reason: "it is published here") }
        }
        let track = track(request.track)
        let log = openLog(track, request.trackProperties)
        let isFirst = !track.upstreams.contains { $0.wasPublished && !$0.peer.isSibling }
        let isOnly = !track.upstreams.contains { $0.peer === peer }
        let upstream = Upstream(
            peer: peer, requestID: request.requestID, track: track, forwards: false, wasPublished: true,
            properties: request.trackProperties)
        if peer.kind == .client { upstream.claim = claim?(request.track.namespace) }
        track.upstreams.append(upstream)
        peer.requests[request.requestID] = .upstream(upstream)
        upstream.isEstablished = peer.kind != .loop || isOnly && track.wantsObjects(from: peer)
        if !peer.isSibling { track.ownParting = nil }
        if upstream.isEstablished, let largest = request.parameters.largestObject {
            startFill(upstream, upTo: largest)
        }
        // Other loops take what comes after the first for the same track, as it is.
        let waited = Set(track.waiting.keys.map(\.peer))
        let interested = trackInterests.prefixes(of: track.name.namespace).filter {
            $0.peer !== peer && $0.peer.hears(peer) && !waited.contains($0.peer.number)
        }
        for interest in interested where isFirst && interest.peer.isSibling {
            offer(log, to: interest.peer, interest.request, interest.terms)
        }
        afterSiblings(peer) { [weak self] in
            self?.accept(upstream, isOnly: isOnly, for: interested.filter { !$0.peer.isSibling })
        }
    }

    /// PUBLISH_OK, by which objects begin to flow if anybody wants them.
    /// - Parameters:
    ///   - isOnly: its session has no other subscription of the track.
    ///   - interested: who is to be offered the track, unless he waits for it.
    private func accept(
        _ upstream: Upstream, isOnly: Bool, for interested: [NamespaceTable<Parameters>.Entry]
    ) {
        let (peer, id, track) = (upstream.peer, upstream.requestID, upstream.track)
        guard track.upstreams.contains(where: { $0 === upstream }), let log = track.log else { return }
        upstream.forwards = isOnly && track.wantsObjects(from: peer)
        var parameters = Parameters()
        parameters.forward = upstream.forwards
        peer.say { try $0.acceptPublish(id, parameters: parameters) }
        fillLate(upstream, upTo: nil)
        let waited = Set(track.waiting.keys.map(\.peer))
        answerWaiting(track, with: log)
        for interest in interested where !waited.contains(interest.peer.number) {
            offer(log, to: interest.peer, interest.request, interest.terms)
        }
        release(under: track.name.namespace)
    }

    func subscribeTracks(_ request: SubscribeTracks, from peer: Peer) {
        peer.requests[request.requestID] = .trackInterest(request.prefix)
        peer.say { try $0.accept(request.requestID, parameters: Parameters()) }
        takeInterest(request.requestID, request.prefix, request.parameters, of: peer)
    }

    /// The peer wants tracks under `prefix`: those there are, and those to come.
    /// - Parameter old: what it wanted before, and has been offered; nil: nothing.
    func takeInterest(
        _ id: RequestID, _ prefix: TrackNamespace, _ terms: Parameters, of peer: Peer,
        after old: (prefix: TrackNamespace, terms: Parameters)? = nil
    ) {
        trackInterests.insert(peer, id, under: prefix, terms)
        for track in tracks.values where track.name.namespace.hasPrefix(prefix) {
            let isPublished = track.upstreams.contains {
                $0.wasPublished && $0.peer !== peer && peer.hears($0.peer)
            }
            guard let log = track.log, isPublished else { continue }
            let isOld = old.map { old in
                log.name.namespace.hasPrefix(old.prefix) && old.terms.rangeFilters.left(for: log.properties) != nil
            }
            if isOld != true { offer(log, to: peer, id, terms) }
        }
    }

    /// - Parameters:
    ///   - request: by which it may have the track.
    ///   - old: the subscription that this one stands in for; nil: none.
    /// - Returns: whether it was offered.
    @discardableResult
    func offer(
        _ log: TrackLog, to peer: Peer, _ request: RequestID, _ interest: Parameters, replacing old: RequestID? = nil
    ) -> Bool {
        guard peer.may(Errand(.subscribe, .track(log.name)), by: request, cache.clock),
            let filters = interest.rangeFilters.left(for: log.properties),
            hasRoomForOffer(of: log.name, to: peer, request)
        else { return false }
        let parameters = interest.statedByPublish(largest: log.largest)
        do throws(SessionError) {
            let (id, alias) = try peer.session.publish(log.name, properties: log.properties, parameters)
            var terms = interest
            terms.rangeFilters = filters
            peer.requests[id] = .offer(TrackOffer(track: log, alias: alias, terms: terms, replaces: old))
            let warrant = peer.access?.requests[request]
            peer.access?.requests[id] = warrant
            peer.flush()
            return true
        } catch {
            if case .invalid(let why) = error { peer.downlink.refuse(why) }
            return false
        }
    }

    func offerAccepted(_ id: RequestID, _ parameters: Parameters, by peer: Peer) {
        guard case .offer(let offer) = peer.requests[id] else { return }
        // Others may publish it, too, on other loops.
        if let track = tracks[offer.track.name] { ask(for: track, as: peer, newGroup: nil) }
        let terms = peer.attach(offer, id, parameters)
        if let old = offer.replaces { replaced(old, of: peer) }
        guard let track = tracks[offer.track.name] else { return }
        resume(track)
        requestNewGroup(terms.newGroupRequest, of: track, for: peer)
    }
}
