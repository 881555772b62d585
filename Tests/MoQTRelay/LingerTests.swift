@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// The last subscriber of a track may come back, from another place or by another request.
@Suite struct LingerTests {
    let world = World { $0.lingerTime = .seconds(2) }
    let source: TestPublisher
    let log: TrackLog
    let subscriber: TestSubscriber
    let published = (0..<200 as Range<UInt64>).map { Location(group: $0 / 10, object: $0 % 10) }

    init() {
        source = world.publisher(streamWindow: 20_000, streams: 3)
        log = source.add(track("a"))
        subscriber = world.subscriber()
    }

    /// Subscribes, and leaves in the midst of 200 objects.
    private func leave() throws {
        let first = try #require(subscriber.subscribe(track("a")))
        world.run()
        for group in 0..<20 as Range<UInt64> { log.putGroup(group, objects: 10, size: 20_000) }
        log.end(.trackEnded, reason: "")
        while subscriber.objects.count < 30, world.step() {}
        subscriber.peer.say { try $0.cancel(first) }
    }

    private func comeBack() throws {
        let had = Set(subscriber.objects)
        let next = try #require(published.first { !had.contains($0) })
        var parameters = Parameters()
        parameters.locationFilter = .nextObject
        _ = try subscriber.peer.session.subscribe(track("a"), parameters, join: .from(next))
        subscriber.peer.flush()
    }

    @Test(arguments: [0, 1000] as [UInt64])
    func `what is lossless stands still, and goes on without a gap`(milliseconds: UInt64) throws {
        try leave()
        world.pass(.milliseconds(milliseconds))
        #expect(log.subscriptions.count == 1)
        #expect(world.relay.cache.used < 1_000_000)
        try comeBack()
        world.run()
        #expect(Set(subscriber.objects + subscriber.fetched) == Set(published))
    }

    @Test func `after a while the publisher is left`() throws {
        try leave()
        world.pass(.seconds(4))
        #expect(log.subscriptions.isEmpty)
        #expect(world.relay.tracks.isEmpty && world.relay.cache.used == 0)
    }

    @Test func `a relay that drains does not wait for anybody`() throws {
        world.relay.isDraining = true
        try leave()
        world.run()
        #expect(log.subscriptions.isEmpty && world.relay.tracks.isEmpty)
    }

    @Test func `a published track is paused then, and not held back`() throws {
        let offered = source.add(track("b"))
        try source.publisher.offer(offered, to: source.peer)
        let id = try #require(subscriber.subscribe(track("b")))
        world.run()
        for group in 0..<20 as Range<UInt64> { offered.putGroup(group, objects: 10, size: 20_000) }
        while subscriber.objects.count < 30, world.step() {}
        subscriber.peer.say { try $0.cancel(id) }
        world.pass(.seconds(4))
        #expect(offered.subscriptions.count == 1 && !offered.subscriptions[0].forwards)
        #expect(world.relay.tracks[track("b")]?.log?.standsStill == false)
    }
}
