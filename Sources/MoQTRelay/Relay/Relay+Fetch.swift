internal import MoQTCodec
internal import MoQTSession
internal import Wire

/// FETCH from the log, and the one the relay makes itself when it joins a track that is under way.
extension Relay {
    func fetch(_ request: Fetch, of name: FullTrackName, from peer: Peer) {
        guard let track = tracks[name], let log = track.log else {
            return peer.say { try $0.reject(request.requestID, .doesNotExist, reason: "no such track") }
        }
        guard !track.isFilling else {
            track.heldFetches[RequestKey(peer, request.requestID)] = (peer, request)
            peer.requests[request.requestID] = .heldFetch(track)
            return
        }
        peer.answer(request, with: log)
    }

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
        let fill = Fill(track: track, log: log, largest: largest)
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
            if let log = track.log { entry.peer.answer(entry.request, with: log) }
        }
        for reply in track.heldFills { reply.start() }
        track.heldFills = []
    }

    /// Starts what a subscriber wants of the past once the relay itself has it.
    func start(_ fill: FetchReply, of track: RelayTrack) {
        if track.isFilling { track.heldFills.append(fill) } else { fill.start() }
    }
}
