internal import MoQTCodec
internal import MoQTSession
internal import Wire

/// FETCH from the log, and the one the relay makes itself when it joins a track that is under way.
extension Relay {
    func fetch(_ request: Fetch, of name: FullTrackName, from peer: Peer) {
        if let track = tracks[name], track.log != nil, track.isFilling {
            track.heldFetches[RequestKey(peer, request.requestID)] = (peer, request)
            peer.requests[request.requestID] = .heldFetch(track)
        } else {
            answer(request, of: name, to: peer)
        }
    }

    private func answer(_ request: Fetch, of name: FullTrackName, to peer: Peer) {
        let log = tracks[name]?.log
        // What another loop goes on with is known only while it is read.
        let isCurrent = tracks[name].map { $0.isEstablished(for: peer) || !$0.hasUpstream(for: peer) } ?? true
        if isCurrent, let log, peer.knowsAnswer(to: request, from: log) { return peer.answer(request, with: log) }
        if request.parameters.fillTimeout != 0 {
            let range = peer.absoluteRange(of: request, in: isCurrent ? log : nil)
            if ask(sources(of: name, for: peer), for: request, of: name, range, for: peer) { return }
        }
        answer(request, from: log, to: peer)
    }

    /// From what there is here.
    private func answer(_ request: Fetch, from log: TrackLog?, to peer: Peer, _ error: RequestError? = nil) {
        if let log { return peer.answer(request, with: log) }
        peer.say {
            try $0.reject(
                request.requestID, error?.code ?? .doesNotExist, reason: error?.reason.string ?? "no such track")
        }
    }

    // MARK: - From publishers

    /// Asks the first of `publishers` for what is not here (draft-18 "FETCH"); false when there is none to ask.
    private func ask(
        _ publishers: [Peer], for request: Fetch, of name: FullTrackName, _ range: LocationFilter?, for peer: Peer
    ) -> Bool {
        for (index, publisher) in publishers.enumerated() {
            guard let id = ask(publisher, for: request, of: name, range) else { continue }
            let fetch = RelayedFetch(request, of: name, for: peer, from: publisher, asked: id)
            // The others would say the same, but for other loops, each of which knows its own publishers only.
            fetch.others = publishers[(index + 1)...].filter { publisher.isSibling || $0.isSibling }
            fetch.range = range
            peer.requests[request.requestID] = .relayedFetch(fetch)
            publisher.requests[id] = .fetchAsked(fetch)
            publisher.flush()
            return true
        }
        return false
    }

    private func ask(
        _ publisher: Peer, for request: Fetch, of name: FullTrackName, _ range: LocationFilter?
    ) -> RequestID? {
        var parameters = Parameters()
        parameters.groupOrder = request.parameters.groupOrder
        if let id = try? publisher.session.fetch(.standalone(track: name, range: range), parameters) { return id }
        // Some drafts must be told an end: the last that they can say.
        guard range?.end == nil, let start = (range ?? .unfiltered).absoluteStart else { return nil }
        let end = RangeEnd(group: publisher.session.profile.integers.maximum)
        return try? publisher.session.fetch(.standalone(track: name, start: start, end: end), parameters)
    }

    /// A publisher that was asked has refused, or is gone.
    func asked(_ fetch: RelayedFetch, failed error: RequestError) {
        guard fetch.isUntouched else { return fetch.lost(error) }
        let requester = fetch.requester
        fetch.letGo()
        if error.code != .invalidRange,
            ask(fetch.others, for: fetch.request, of: fetch.track, fetch.range, for: requester)
        {
            return
        }
        answer(fetch.request, from: tracks[fetch.track]?.log, to: requester, error)
    }

    // MARK: - What precedes a subscription of the relay's

    /// Fetches the beginning of the group in progress, unless it is there.
    func startFill(_ upstream: Upstream, upTo largest: Location) {
        let track = upstream.track
        guard let log = track.log, log.largest.map({ $0 < largest }) ?? true else { return }
        log.reached(largest)
        if upstream.forwards { fill(upstream, upTo: largest) } else { upstream.unfilled = largest }
    }

    /// A publisher that had been told to wait sends: what it published before is fetched now.
    func fillLate(_ upstream: Upstream, upTo largest: Location?) {
        guard upstream.forwards, let missing = upstream.unfilled else { return }
        upstream.unfilled = nil
        fill(upstream, upTo: largest ?? missing)
        if !upstream.track.isFilling { releaseFetches(upstream.track) }
    }

    private func fill(_ upstream: Upstream, upTo largest: Location) {
        let track = upstream.track
        guard track.fill == nil, let log = track.log else { return }
        if !upstream.isJoining {
            guard (try? upstream.peer.session.join(upstream.requestID, .groups(before: 0))) != nil else { return }
            upstream.isJoining = true
        }
        let fill = Fill(track: track, log: log, from: Location(group: largest.group, object: 0))
        track.fill = fill
        upstream.fill = fill
        upstream.peer.flush()
    }

    /// What precedes the subscription to a publisher has come, or will not.
    func joinEnded(_ upstream: Upstream, isWhole: Bool) {
        upstream.isJoining = false
        guard let fill = upstream.fill else { return }
        upstream.fill = nil
        fill.isWhole = isWhole && !fill.hasGaps
        filled(fill)
    }

    /// The fetch has ended: joining subscribers get what there is.
    private func filled(_ fill: Fill) {
        fill.finish()
        guard let track = fill.track, track.fill === fill else { return }
        track.fill = nil
        releaseFetches(track)
        abandonIfUnwanted(track)
    }

    /// Answers the fetches that waited for a fill with what there is.
    func releaseFetches(_ track: RelayTrack) {
        let held = track.heldFetches
        track.heldFetches = [:]
        for entry in held.values {
            entry.peer.requests[entry.request.requestID] = nil
            answer(entry.request, of: track.name, to: entry.peer)
        }
        let fills = track.heldFills
        track.heldFills = []
        for reply in fills { start(reply, of: track) }
    }

    /// Starts what a subscriber wants of the past once the relay itself has it.
    func start(_ fill: FetchReply, of track: RelayTrack) {
        askSiblings(for: track, from: fill.range.lowerBound)
        if track.isFilling { track.heldFills.append(fill) } else { fill.start() }
    }
}
