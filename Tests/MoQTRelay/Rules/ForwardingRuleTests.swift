import MoQTCodec
@testable import MoQTSession
import Testing
import Wire

@testable import MoQTRelay

/// What becomes of objects on their way through a relay, on each draft (draft-18 "Relay Object Handling").
@Suite struct ForwardingRuleTests {
    /// Of no known meaning, and Immutable Properties with a number that is not in its shortest form.
    private func properties(_ profile: Profile) -> Properties {
        var seven: [UInt8] = []
        profile.integers.append(1 << 10, to: &seven)
        let immutables = Bytes([0x12] + seven)
        return Properties(
            [
                KeyValue(type: 0x1234, integer: 7), KeyValue(type: 0x1235, bytes: [1, 2, 3]),
                KeyValue(type: 0x0B, bytes: immutables),
            ], profile: profile)
    }

    private func publish(
        _ log: TrackLog, _ ids: [UInt64], _ properties: Properties = Properties(), size: Int = 100,
        in subgroup: SubgroupLog, _ world: World
    ) {
        for id in ids {
            let length = UInt64(size)
            log.begin(
                LoggedObject(id: id, properties: properties, payloadLength: length, arrived: world.now), in: subgroup)
            log.append(payload(subgroup.group, id, size), to: subgroup)
        }
    }

