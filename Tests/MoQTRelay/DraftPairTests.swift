@testable import MoQTRelay
import MoQTCodec
import MoQTSession
public import Testing
import Wire

extension Profile: CustomTestStringConvertible {
    package var testDescription: String { name }
}

/// A relay joins sessions of different drafts: one publisher, and a subscriber of every draft at once.
@Suite struct DraftPairTests {
    private static let all = (0..<4).flatMap { group in
        (0..<5).map { Location(group: UInt64(group), object: UInt64($0)) }
    }

    private func subscribers(_ world: World) -> [(Profile, TestSubscriber)] {
        Profile.spoken.map { ($0, world.subscriber($0)) }
    }

    @Test(arguments: Profile.spoken) func `SUBSCRIBE carries every object between any two drafts`(profile: Profile) {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let subscribers = subscribers(world)
        for (_, subscriber) in subscribers { subscriber.subscribe(track("a")) }
        world.run()
        for group in 0..<4 as Range<UInt64> {
            log.putGroup(group, objects: 5, size: 1000 + Int(group) * 3000)
            world.step()
        }
        log.end(.trackEnded, reason: "")
        world.run()
        for (draft, subscriber) in subscribers {
            #expect(subscriber.objects.sorted() == Self.all, "to \(draft.name)")
            #expect(subscriber.streams.values.allSatisfy { $0.end == .fin && $0.header.endOfGroup }, "to \(draft.name)")
            #expect(subscriber.done?.code == .trackEnded, "to \(draft.name)")
            #expect(subscriber.link.far.peer.downlink.sent.inexpressible == 0)
        }
    }

    @Test(arguments: Profile.spoken) func `FETCH carries every object between any two drafts`(profile: Profile) throws {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let keeper = world.subscriber()
        keeper.subscribe(track("a"))
        world.run()
        for group in 0..<4 as Range<UInt64> { log.putGroup(group, objects: 5, size: 700) }
        world.run()
        let subscribers = subscribers(world)
        let end = RangeEnd(group: 3, object: 4)
        for (_, subscriber) in subscribers {
            _ = try subscriber.peer.session.fetch(.standalone(track: track("a"), start: .zero, end: end))
        }
        world.run()
        for (draft, subscriber) in subscribers {
            #expect(subscriber.fetched == Self.all, "to \(draft.name)")
            #expect(subscriber.fetchEnd == .fin, "to \(draft.name)")
        }
    }

    @Test(arguments: Profile.spoken) func `PUBLISH reaches whoever wants tracks`(profile: Profile) throws {
        let world = World()
        let subscribers = subscribers(world)
        for (_, subscriber) in subscribers {
            _ = try subscriber.peer.session.subscribeTracks(track("a").namespace)
        }
        world.run()
        let source = world.publisher("", profile)
        let log = source.add(track("a"))
        try source.publisher.offer(log, to: source.peer)
        world.run()
        for group in 0..<4 as Range<UInt64> { log.putGroup(group, objects: 5, size: 100) }
        log.end(.trackEnded, reason: "")
        world.run()
        for (draft, subscriber) in subscribers {
            #expect(subscriber.objects.sorted() == Self.all, "to \(draft.name)")
            #expect(subscriber.done?.code == .trackEnded, "to \(draft.name)")
        }
    }

