@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// draft-18 "Scheduling Algorithm".
@Suite final class PriorityTests {
    private let cache = Cache(limit: .max)
    private var logs: [TrackLog] = []
    private var downlinks: [Downlink] = []
    private let now = Instant(nanoseconds: 1)

    private func log(_ name: String) -> TrackLog {
        let log = TrackLog(name: track(name), properties: Properties(), delivery: .lossless, cache: cache)
        logs.append(log)
        return log
    }

    // Logs, their readers and the cache hold each other.
    deinit {
        for log in logs {
            for subscription in log.subscriptions { subscription.cancel() }
            cache.remove(log)
        }
        for downlink in downlinks { downlink.shutDown() }
    }

    private func subscribe(
        _ downlink: Downlink, _ log: TrackLog, _ alias: UInt64, _ terms: SubscriptionTerms = SubscriptionTerms(),
        from start: Location = .zero
    ) -> Subscription {
        let subscription = Subscription(
            requestID: RequestID(rawValue: alias), alias: TrackAlias(rawValue: alias), track: log,
            range: (start, nil), terms: terms, downlink: downlink)
        log.add(subscription)
        downlinks.append(downlink)
        return subscription
    }

    /// draft-22 "Fill": in the subscription's group order, and in one group what is past first.
    @Test(arguments: [GroupOrder.ascending, .descending], [GroupOrder.ascending, .descending])
    func whatPrecedesASubscriptionComesFirstInItsGroup(order: GroupOrder, ofFill: GroupOrder) {
        for last in [1, 2] as [UInt64] {
            let downlink = Downlink(profile: .draft22), log = log("a")
            for group in 0...1 as ClosedRange<UInt64> { log.putGroup(group, objects: 2, size: 10) }
            let subscription = subscribe(
                downlink, log, 0, SubscriptionTerms(groupOrder: order), from: Location(group: last, object: 2))
            log.putGroup(last, objects: 3, size: 10, from: 2)
            let fill = FetchReply(
                requestID: RequestID(rawValue: 0), track: log, range: .zero...Location(group: 1, object: 1),
                order: ofFill, priority: 128, downlink: downlink)
            subscription.add(fill)
            fill.start()
            // Its first group is the last one that was there, or the first of all.
            let isSame = ofFill == .descending && last == 1
            let isFirst = isSame || order == .ascending && ofFill == .ascending
            #expect(fillLeads(downlink) == isFirst, "new objects in group \(last)")
        }
    }

    /// Whether the first stream that is sent is a fetch stream.
    private func fillLeads(_ downlink: Downlink) -> Bool {
        _ = downlink.nextStream(now, open: { _ in StreamID(rawValue: 3) })
        var list: [Bytes] = []
        _ = downlink.gather(into: &list)
        return list.first?.array.first == 0x05
    }

    /// The headers of the streams in the order in which they are opened, each sent whole.
    private func drain(_ downlink: Downlink) throws -> [SubgroupHeader] {
        var headers: [SubgroupHeader] = []
        var opened: UInt64 = 0
        while true {
            var isNew = false
            guard
                downlink.nextStream(
                    now,
                    open: { _ in
                        isNew = true
                        opened += 1
                        return StreamID(rawValue: opened * 4 + 3)
                    }) != nil
            else { break }
            var list: [Bytes] = []
            let fin = downlink.gather(into: &list)
            if isNew {
                var decoder = SubgroupStreamDecoder(profile: downlink.profile)
                var bytes = Bytes(list.flatMap(\.array))
                if case .header(let header) = try decoder.next(&bytes) { headers.append(header) }
            }
            downlink.took(list.reduce(0) { $0 + $1.count }, fin: fin, now)
        }
        return headers
    }

