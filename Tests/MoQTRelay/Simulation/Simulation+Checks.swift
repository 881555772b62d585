@testable import MoQTRelay
@testable import MoQTSession
import MoQTCodec
import Testing
import Wire

extension Simulation {
    /// At rest: everything has come, and nothing was left behind.
    func check() {
        if !isBroken { checkDelivery() }
        for left in world.leftovers { complain(left) }
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
}
