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
        let joining = Fetch.Target.relativeJoining(request: upstream.requestID, groups: 0)
        // Some drafts join only at Largest Object, which a PUBLISH need not be at: the range can be told, too.
        let told = Fetch.Target.standalone(
            track: track.name, start: Location(group: largest.group, object: 0),
            end: RangeEnd(group: largest.group, object: largest.object))
        guard let id = (try? upstream.peer.session.fetch(joining)) ?? (try? upstream.peer.session.fetch(told)) else {
            return
        }
        let fill = Fill(track: track, log: log, largest: largest)
        track.fill = fill
        upstream.peer.requests[id] = .fill(fill)
        upstream.peer.flush()
    }

    /// The fetch has ended: joining subscribers get what there is.
    func filled(_ fill: Fill) {
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
    }
}
