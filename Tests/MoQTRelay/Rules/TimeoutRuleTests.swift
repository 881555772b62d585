import MoQTCodec
import MoQTSession
import Testing
import Wire

@testable import MoQTRelay

/// What becomes of objects that are late, and in which order FETCH brings what there is, on each draft (draft-18
/// "Delivery Timeouts and Data Reliability", "FETCH").
@Suite struct TimeoutRuleTests {
    /// How a group ends for a subscriber that reads nothing for a second.
    /// - Parameters:
    ///   - properties: of the track.
    ///   - stated: those of an object of the five.
    private func ending(
        _ profile: Profile, _ properties: [KeyValue] = [], object stated: (id: UInt64, KeyValue)? = nil,
        _ set: (inout Parameters) -> Void = { _ in }
    ) -> [StreamEnd?] {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"), properties)
        let client = world.subscriber(profile, streamWindow: 2000)
        client.subscribe(track("a"), set)
        world.run()
        client.reads = false
        let group = log.openSubgroup(
            group: 0, subgroup: 0, traits: SubgroupTraits(hasProperties: true, endsGroup: true))
        for id in 0..<5 as Range<UInt64> {
            let own = stated.map { $0.id == id ? [$0.1] : [] } ?? []
            log.begin(
                LoggedObject(
                    id: id, properties: Properties(own, profile: .draft18), payloadLength: 1000, arrived: world.now),
                in: group)
            log.append(payload(0, id, 1000), to: group)
        }
        source.publisher.cache.tell(world.now)
        log.finish(group, .finished)
        world.run()
        world.pass(.seconds(1))
        client.resumeReading()
        world.run()
        return client.streams.values.map(\.end)
    }

