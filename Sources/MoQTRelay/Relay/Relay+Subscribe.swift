internal import MoQTCodec
internal import MoQTSession
internal import Wire

/// Subscriptions downstream, and the one upstream that feeds them (draft-18 "Subscriber Interactions").
extension Relay {
    func subscribe(_ request: Subscribe, from peer: Peer, _ now: Instant) {
        let track = track(request.track)
        if let log = track.log, track.isEstablished {
            let fill = peer.subscribe(request, to: log)
            resume(track)
            requestNewGroup(request.parameters.newGroupRequest, of: track)
            if let fill { start(fill, of: track) }
            return
        }
        if track.upstreams.isEmpty {
            for publisher in publishers.prefixes(of: track.name.namespace) {
                subscribe(track, to: publisher.peer, newGroup: request.parameters.newGroupRequest)
            }
        }
        let patience = Interval(timeout: request.parameters.rendezvousTimeout)
        guard !track.upstreams.isEmpty || patience != nil else {
            peer.say { try $0.reject(request.requestID, .doesNotExist, reason: "no such track") }
            return dropIfIdle(track)
        }
        track.waiting[RequestKey(peer, request.requestID)] = .init(
            peer: peer, request: request, deadline: now + (patience ?? .zero))
        peer.requests[request.requestID] = .waiting(track)
    }

    /// Asks a publisher for a track, from where it stands; the first one also for what precedes that.
    /// - Parameter newGroup: NEW_GROUP_REQUEST; nil: nobody wants one.
    func subscribe(_ track: RelayTrack, to publisher: Peer, newGroup: UInt64?) {
        guard !track.upstreams.contains(where: { $0.peer === publisher }) else { return }
        var parameters = Parameters()
        parameters.locationFilter = .nextObject
        parameters.newGroupRequest = publisher.takesNewGroupRequests ? newGroup : nil
        let join: Join? = track.log == nil && track.upstreams.isEmpty ? .groups(before: 0) : nil
        guard let id = try? publisher.session.subscribe(track.name, parameters, join: join) else { return }
        let upstream = Upstream(peer: publisher, requestID: id, track: track, forwards: true, wasPublished: false)
        upstream.isJoining = join != nil
        upstream.newGroup = parameters.newGroupRequest.map { NewGroupRequest(group: $0) }
        publisher.requests[id] = .upstream(upstream)
        track.upstreams.append(upstream)
        publisher.flush()
    }

    func subscribed(_ id: RequestID, _ answer: SubscribeOK, to peer: Peer) {
        guard case .upstream(let upstream) = peer.requests[id] else { return }
        let log = openLog(upstream.track, answer.trackProperties)
        upstream.isEstablished = true
        upstream.newGroup?.largest = answer.parameters.largestObject?.group
        if let largest = answer.parameters.largestObject { startFill(upstream, upTo: largest) }
        answerWaiting(upstream.track, with: log)
    }

    /// The log that an upstream writes into: the track's while it has publishers or readers, otherwise a new one.
    func openLog(_ track: RelayTrack, _ properties: Properties) -> TrackLog {
        track.orphanedAt = nil
        track.parting = nil
        track.ending = nil
        if let log = track.log, log.end == nil, track.isEstablished || !log.subscriptions.isEmpty {
            log.adopt()
            log.properties = properties
            return log
        }
        forgetLog(track)
        let log = TrackLog(
            name: track.name, properties: properties,
            delivery: Delivery(properties, fallback: settings.defaultDeliveryTimeout), cache: cache)
        track.log = log
        return log
    }

    func answerWaiting(_ track: RelayTrack, with log: TrackLog) {
        let waiting = track.waiting
        track.waiting = [:]
        var fills: [FetchReply] = []
        for entry in waiting.values {
            entry.peer.requests[entry.request.requestID] = nil
            if let fill = entry.peer.subscribe(entry.request, to: log) { fills.append(fill) }
        }
        resume(track)
        for entry in waiting.values { requestNewGroup(entry.request.parameters.newGroupRequest, of: track) }
        for fill in fills { start(fill, of: track) }
    }

    /// Somebody wants objects: publishers that hold them back are told to send (draft-18 "Publisher Interactions").
    func resume(_ track: RelayTrack) {
        guard let log = track.log, log.subscriptions.contains(where: { $0.forwards }) else { return }
        for upstream in track.upstreams where upstream.isEstablished && !upstream.forwards {
            var parameters = Parameters()
            parameters.forward = true
            guard (try? upstream.peer.session.update(upstream.requestID, parameters)) != nil else { continue }
            upstream.forwards = true
            upstream.peer.flush()
        }
    }

    /// A publisher has taken up, or paused: it says how far it has come meanwhile.
    func updated(_ id: RequestID, _ answer: Parameters, by peer: Peer) {
        guard case .upstream(let upstream) = peer.requests[id] else { return }
        if let largest = answer.largestObject { upstream.track.log?.reached(largest) }
        fillLate(upstream, upTo: answer.largestObject)
    }

    /// A publisher pauses, or goes on, by itself.
    func stateNotified(_ id: RequestID, _ parameters: Parameters, by peer: Peer) {
        guard case .upstream(let upstream) = peer.requests[id], let forward = parameters.forward,
            forward != upstream.forwards
        else { return }
        upstream.forwards = forward
        if forward { updated(id, parameters, by: peer) }
    }

    func update(_ id: RequestID, _ parameters: Parameters, from peer: Peer) {
        switch peer.requests[id] {
        case .subscription(let subscription):
            let fill = peer.change(subscription, id, parameters)
            peer.flush()
            guard let track = tracks[subscription.track.name] else { return fill?.start() ?? () }
            resume(track)
            requestNewGroup(parameters.newGroupRequest, of: track)
            if let fill { start(fill, of: track) }
        case .waiting, .heldFetch, .upstream, .fetchReply, .relayedFetch, .fetchAsked, .statusWanted, .statusAsked,
            .namespace, .namespaceInterest,
            .trackInterest, .offer, .none:
            // Nothing else has terms that the relay keeps: an update changes nothing and succeeds.
            peer.say { try $0.acceptUpdate(id, parameters: Parameters()) }
        }
    }

    func cancelled(_ id: RequestID, by peer: Peer, _ now: Instant) {
        guard let request = peer.requests.removeValue(forKey: id) else { return }
        end(request, id, of: peer, now)
    }

    func abandonIfUnwanted(_ track: RelayTrack) {
        guard track.waiting.isEmpty, track.heldFetches.isEmpty, track.log?.subscriptions.isEmpty ?? true else { return }
        for upstream in track.upstreams {
            if upstream.wasPublished { pause(upstream) } else { giveUp(upstream) }
        }
        track.upstreams.removeAll { !$0.wasPublished }
        dropIfIdle(track)
    }

    /// A published track without subscribers is kept, but sends nothing.
    private func pause(_ upstream: Upstream) {
        guard upstream.forwards else { return }
        var parameters = Parameters()
        parameters.forward = false
        guard (try? upstream.peer.session.update(upstream.requestID, parameters)) != nil else { return }
        upstream.forwards = false
        upstream.peer.flush()
    }
}
