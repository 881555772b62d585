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

    // MARK: - PUBLISH

    /// A subscriber of tracks, one of which is published.
    private struct Offered {
        let world = World()
        let client: TestSubscriber
        let source: TestPublisher
        let log: TrackLog
        let open: SubgroupLog

        init(_ profile: Profile) throws {
            client = world.subscriber(profile)
            try client.wantTracks("live")
            source = world.publisher("", profile)
            log = source.add(track("a"))
            try source.publisher.offer(log, to: source.peer)
            world.run()
            open = log.open(0)
            put(0..<2)
        }

        func put(_ ids: Range<UInt64>) {
            for id in ids { log.put(open, id, size: 3000) }
            world.run()
        }

        func sendAway() throws {
            let id = try #require(client.offers.first).requestID
            client.peer.say { try $0.goAway(id, now: world.now) }
            world.run()
        }

        /// How each subscription of the client ended, in the order in which they began.
        var endings: [PublishDoneCode] {
            client.offers.compactMap { offer in
                for case .publishDone(offer.requestID, let done) in client.events { return done.code }
                return nil
            }
        }
    }

    @Test(arguments: Drafts.since18) func `PUBLISH of the relay is made anew, and nothing is lost`(profile: Profile)
        throws
    {
        let scene = try Offered(profile)
        try scene.sendAway()
        #expect(scene.client.offers.map(\.track) == [track("a"), track("a")])
        scene.put(2..<5)
        scene.log.finish(scene.open, .finished)
        scene.log.putGroup(1, objects: 3, size: 100)
        scene.log.end(.trackEnded, reason: "")
        scene.world.run()
        #expect(Set(scene.client.objects) == Set(places(0...0, 5) + places(1...1, 3)))
        #expect(scene.endings == [.goingAway, .trackEnded])
        #expect(scene.client.link.far.peer.requests.count == 1)
    }

    @Test(arguments: Drafts.since19) func `the old PUBLISH goes on where the new one is refused`(profile: Profile)
        throws
    {
        let scene = try Offered(profile)
        let handle = scene.client.link.near.handle
        scene.client.link.near.handle = { [client = scene.client] event in
            guard case .publish(let offer) = event else { return handle(event) }
            client.peer.say { try $0.reject(offer.requestID, .uninterested) }
        }
        try scene.sendAway()
        scene.put(2..<5)
        scene.log.finish(scene.open, .finished)
        scene.log.end(.trackEnded, reason: "")
        scene.world.run()
        #expect(scene.client.objects == places(0...0, 5) && scene.endings == [.trackEnded])
    }

    // MARK: - FETCH

    @Test(arguments: Drafts.since18, [GroupOrder.ascending, .descending])
    func `FETCH of the relay is made anew for what has not come`(profile: Profile, order: GroupOrder) throws {
        let world = World()
        let source = world.publisher("live", profile, streamWindow: 3000)
        let log = source.add(track("a"))
        for group in 0..<4 as Range<UInt64> { log.putGroup(group, objects: 5, size: 2000) }
        let client = world.subscriber(profile)
        let fetch = try client.fetch(.zero, RangeEnd(group: 3)) { $0.groupOrder = order }
        if order == .descending { client.ledger.descending.insert(fetch) }
        var asked: [RequestID] {
            source.events.compactMap { if case .fetch(let request, _) = $0 { request.requestID } else { nil } }
        }
        // Each of them after some objects.
        for count in [3, 9] {
            while client.fetched.count < count { world.step() }
            let last = try #require(asked.last)
            source.peer.say { try $0.goAway(last, timeout: 60_000, now: world.now) }
        }
        world.run()
        let groups: [UInt64] = order == .ascending ? [0, 1, 2, 3] : [3, 2, 1, 0]
        #expect(client.fetched == groups.flatMap { places($0...$0, 5) } && client.gaps.isEmpty)
        #expect(client.fetchEnd == .fin)
        let cancelled = source.events.compactMap { if case .requestCancelled(let id, _) = $0 { id } else { nil } }
        #expect(asked.count >= 3 && Set(cancelled).isSuperset(of: asked.prefix(2)))
    }

    @Test(arguments: Drafts.since18) func `FETCH of the relay that has no answer is made anew`(profile: Profile) throws
    {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        for group in 0..<4 as Range<UInt64> { log.putGroup(group, objects: 5, size: 100) }
        let handle = source.link.near.handle
        var held: [RequestID] = []
        source.link.near.handle = { event in
            guard case .fetch(let request, _) = event, held.isEmpty else { return handle(event) }
            held.append(request.requestID)
        }
        let client = world.subscriber(profile)
        try client.fetch(.zero, RangeEnd(group: 3))
        world.run()
        let first = try #require(held.first)
        source.peer.say { try $0.goAway(first, now: world.now) }
        world.run()
        #expect(client.fetched == places(0...3, 5) && client.gaps.isEmpty && client.fetchEnd == .fin)
        #expect(source.events.contains { if case .requestCancelled(first, _) = $0 { true } else { false } })
        #expect(source.link.far.peer.requests.count == 1)
    }
}