    /// draft-18 "OBJECT_DELIVERY_TIMEOUT Parameter", draft-14 "DELIVERY TIMEOUT Parameter".
    @Test(arguments: Drafts.all) func `an object beyond its timeout has its stream reset`(profile: Profile) {
        #expect(ending(profile) == [.fin])
        // Draft-16 has no 0.
        if profile !== Profile.draft16 { #expect(ending(profile) { $0.objectDeliveryTimeout = 0 } == [.fin]) }
        for (timeout, end) in [(500, StreamEnd.reset(.deliveryTimeout)), (5000, .fin)] as [(UInt64, StreamEnd)] {
            #expect(ending(profile) { $0.objectDeliveryTimeout = timeout } == [end])
            #expect(ending(profile, [KeyValue(type: 0x02, integer: timeout)]) == [end])
        }
    }

    /// draft-18 "OBJECT_DELIVERY_TIMEOUT Parameter".
    @Test(arguments: Drafts.all, [(500, 5000), (5000, 500), (5000, 5000)] as [(UInt64, UInt64)])
    func `of the publisher's timeout and the subscriber's the smaller holds`(
        profile: Profile, timeouts: (publisher: UInt64, subscriber: UInt64)
    ) {
        let end = ending(profile, [KeyValue(type: 0x02, integer: timeouts.publisher)]) {
            $0.objectDeliveryTimeout = timeouts.subscriber
        }
        #expect(end == [min(timeouts.publisher, timeouts.subscriber) < 1000 ? .reset(.deliveryTimeout) : .fin])
    }

    /// draft-18 "SUBGROUP_DELIVERY_TIMEOUT Parameter".
    @Test(arguments: Drafts.since18, [500, 2000] as [UInt64])
    func `a subgroup that is whole has a timeout of its own`(profile: Profile, timeout: UInt64) {
        let end: StreamEnd = timeout < 1000 ? .reset(.deliveryTimeout) : .fin
        #expect(ending(profile) { $0.subgroupDeliveryTimeout = timeout } == [end])
    }

    /// draft-19 "Delivery Timeouts and Data Reliability".
    @Test(arguments: Drafts.since19, [0x02, 0x06] as [UInt64])
    func `a timeout that is a property of an object counts on the first of its subgroup`(
        profile: Profile, type: UInt64
    ) {
        let late = StreamEnd.reset(.deliveryTimeout)
        #expect(ending(profile, object: (0, KeyValue(type: type, integer: 500))) == [late])
        #expect(ending(profile, object: (1, KeyValue(type: type, integer: 500))) == [.fin])
        #expect(ending(profile, object: (4, KeyValue(type: type, integer: 500))) == [.fin])
        // It takes the place of the track's, and the smaller of the subscriber's and it holds.
        let track = [KeyValue(type: type, integer: 500)]
        for stated in [0, 5000] as [UInt64] {
            let first = KeyValue(type: type, integer: stated)
            #expect(ending(profile, track, object: (0, first)) == [.fin])
            #expect(ending(profile, track, object: (1, first)) == [late])
            let end = ending(profile, track, object: (0, first)) {
                if type == 0x02 { $0.objectDeliveryTimeout = 500 } else { $0.subgroupDeliveryTimeout = 500 }
            }
            #expect(end == [late])
        }
    }

    /// Up to draft-18 it means nothing on an object.
    @Test(arguments: Drafts.all) func `timeouts are stated by objects since draft-19`(profile: Profile) {
        let stated = KeyValue(type: 0x02, integer: 500)
        let isSince19 = Drafts.since19.contains { $0 === profile }
        #expect(ending(profile, object: (0, stated)) == [isSince19 ? .reset(.deliveryTimeout) : .fin])
    }

    /// draft-18 "OBJECT_DELIVERY_TIMEOUT Parameter".
    @Test(arguments: Drafts.since18, [10, 5000] as [UInt64])
    func `a datagram beyond its timeout is dropped`(profile: Profile, timeout: UInt64) {
        let cache = Cache(limit: .max), downlink = Downlink(profile: profile)
        let log = TrackLog(name: track("a"), properties: Properties(), delivery: .lossless, cache: cache)
        let subscription = downlink.waitsASecond(for: log, SubscriptionTerms(objectTimeout: .milliseconds(timeout)))
        #expect((downlink.nextDatagram == nil) == (timeout < 1000))
        #expect(downlink.sent.droppedDatagrams == (timeout < 1000 ? 1 : 0))
        subscription.cancel()
        cache.remove(log)
        downlink.shutDown()
    }

    /// draft-18 "Fetch Handling".
    @Test(arguments: Drafts.all, [GroupOrder.ascending, .descending])
    func `a range comes once, group by group in the order asked for, objects ascending`(
        profile: Profile, order: GroupOrder
    ) throws {
        for isHere in [true, false] {
            let world = World()
            let source = world.publisher("live", profile)
            let log = source.add(track("a"))
            let keeper = world.subscriber(profile)
            if isHere { keeper.subscribe(track("a")) }
            world.run()
            for group in 0..<6 as Range<UInt64> {
                let subgroups = [log.open(group, 0), log.open(group, 1)]
                for id in 0..<4 as Range<UInt64> { log.put(subgroups[Int(id % 2)], id, size: 1500) }
                for subgroup in subgroups { log.finish(subgroup, .finished) }
            }
            world.run()
            let client = world.subscriber(profile, streamWindow: 3000)
            let first = Location(group: 1, object: 2), last = Location(group: 4, object: 1)
            try client.fetch(first, RangeEnd(group: 4, object: 1)) { $0.groupOrder = order }
            world.run()
            var expected = places(1...4, 4).filter { $0 >= first && $0 <= last }
            if order == .descending {
                expected.sort { $0.group != $1.group ? $0.group > $1.group : $0.object < $1.object }
            }
            #expect(client.fetched == expected && client.fetchEnd == .fin && client.gaps.isEmpty)
        }
    }

    /// draft-18 "FETCH".
    @Test(arguments: Drafts.all) func `a range that begins behind the last object is refused`(profile: Profile) throws {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let client = world.subscriber(profile)
        for isHere in [false, true] {
            if isHere { client.subscribe(track("a")) }
            world.run()
            log.putGroup(isHere ? 1 : 0, objects: 2, size: 10)
            world.run()
            try client.fetch(Location(group: 5, object: 0), RangeEnd(group: 6))
            world.run()
        }
        #expect(client.refusals == [.invalidRange, .invalidRange])
    }

    /// draft-18 "Fetch Handling".
    @Test(arguments: Drafts.all) func `a range without objects`(profile: Profile) throws {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let client = world.subscriber(profile)
        client.subscribe(track("a"))
        world.run()
        for group in [0, 5] as [UInt64] { log.putGroup(group, objects: 4, size: 100) }
        world.run()
        try client.fetch(Location(group: 2, object: 0), RangeEnd(group: 3))
        world.run()
        let hasCode = profile === Profile.draft14
        #expect(client.refusals == (hasCode ? [.noObjects] : []) && client.fetched.isEmpty)
        #expect(client.fetchEnd == (hasCode ? nil : .fin))
    }
}
