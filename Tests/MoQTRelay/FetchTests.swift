@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// draft-18 "FETCH".
@Suite struct FetchTests {
    private func fetch(_ subscriber: TestSubscriber, _ target: Fetch.Target, _ order: GroupOrder = .ascending) {
        var parameters = Parameters()
        parameters.groupOrder = order
        // From what there is: nothing is had from the publisher.
        if subscriber.peer.session.profile.parameters.contains(where: { $0.kind == .fillTimeout }) {
            parameters.fillTimeout = 0
        }
        subscriber.peer.say { _ = try $0.fetch(target, parameters) }
        subscriber.world.run()
    }

    private func ready(_ world: World, groups: UInt64) -> (TrackLog, TestSubscriber, RequestID?) {
        let source = world.publisher()
        keep.append(source)
        let log = source.add(track("a"))
        let subscriber = world.subscriber(streamWindow: 3000)
        let id = subscriber.subscribe(track("a"))
        world.run()
        for group in 0..<groups { log.putGroup(group, objects: 4, size: 1500) }
        world.run()
        return (log, subscriber, id)
    }

    private final class Box { var sources: [TestPublisher] = [] }
    private let box = Box()
    private var keep: [TestPublisher] {
        get { box.sources }
        nonmutating set { box.sources = newValue }
    }

    /// What was accepted is delivered, though nobody subscribes to the track any more.
    @Test func `a fetch outlives the subscriptions of a track that has ended`() {
        let world = World()
        let (log, subscriber, _) = ready(world, groups: 6)
        log.putDatagram(6, 0, size: 50, at: world.now)
        world.run()
        subscriber.reads = false
        fetch(subscriber, .standalone(track: track("a"), start: .zero, end: RangeEnd(group: 6)))
        #expect(subscriber.fetched.count < 24)
        log.end(.trackEnded, reason: "")
        world.run()
        #expect(subscriber.done?.code == .trackEnded)
        subscriber.resumeReading()
        world.run()
        #expect(subscriber.fetched == places(0...5, 4) + [Location(group: 6, object: 0)])
        #expect(subscriber.fetchEnd == .fin)
        world.pass(.seconds(2))
        #expect(world.relay.tracks.isEmpty)
        #expect(world.relay.cache.used == 0)
    }

    /// draft-18 "Joining Fetches": what came before is fetched from the publisher once, whoever asks.
    @Test func aJoiningFetchAndItsSubscriptionMeet() throws {
        let world = World()
        let source = world.publisher()
        let log = source.add(track("a"))
        log.putGroup(0, objects: 4, size: 1500)
        let open = log.open(1)
        for id in 0..<3 as Range<UInt64> { log.put(open, id, size: 1500) }
        let subscribers = (0..<2).map { _ in world.subscriber() }
        for (index, subscriber) in subscribers.enumerated() {
            let id = try #require(subscriber.subscribe(track("a")) { $0.locationFilter = .nextObject })
            subscriber.peer.say {
                _ = try $0.fetch(
                    index == 0 ? .relativeJoining(request: id, groups: 0) : .absoluteJoining(request: id, group: 1))
            }
        }
        world.run()
        log.put(open, 3, size: 1500)
        log.finish(open, .finished)
        world.run()
        for subscriber in subscribers {
            #expect(subscriber.fetched == Array(places(1...1, 4).prefix(3)))
            #expect(subscriber.objects == [Location(group: 1, object: 3)])
            #expect(subscriber.gaps.isEmpty)
        }
    }

