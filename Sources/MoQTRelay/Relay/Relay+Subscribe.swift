internal import MoQTCodec
internal import MoQTSession
internal import Wire

/// Subscriptions downstream, and the one upstream that feeds them (draft-18 "Subscriber Interactions").
extension Relay {
    func subscribe(_ request: Subscribe, from peer: Peer, _ now: Instant) {
        let track = track(request.track)
        ask(for: track, as: peer, newGroup: request.parameters.newGroupRequest)
        if let log = track.log, track.isEstablished(for: peer) {
            let fill = peer.subscribe(request, to: log)
            resume(track)
            requestNewGroup(request.parameters.newGroupRequest, of: track, for: peer)
            if let fill { start(fill, for: peer) }
            return
        }
        let patience = Interval(timeout: request.parameters.rendezvousTimeout)
        guard mayHave(track, for: peer) || patience != nil else {
            peer.say { try $0.reject(request.requestID, .doesNotExist, reason: "no such track") }
            return dropIfIdle(track)
        }
        track.waiting[RequestKey(peer, request.requestID)] = .init(
            peer: peer, request: request, group: track.log?.largest?.group ?? 0, deadline: now + (patience ?? .zero))
        peer.requests[request.requestID] = .waiting(track)
        resume(track)
    }

    /// Asks publishers for a track that `reader` wants, unless they were asked for somebody else.
    func ask(for track: RelayTrack, as reader: Peer, newGroup: UInt64?) {
        guard track.upstreams.isEmpty || isFirst(reader, of: track) else { return }
        for publisher in announcers(of: track.name.namespace)
        where reader.hears(publisher) && !isIntroducing(publisher, track) {
            subscribe(track, to: publisher, newGroup: newGroup)
        }
    }

    /// Asks a publisher for a track, from where it stands; the first one also for what precedes that.
    ///
    /// Without range filters, whatever those who wait for it have: the log is everybody's, and cannot tell an object that
    /// was left out from one that is not there. Filters are applied where objects go down.
    /// - Parameter newGroup: NEW_GROUP_REQUEST; nil: nobody wants one.
    func subscribe(_ track: RelayTrack, to publisher: Peer, newGroup: UInt64?) {
        guard !track.upstreams.contains(where: { $0.peer === publisher }) else { return }
        var parameters = Parameters()
        // Another loop sends the group in progress as well, for those who begin there.
        parameters.locationFilter = publisher.kind == .loop ? nil : .nextObject
        parameters.newGroupRequest = publisher.takesNewGroupRequests ? newGroup : nil
        let join: Join? = track.log == nil && track.upstreams.isEmpty ? .groups(before: 0) : nil
        ask(publisher, for: track, parameters, join)
    }

    /// - Returns: nil when its session takes no such request.
    @discardableResult
    func ask(_ publisher: Peer, for track: RelayTrack, _ parameters: Parameters, _ join: Join? = nil) -> Upstream? {
        guard let id = try? publisher.session.subscribe(track.name, parameters, join: join) else { return nil }
        let upstream = Upstream(
            peer: publisher, requestID: id, track: track, forwards: parameters.forward ?? true, wasPublished: false)
        upstream.askedAt = cache.clock
        upstream.isJoining = join != nil
        upstream.newGroup = parameters.newGroupRequest.map { NewGroupRequest(group: $0) }
        publisher.requests[id] = .upstream(upstream)
        track.upstreams.append(upstream)
        publisher.flush()
        return upstream
    }

    func subscribed(_ id: RequestID, _ answer: SubscribeOK, to peer: Peer) {
        guard case .upstream(let upstream) = peer.requests[id] else { return }
        established(upstream, answer.trackProperties, largest: answer.parameters.largestObject)
    }

    func established(_ upstream: Upstream, _ properties: Properties, largest: Location?) {
        let log = openLog(upstream.track, properties)
        upstream.isEstablished = true
        if !upstream.peer.isSibling { upstream.track.ownParting = nil }
        upstream.newGroup?.largest = largest?.group
        if upstream.predecessor != nil {
            upstream.takesOver = (largest, cache.clock)
        } else if let largest {
            startFill(upstream, upTo: largest)
        }
        answerWaiting(upstream.track, with: log)
    }