    /// draft-18 "Relay Object Handling", "Properties", "Immutable Properties".
    @Test(arguments: Drafts.all) func `fields, properties and payload of an object are as they were`(profile: Profile)
        throws
    {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let client = world.subscriber(profile), fetching = world.subscriber(profile)
        let seen = Sight(of: client), fetched = Sight(of: fetching)
        client.subscribe(track("a"))
        world.run()
        let properties = properties(profile)
        let subgroup = log.openSubgroup(
            group: 3, subgroup: 5, traits: SubgroupTraits(priority: 9, hasProperties: true, endsGroup: true))
        publish(log, [2, 3, 9], properties, in: subgroup, world)
        log.finish(subgroup, .finished)
        world.run()
        let header = try #require(client.streams.values.first?.header)
        #expect(header.group == 3 && header.subgroup == .explicit(5) && header.priority == 9 && header.endOfGroup)
        #expect(seen.objects.map(\.id) == [2, 3, 9] && seen.objects.allSatisfy { $0.properties == properties })
        // The payloads are held to what was published as they come.
        #expect(client.objects.count == 3)
        try fetching.fetch(Location(group: 3, object: 0), RangeEnd(group: 3))
        world.run()
        #expect(fetched.fetched.map(\.location.object) == [2, 3, 9] && fetching.fetched.count == 3)
        #expect(
            fetched.fetched.allSatisfy { $0.subgroup == 5 && $0.priority == 9 && $0.properties == properties })
    }

    /// draft-18 "Relay Object Handling", "Object Datagram".
    @Test(arguments: Drafts.all) func `a datagram stays what it was`(profile: Profile) throws {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let client = world.subscriber(profile), fetching = world.subscriber(profile)
        let seen = Sight(of: client), fetched = Sight(of: fetching)
        client.subscribe(track("a"))
        world.run()
        let properties = properties(profile)
        let object = LoggedObject(id: 4, properties: properties, payloadLength: 60, arrived: world.now)
        log.append(LoggedDatagram(object: object, payload: payload(2, 4, 60), priority: 9), group: 2)
        world.run()
        let datagram = try #require(seen.datagrams.first)
        #expect(datagram.location == Location(group: 2, object: 4) && datagram.priority == 9)
        #expect(datagram.properties == properties && datagram.content == .payload(payload(2, 4, 60)))
        try fetching.fetch(Location(group: 2, object: 0), RangeEnd(group: 2))
        world.run()
        #expect(fetched.fetched.map(\.properties) == [properties])
        // Up to draft-15 its Subgroup ID is its Object ID.
        let hasSign = profile.objects.fetch.datagram != 0
        #expect(fetched.fetched.map(\.subgroup) == [hasSign ? nil : 4])
    }

    /// draft-18 "Multiple Publishers".
    @Test(arguments: Drafts.all) func `what several publishers send comes once`(profile: Profile) {
        let world = World()
        let sources = (0..<3).map { _ in world.publisher("live", profile) }
        let logs = sources.map { $0.add(track("a")) }
        let client = world.subscriber(profile)
        client.subscribe(track("a"))
        world.run()
        for group in 0..<3 as Range<UInt64> {
            let subgroups = logs.map { $0.open(group) }
            for id in 0..<4 as Range<UInt64> {
                for (log, subgroup) in zip(logs, subgroups) {
                    log.put(subgroup, id, size: 700)
                    world.step()
                }
            }
            for (log, subgroup) in zip(logs, subgroups) { log.finish(subgroup, .finished) }
        }
        world.run()
        #expect(client.objects.sorted() == places(0...2, 4))
        #expect(client.streams.count == 3 && client.streams.values.allSatisfy { $0.end == .fin })
    }

    /// draft-18 "Relay Object Handling".
    @Test(arguments: Drafts.all) func `the objects of a stream keep their order, and none is left out`(
        profile: Profile
    ) {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let client = world.subscriber(profile, streamWindow: 3000)
        client.subscribe(track("a"))
        world.run()
        let subgroups = [log.open(0, 0), log.open(0, 1)]
        for id in 0..<40 as Range<UInt64> { log.put(subgroups[Int(id % 2)], id, size: Int(id) * 37) }
        for subgroup in subgroups { log.finish(subgroup, .finished) }
        world.run()
        let streams = client.streams.values.sorted { $0.objects.first ?? 0 < $1.objects.first ?? 0 }
        #expect(streams.map(\.objects) == [0, 1].map { first in (0..<20).map { UInt64($0 * 2 + first) } })
        #expect(streams.allSatisfy { $0.end == .fin })
    }

    /// draft-18 "Closing Subgroup Streams".
    @Test(arguments: Drafts.all) func `a stream goes on only with an object that is known to be the next`(
        profile: Profile
    ) {
        let world = World()
        let first = world.publisher("live", profile)
        let log = first.add(track("a"))
        let client = world.subscriber(profile)
        client.subscribe(track("a"))
        world.run()
        let cut = log.open(0)
        // What one stream leaves out does not exist.
        for id in [0, 1, 4] as [UInt64] { log.put(cut, id, size: 10) }
        world.run()
        let second = world.publisher("", profile)
        let again = second.add(track("a"))
        second.announce("live")
        first.die()
        let rest = again.openSubgroup(group: 0, subgroup: 0, traits: SubgroupTraits(startsSubgroup: false))
        for id in [7, 8] as [UInt64] { again.put(rest, id, size: 10) }
        again.finish(rest, .finished)
        world.run()
        let streams = client.order.compactMap { client.streams[$0] }
        #expect(streams.map(\.objects) == [[0, 1, 4], [7, 8]])
        #expect(streams.first?.end != .fin && streams.last?.end == .fin)
    }

    /// draft-18 "Closing Subgroup Streams".
    @Test(arguments: Drafts.all) func `FIN tells that all of a subgroup has come, and a reset that it has not`(
        profile: Profile
    ) {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let client = world.subscriber(profile)
        client.subscribe(track("a"))
        world.run()
        for (group, end) in [SubgroupLog.End.finished, .reset(.cancelled)].enumerated() {
            let subgroup = log.open(UInt64(group))
            for id in 0..<3 as Range<UInt64> { log.put(subgroup, id, size: 10) }
            log.finish(subgroup, end)
        }
        world.run()
        #expect(client.objects.count == 6)
        #expect(client.order.compactMap { client.streams[$0]?.end } == [.fin, .reset(.cancelled)])
    }

    /// draft-18 "Subgroup Header".
    @Test(arguments: Drafts.since18) func `FIRST_OBJECT is true of the first object of a subgroup alone`(
        profile: Profile
    ) {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let early = world.subscriber(profile)
        early.subscribe(track("a"))
        world.run()
        let subgroup = log.open(3)
        for id in 0..<5 as Range<UInt64> { log.put(subgroup, id, size: 10) }
        world.run()
        let late = world.subscriber(profile)
        late.subscribe(track("a")) { $0.locationFilter = .nextObject }
        world.run()
        log.put(subgroup, 5, size: 10)
        log.finish(subgroup, .finished)
        // The publisher itself began within this one.
        let inside = log.openSubgroup(group: 4, subgroup: 0, traits: SubgroupTraits(startsSubgroup: false))
        log.put(inside, 7, size: 10)
        log.finish(inside, .finished)
        world.run()
        func told(_ client: TestSubscriber) -> [Bool] {
            client.order.compactMap { client.streams[$0]?.header.isFirstObject }
        }
        #expect(told(early) == [true, false] && told(late) == [false, false])
    }

    /// draft-18 "Malformed Tracks".
    @Test(arguments: Drafts.since15) func `the objects of a malformed track are not kept`(profile: Profile) throws {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let client = world.subscriber(profile), fetching = world.subscriber(profile)
        client.subscribe(track("a"))
        world.run()
        let subgroup = log.openSubgroup(group: 0, subgroup: 0, traits: SubgroupTraits(hasProperties: true))
        // Immutable Properties within themselves.
        let nested = Properties([KeyValue(type: 0x0B, bytes: [0x0B, 0x00])], profile: profile)
        publish(log, [0], nested, size: 10, in: subgroup, world)
        world.run()
        try fetching.fetch(.zero, RangeEnd(group: 0))
        world.run()
        #expect(client.objects.isEmpty && client.done?.code == .malformedTrack && !client.isClosed)
        #expect(fetching.fetched.isEmpty)
        #expect(world.relay.cache.used == 0)
    }

    /// draft-18 "Relays".
    @Test(arguments: Drafts.all) func `bad input closes the session that it came from, and no other`(profile: Profile) {
        for isOfPublisher in [true, false] {
            let world = World()
            let source = world.publisher("live", profile)
            let log = source.add(track("a"))
            let client = world.subscriber(profile), other = world.subscriber(profile)
            for subscriber in [client, other] { subscriber.subscribe(track("a")) }
            world.run()
            log.putGroup(0, objects: 2, size: 10)
            world.run()
            let bad = isOfPublisher ? source.link : client.link
            // No draft has a stream of this type.
            bad.near.outbox.append(.data(StreamID(rawValue: 302), offset: 0, [0x02, 0, 0, 0], fin: false))
            world.run()
            let isClosed = bad.far.peer.session.isClosed
            #expect(isClosed)
            for subscriber in isOfPublisher ? [client, other] : [other] {
                #expect(!subscriber.isClosed && subscriber.objects == places(0...0, 2))
                #expect(subscriber.done?.code == (isOfPublisher ? .internalError : nil))
            }
            guard !isOfPublisher else { continue }
            log.putGroup(1, objects: 2, size: 10)
            world.run()
            #expect(other.objects == places(0...1, 2))
            #expect(!source.events.contains { if case .closed = $0 { true } else { false } })
        }
    }

    /// draft-18 "DEFAULT PUBLISHER PRIORITY".
    @Test(arguments: Drafts.since15, [nil, 7] as [UInt64?])
    func `an object without priority has that of its track`(profile: Profile, priority: UInt64?) throws {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"), priority.map { [KeyValue(type: 0x0E, integer: $0)] } ?? [])
        let client = world.subscriber(profile), fetching = world.subscriber(profile)
        let fetched = Sight(of: fetching)
        client.subscribe(track("a"))
        world.run()
        log.putGroup(0, objects: 2, size: 10)
        world.run()
        #expect(client.streams.values.map(\.header.priority) == [nil])
        try fetching.fetch(.zero, RangeEnd(group: 0))
        world.run()
        #expect(fetched.fetched.map { UInt64($0.priority) } == [priority ?? 128, priority ?? 128])
    }

    /// draft-18 "Subgroup Header": END_OF_GROUP is about the last object before FIN.
    @Test(arguments: Drafts.all) func `a stream that was reset does not end its group`(profile: Profile) {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let client = world.subscriber(profile)
        client.subscribe(track("a"))
        world.run()
        let cut = log.open(0, 0, endsGroup: true), other = log.open(0, 1)
        for id in 0..<2 as Range<UInt64> { log.put(cut, id, size: 10) }
        log.put(other, 2, size: 10)
        world.run()
        log.finish(cut, .reset(.cancelled))
        world.run()
        for id in 3..<5 as Range<UInt64> { log.put(other, id, size: 10) }
        log.finish(other, .finished)
        world.run()
        #expect(client.objects == places(0...0, 5) && client.done == nil)
    }

    /// draft-16 "Object Forwarding Preference".
    @Test(arguments: Drafts.since16) func `a group may have objects on streams and in datagrams`(profile: Profile) {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let client = world.subscriber(profile)
        let id = client.subscribe(track("a"))
        world.run()
        let subgroup = log.open(0)
        for id in 0..<4 as Range<UInt64> {
            if id % 2 == 0 {
                log.put(subgroup, id, size: 10)
            } else {
                let object = LoggedObject(id: id, payloadLength: 10, arrived: world.now)
                log.append(LoggedDatagram(object: object, payload: payload(0, id, 10)), group: 0)
            }
            world.run()
        }
        #expect(id.flatMap { client.ledger.objects[$0] } == Set(places(0...0, 4)) && client.done == nil)
    }
}
