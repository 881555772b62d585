import MoQTCodec
import MoQTSession
import Testing
import Wire

@testable import MoQTRelay

/// What a relay keeps, and what it says of what it does not have, on each draft (draft-18 "Caching Relays", "FETCH").
@Suite struct CacheRuleTests {
    /// A track of which the relay has all from group 3 on, where it joined it, and the publisher all from 0 to 5.
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
        #expect(asked.count == 1 && client.fetched.isEmpty && client.fetchEnd == nil && client.gaps.isEmpty)
        #expect(!client.events.contains { if case .fetchAccepted = $0 { true } else { false } })
        for event in asked { handle(event) }
        world.run()
        #expect(client.fetched == places(2...5, 2) && client.fetchEnd == .fin && client.gaps.isEmpty)
    }

    /// draft-18 "FILL TIMEOUT Parameter".
    @Test(arguments: Drafts.since18) func `a FETCH that waits for nobody has what is here`(profile: Profile) throws {
        let world = World()
        let source = joined(world, profile)
        let client = world.subscriber(profile)
        try client.fetch(.zero, RangeEnd(group: 5)) { $0.fillTimeout = 0 }
        world.run()
        #expect(!source.events.contains { if case .fetch(let fetch, _) = $0 { fetch.isStandalone } else { false } })
        #expect(client.fetched.suffix(4) == places(4...5, 2)[...] && client.fetchEnd == .fin)
        #expect(client.gaps.map(\.reason) == [.unknown])
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
        #expect(client.gaps.map(\.reason) == [.unknown] && client.gaps.first?.end.group == 2)
        // The relay has had the rest of what precedes its subscription.
        #expect(client.fetched == places(3...5, 2) && client.fetchEnd == .fin)
    }
}

extension Fetch {
    fileprivate var isStandalone: Bool { if case .standalone = target { true } else { false } }
}
