@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// What a relay grants one client, and all together.
@Suite struct LimitTests {
    /// Drafts whose words for it differ.
    static let drafts: [Profile] = [.draft14, .draft16, .draft18, .draft22]

    private func limited(_ limit: Limit, _ world: World) -> UInt64 {
        world.loops.relays.reduce(0) { $0 + $1.snapshot.traffic.limited[limit] }
    }

    /// EXCESSIVE_LOAD, or INTERNAL_ERROR where the draft lacks it.
    private func isExcess(_ code: RequestErrorCode?, _ profile: Profile) -> Bool {
        code == .excessiveLoad
            || code == .internalError && profile.codes.request(.subscribe).nearest(.excessiveLoad) == code
    }

    @Test(arguments: drafts)
    func `subscriptions beyond the limit are refused, those that wait included`(_ profile: Profile) throws {
        let world = World { $0.subscriptionLimit = 2 }
        let source = world.publisher()
        for name in ["a", "b", "c"] { _ = source.add(track(name)) }
        let subscriber = world.subscriber(profile), other = world.subscriber(profile)
        let first = subscriber.subscribe(track("a"))
        subscriber.subscribe(track("b"))
        world.run()
        #expect(subscriber.rejection == nil)
        subscriber.subscribe(track("c"))
        other.subscribe(track("c"))
        world.run()
        #expect(isExcess(subscriber.rejection, profile) && other.rejection == nil)
        #expect(limited(.subscriptions, world) == 1)
        // One that ends makes room.
        subscriber.events = []
        subscriber.peer.say { try $0.cancel(try #require(first)) }
        world.run()
        subscriber.subscribe(track("c"))
        world.run()
        #expect(subscriber.rejection == nil && limited(.subscriptions, world) == 1)
    }

    @Test func `tracks by prefix are offered up to the limit, and the others named`() throws {
        let world = World { $0.subscriptionLimit = 2 }
        let source = world.publisher("")
        let interested = world.subscriber()
        interested.peer.say { _ = try $0.subscribeTracks(TrackNamespace(utf8: "live")) }
        world.run()
        for name in ["a", "b", "c"] { try source.publisher.offer(source.add(track(name)), to: source.peer) }
        world.run()
        let offered = interested.events.count { if case .publish = $0 { true } else { false } }
        let blocked = interested.events.count { if case .publishBlocked = $0 { true } else { false } }
        #expect(offered == 2 && blocked == 1)
        #expect(limited(.subscriptions, world) == 1)
    }

    @Test(arguments: drafts)
    func `namespaces beyond the limit are refused`(_ profile: Profile) throws {
        let world = World { $0.namespaceLimit = 1 }
        let publisher = world.publisher("one", profile)
        world.run()
        publisher.announce("two")
        #expect(limited(.namespaces, world) == 1 && world.relay.snapshot.namespaces == 1)
        #expect(publisher.events.contains { if case .rejected = $0 { true } else { false } })
        _ = world.publisher("two", profile)
        world.run()
        #expect(limited(.namespaces, world) == 1 && world.relay.snapshot.namespaces == 2)
    }

    @Test(arguments: drafts, [1, 2, 4])
    func `what would add to too many tracks is refused, what is there is not`(_ profile: Profile, loops: Int) throws {
        let world = World(loops: loops) { $0.trackLimit = 1 }
        let source = world.publisher()
        let log = source.add(track("a"))
        _ = source.add(track("b"))
        let subscriber = world.subscriber(profile)
        subscriber.subscribe(track("a"))
        world.run()
        subscriber.subscribe(track("b"))
        world.run()
        #expect(isExcess(subscriber.rejection, profile))
        let other = world.subscriber(profile)
        other.subscribe(track("a"))
        world.run()
        log.putGroup(0, objects: 2, size: 10)
        world.run()
        #expect(other.rejection == nil && other.objects.count == 2)
        #expect(limited(.tracks, world) == 1)
        // What is fetched is kept, too.
        other.peer.say { _ = try $0.fetch(.standalone(track: track("b"), start: .zero, end: RangeEnd(group: 0))) }
        world.run()
        #expect(other.rejection != nil && limited(.tracks, world) == 2)
    }

    @Test(arguments: drafts)
    func `an object that is too long ends its subgroup, and no other`(_ profile: Profile) throws {
        let world = World { $0.objectSizeLimit = 100 }
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let subscriber = world.subscriber(profile)
        subscriber.subscribe(track("a"))
        world.run()
        let group = log.open(0)
        log.put(group, 0, size: 100)
        log.put(group, 1, size: 101)
        log.put(group, 2, size: 10)
        world.run()
        log.putGroup(1, objects: 3, size: 100)
        world.run()
        #expect(subscriber.objects == [Location(group: 0, object: 0)] + (0..<3).map { Location(group: 1, object: $0) })
        #expect(limited(.objectSize, world) == 1)
        let ends = subscriber.streams.values.map(\.end)
        #expect(ends.contains(.reset(.excessiveLoad)) && ends.contains(.fin), "\(ends)")
    }

    @Test func `the streams of objects that are too long give their places back`() throws {
        let world = World { $0.objectSizeLimit = 100 }
        let source = world.publisher("live", .draft18, streams: 3)
        let log = source.add(track("a"))
        let subscriber = world.subscriber()
        subscriber.subscribe(track("a"))
        world.run()
        for number in 0..<20 as Range<UInt64> {
            // The first object of a stream, and a later one.
            let group = log.open(number, endsGroup: true)
            if number % 2 == 0 { log.put(group, 0, size: 10) }
            log.put(group, 1, size: 1000)
            log.finish(group, .finished)
            world.run()
        }
        log.putGroup(20, objects: 3, size: 100)
        world.run()
        #expect(subscriber.objects.count == 10 + 3)
        #expect(limited(.objectSize, world) == 20)
    }

    @Test func `an object that is too long ends a fetch`() throws {
        let world = World { $0.objectSizeLimit = 100 }
        let source = world.publisher()
        let log = source.add(track("a"))
        log.putGroup(0, objects: 2, size: 50)
        log.putGroup(1, objects: 2, size: 200)
        let subscriber = world.subscriber()
        subscriber.peer.say {
            _ = try $0.fetch(.standalone(track: track("a"), start: .zero, end: RangeEnd(group: 1, object: 1)))
        }
        world.run()
        #expect(subscriber.fetchEnd == .reset(.excessiveLoad) && limited(.objectSize, world) == 1)
    }
}
