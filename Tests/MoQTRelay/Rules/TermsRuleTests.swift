import MoQTCodec
import MoQTSession
import Testing
import Wire

@testable import MoQTRelay

/// What a relay says of a track downstream, and what of a subscriber's terms upstream, on each draft (draft-18
/// "Relays").
@Suite struct TermsRuleTests {
    private static let unknown = [
        KeyValue(type: 0x1234, integer: 7), KeyValue(type: 0x1235, bytes: [1, 2, 3]),
        KeyValue(type: 0x0B, bytes: [0x12, 0x01]),
    ]

    /// draft-18 "Relay Track Handling".
    @Test(arguments: Drafts.since16) func `all properties of a track are passed on`(profile: Profile) throws {
        let world = World()
        let source = world.publisher("live", profile)
        let all = Self.unknown + [KeyValue(type: 0x02, integer: 9000), KeyValue(type: 0x22, integer: 2)]
        let log = source.add(track("a"), all)
        let same = Properties(all, profile: .draft18).entries
        log.putGroup(0, objects: 2, size: 10)
        let fetching = world.subscriber(profile)
        try fetching.fetch(.zero, RangeEnd(group: 0))
        world.run()
        let subscriber = world.subscriber(profile), offered = world.subscriber(profile)
        try offered.wantTracks("live")
        subscriber.subscribe(track("a"))
        world.run()
        let second = world.publisher("", profile)
        try second.publisher.offer(second.add(track("a"), all), to: second.peer)
        let asking = world.subscriber(profile)
        try fetching.fetch(.zero, RangeEnd(group: 0))
        _ = try asking.peer.session.trackStatus(track("a"))
        world.run()
        #expect(subscriber.accepted?.trackProperties.entries == same)
        #expect(offered.offers.map(\.trackProperties.entries) == [same])
        let fetched = fetching.events.compactMap {
            if case .fetchAccepted(_, let answer) = $0 { answer.trackProperties.entries } else { nil }
        }
        #expect(fetched == [same, same])
        let status = asking.events.compactMap {
            if case .accepted(_, let answer) = $0 { answer.trackProperties.entries } else { nil }
        }
        let hasPlace = profile.has(.trackProperties, in: .requestOK, at: .request(.trackStatus))
        #expect(status == [hasPlace ? same : []])
    }

    /// draft-16 "Extension Headers", draft-18 "Properties".
    @Test(arguments: Drafts.since16) func `new properties of a track replace the old`(profile: Profile) throws {
        let world = World()
        let first = world.publisher("live", profile)
        _ = first.add(track("a"), [KeyValue(type: 0x1234, integer: 7), KeyValue(type: 0x1236, integer: 1)])
        let early = world.subscriber(profile)
        early.subscribe(track("a"))
        world.run()
        let second = world.publisher("", profile)
        let new = [KeyValue(type: 0x1236, integer: 2), KeyValue(type: 0x1238, integer: 3)]
        _ = second.add(track("a"), new)
        second.announce("live")
        let late = world.subscriber(profile)
        late.subscribe(track("a"))
        world.run()
        #expect(late.accepted?.trackProperties.entries == new)
    }

    /// draft-18 "LARGEST OBJECT Parameter".
    @Test(arguments: Drafts.all) func `the largest of what was told and what came is told`(profile: Profile) throws {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        log.putGroup(7, objects: 3, size: 10)
        var clients: [TestSubscriber] = []
        func told() throws -> [Location?] {
            let client = world.subscriber(profile)
            clients.append(client)
            client.subscribe(track("a")) { $0.locationFilter = .nextObject }
            _ = try client.peer.session.trackStatus(track("a"))
            world.run()
            let status = client.events.compactMap {
                if case .accepted(_, let answer) = $0 { answer.parameters.largestObject } else { nil }
            }
            return [client.accepted?.parameters.largestObject] + status
        }
        let keeper = world.subscriber(profile)
        keeper.subscribe(track("a")) { $0.locationFilter = .nextObject }
        world.run()
        // Nothing of group 7 has to come for it.
        let before = Location(group: 7, object: 2), after = Location(group: 8, object: 1)
        #expect(try told() == [before, before])
        let offered = world.subscriber(profile), second = world.publisher("", profile)
        try second.publisher.offer(second.add(track("a")), to: second.peer)
        world.run()
        try offered.wantTracks("live")
        #expect(offered.offers.map(\.parameters.largestObject) == [before])
        log.putGroup(8, objects: 2, size: 10)
        world.run()
        #expect(try told() == [after, after])
    }

    /// draft-18 "Parameter Scope".
    @Test(arguments: Drafts.all) func `a subscriber's own terms stay here`(profile: Profile) throws {
        let world = World()
        let source = world.publisher("live", profile)
        _ = source.add(track("a"))
        let client = world.subscriber(profile)
        let hasTimeout = profile.parameters.contains { $0.kind == .subgroupDeliveryTimeout }
        client.subscribe(track("a")) {
            $0.subscriberPriority = 7
            $0.groupOrder = .descending
            $0.objectDeliveryTimeout = 77
            if hasTimeout { $0.subgroupDeliveryTimeout = 78 }
            $0.locationFilter = .absoluteStart(Location(group: 3, object: 0))
        }
        world.run()
        let asked = try #require(source.request).parameters
        #expect(asked.subscriberPriority ?? 128 == 128 && asked.groupOrder != .descending)
        #expect(asked.objectDeliveryTimeout == nil && asked.subgroupDeliveryTimeout == nil)
        #expect(asked.locationFilter == .nextObject)
    }

