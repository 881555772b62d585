internal import MoQTCodec
internal import MoQTSession
internal import Wire

/// Publishers that want a subscription of the relay's moved (draft-18 "GOAWAY").
///
/// They are clients, and name no other place: the track is asked for anew in the same session. Where that has room for
/// one subscription of a track only, the old one is left to the publisher to end, and followed by another then.
extension Relay {
    /// How long streams of a subscription may still come that has a successor.
    private static let overlap = Interval.seconds(2)

    func wentAway(_ id: RequestID, of peer: Peer) {
        guard case .upstream(let old) = peer.requests[id], !old.wasPublished, !old.isLeaving else { return }
        old.isLeaving = true
        var parameters = Parameters()
        parameters.locationFilter = .nextObject
        parameters.forward = old.forwards
        ask(peer, for: old.track, parameters)?.predecessor = old
    }

    /// A subscription has ended that the publisher wanted moved: another follows, unless there is one.
    func replace(_ old: Upstream) {
        let track = old.track
        guard old.isLeaving, !track.upstreams.contains(where: { $0.peer === old.peer }), track.isWanted(from: old.peer)
        else { return }
        var parameters = Parameters()
        // Up to draft-19 what of the group in progress is behind the last object comes as well.
        parameters.locationFilter = track.log?.largest.map { .absoluteStart($0.next) } ?? .nextObject
        ask(old.peer, for: track, parameters)
    }

    /// Ends subscriptions whose successors have taken over.
    func settleMoves(of track: RelayTrack, _ now: Instant) {
        for new in track.upstreams {
            guard let old = new.predecessor, let (after, since) = new.takesOver, now - since >= Self.overlap,
                after.map({ $0 <= track.log?.largest ?? .zero }) ?? true, !isOwed(by: old)
            else { continue }
            new.predecessor = nil
            guard track.upstreams.contains(where: { $0 === old }) else { continue }
            track.upstreams.removeAll { $0 === old }
            giveUp(old)
        }
    }

    /// Whether a stream of the subscription brings what no other does.
    private func isOwed(by old: Upstream) -> Bool {
        old.peer.session.dataStreams(of: old.requestID).contains { stream in
            switch old.peer.writers[stream] {
            case .subgroup(let writer): writer.log.map { $0.writers.count < 2 } ?? false
            case .unnamed, .fill: true
            case .givenUp, .none: false
            }
        }
    }
}