    /// draft-18 "Publisher Interactions": a published track waits with FORWARD 0 for its first subscriber, who still
    /// gets what was published before.
    @Test func whatPrecedesAPublishedTracksFirstSubscriberIsFetched() throws {
        let world = World()
        let source = world.publisher("")
        let log = source.add(track("a"))
        log.putGroup(0, objects: 2, size: 1500)
        try source.publisher.offer(log, to: source.link.near.peer)
        world.run()
        let subscriber = world.subscriber()
        let id = try #require(subscriber.subscribe(track("a")) { $0.locationFilter = .nextObject })
        subscriber.peer.say { _ = try $0.fetch(.relativeJoining(request: id, groups: 0)) }
        world.run()
        log.putGroup(1, objects: 1, size: 1500)
        world.run()
        #expect(subscriber.fetched == places(0...0, 2))
        #expect(subscriber.objects == [Location(group: 1, object: 0)])
    }

    /// draft-18 "End of Range".
    @Test func whatWasEvictedIsUnknown() {
        let world = World(cache: 30_000)
        let (_, subscriber, _) = ready(world, groups: 10)
        fetch(subscriber, .standalone(track: track("a"), start: .zero, end: RangeEnd(group: 9)))
        #expect(subscriber.gaps.map(\.reason) == [.unknown])
        #expect(subscriber.fetched == Array(places(0...9, 4).suffix(subscriber.fetched.count)))
        #expect(subscriber.fetched.count > 3)
        #expect(subscriber.fetchEnd == .fin)
        subscriber.fetched = []
        fetch(subscriber, .standalone(track: track("a"), start: .zero, end: RangeEnd(group: 9)), .descending)
        #expect(subscriber.fetched.first?.group == 9)
        #expect(subscriber.fetchEnd == .reset(.unknownObjectStatus))
    }

    @Test func itWaitsForAnObjectThatIsStillArriving() {
        let world = World()
        let (log, subscriber, _) = ready(world, groups: 1)
        let open = log.open(1)
        log.begin(LoggedObject(id: 0, payloadLength: 3000, arrived: world.now), in: open)
        log.append(payload(1, 0, 3000).slice(from: 0, count: 1000), to: open)
        world.run()
        fetch(subscriber, .standalone(track: track("a"), start: .zero, end: RangeEnd(group: 1)))
        #expect(subscriber.fetchEnd == nil)
        log.append(payload(1, 0, 3000).slice(from: 1000), to: open)
        world.run()
        #expect(subscriber.fetched == places(0...0, 4) + [Location(group: 1, object: 0)])
        #expect(subscriber.fetchEnd == .fin)
    }

    @Test func aGroupThatWasCutOffIsUnknownFromThere() {
        let world = World()
        let (log, subscriber, _) = ready(world, groups: 1)
        let open = log.open(1)
        log.put(open, 0, size: 100)
        log.finish(open, .reset(.deliveryTimeout))
        log.putGroup(2, objects: 4, size: 100)
        world.run()
        fetch(subscriber, .standalone(track: track("a"), start: .zero, end: RangeEnd(group: 2)))
        #expect(subscriber.fetched == places(0...0, 4) + [Location(group: 1, object: 0)] + places(2...2, 4))
        #expect(subscriber.gaps.map(\.end) == [Location(group: 1, object: .max)])
    }

    @Test func aFetchThatIsGivenUpLeavesNothingBehind() throws {
        let world = World()
        let (log, subscriber, _) = ready(world, groups: 1)
        let open = log.open(1)
        log.begin(LoggedObject(id: 0, payloadLength: 3000, arrived: world.now), in: open)
        log.append(payload(1, 0, 3000).slice(from: 0, count: 1000), to: open)
        world.run()
        let id = try subscriber.peer.session.fetch(
            .standalone(track: track("a"), start: .zero, end: RangeEnd(group: 1)))
        world.run()
        let relayed = try #require(world.relay.tracks[track("a")]?.log?.groups[1]?.subgroups.first)
        #expect(relayed.waiters.count == 1)
        subscriber.peer.say { try $0.cancel(id) }
        world.run()
        #expect(relayed.waiters.isEmpty)
        log.append(payload(1, 0, 3000).slice(from: 1000), to: open)
        world.run()
        #expect(subscriber.objects.count == 5)
    }
}