    /// draft-22 "Parameters on SUBSCRIBE_TRACKS".
    @Test(arguments: Drafts.since20) func `the token of SUBSCRIBE_TRACKS is in no PUBLISH`(profile: Profile) throws {
        let world = World()
        let client = world.subscriber(profile)
        try client.wantTracks("live") { $0.authorizationTokens = [.useValue(type: 0, value: [1, 2])] }
        let source = world.publisher("", profile)
        try source.publisher.offer(source.add(track("a")), to: source.peer)
        world.run()
        #expect(client.offers.map(\.parameters.authorizationTokens) == [[]])
    }

    /// draft-18 "FORWARD Parameter".
    @Test(arguments: Drafts.since15, [false, true])
    func `FORWARD of who wants tracks is that of PUBLISH`(profile: Profile, forward: Bool) throws {
        let world = World()
        let early = world.subscriber(profile), late = world.subscriber(profile)
        try early.wantTracks("live") { $0.forward = forward }
        let source = world.publisher("", profile)
        try source.publisher.offer(source.add(track("a")), to: source.peer)
        world.run()
        try late.wantTracks("live") { $0.forward = forward }
        for client in [early, late] { #expect(client.offers.map { $0.parameters.forward ?? true } == [forward]) }
    }

    /// draft-19 "Parameters on SUBSCRIBE_TRACKS".
    @Test(arguments: Drafts.since19) func `GROUP_ORDER of SUBSCRIBE_TRACKS is that of PUBLISH`(profile: Profile) throws
    {
        let world = World()
        let clients = (0..<2).map { _ in world.subscriber(profile) }
        try clients[0].wantTracks("live") { $0.groupOrder = .descending }
        try clients[1].wantTracks("live")
        let source = world.publisher("", profile)
        try source.publisher.offer(source.add(track("a")), to: source.peer)
        world.run()
        #expect(clients.map { $0.offers.map(\.parameters.groupOrder) } == [[.descending], [nil]])
    }

    /// draft-19 "Parameters on SUBSCRIBE_TRACKS". Where PUBLISH_OK has no terms, nothing else says them.
    @Test(arguments: Drafts.since15, [false, true, nil])
    func `a publisher offers its tracks on the terms of who wants them`(profile: Profile, forward: Bool?) throws {
        let world = World()
        let publisher = Publisher(cache: Cache(limit: .max))
        let log = publisher.addTrack(track("a"), properties: Properties(), delivery: .lossless)
        let client = world.subscriber(profile)
        client.terms.forward = forward
        // The relay's end of the link answers as a publisher.
        let far = client.link.far
        far.handle = { [unowned far] in _ = publisher.handle($0, from: far.peer) }
        let isOrdered = profile.behaviours.contains(.publishStatesTerms)
        try client.wantTracks("live") {
            $0.forward = forward
            if isOrdered { $0.groupOrder = .descending }
        }
        #expect(client.offers.map { $0.parameters.forward ?? true } == [forward ?? true])
        #expect(client.offers.map(\.parameters.groupOrder) == [isOrdered ? .descending : nil])
        log.putGroup(0, objects: 2, size: 10)
        world.run()
        #expect(client.objects == (forward ?? true ? places(0...0, 2) : []))
    }

    /// draft-18 "NEW GROUP REQUEST Parameter".
    @Test(arguments: Drafts.since15) func `a new group is asked for of the publisher, once`(profile: Profile) throws {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"), [KeyValue(type: 0x30, integer: 1)])
        log.putGroup(4, objects: 1, size: 10)
        let first = world.subscriber(profile), second = world.subscriber(profile)
        first.subscribe(track("a")) { $0.newGroupRequest = 0 }
        world.run()
        #expect(source.request?.parameters.newGroupRequest == 0)
        func asked() -> [UInt64] {
            source.events.compactMap {
                if case .updateRequested(_, let parameters) = $0 { parameters.newGroupRequest } else { nil }
            }
        }
        let id = try #require(second.subscribe(track("a")) { $0.newGroupRequest = 0 })
        world.run()
        #expect(asked().isEmpty)
        func ask(_ group: UInt64) {
            var parameters = Parameters()
            parameters.newGroupRequest = group
            second.peer.say { try $0.update(id, parameters) }
            world.run()
        }
        for group in [3, 4, 5, 5, 0] as [UInt64] { ask(group) }
        #expect(asked() == [5])
        log.putGroup(5, objects: 1, size: 10)
        world.run()
        for group in [5, 0, 0] as [UInt64] { ask(group) }
        #expect(asked() == [5, 0])
    }

    /// draft-18 "NEW GROUP REQUEST Parameter".
    @Test(arguments: Drafts.since15) func `no new group is asked for of a track that has none at will`(
        profile: Profile
    ) throws {
        let world = World()
        let source = world.publisher("live", profile)
        source.add(track("a")).putGroup(4, objects: 1, size: 10)
        let clients = (0..<2).map { _ in world.subscriber(profile) }
        for client in clients {
            client.subscribe(track("a")) { $0.newGroupRequest = 0 }
            world.run()
        }
        #expect(clients.allSatisfy { $0.accepted != nil })
        #expect(!source.events.contains { if case .updateRequested = $0 { true } else { false } })
    }
}
