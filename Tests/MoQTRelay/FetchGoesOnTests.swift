import MoQTCodec
import MoQTSession
import Testing
import Wire

@testable import MoQTRelay

/// A FETCH that is reading when what it reads is brought no more (draft-18 "Fetch Handling").
@Suite struct FetchGoesOnTests {
    /// A group of one object, and one with a third of its object.
    private func begin(_ log: TrackLog) -> SubgroupLog {
        log.putGroup(0, objects: 1, size: 100)
        let open = log.open(1)
        log.begin(LoggedObject(id: 0, payloadLength: 3000, arrived: Instant(nanoseconds: 1_000_000_000)), in: open)
        log.append(payload(1, 0, 3000).slice(from: 0, count: 1000), to: open)
        return open
    }

    private func goOn(_ log: TrackLog, _ open: SubgroupLog) {
        log.append(payload(1, 0, 3000).slice(from: 1000), to: open)
        log.finish(open, .finished)
    }

    @Test(arguments: Drafts.all, [1, 2])
    func `the last subscriber leaves, and the rest of the object is fetched`(profile: Profile, loops: Int) throws {
        let world = World(loops: loops)
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let follower = world.subscriber(profile)
        let id = try #require(follower.subscribe(track("a")))
        world.run()
        let open = begin(log)
        world.run()
        let client = world.subscriber(profile)
        client.fetch(0...1)
        world.run()
        #expect(client.fetched == places(0...0, 1) && client.fetchedBytes == 1100 && client.fetchEnd == nil)
        follower.peer.say { try $0.cancel(id) }
        world.run()
        #expect(client.fetchEnd == nil && source.publisher.subscriberCount == 0)
        goOn(log, open)
        world.run()
        #expect(client.fetched == places(0...1, 1) && client.fetchEnd == .fin && client.gaps.isEmpty)
        #expect(client.fetchedBytes == 3100)
    }

    /// What is fetched for it comes into the log that the subscriber had.
    @Test(arguments: Drafts.all)
    func `the last subscriber leaves, and what is being fetched goes on`(profile: Profile) throws {
        let world = World()
        let source = world.publisher("live", profile, streamWindow: 8000)
        let log = source.add(track("a"))
        log.putGroup(0, objects: 4, size: 20_000)
        log.putGroup(1, objects: 1, size: 10)
        let follower = world.subscriber(profile)
        let id = try #require(follower.subscribe(track("a")))
        world.run()
        let client = world.subscriber(profile, streamWindow: 8000)
        client.reads = false
        client.fetch(0...0)
        world.run()
        follower.peer.say { try $0.cancel(id) }
        world.run()
        client.resumeReading()
        world.run()
        #expect(client.fetched == places(0...0, 4) && client.fetchEnd == .fin && client.gaps.isEmpty)
    }

    @Test(arguments: Drafts.all)
    func `its publisher is lost, and another has the rest`(profile: Profile) {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let open = begin(log)
        let client = world.subscriber(profile)
        client.fetch(0...1)
        world.run()
        #expect(client.fetched == places(0...0, 1) && client.fetchEnd == nil)
        let other = TestPublisher(world, world.connect(profile), of: source.publisher)
        world.run()
        other.announce("live")
        source.die()
        world.run()
        goOn(log, open)
        world.run()
        #expect(client.fetched == places(0...1, 1) && client.fetchEnd == .fin && client.gaps.isEmpty)
    }

    @Test(arguments: Drafts.all)
    func `its publisher is lost, and nobody has the rest`(profile: Profile) {
        let world = World()
        let source = world.publisher("live", profile)
        _ = begin(source.add(track("a")))
        let client = world.subscriber(profile)
        client.fetch(0...1)
        world.run()
        source.die()
        world.run()
        let code = profile.codes.streamReset.nearest(.unknownObjectStatus)
        #expect(client.fetched == places(0...0, 1) && client.fetchEnd == .reset(code))
    }
}