    @Test(arguments: Profile.spoken) func subscriberPriorityThenPublisherPriority(profile: Profile) throws {
        let downlink = Downlink(profile: profile)
        let logs = [log("a"), log("b"), log("c")]
        let subscriptions = [
            subscribe(downlink, logs[0], 0, SubscriptionTerms(priority: 200)),
            subscribe(downlink, logs[1], 1, SubscriptionTerms(priority: 5)),
            subscribe(downlink, logs[2], 2, SubscriptionTerms(priority: 5)),
        ]
        for (index, log) in logs.enumerated() {
            for priority in [9, 3] as [UInt8] {
                let subgroup = log.openSubgroup(
                    group: 0, subgroup: UInt64(priority), traits: SubgroupTraits(priority: priority + UInt8(index)))
                log.put(subgroup, 0, size: 10)
                log.finish(subgroup, .finished)
            }
        }
        let order = try drain(downlink).map { [$0.trackAlias.rawValue, UInt64($0.priority ?? 0)] }
        #expect(order == [[1, 4], [2, 5], [1, 10], [2, 11], [0, 3], [0, 9]])
        #expect(subscriptions.map(\.streamCount) == [2, 2, 2])
    }

    @Test(arguments: Profile.spoken, [GroupOrder.ascending, .descending])
    func groupOrderThenSubgroup(profile: Profile, order: GroupOrder) throws {
        let downlink = Downlink(profile: profile)
        let log = log("a")
        _ = subscribe(downlink, log, 0, SubscriptionTerms(groupOrder: order))
        for group in [2, 1, 3] as [UInt64] {
            for subgroup in [7, 2] as [UInt64] {
                let open = log.open(group, subgroup)
                log.put(open, subgroup, size: 10)
                log.finish(open, .finished)
            }
        }
        let seen = try drain(downlink).map { header -> [UInt64] in
            if case .explicit(let subgroup) = header.subgroup { [header.group, subgroup] } else { [header.group] }
        }
        let groups = order == .ascending ? [1, 2, 3] : [3, 2, 1] as [UInt64]
        #expect(seen == groups.flatMap { [[$0, 2], [$0, 7]] })
    }

    @Test func equalRequestsTakeTurns() {
        let downlink = Downlink(profile: .draft18)
        let logs = [log("a"), log("b")]
        let subscriptions = logs.enumerated().map { subscribe(downlink, $1, UInt64($0)) }
        for log in logs { log.put(log.open(0), 0, size: 1_000_000) }
        var opened: UInt64 = 0
        var sent: [StreamID: Int] = [:]
        for _ in 0..<100 {
            guard
                let stream = downlink.nextStream(
                    now,
                    open: { _ in
                        opened += 1
                        return StreamID(rawValue: opened * 4 + 3)
                    })
            else { break }
            sent[stream, default: 0] += 1200
            downlink.took(1200, fin: false, now)
        }
        #expect(sent.values.sorted() == [60_000, 60_000])
        #expect(subscriptions.count == 2)
    }

    @Test func aStreamThatMayNotOpenWaitsForItsTurn() throws {
        let downlink = Downlink(profile: .draft18)
        let log = log("a")
        let subscription = subscribe(downlink, log, 0)
        for group in 0..<3 as Range<UInt64> { log.putGroup(group, objects: 1, size: 10) }
        #expect(downlink.nextStream(now) { _ in nil } == nil)
        #expect(downlink.nextStream(now) { _ in nil } == nil)
        downlink.streamsAvailable()
        #expect(try drain(downlink).map(\.group) == [0, 1, 2])
        #expect(downlink.isIdle)
        subscription.cancel()
    }

    /// STOP_SENDING is answered by a reset, and no other stream follows (draft-18 "Closing Subgroup Streams").
    @Test(arguments: Profile.spoken) func aStoppedSubgroupIsResetAndNotOpenedAgain(profile: Profile) throws {
        let downlink = Downlink(profile: profile)
        let log = log("a")
        _ = subscribe(downlink, log, 0)
        let open = log.open(0)
        log.put(open, 0, size: 10)
        #expect(try drain(downlink).count == 1)
        downlink.stopped(StreamID(rawValue: 7))
        #expect(downlink.nextReset()?.1 == .cancelled)
        log.put(open, 1, size: 10)
        log.finish(open, .finished)
        #expect(try drain(downlink).isEmpty)
    }
}
