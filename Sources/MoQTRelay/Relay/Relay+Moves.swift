internal import MoQTCodec
internal import MoQTSession
internal import Wire

/// Peers that want requests of the relay's moved (draft-18 "GOAWAY").
///
/// Clients name no other place: what was asked for is asked for anew in the same session. Where a relay above this one
/// wants a request elsewhere, it goes on where it is until that relay ends it.
extension Relay {
    /// How long streams of a subscription may still come that has a successor.
    private static let overlap = Interval.seconds(2)

    /// - Parameter id: a request of either end; one of the peer's is the peer's to move.
    func wentAway(_ away: GoAway, _ id: RequestID, of peer: Peer) {
        guard away.newSessionURI.isEmpty, id.isServerChosen == (peer.session.role == .server) else { return }
        switch peer.requests[id] {
        case .upstream(let old): move(old)
        case .fillAsked(let fill): move(fill, to: peer)
        case .offer(let offer): offerAgain(offer, offer.terms, id, to: peer)
        case .subscription(let subscription):
            guard let offer = subscription.offer, !subscription.isLeaving else { return }
            subscription.isLeaving = true
            var terms = offer.terms
            terms.forward = subscription.forwards
            offerAgain(offer, terms, id, to: peer)
        case .advertisement(let namespace):
            peer.untell(of: namespace, on: .unasked)
            peer.tell(of: namespace, on: .unasked)
        case .waiting, .sought, .fetchReply, .openingFetch, .statusWanted, .statusAsked, .namespace,
            .namespaceInterest, .trackInterest, .discovery, nil:
            break
        }
    }

    // MARK: - PUBLISH

    /// The old subscription goes on until the new one is accepted. Where a session has room for one of a track only, it
    /// ends first; the new one begins with the group in progress.
    private func offerAgain(_ offer: TrackOffer, _ terms: Parameters, _ id: RequestID, to peer: Peer) {
        if case .offer = peer.requests[id] {
            peer.requests[id] = nil
            peer.say { try $0.cancel(id) }
        }
        if self.offer(offer.track, to: peer, id, terms, replacing: id) { return }
        guard let old = peer.subscription(id) else { return }
        old.followed = { [weak self, weak peer] in
            if let self, let peer { _ = self.offer(offer.track, to: peer, id, terms) }
        }
        old.end(.goingAway, "it is offered anew")
    }

    /// The peer has accepted what stands in for another.
    func replaced(_ id: RequestID, of peer: Peer) {
        peer.subscription(id)?.finish(.goingAway, "it was offered anew")
    }

    // MARK: - FETCH

    /// Objects come whole: the rest is asked for by whoever waits for it, from the first that has not begun to come.
    /// - Parameter peer: where it is asked for, if nothing has come.
    func move(_ fill: Fill, to peer: Peer) {
        if fill.isUntouched, let renew = fill.renew { return renew(peer) }
        fill.isLeaving = true
        guard fill.isAccepted else { return }
        fill.rested = { [weak fill] in
            fill?.isReleased = true
            fill?.abandoned?()
        }
        if fill.owed == 0 { fill.rested.take()?() }
    }

    // MARK: - SUBSCRIBE

    /// Where the session has room for one subscription of a track only, the old one is left to the publisher to end, and
    /// followed by another then.
    private func move(_ old: Upstream) {
        guard !old.wasPublished, !old.isLeaving else { return }
        let peer = old.peer
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
