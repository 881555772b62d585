import MoQTCodec
import MoQTSession
import Testing
import Wire

@testable import MoQTRelay

/// What a relay keeps, and what it says of what it does not have, on each draft (draft-18 "Caching Relays", "FETCH").
@Suite struct CacheRuleTests {
    /// A track of which the publisher has all from group 0 to 5, and the relay what it has had since it joined it behind
    /// the second object of group 3, and that: whether there is more in group 3, it has not been told.
    private func joined(_ world: World, _ profile: Profile, _ properties: [KeyValue] = []) -> TestPublisher {
        let source = world.publisher("live", profile)
        let log = source.add(track("a"), properties)
        for group in 0..<4 as Range<UInt64> { log.putGroup(group, objects: 2, size: 10) }
        let keeper = world.subscriber(profile)
        keeper.subscribe(track("a")) { $0.locationFilter = .nextObject }
        world.run()
        for group in 4..<6 as Range<UInt64> { log.putGroup(group, objects: 2, size: 10) }
        world.run()
        keep.subscribers.append(keeper)
        return source
    }

    private final class Keep { var subscribers: [TestSubscriber] = [] }
    private let keep = Keep()

    /// draft-18 "Fetch Handling".
    @Test(arguments: Drafts.all) func `a FETCH waits at what is not known until the publisher tells`(profile: Profile)
        throws
    {
        let world = World()
        let source = joined(world, profile)
        let handle = source.link.near.handle
        var asked: [SessionEvent] = []
        source.link.near.handle = { event in
            if case .fetch = event { asked.append(event) } else { handle(event) }
        }
        let client = world.subscriber(profile)
        try client.fetch(Location(group: 2, object: 0), RangeEnd(group: 5))
        world.run()
        world.pass(.seconds(1))
        #expect(asked.count == 2 && client.fetched.isEmpty && client.fetchEnd == nil && client.gaps.isEmpty)
        for event in asked { handle(event) }
        world.run()
        #expect(client.fetched == places(2...5, 2) && client.fetchEnd == .fin && client.gaps.isEmpty)
    }

    /// draft-18 "FETCH_OK".
    @Test(arguments: Drafts.all) func `FETCH_OK waits until the end is known`(profile: Profile) throws {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        for group in 0..<4 as Range<UInt64> { log.putGroup(group, objects: 2, size: 10) }
        let handle = source.link.near.handle
        var asked: [SessionEvent] = []
        source.link.near.handle = { event in
            if case .fetch = event { asked.append(event) } else { handle(event) }
        }
        let client = world.subscriber(profile)
        try client.fetch(.zero, RangeEnd(group: 5))
        world.run()
        world.pass(.seconds(1))
        #expect(asked.count == 1 && client.fetchEnds.isEmpty)
        for event in asked { handle(event) }
        world.run()
        #expect(client.fetchEnds == [RangeEnd(group: 3, object: 1)] && client.fetched == places(0...3, 2))
    }

    /// draft-18 "FETCH_OK".
    @Test(arguments: Drafts.all) func `how far a publisher is that sends nothing is asked`(profile: Profile) throws {
        let world = World()
        let source = world.publisher("", profile)
        let log = source.add(track("a"))
        try source.publisher.offer(log, to: source.peer)
        world.run()
        for group in 0..<4 as Range<UInt64> { log.putGroup(group, objects: 2, size: 10) }
        let client = world.subscriber(profile)
        try client.fetch(.zero, RangeEnd(group: 5))
        world.run()
        #expect(client.fetchEnds == [RangeEnd(group: 3, object: 1)] && client.fetched == places(0...3, 2))
        #expect(client.fetchEnd == .fin && client.gaps.isEmpty)
        // One that pauses is asked, too, what the subscriber before had is not enough.
        let id = try #require(client.subscribe(track("a")))
        world.run()
        client.peer.say { try $0.cancel(id) }
        world.run()
        for group in 4..<6 as Range<UInt64> { log.putGroup(group, objects: 2, size: 10) }
        try client.fetch(.zero, RangeEnd(group: 8))
        world.run()
        #expect(client.fetchEnds.last == RangeEnd(group: 5, object: 1))
        #expect(client.fetched == places(0...3, 2) + places(0...5, 2) && client.gaps.isEmpty)
    }

