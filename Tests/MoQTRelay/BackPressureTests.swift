@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

@Suite struct BackPressureTests {
    /// A track without delivery timeout.
    @Test func aLosslessPublisherWaitsForItsSlowestSubscriber() {
        let world = World()
        let source = world.publisher(streamWindow: 20_000, streams: 3)
        let log = source.add(track("a"))
        let fast = world.subscriber()
        let slow = world.subscriber(streamWindow: 10_000)
        for subscriber in [fast, slow] { subscriber.subscribe(track("a")) }
        world.run()
        slow.reads = false
        for group in 0..<20 as Range<UInt64> { log.putGroup(group, objects: 10, size: 20_000) }
        world.run()
        #expect(fast.objects.count < 200)
        #expect(world.relay.cache.used < 600_000)
        slow.resumeReading()
        world.run()
        #expect(fast.objects.count == 200)
        #expect(slow.objects.count == 200)
        #expect(slow.streams.values.allSatisfy { $0.end == .fin })
    }

    /// Subgroups of a few bytes fill no window: it is the streams that a subscriber allows that hold the publisher up.
    @Test func aLosslessPublisherWaitsForStreamsOfItsSubscriber() {
        let world = World()
        let source = world.publisher(streams: 5)
        let log = source.add(track("a"))
        let slow = world.subscriber(streams: 4)
        slow.subscribe(track("a"))
        world.run()
        slow.reads = false
        for group in 0..<100 as Range<UInt64> { log.putGroup(group, objects: 2, size: 50) }
        world.run()
        // The control stream is one of each.
        #expect(source.link.near.opened[.unidirectional, default: 0] <= 5 + 4)
        slow.resumeReading()
        world.run()
        #expect(slow.objects.count == 200)
        #expect(source.link.near.opened[.unidirectional] == 101)
    }

    @Test func whatIsOlderThanTheTimeLimitIsForgottenOnceItWasRead() {
        let cache = Cache(limit: 1 << 20, timeLimit: .seconds(5))
        let log = TrackLog(name: track("a"), properties: Properties(), delivery: .lossless, cache: cache)
        defer { cache.remove(log) }
        cache.settle(Instant(nanoseconds: 1_000_000_000))
        log.putGroup(0, objects: 3, size: 100)
        let open = log.open(1)
        log.put(open, 0, size: 100)
        let held = cache.used
        cache.expire(Instant(nanoseconds: 5_000_000_000))
        #expect(cache.used == held)
        cache.expire(Instant(nanoseconds: 7_000_000_000))
        // The group that is still open stays.
        #expect(cache.used > 0 && cache.used < held)
        #expect(Array(log.groupIDs) == [1])
    }

    /// draft-18 "PUBLISH_DONE", TOO_FAR_BEHIND.
    @Test func whoAcknowledgesNothingFor30SecondsIsDropped() {
        let world = World()
        let source = world.publisher(streamWindow: 20_000, streams: 3)
        let log = source.add(track("a"))
        let fast = world.subscriber()
        let stopped = world.subscriber(streamWindow: 10_000)
        for subscriber in [fast, stopped] { subscriber.subscribe(track("a")) }
        world.run()
        stopped.link.near.isStopped = true
        for group in 0..<20 as Range<UInt64> { log.putGroup(group, objects: 10, size: 20_000) }
        world.pass(.seconds(20))
        #expect(fast.objects.count < 200)
        world.pass(.seconds(12))
        world.run()
        #expect(fast.objects.count == 200)
        stopped.link.near.isStopped = false
        world.run()
        #expect(stopped.done?.code == .tooFarBehind)
        #expect(stopped.streams.values.allSatisfy { $0.end == .reset(.tooFarBehind) || $0.end == .fin })
    }

    /// draft-18 "Delivery Timeouts and Data Reliability".
    @Test func aLiveTrackGoesAtThePaceOfItsFastestSubscriber() {
        let world = World(cache: 300_000)
        let source = world.publisher(streamWindow: 20_000, streams: 3)
        // OBJECT_DELIVERY_TIMEOUT is far away, so that only the room decides.
        let log = source.add(track("a"), [KeyValue(type: 0x02, integer: 1_000_000)])
        let fast = world.subscriber()
        let slow = world.subscriber(streamWindow: 10_000)
        for subscriber in [fast, slow] { subscriber.subscribe(track("a")) }
        world.run()
        #expect(log.delivery == .live(object: .seconds(1000), subgroup: nil))
        slow.reads = false
        for group in 0..<20 as Range<UInt64> { log.putGroup(group, objects: 10, size: 20_000) }
        world.run()
        #expect(fast.objects.count == 200)
        #expect(world.relay.cache.used <= 300_000)
        slow.resumeReading()
        world.run()
        #expect(slow.objects.count < 200)
        #expect(slow.streams.values.contains { $0.end == .reset(.tooFarBehind) })
        #expect(slow.streams.values.allSatisfy { $0.end != nil })
    }

    @Test func lateObjectsResetTheirSubgroup() {
        let world = World()
        let source = world.publisher()
        let log = source.add(track("a"))
        let subscriber = world.subscriber(streamWindow: 2000)
        subscriber.subscribe(track("a")) { $0.objectDeliveryTimeout = 500 }
        world.run()
        subscriber.reads = false
        log.putGroup(0, objects: 5, size: 1000)
        world.run()
        world.pass(.seconds(1))
        subscriber.resumeReading()
        world.run()
        #expect(subscriber.objects.count < 5)
        #expect(subscriber.streams.values.map(\.end) == [.reset(.deliveryTimeout)])
    }

    @Test(arguments: [20_000, 300_000, 3_000_000])
    func theCacheKeepsItsLimit(limit: Int) {
        let world = World(cache: limit)
        let source = world.publisher(streamWindow: 8000)
        let log = source.add(track("a"))
        let subscriber = world.subscriber()
        subscriber.subscribe(track("a"))
        world.run()
        // One endless group of small objects, and one object that is larger than the cache.
        let endless = log.open(0)
        for id in 0..<5000 as Range<UInt64> { log.put(endless, id, size: 20) }
        let huge = log.open(1)
        log.put(huge, 0, size: 1_000_000)
        var most = 0
        for _ in 0..<400 {
            world.step()
            most = max(most, world.relay.cache.used)
        }
        world.run()
        #expect(subscriber.objects.count == 5001)
        // Bytes that the publisher may send before its credit is used up, and what is staged, come on top.
        #expect(most <= limit + 2 * 8000 + 2 * OutgoingStream.stageLimit + 50_000)
        #expect(world.relay.cache.used <= limit)
    }

    @Test func datagramsAreEvictedToo() {
        let world = World(cache: 20_000)
        let source = world.publisher()
        let log = source.add(track("a"))
        let subscriber = world.subscriber()
        subscriber.subscribe(track("a"))
        world.run()
        for id in 0..<1000 as Range<UInt64> {
            log.putDatagram(id / 300, id, size: 100, at: world.now)
            if id % 100 == 0 { world.run() }
        }
        world.run()
        #expect(world.relay.cache.used <= 20_000)
    }
}