    /// The log that an upstream writes into: the track's while it has publishers or readers, otherwise a new one.
    func openLog(_ track: RelayTrack, _ properties: Properties) -> TrackLog {
        track.orphanedAt = nil
        track.soughtSince = nil
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
            delivery: Delivery(properties, fallback: settings.defaultDeliveryTimeout), cache: cache, isOriginal: false)
        track.log = log
        return log
    }

    func answerWaiting(_ track: RelayTrack, with log: TrackLog) {
        let ready = track.waiting.values.filter { track.isEstablished(for: $0.peer) }
        for entry in ready {
            track.waiting[RequestKey(entry.peer, entry.request.requestID)] = nil
            entry.peer.requests[entry.request.requestID] = nil
            // A loop may have readers already, to whom all is owed that has come meanwhile.
            let group = entry.peer.kind == .loop ? entry.group : nil
            if let fill = entry.peer.subscribe(entry.request, to: log, since: group) { start(fill, for: entry.peer) }
        }
        resume(track)
        for entry in ready { requestNewGroup(entry.request.parameters.newGroupRequest, of: track, for: entry.peer) }
    }

    /// Somebody wants objects: publishers that hold them back are told to send (draft-18 "Publisher Interactions").
    func resume(_ track: RelayTrack) {
        if track.isRead { track.unwantedSince = nil }
        for upstream in track.upstreams where upstream.wasPublished || upstream.isEstablished {
            guard !upstream.forwards, isToResume(upstream) else { continue }
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
        if !upstream.isEstablished, upstream.wasPublished, upstream.forwards {
            return established(upstream, upstream.properties, largest: answer.largestObject)
        }
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
            if let track = tracks[subscription.track.name] {
                if peer.isSibling { abandonIfUnwanted(track) }
                resume(track)
                requestNewGroup(parameters.newGroupRequest, of: track, for: peer)
            }
            if let fill { start(fill, for: peer) }
        case .waiting, .sought, .upstream, .fetchReply, .openingFetch, .fillAsked, .statusWanted, .statusAsked,
            .namespace, .namespaceInterest, .trackInterest, .offer, .advertisement, .discovery, .none:
            // Nothing else has terms that the relay keeps: an update changes nothing and succeeds.
            peer.say { try $0.acceptUpdate(id, parameters: Parameters()) }
        }
    }

    func cancelled(_ id: RequestID, by peer: Peer, _ code: StreamResetCode, _ now: Instant) {
        guard let request = peer.requests.removeValue(forKey: id) else { return }
        // It was to be moved, and was not in time: who fetches hears so, whatever of it comes first.
        end(request, id, of: peer, now, code == .goingAway ? code : .cancelled)
    }

    /// Gives up what nobody wants any more; what somebody has just left, a little later.
    func abandonIfUnwanted(_ track: RelayTrack) {
        if siblings.isEmpty, track.isRead { return }
        if !track.isRead, lingers(track) { return }
        let unwanted = track.upstreams.filter { !track.isWanted(from: $0.peer) }
        for upstream in unwanted {
            if upstream.wasPublished { pause(upstream) } else { giveUp(upstream) }
        }
        track.upstreams.removeAll { upstream in !upstream.wasPublished && unwanted.contains { $0 === upstream } }
        dropIfIdle(track)
    }

    /// Whether its last subscriber may still come back.
    private func lingers(_ track: RelayTrack) -> Bool {
        guard settings.lingerTime > .zero, !isDraining, track.isEstablished else { return false }
        let since = track.unwantedSince ?? cache.clock
        let isWaitedFor = cache.clock - since < settings.lingerTime
        track.unwantedSince = isWaitedFor ? since : nil
        return isWaitedFor
    }

    /// A published track without subscribers is kept, but sends nothing.
    private func pause(_ upstream: Upstream) {
        guard upstream.forwards else { return }
        var parameters = Parameters()
        parameters.forward = false
        guard (try? upstream.peer.session.update(upstream.requestID, parameters)) != nil else { return }
        upstream.forwards = false
        // What another loop goes on with meanwhile is not known here.
        if upstream.peer.kind == .loop { upstream.isEstablished = false }
        upstream.peer.flush()
    }
}