    /// draft-18 "FETCH_OK": nothing is said of what lies behind the end that it names.
    @Test(arguments: Drafts.since16) func `what a publisher's answer does not cover stays unknown`(profile: Profile)
        throws
    {
        let world = World()
        let source = joined(world, profile)
        let handle = source.link.near.handle
        source.link.near.handle = { [weak source] event in
            guard case .fetch(let request, _) = event, let source, let log = source.publisher.tracks[track("a")] else {
                return handle(event)
            }
            source.peer.answer(request.ending(RangeEnd(group: 1, object: 1)), with: log)
        }
        let client = world.subscriber(profile)
        try client.fetch(.zero, RangeEnd(group: 5))
        world.run()
        #expect(client.fetched == places(0...1, 2) + places(3...5, 2) && client.fetchEnd == .fin)
        #expect(client.gaps.map(\.reason) == [.unknown, .unknown] && client.gaps.map(\.end.group) == [2, 3])
    }

    /// draft-18 "MAX CACHE DURATION".
    @Test(arguments: Drafts.all) func `what is older than the track allows is had again`(profile: Profile) throws {
        let world = World()
        let source = joined(world, profile, [KeyValue(type: 0x04, integer: 2000)])
        let client = world.subscriber(profile)
        try client.fetch(Location(group: 4, object: 0), RangeEnd(group: 5))
        world.run()
        #expect(client.fetched == places(4...5, 2) && !source.isAskedAlone)
        world.pass(.seconds(4))
        try client.fetch(Location(group: 4, object: 0), RangeEnd(group: 5))
        world.run()
        #expect(client.fetched == places(4...5, 2) + places(4...5, 2) && client.gaps.isEmpty && source.isAskedAlone)
    }

    /// draft-14 "FETCH": the stream has no signs for what is unknown.
    @Test(arguments: [Profile.draft14, .draft15], [GroupOrder.ascending, .descending])
    func `old drafts are refused or cut off where a publisher is lost`(profile: Profile, order: GroupOrder) throws {
        let world = World()
        let source = joined(world, profile)
        source.link.near.handle = { _ in }
        let client = world.subscriber(profile)
        try client.fetch(Location(group: 2, object: 0), RangeEnd(group: 5)) { $0.groupOrder = order }
        world.run()
        #expect(client.fetchEnd == nil && client.rejection == nil)
        source.die()
        world.run()
        if order == .ascending {
            #expect(client.rejection == .unknownStatusInRange && client.fetched.isEmpty && client.fetchEnds.isEmpty)
        } else {
            // What is here was sent before.
            #expect(client.fetchEnd == .reset(.internalError))
            #expect(client.fetchEnds.count == 1)
            #expect(client.fetched == [5, 4, 3].flatMap { places($0...$0, 2) })
        }
    }

    /// draft-18 "FILL TIMEOUT Parameter".
    @Test(arguments: Drafts.since18) func `a FETCH that waits for nobody has what is here`(profile: Profile) throws {
        let world = World()
        let source = joined(world, profile)
        let client = world.subscriber(profile)
        try client.fetch(.zero, RangeEnd(group: 5)) { $0.fillTimeout = 0 }
        world.run()
        #expect(!source.isAskedAlone)
        #expect(client.fetched.suffix(4) == places(4...5, 2)[...] && client.fetchEnd == .fin)
        #expect(client.gaps.map(\.reason) == [.unknown, .unknown] && client.gaps.map(\.end.group) == [2, 3])
    }

    /// draft-18 "End of Range".
    @Test(arguments: Drafts.since16) func `what is unknown and cannot be had is said to be unknown`(profile: Profile)
        throws
    {
        let world = World()
        let source = joined(world, profile)
        source.die()
        let client = world.subscriber(profile)
        try client.fetch(Location(group: 2, object: 0), RangeEnd(group: 5))
        world.run()
        #expect(client.gaps.map(\.reason) == [.unknown, .unknown] && client.gaps.map(\.end.group) == [2, 3])
        #expect(client.fetched == places(3...5, 2) && client.fetchEnd == .fin)
    }
}

extension TestPublisher {
    /// It had a FETCH that joins nothing.
    fileprivate var isAskedAlone: Bool {
        events.contains { event in
            if case .fetch(let fetch, _) = event, case .standalone = fetch.target { true } else { false }
        }
    }
}

extension TestSubscriber {
    fileprivate var fetchEnds: [RangeEnd] {
        events.compactMap { if case .fetchAccepted(_, let answer) = $0 { answer.end } else { nil } }
    }
}

extension Fetch {
    fileprivate func ending(_ end: RangeEnd) -> Fetch {
        guard case .standalone(let track, let filter) = target, let start = filter?.absoluteStart else { return self }
        var other = self
        other.target = .standalone(track: track, start: start, end: end)
        return other
    }
}
