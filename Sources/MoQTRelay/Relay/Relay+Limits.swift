package import MoQTCodec
internal import MoQTSession
internal import Wire

/// The tracks that the loops of a relay have, each counted once.
package protocol TrackCensus: AnyObject {
    /// One more loop has the track.
    func add(_ name: FullTrackName)
    /// A loop that had it does not any more.
    func remove(_ name: FullTrackName)
    /// Some loop has it, or all have less than `limit` together.
    func hasRoom(for name: FullTrackName, limit: Int) -> Bool
}

/// What one client may have, and all together; other loops hold their own clients to it.
extension Relay {
    /// Whether there is room for what a peer asks; if not, it has been refused.
    func hasRoom(for event: SessionEvent, from peer: Peer) -> Bool {
        guard !peer.isSibling, let (id, limit) = obstacle(to: event, from: peer) else { return true }
        peer.limited.count(limit)
        peer.say { try $0.reject(id, .excessiveLoad, reason: "too many \(limit)") }
        return false
    }

    private func obstacle(to event: SessionEvent, from peer: Peer) -> (RequestID, Limit)? {
        switch event {
        case .subscribe(let request):
            if peer.requests.counts.claims >= settings.subscriptionLimit { return (request.requestID, .subscriptions) }
            return hasRoom(for: request.track) ? nil : (request.requestID, .tracks)
        case .publish(let request):
            return hasRoom(for: request.track) ? nil : (request.requestID, .tracks)
        case .fetch(let request, let name):
            // What is fetched is kept, though nobody is subscribed to its track.
            return hasRoom(for: name) ? nil : (request.requestID, .tracks)
        case .publishNamespace(let request):
            return peer.requests.counts.namespaces < settings.namespaceLimit ? nil : (request.requestID, .namespaces)
        default: return nil
        }
    }

    /// Whether a peer that wants tracks by their prefix has room for one more; if not, it has been told that it is not
    /// published there (draft-18 "PUBLISH_BLOCKED").
    func hasRoomForOffer(of track: FullTrackName, to peer: Peer, _ request: RequestID) -> Bool {
        guard !peer.isSibling, peer.requests.counts.claims >= settings.subscriptionLimit else { return true }
        peer.limited.count(.subscriptions)
        // Up to draft-16 there is no such message.
        peer.say { try $0.publishBlocked(track, on: request) }
        return false
    }

    private func hasRoom(for track: FullTrackName) -> Bool {
        if tracks[track] != nil { return true }
        return census?.hasRoom(for: track, limit: settings.trackLimit) ?? (tracks.count < settings.trackLimit)
    }

    /// Whether an object is longer than any may be. Its stream is given up then, and readers lose what it would have
    /// brought.
    func refusesObject(of size: UInt64, on stream: StreamID, _ wireBytes: Int, from peer: Peer) -> Bool {
        guard size > settings.objectSizeLimit, peer.kind != .loop else { return false }
        // There may be several of a stream before it ends.
        if case .givenUp = peer.writers[stream] {} else { giveUp(stream, of: peer) }
        peer.credit(stream, wireBytes)
        return true
    }

    private func giveUp(_ stream: StreamID, of peer: Peer) {
        peer.limited.count(.objectSize)
        var earnsItsPlace = true
        switch peer.writers[stream] {
        case .subgroup(let writer):
            earnsItsPlace = !writer.creditFollowsReaders
            writer.end(.reset(.excessiveLoad))
        case .unnamed(_, _, let wireBytes): peer.credit(stream, wireBytes)
        case .fill(let fill):
            fill.refuse()
            cutOff(fill, Self.tooLong)
        case .givenUp, .none: break
        }
        peer.writers[stream] = .givenUp(earnsItsPlace: earnsItsPlace)
        peer.session.stop(stream, code: .excessiveLoad)
        peer.flush()
    }

    private static var tooLong: RequestError { RequestError(.excessiveLoad, WireText("an object is too long")) }
}
