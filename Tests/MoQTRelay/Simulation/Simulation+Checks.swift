@testable import MoQTRelay
@testable import MoQTSession
import MoQTCodec
import Testing
import Wire

extension Simulation {
    /// At rest: everything has come, and nothing was left behind.
    func check() {
        if !isBroken { checkDelivery() }
        for link in world.links { for side in [link.near, link.far] { checkLeft(side, link) } }
        for relay in world.loops.relays {
            if !relay.tracks.isEmpty { complain("the relay keeps a track") }
            if relay.cache.used != 0 { complain("the relay keeps \(relay.cache.used) bytes") }
            if !relay.publishers.isEmpty { complain("a namespace is kept") }
        }
        for pipe in world.loops.pipes { checkLeft(pipe) }
        if !publication.log.subscriptions.isEmpty { complain("the publisher has a subscriber left") }
    }

    private func checkDelivery() {
        guard let subscription, let floor, let sourceFloor else { return }
        var came = subscriber.ledger.objects[subscription] ?? []
        if let (heir, id) = successor { came.formUnion(heir.ledger.objects[id] ?? []) }
        let wanted = publication.streamed.filter { place in
            !isPaused && range?.contains(place) ?? true && floor.map { place > $0 } ?? true
                && sourceFloor.map { place > $0 } ?? true
        }
        let missing = wanted.subtracting(came).sorted()
        let done = subscriber.done ?? successor?.0.done
        if !missing.isEmpty, done?.code != .updateFailed { complain("\(missing) of \(subscription) did not come") }
        if done == nil || done?.code != .trackEnded && range == nil { complain("it ended with \(done as Any)") }
        checkFetches()
        checkJoin(subscription, floor)
    }

    private func checkFetches() {
        for (id, known) in expectations where subscriber.ledger.ended.contains(id) {
            let lost = known.filter { !subscriber.ledger.accounts(for: $0, of: id) }.sorted()
            if !lost.isEmpty, subscriber.fetchedWhole.contains(id) { complain("\(lost) are missing of fetch \(id)") }
        }
    }

    /// What the publisher had in its current group before the relay came, the relay has for those who join.
    private func checkJoin(_ subscription: RequestID, _ floor: Location?) {
        guard let join, let floor, let relayFloor else { return }
        // Where the draft has no words for what is not known it breaks off.
        guard saysGaps else { return }
        let start = max(join.asked.start(largest: floor), Location(group: relayFloor.group, object: 0))
        if join.isWhole != true { complain("the join did not end well: \(join)") }
        guard start <= floor else { return }
        let missing = publication.early.filter {
            (start...floor).contains($0) && !subscriber.ledger.accounts(for: $0, of: subscription)
        }.sorted()
        if !missing.isEmpty { complain("\(missing) are missing from the join") }
    }

    private var saysGaps: Bool {
        var encoder = FetchObjectEncoder(profile: drafts.subscriber, order: .ascending)
        var bytes: [UInt8] = []
        try? encoder.appendHeader(RequestID(rawValue: 0), to: &bytes)
        return (try? encoder.append(FetchGap(reason: .unknown, end: Location(group: 1, object: 0)), to: &bytes)) != nil
    }

    private func checkLeft(_ pipe: Pipe) {
        let place = "pipe \(pipe.peer.number)"
        for left in pipe.leftovers + pipe.peer.session.leftovers(but: 4) { complain("\(place): \(left)") }
        if let due = pipe.deadline { complain("\(place): a timer is set: \(due)") }
        if !pipe.peer.writers.isEmpty { complain("\(place): the peer has streams left: \(pipe.peer.writers.keys)") }
        if !pipe.peer.downlink.isIdle { complain("\(place): the downlink is not idle") }
        for request in pipe.peer.requests.values {
            switch request {
            case .namespaceInterest, .trackInterest: break
            default: complain("\(place): the peer has a request left: \(request)")
            }
        }
    }

    private func checkLeft(_ side: Side, _ link: SimulatedLink) {
        let peer = side.peer
        let place = "link \(link.number), \(side.role)"
        if !peer.requests.isEmpty { complain("\(place): the peer has requests left: \(peer.requests)") }
        if !peer.writers.isEmpty { complain("\(place): the peer has streams left: \(peer.writers.keys)") }
        if !peer.downlink.isIdle { complain("\(place): the downlink is not idle") }
        if let due = peer.session.deadline { complain("\(place): a timer is set: \(due)") }
        guard !peer.session.isClosed else { return }
        for left in peer.session.leftovers(but: 0) { complain("\(place): \(left)") }
        let hasOne = peer.session.profile.hasOneControlStream
        let control = (bidi: hasOne && side.role == .server ? 1 : 0, uni: hasOne ? 0 : 1)
        let (bidi, uni) = (side.bidiArrived - control.bidi, side.uniArrived.count - control.uni)
        if side.requestStreamsCredited != bidi {
            complain("\(place): credit for \(side.requestStreamsCredited) of \(bidi) request streams")
        }
        if side.streamsCredited != uni { complain("\(place): credit for \(side.streamsCredited) of \(uni) streams") }
        for (stream, state) in side.receiving {
            let isControl = stream.rawValue == 0 && hasOne || stream.rawValue / 2 == 1 && !hasOne
            if !state.isOver, !isControl { complain("\(place): stream \(stream.rawValue) has not ended") }
            if !state.isStopped, side.credited(stream) != state.next {
                complain(
                    "\(place): stream \(stream.rawValue): credit for \(side.credited(stream)) of \(state.next) bytes")
            }
        }
    }
}

extension Session {
    /// What an idle session has no use for.
    /// - Parameter count: requests for namespaces and tracks that it has all the time, half of them the peer's.
    fileprivate func leftovers(but count: Int) -> [String] {
        let counts: [(String, Int)] = [
            ("requests", requests.count - count), ("updateOwners", updateOwners.count),
            ("subscriptions", subscriptions.count), ("namespaceRequests", namespaceRequests.count),
            ("peerPrefixes", peerPrefixes.count - count / 2), ("dependents", dependents.count),
            ("earlyJoining", earlyJoining.count), ("fills", fills.count), ("aliases", aliases.count),
            ("requestDeadlines", requestDeadlines.count), ("unansweredSubscribes", unansweredSubscribes),
            ("subgroups", subgroups.count), ("fetches", fetches.count), ("unrecognized", unrecognized.count),
            ("waiting", waiting.count), ("discarded", discarded.count), ("waitingDatagrams", waitingDatagrams.count),
            ("peerRequestCount", peerRequestCount - count / 2), ("streams", control.streams.count - 1 - count),
        ]
        return counts.filter { $0.1 != 0 }.map { "\($0.1) \($0.0) left" }
    }
}
