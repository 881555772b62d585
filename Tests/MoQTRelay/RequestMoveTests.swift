import MoQTCodec
import MoQTSession
import Testing
import Wire

@testable import MoQTRelay

/// A publisher wants the relay's subscription moved: it is made anew in the same session, and nothing is lost (draft-18
/// "GOAWAY").
@Suite struct RequestMoveTests {
    private struct Scene {
        let world = World()
        let source: TestPublisher
        let log: TrackLog
        let subscriber: TestSubscriber
        let open: SubgroupLog

        init(_ profile: Profile) {
            source = world.publisher("live", profile)
            log = source.add(track("a"))
            subscriber = world.subscriber(profile)
            subscriber.subscribe(track("a"))
            world.run()
            log.putGroup(0, objects: 3, size: 100)
            open = log.open(1)
            log.put(open, 0, size: 3000)
            world.run()
        }

        var subscriptions: [RequestID] {
            source.events.compactMap { if case .subscribe(let request) = $0 { request.requestID } else { nil } }
        }

        var cancelled: [RequestID] {
            source.events.compactMap { if case .requestCancelled(let id, _) = $0 { id } else { nil } }
        }

        func sendAway(timeout: UInt64 = 0) throws {
            let id = try #require(subscriptions.last)
            source.peer.say { try $0.goAway(id, timeout: timeout, now: world.now) }
        }

        /// Group 1 goes on and ends, and with it the track.
        func finish() {
            for id in 3..<5 as Range<UInt64> { log.put(open, id, size: 3000) }
            log.finish(open, .finished)
            log.end(.trackEnded, reason: "")
            world.run()
            #expect(subscriber.objects.sorted() == places(0...0, 3) + places(1...1, 5))
            #expect(subscriber.done?.code == .trackEnded)
        }
    }

    @Test(arguments: Drafts.since19) func `another subscription takes over`(profile: Profile) throws {
        let scene = Scene(profile)
        // What was published before the new one comes by the old one alone.
        scene.log.put(scene.open, 1, size: 3000)
        try scene.sendAway()
        scene.log.put(scene.open, 2, size: 3000)
        scene.world.run()
        #expect(scene.subscriptions.count == 2 && scene.cancelled.isEmpty)
        scene.world.pass(.seconds(4))
        #expect(scene.cancelled.isEmpty)
        // Where the new one has begun, the old one is of no more use.
        scene.log.put(scene.open, 3, size: 3000)
        scene.world.pass(.seconds(2))
        #expect(scene.cancelled == [scene.subscriptions[0]])
        scene.log.put(scene.open, 4, size: 3000)
        scene.log.finish(scene.open, .finished)
        scene.log.end(.trackEnded, reason: "")
        scene.world.run()
        #expect(scene.subscriber.objects.sorted() == places(0...0, 3) + places(1...1, 5))
        #expect(scene.subscriber.done?.code == .trackEnded)
    }

    /// draft-18 "Subscriptions": there can be one of a track in a session.
    @Test(arguments: Drafts.since18) func `a subscription that the publisher ends is followed by another`(
        profile: Profile
    ) throws {
        let scene = Scene(profile)
        for id in 1..<3 as Range<UInt64> { scene.log.put(scene.open, id, size: 3000) }
        try scene.sendAway(timeout: 1000)
        scene.world.pass(.seconds(5))
        #expect(scene.subscriptions.count == 2 && scene.cancelled == [scene.subscriptions[0]])
        #expect(scene.subscriber.done == nil)
        scene.finish()
    }

    @Test(arguments: Drafts.since19) func `the old subscription goes on where the new one is refused`(
        profile: Profile
    ) throws {
        let scene = Scene(profile)
        let handle = scene.source.link.near.handle
        scene.source.link.near.handle = { [peer = scene.source.peer] event in
            guard case .subscribe(let request) = event else { return handle(event) }
            peer.say { try $0.reject(request.requestID, .goingAway) }
        }
        try scene.sendAway()
        scene.world.run()
        for id in 1..<3 as Range<UInt64> { scene.log.put(scene.open, id, size: 3000) }
        scene.world.pass(.seconds(4))
        scene.finish()
    }
}