    @Test(arguments: Profile.spoken) func `namespaces are told of and withdrawn`(profile: Profile) throws {
        let world = World()
        let before = subscribers(world)
        let prefix = track("a").namespace
        for (_, subscriber) in before { _ = try subscriber.peer.session.subscribeNamespace(prefix) }
        world.run()
        let source = world.publisher("live", profile)
        let after = subscribers(world)
        for (_, subscriber) in after { _ = try subscriber.peer.session.subscribeNamespace(prefix) }
        world.run()
        for (draft, subscriber) in before + after {
            #expect(subscriber.announced == [prefix], "to \(draft.name)")
        }
        let id = try #require(source.namespaceRequest)
        source.peer.say { try $0.cancel(id) }
        world.run()
        for (draft, subscriber) in before + after { #expect(subscriber.announced == [], "to \(draft.name)") }
    }

    /// IDs identify objects and are never changed: what has none in a draft is cut off there.
    @Test func `a group that a draft cannot number is cut off, and nothing else is`() {
        let world = World()
        let source = world.publisher()
        let log = source.add(track("a"))
        let subscribers = subscribers(world)
        for (_, subscriber) in subscribers { subscriber.subscribe(track("a")) }
        world.run()
        log.putGroup(0, objects: 2, size: 100)
        log.putGroup(1 << 62, objects: 2, size: 100)
        log.end(.trackEnded, reason: "")
        world.run()
        for (draft, subscriber) in subscribers {
            let isFit = draft.integers.maximum >= 1 << 62
            #expect(subscriber.objects.count == (isFit ? 4 : 2), "to \(draft.name)")
            #expect(subscriber.link.far.peer.downlink.sent.inexpressible == (isFit ? 0 : 1), "to \(draft.name)")
            #expect(subscriber.done?.code == .trackEnded, "to \(draft.name)")
        }
    }

    @Test func `a track whose properties a draft cannot say is refused there`() throws {
        let world = World()
        let source = world.publisher()
        let log = source.add(track("a"), [KeyValue(type: 0x1234, integer: 7)])
        let keeper = world.subscriber()
        keeper.subscribe(track("a"))
        world.run()
        log.putGroup(0, objects: 2, size: 100)
        world.run()
        for (draft, subscriber) in subscribers(world) {
            subscriber.subscribe(track("a"))
            world.run()
            let isFit = draft.has(.trackProperties, in: .publish, at: .request(.publish))
            #expect(subscriber.rejection == (isFit ? nil : .notSupported), "to \(draft.name)")
            #expect(subscriber.link.far.peer.downlink.sent.inexpressible == (isFit ? 0 : 1), "to \(draft.name)")
            if isFit { #expect(subscriber.accepted?.trackProperties.integer(0x1234) == 7, "to \(draft.name)") }
        }
    }

    /// draft-16 "DELIVERY TIMEOUT": 0 is no value there.
    @Test func `a delivery timeout of none is left out where a draft cannot say it`() throws {
        let world = World()
        let source = world.publisher()
        let log = source.add(track("a"), [KeyValue(type: 0x02, integer: 0)])
        let subscribers = subscribers(world)
        for (_, subscriber) in subscribers { subscriber.subscribe(track("a")) }
        world.run()
        log.putGroup(0, objects: 2, size: 100)
        world.run()
        for (draft, subscriber) in subscribers {
            #expect(subscriber.accepted?.trackProperties.integer(0x02) ?? 0 == 0, "to \(draft.name)")
            #expect(subscriber.objects.count == 2, "to \(draft.name)")
        }
    }

    @Test(arguments: Profile.spoken) func `a joining subscriber has the group in progress`(profile: Profile) throws {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let subgroup = log.open(0)
        for id in 0..<3 as Range<UInt64> { log.put(subgroup, id, size: 300) }
        let subscribers = subscribers(world)
        for (_, subscriber) in subscribers { subscriber.subscribe(track("a")) { $0.locationFilter = .nextObject } }
        world.run()
        for (draft, subscriber) in subscribers {
            let id = try #require(subscriber.accepted.map { _ in RequestID(rawValue: 0) })
            try subscriber.peer.session.join(id, .groups(before: 0))
            world.run()
            #expect(subscriber.fetched.map(\.object) == [0, 1, 2], "to \(draft.name)")
        }
    }
}

extension TestSubscriber {
    /// Namespaces announced and not withdrawn.
    fileprivate var announced: Set<TrackNamespace> {
        var result: Set<TrackNamespace> = []
        for event in events {
            if case .namespaceAnnounced(_, let namespace) = event { result.insert(namespace) }
            if case .namespaceGone(_, let namespace) = event { result.remove(namespace) }
        }
        return result
    }
}
