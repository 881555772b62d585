import MoQTCodec
import MoQTSession
import Testing
import Wire

@testable import MoQTRelay

/// What a relay does with objects that are older than their track allows, on each draft (draft-18 "MAX CACHE DURATION").
@Suite struct CacheDurationRuleTests {
    /// Two seconds.
    private let duration = [KeyValue(type: 0x04, integer: 2000)]

    /// A follower of the track, which has read two objects of six and a part of the third.
    private func stalled(_ world: World, _ profile: Profile) -> (TestPublisher, TestSubscriber) {
        let source = world.publisher("live", profile)
        let log = source.add(track("a"), duration)
        let client = world.subscriber(profile, streamWindow: 2500)
        client.subscribe(track("a"))
        world.run()
        client.reads = false
        log.putGroup(0, objects: 6, size: 1000)
        world.run()
        return (source, client)
    }

    @Test(arguments: Drafts.all)
    func `a subscriber is not sent what is older, unless it was begun with`(profile: Profile) {
        let world = World()
        let (source, client) = stalled(world, profile)
        world.pass(.seconds(3))
        client.resumeReading()
        world.run()
        #expect(client.objects == places(0...0, 3))
        #expect(client.streams.values.map(\.end) == [.reset(.deliveryTimeout)])
        source.publisher.tracks[track("a")]?.putGroup(1, objects: 2, size: 1000)
        world.run()
        #expect(client.objects == places(0...0, 3) + places(1...1, 2))
    }

    @Test(arguments: Drafts.all)
    func `a subscriber that reads in time has all`(profile: Profile) {
        let world = World()
        let (_, client) = stalled(world, profile)
        world.pass(.seconds(1))
        client.resumeReading()
        world.run()
        #expect(client.objects == places(0...0, 6) && client.streams.values.map(\.end) == [.fin])
    }

    @Test(arguments: Drafts.all)
    func `an object that takes longer to come is passed on whole`(profile: Profile) {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"), duration)
        let follower = world.subscriber(profile)
        follower.subscribe(track("a"))
        world.run()
        let open = log.open(0)
        log.begin(LoggedObject(id: 0, payloadLength: 3000, arrived: world.now), in: open)
        log.append(payload(0, 0, 3000).slice(from: 0, count: 1000), to: open)
        world.run()
        let client = world.subscriber(profile)
        client.fetch(0...0)
        world.pass(.seconds(3))
        log.append(payload(0, 0, 3000).slice(from: 1000), to: open)
        log.finish(open, .finished)
        world.run()
        #expect(follower.objects == places(0...0, 1) && follower.streams.values.map(\.end) == [.fin])
        #expect(client.fetched == places(0...0, 1) && client.fetchEnd == .fin)
    }

    @Test(arguments: Drafts.all, [true, false])
    func `a FETCH is not sent what is older, and has it again where it can be had`(profile: Profile, isThere: Bool) {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"), duration)
        let follower = world.subscriber(profile)
        follower.subscribe(track("a"))
        world.run()
        log.putGroup(0, objects: 6, size: 1000)
        world.run()
        let client = world.subscriber(profile, streamWindow: 2500)
        client.reads = false
        client.fetch(0...0)
        world.run()
        world.pass(.seconds(3))
        if !isThere { source.die() }
        client.resumeReading()
        world.run()
        #expect(client.fetched == places(0...0, isThere ? 6 : 3))
        if isThere { #expect(client.fetchEnd == .fin && client.gaps.isEmpty) }
        let asked = source.events.contains { if case .fetch = $0 { true } else { false } }
        #expect(asked == isThere)
    }

    @Test(arguments: Drafts.all, [10, 5000] as [UInt64])
    func `a datagram that is older is dropped`(profile: Profile, milliseconds: UInt64) {
        let cache = Cache(limit: .max), downlink = Downlink(profile: profile)
        let properties = Properties([KeyValue(type: 0x04, integer: milliseconds)], profile: .draft18)
        let log = TrackLog(
            name: track("a"), properties: properties, delivery: .lossless, cache: cache, isOriginal: false)
        let subscription = downlink.waitsASecond(for: log, SubscriptionTerms())
        #expect((downlink.nextDatagram == nil) == (milliseconds < 1000))
        subscription.cancel()
        cache.remove(log)
        downlink.shutDown()
    }
}
