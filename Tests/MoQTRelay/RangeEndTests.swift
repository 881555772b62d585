import MoQTCodec
import MoQTSession
import Testing
import Wire

@testable import MoQTRelay

/// A subscription that ends with an object: nothing is sent from outside the range (draft-22 "Location Filters").
@Suite struct RangeEndTests {
    static let drafts = Profile.spoken.filter { $0.behaviours.contains(.subscriptionsOutlastRanges) }

    private func place(_ group: UInt64, _ object: UInt64) -> Location { Location(group: group, object: object) }

    private func filter(from start: Location, through end: Location) -> LocationFilter {
        .absoluteRange(start: start, end: RangeEnd(group: end.group, object: end.object))
    }

    /// A track and one who subscribed to a range of it; group 0 is over by then.
    private struct Scene {
        let world = World()
        let source: TestPublisher
        let keeper: TestSubscriber
        let log: TrackLog
        let subscriber: TestSubscriber
        let id: RequestID

        init(_ profile: Profile, _ filter: LocationFilter) throws {
            source = world.publisher("live", profile)
            log = source.add(track("a"))
            keeper = world.subscriber(profile)
            keeper.subscribe(track("a"))
            world.run()
            log.putGroup(0, objects: 4, size: 100)
            world.run()
            subscriber = world.subscriber(profile)
            id = try #require(subscriber.subscribe(track("a")) { $0.locationFilter = filter })
            world.run()
        }
    }

    @Test(arguments: drafts) func `no object behind the last one is sent`(profile: Profile) throws {
        let scene = try Scene(profile, filter(from: place(1, 2), through: place(2, 1)))
        for group in 1..<4 as Range<UInt64> { scene.log.putGroup(group, objects: 4, size: 5000) }
        scene.world.run()
        #expect(scene.subscriber.objects == [place(1, 2), place(1, 3), place(2, 0), place(2, 1)])
        // The first lacks nothing but what precedes the start; of the second more was published than was sent.
        #expect(scene.subscriber.order.map { scene.subscriber.streams[$0]?.end } == [.fin, .reset(.cancelled)])
        #expect(scene.subscriber.done == nil)
        scene.log.end(.trackEnded, reason: "")
        scene.world.run()
        #expect(scene.subscriber.done?.code == .trackEnded && scene.subscriber.done?.streamCount == 2)
    }

    @Test(arguments: drafts) func `a stream of which nothing is wanted is not opened`(profile: Profile) throws {
        let scene = try Scene(profile, filter(from: place(1, 0), through: place(1, 1)))
        let first = scene.log.open(1, 0), second = scene.log.open(1, 1)
        for id in 0..<2 as Range<UInt64> { scene.log.put(first, id, size: 100) }
        for id in 2..<4 as Range<UInt64> { scene.log.put(second, id, size: 100) }
        for part in [first, second] { scene.log.finish(part, .finished) }
        scene.world.run()
        #expect(scene.subscriber.objects == [place(1, 0), place(1, 1)])
        #expect(scene.subscriber.order.map { scene.subscriber.streams[$0]?.end } == [.fin])
    }

    @Test(arguments: drafts) func `datagrams behind the end are not sent`(profile: Profile) throws {
        let scene = try Scene(profile, filter(from: place(1, 0), through: place(1, 1)))
        let sight = Sight(of: scene.subscriber)
        for id in 0..<4 as Range<UInt64> {
            let object = LoggedObject(id: id, payloadLength: 9, arrived: scene.world.now)
            scene.log.append(LoggedDatagram(object: object, payload: payload(1, id, 9)), group: 1)
        }
        scene.world.run()
        #expect(sight.datagrams.map(\.location) == [place(1, 0), place(1, 1)])
    }

    /// draft-22 "Updating Subscriptions": what was published meanwhile is left to fills.
    @Test(arguments: drafts) func `a range that grows brings what is published from then on`(profile: Profile) throws {
        let scene = try Scene(profile, filter(from: place(1, 0), through: place(1, 1)))
        let open = scene.log.open(1), other = scene.log.open(2)
        for id in 0..<4 as Range<UInt64> { scene.log.put(open, id, size: 3000) }
        scene.log.put(other, 0, size: 3000)
        scene.world.run()
        var wider = Parameters()
        wider.locationFilter = filter(from: place(1, 0), through: place(2, 1))
        scene.subscriber.peer.say { try $0.update(scene.id, wider) }
        scene.world.run()
        for part in [open, other] {
            scene.log.put(part, part.group == 1 ? 4 : 1, size: 3000)
            scene.log.finish(part, .finished)
        }
        scene.world.run()
        #expect(scene.subscriber.objects.sorted() == [place(1, 0), place(1, 1), place(2, 1)])
        #expect(scene.subscriber.done == nil)
    }

    /// draft-22 "FETCH".
    @Test(arguments: drafts) func `a fetch ends with the object, too`(profile: Profile) throws {
        let scene = try Scene(profile, filter(from: place(1, 0), through: place(1, 1)))
        let range = filter(from: place(0, 1), through: place(0, 2))
        scene.subscriber.peer.say { _ = try $0.fetch(.standalone(track: track("a"), range: range)) }
        scene.world.run()
        #expect(scene.subscriber.fetched == [place(0, 1), place(0, 2)] && scene.subscriber.fetchEnd == .fin)
    }
}
