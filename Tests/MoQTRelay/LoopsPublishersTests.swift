@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// A track with publishers on several loops comes from all of them, whatever loop it is read on. Clients connect to one
/// loop after the other.
@Suite struct LoopsPublishersTests {
    /// A loop with readers asks another, which asks a publisher first: what comes before the answer is for them, too.
    @Test func whatComesBeforeALoopIsAnsweredReachesIt() throws {
        let world = World(loops: 2)
        var path = PathConditions.perfect
        path.delay = 200
        let slow = TestPublisher(world, world.connect(.draft18, Side.Windows(), path)), fast = world.publisher("")
        let far = world.subscriber(), near = world.subscriber()
        #expect((slow.link.home, fast.link.home, far.link.home, near.link.home) == (0, 1, 0, 1))
        _ = slow.add(track("a"))
        let log = fast.add(track("a"))
        world.pass(.seconds(1))
        slow.announce("live")
        world.pass(.seconds(1))
        try fast.publisher.offer(log, to: fast.peer)
        world.run()
        slow.publisher.subscribed = { $0.putGroup(0, objects: 1, size: 100) }
        for subscriber in [near, far] {
            subscriber.subscribe(track("a"))
            world.run()
            #expect(subscriber.accepted != nil)
        }
        log.putGroup(1, objects: 1, size: 100)
        world.pass(.seconds(1))
        for subscriber in [near, far] {
            #expect(subscriber.objects.sorted() == [Location(group: 0, object: 0), Location(group: 1, object: 0)])
        }
    }

    /// draft-18 "Publisher Interactions": a track that one publishes and others have announced comes from all of them.
    @Test func whoAcceptsATrackHasItFromOtherLoopsToo() throws {
        let world = World(loops: 2)
        let first = world.publisher(""), second = world.publisher("")
        let here = world.subscriber(), there = world.subscriber()
        #expect((first.link.home, second.link.home, here.link.home, there.link.home) == (0, 1, 0, 1))
        let log = second.add(track("a"))
        try first.publisher.offer(first.add(track("a")), to: first.peer)
        second.announce("live")
        there.subscribe(track("a"))
        world.run()
        here.peer.say { _ = try $0.subscribeTracks(track("a").namespace) }
        world.run()
        log.putGroup(0, objects: 2, size: 100)
        world.run()
        for subscriber in [here, there] {
            #expect(subscriber.objects == [Location(group: 0, object: 0), Location(group: 0, object: 1)])
        }
    }
}
