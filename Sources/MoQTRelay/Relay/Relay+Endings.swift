internal import MoQTCodec
internal import MoQTSession
internal import Wire

/// The end of upstreams.
extension Relay {
    func rejected(_ id: RequestID, _ error: RequestError, by peer: Peer, _ now: Instant) {
        switch peer.requests.removeValue(forKey: id) {
        case .upstream(let upstream):
            let track = upstream.track
            track.upstreams.removeAll { $0 === upstream }
            routing.refused(track.name.namespace, by: peer)
            refuseWaiting(track, error, by: peer)
            resume(track)
            partOwn(track)
            guard track.upstreams.isEmpty else { return }
            part(track)
            dropIfIdle(track)
        case .statusAsked(let inquiry): statusRefused(inquiry, RequestKey(peer, id), error)
        case .advertisement(let namespace): peer.outlook.advertised[namespace] = nil
        case .discovery(let prefix): endDiscovery(id, of: prefix, by: peer)
        case .fillAsked(let fill): failed(fill, error)
        default: break
        }
    }

    /// Whoever is patient waits on when it was another relay that refused: the publisher may come to a third.
    func refuseWaiting(_ track: RelayTrack, _ error: RequestError, by peer: Peer) {
        for (key, entry) in track.waiting where !track.hasUpstream(for: entry.peer) {
            if peer.kind == .relay, entry.deadline > cache.clock { continue }
            track.waiting[key] = nil
            refuse(entry, error.code, error.reason.string)
        }
    }

    private func refuseImpatient(_ track: RelayTrack, _ now: Instant) {
        for (key, entry) in track.waiting where entry.deadline <= now && !track.hasUpstream(for: entry.peer) {
            track.waiting[key] = nil
            refuse(entry, .doesNotExist, "the publisher was lost")
        }
    }

    /// A publisher said that it is done: with the track, or with its part in it, which others may go on with.
    func upstreamDone(_ id: RequestID, _ done: PublishDone, of peer: Peer, _ now: Instant) {
        guard case .upstream(let upstream) = peer.requests.removeValue(forKey: id) else { return }
        let track = upstream.track
        track.upstreams.removeAll { $0 === upstream }
        // draft-18 "PUBLISH_DONE": the track itself is over, and this publisher's objects have all come. Others may be
        // behind, and have to bring what was published before this one was asked.
        if done.code == .trackEnded { track.ending = done }
        if done.code == .goingAway { replace(upstream) }
        // Relays say so of a publisher that they have lost.
        let isLost = peer.isSibling && [.internalError, .goingAway].contains(done.code)
        left(upstream, isLost ? .lost(now) : .done(done))
        refuseImpatient(track, now)
        dropIfIdle(track)
    }

    /// A publisher that had accepted has left. With the last of them the track parts, unless others were asked and have
    /// not answered: a publisher that moves is announced anew, asked there, and done here in any order.
    private func left(_ upstream: Upstream, _ parting: RelayTrack.Parting) {
        let track = upstream.track
        if !siblings.isEmpty, !upstream.peer.isSibling { leftOwn(track, parting) }
        guard !track.isEstablished else { return }
        let end = track.ending.take()
        track.parting = end.map { .done($0) } ?? parting
        if track.upstreams.isEmpty || end != nil { part(track) }
    }

    /// A publisher of a track that is over is behind, or dead and not noticed yet.
    func giveUpSilent(_ track: RelayTrack, _ now: Instant) {
        for upstream in track.upstreams where upstream.isEstablished && isSilent(upstream, now) {
            giveUp(upstream)
            track.upstreams.removeAll { $0 === upstream }
            left(upstream, .lost(now))
        }
    }

    private func isSilent(_ upstream: Upstream, _ now: Instant) -> Bool {
        let writers = upstream.peer.writers.values.compactMap { stream -> SubgroupWriter? in
            guard case .subgroup(let writer) = stream, writer.track === upstream.track.log else { return nil }
            return writer
        }
        let bytes = writers.reduce(0) { $0 + $1.received }
        if let (streams, last, since) = upstream.progress, streams == upstream.streamCount, last == bytes,
            !writers.contains(where: \.isHeldBack)
        {
            return now - since >= settings.endingTime
        }
        upstream.progress = (upstream.streamCount, bytes, now)
        return false
    }

    /// No publisher is left, nor may one come that was asked: readers get what is there and are told.
    private func part(_ track: RelayTrack) {
        guard let parting = track.parting.take(), let log = track.log else { return }
        switch parting {
        case .done: log.end(parting.code, reason: parting.reason)
        case .lost(let time):
            // The log stays for a successor.
            track.orphanedAt = time
            if !seekSuccessor(of: track, log, time) { log.orphan(parting.code, reason: parting.reason) }
        }
    }

    /// A publisher vanished without PUBLISH_DONE.
    func lost(_ upstream: Upstream, _ now: Instant) {
        let track = upstream.track
        track.upstreams.removeAll { $0 === upstream }
        replace(upstream)
        joinEnded(upstream, isWhole: false)
        if upstream.isEstablished { left(upstream, .lost(now)) }
        partOwn(track)
        if track.upstreams.isEmpty { part(track) }
        refuseImpatient(track, now)
        dropIfIdle(track)
    }

    func malformed(_ id: RequestID, _ what: String, from peer: Peer, _ now: Instant) {
        guard case .upstream(let upstream) = peer.requests.removeValue(forKey: id) else { return }
        let track = upstream.track
        track.upstreams.removeAll { $0 === upstream }
        joinEnded(upstream, isWhole: false)
        for other in track.upstreams { giveUp(other) }
        track.upstreams = []
        track.ending = nil
        track.log?.end(.malformedTrack, reason: what)
        dropIfIdle(track)
    }

    func giveUp(_ upstream: Upstream) {
        upstream.peer.requests[upstream.requestID] = nil
        upstream.peer.say { try $0.cancel(upstream.requestID) }
        joinEnded(upstream, isWhole: false)
    }
}
