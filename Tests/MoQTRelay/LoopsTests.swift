@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// A relay of several loops does what one of one loop does, wherever its clients are. In a world of several loops
/// clients connect to one after the other.
@Suite struct LoopsTests {
    private func locations(_ groups: Range<UInt64>, _ objects: Range<UInt64>) -> [Location] {
        groups.flatMap { group in objects.map { Location(group: group, object: $0) } }
    }

    @Test(arguments: 2...4) func everyObjectCrossesToEveryLoopOnce(loops: Int) {
        let world = World(loops: loops)
        let source = world.publisher(streamWindow: 3000, streams: 4)
        let log = source.add(track("a"))
        let subscribers = (0..<8).map { _ in world.subscriber(streamWindow: 5000) }
        for subscriber in subscribers { subscriber.subscribe(track("a")) }
        world.run()
        #expect(log.subscriptions.count == 1)
        for group in 0..<20 as Range<UInt64> { log.putGroup(group, objects: 5, size: Int(group) * 500) }
        log.end(.trackEnded, reason: "")
        world.run()
        for subscriber in subscribers {
            #expect(subscriber.objects.sorted() == locations(0..<20, 0..<5))
            #expect(subscriber.done?.code == .trackEnded)
        }
        for relay in world.loops.relays { #expect(relay.tracks.isEmpty && relay.cache.used == 0) }
    }

    /// draft-18 "Publisher Interactions": a namespace is there as long as any of its publishers is.
    @Test func namespacesAreKnownOnEveryLoop() throws {
        let world = World(loops: 3)
        let first = world.publisher("")
        let watchers = (0..<3).map { _ in world.subscriber() }
        for watcher in watchers { watcher.peer.say { _ = try $0.subscribeNamespace(TrackNamespace()) } }
        let second = world.publisher("")
        world.run()
        first.announce("live")
        second.announce("live")
        let live = try TrackNamespace(utf8: "live")
        for watcher in watchers { #expect(watcher.heardOf == [live: 1]) }
        first.withdraw()
        world.run()
        for watcher in watchers { #expect(watcher.heardOf == [live: 1]) }
        second.withdraw()
        world.run()
        for watcher in watchers { #expect(watcher.heardOf == [live: 0]) }
    }

    /// What a publisher has been told is done is done on every loop: who hears of it finds it everywhere.
    @Test func whatWasAcceptedIsKnownOnEveryLoop() {
        let world = World(loops: 4)
        let source = world.publisher("")
        let log = source.add(track("a"))
        let subscribers = (0..<4).map { _ in world.subscriber() }
        let handle = source.link.near.handle
        source.link.near.handle = { event in
            handle(event)
            guard case .accepted = event else { return }
            for subscriber in subscribers { subscriber.subscribe(track("a")) }
        }
        source.announce("live")
        log.putGroup(0, objects: 1, size: 10)
        world.run()
        for subscriber in subscribers {
            #expect(subscriber.rejection == nil)
            #expect(subscriber.objects == [Location(group: 0, object: 0)])
        }
    }

    /// A track that was published is sent to a loop only while somebody reads it there, and then from the beginning of
    /// the group in progress, as on the publisher's own loop.
    @Test func aPublishedTrackIsSentWhereItIsRead() throws {
        let world = World(loops: 2)
        let source = world.publisher("")
        let log = source.add(track("a"))
        try source.publisher.offer(log, to: source.peer)
        world.run()
        #expect(log.subscriptions.first?.forwards == false)
        let near = TestSubscriber(world, world.connect())
        let here = TestSubscriber(world, world.connect())
        world.run()
        #expect((near.link.home, here.link.home) == (1, 0))
        here.subscribe(track("a"))
        world.run()
        let open = log.open(4)
        for id in 0..<3 as Range<UInt64> { log.put(open, id, size: 100) }
        world.run()
        #expect(world.loops.relays[1].cache.used == 0)
        near.subscribe(track("a"))
        world.run()
        #expect(near.accepted?.parameters.largestObject == Location(group: 4, object: 2))
        log.put(open, 3, size: 100)
        log.finish(open, .finished)
        world.run()
        #expect(near.objects == locations(4..<5, 0..<4))
        #expect(here.objects == near.objects)
        for subscriber in [near, here] { subscriber.link.near.peer.say { $0.close() } }
        world.run()
        #expect(log.subscriptions.first?.forwards == false)
    }

    /// Two publishers of a track on two loops are one track on each; one takes over where the other stops.
    @Test(arguments: 1...6 as ClosedRange<UInt64>) func publishersOnDifferentLoopsStandInForEachOther(seed: UInt64) {
        let world = World(seed: seed, loops: 2)
        let sources = (0..<2).map { _ in world.publisher() }
        let logs = sources.map { $0.add(track("a")) }
        let subscribers = (0..<4).map { _ in world.subscriber() }
        for subscriber in subscribers { subscriber.subscribe(track("a")) }
        world.run()
        for log in logs { for group in 0..<3 as Range<UInt64> { log.putGroup(group, objects: 4, size: 3000) } }
        let open = logs.map { $0.open(3) }
        for (log, target) in zip(logs, open) { for id in 0..<2 as Range<UInt64> { log.put(target, id, size: 500) } }
        world.run()
        sources[Int(seed % 2)].die()
        world.run()
        let (log, target) = (logs[1 - Int(seed % 2)], open[1 - Int(seed % 2)])
        for id in 2..<4 as Range<UInt64> { log.put(target, id, size: 500) }
        log.finish(target, .finished)
        log.end(.trackEnded, reason: "")
        world.run()
        for subscriber in subscribers {
            #expect(subscriber.objects.sorted() == locations(0..<4, 0..<4))
            #expect(subscriber.streams.values.allSatisfy { $0.end == .fin })
            #expect(subscriber.done?.code == .trackEnded)
        }
        for relay in world.loops.relays { #expect(relay.tracks.isEmpty && relay.cache.used == 0) }
    }

    /// What two loops have of each other keeps nothing alive once no client publishes.
    @Test func noSubgroupGoesRoundForEver() {
        let world = World(loops: 2)
        let sources = (0..<2).map { _ in world.publisher() }
        let logs = sources.map { $0.add(track("a")) }
        let subscribers = (0..<2).map { _ in world.subscriber() }
        for subscriber in subscribers { subscriber.subscribe(track("a")) }
        world.run()
        let open = logs.map { $0.open(0) }
        for (log, target) in zip(logs, open) { log.put(target, 0, size: 500) }
        world.run()
        for (log, target) in zip(logs, open) {
            log.finish(target, .reset(.cancelled))
            world.run()
        }
        for subscriber in subscribers {
            #expect(subscriber.objects == [Location(group: 0, object: 0)])
            #expect(subscriber.streams.count == 1 && subscriber.openStreams.isEmpty)
        }
        for source in sources { source.die() }
        world.pass(.seconds(70))
        for subscriber in subscribers { #expect(subscriber.done?.code == .internalError) }
        for relay in world.loops.relays { #expect(relay.tracks.isEmpty && relay.cache.used == 0) }
    }

    /// A reader that does not read holds a lossless publisher back from another loop, too.
    @Test func creditFollowsReadersAcrossLoops() {
        let world = World(loops: 2)
        let source = world.publisher(streamWindow: 10_000)
        let log = source.add(track("a"))
        let subscriber = world.subscriber(streamWindow: 10_000)
        subscriber.reads = false
        subscriber.subscribe(track("a"))
        world.run()
        let open = log.open(0)
        for id in 0..<100 as Range<UInt64> { log.put(open, id, size: 10_000) }
        world.run()
        let relayed = source.link.far.receiving.values.reduce(0) { $0 + $1.next }
        #expect(relayed < Pipe.streamWindow + 60_000)
        subscriber.resumeReading()
        world.run()
        #expect(subscriber.objects.count == 100)
    }

    /// So many streams of one track, and no more, wait to be read.
    @Test func streamsFollowReadersAcrossLoops() {
        let world = World(loops: 2)
        for pipe in world.loops.pipes { pipe.streamLimit = 100 }
        let source = world.publisher()
        let log = source.add(track("a"))
        let subscriber = world.subscriber(streams: 10)
        subscriber.reads = false
        subscriber.subscribe(track("a"))
        world.run()
        for group in 0..<300 as Range<UInt64> { log.putGroup(group, objects: 1, size: 70_000) }
        world.run()
        #expect(source.link.far.uniArrived.count < 100 + 120)
        subscriber.resumeReading()
        world.run()
        #expect(subscriber.objects.count == 300)
        #expect(world.loops.pipes.allSatisfy { $0.unreadCount == 0 })
    }

    /// draft-18 "FETCH", "TRACK_STATUS": asked on another loop than the publisher's.
    @Test func thePastIsHadFromOtherLoops() {
        let world = World(loops: 2)
        let source = world.publisher()
        let log = source.add(track("a"))
        for group in 0..<3 as Range<UInt64> { log.putGroup(group, objects: 2, size: 700) }
        let subscriber = world.subscriber()
        #expect(subscriber.link.home == 1)
        subscriber.peer.say { _ = try $0.trackStatus(track("a")) }
        subscriber.peer.say {
            _ = try $0.fetch(
                .standalone(track: track("a"), range: .absoluteRange(start: .zero, end: RangeEnd(group: 1))))
        }
        world.run()
        #expect(subscriber.fetched == locations(0..<2, 0..<2))
        let status = subscriber.events.compactMap { if case .accepted(_, let answer) = $0 { answer } else { nil } }
        #expect(status.map(\.parameters.largestObject) == [Location(group: 2, object: 1)])
        subscriber.peer.say {
            _ = try $0.fetch(
                .standalone(track: track("b"), range: .absoluteRange(start: .zero, end: RangeEnd(group: 1))))
        }
        world.run()
        #expect(subscriber.rejection == .doesNotExist)
    }

    /// What is left of a lost publisher's track is had from every loop.
    @Test func whatALostPublisherSentIsHadFromOtherLoops() {
        let world = World(loops: 2)
        let source = world.publisher()
        let log = source.add(track("a"))
        let far = world.subscriber()
        let near = world.subscriber()
        #expect((far.link.home, near.link.home) == (1, 0))
        near.subscribe(track("a"))
        world.run()
        log.putGroup(0, objects: 3, size: 100)
        world.run()
        source.die()
        world.run()
        far.peer.say {
            _ = try $0.fetch(
                .standalone(track: track("a"), range: .absoluteRange(start: .zero, end: RangeEnd(group: 0))))
        }
        world.run()
        #expect(far.fetched == locations(0..<1, 0..<3))
    }

    /// draft-18 "Joining an Ongoing Track", draft-22 "Fill": what precedes a subscription may be on another loop.
    @Test(arguments: Drafts.since18) func whatPrecedesASubscriptionIsHadFromOtherLoops(profile: Profile) throws {
        let world = World(loops: 2)
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let far = (0..<2).map { _ in world.subscriber(profile) }.filter { $0.link.home == 1 }
        let near = world.subscriber(profile)
        #expect((far.count, near.link.home) == (1, 1))
        let keeper = world.subscriber(profile)
        #expect(keeper.link.home == 0)
        keeper.subscribe(track("a"))
        world.run()
        for group in 0..<4 as Range<UInt64> { log.putGroup(group, objects: 2, size: 1500) }
        world.run()
        // The second finds some of it on its own loop, the first none.
        for (subscriber, start) in zip(far + [near], [2, 0] as [UInt64]) {
            var parameters = Parameters()
            parameters.locationFilter = .nextObject
            let join = Join.from(Location(group: start, object: 0))
            subscriber.peer.say { _ = try $0.subscribe(track("a"), parameters, join: join) }
            world.run()
            #expect(subscriber.fetched == locations(start..<4, 0..<2) && subscriber.fetchEnd == .fin)
        }
        log.putGroup(4, objects: 2, size: 1500)
        world.run()
        #expect(near.objects.suffix(2) == locations(4..<5, 0..<2)[...])
    }

    /// Whoever waits attaches before the first object is asked for, on whatever loop: nobody misses the beginning of
    /// what is published as fast as it can.
    @Test(arguments: [false, true], Drafts.since17)
    func whoWaitsOnAnyLoopGetsAllFromTheBeginning(publishes: Bool, profile: Profile) throws {
        let world = World(loops: 3)
        let subscribers = (0..<6).map { _ in world.subscriber(profile) }
        for subscriber in subscribers { subscriber.subscribe(track("a")) { $0.rendezvousTimeout = 60_000 } }
        world.run()
        let source = world.publisher("", profile)
        let log = source.add(track("a"))
        var isBegun = false
        source.publisher.subscribed = { log in
            guard !isBegun else { return }
            isBegun = true
            for group in 0..<5 as Range<UInt64> { log.putGroup(group, objects: 3, size: 2000) }
            log.end(.trackEnded, reason: "")
        }
        if publishes { try source.publisher.offer(log, to: source.peer) } else { source.announce("live") }
        world.run()
        for subscriber in subscribers {
            #expect(subscriber.objects.sorted() == locations(0..<5, 0..<3))
            #expect(subscriber.done?.code == .trackEnded)
        }
    }

    /// One that comes while other loops are told of the publisher waits for that, too.
    @Test func whoComesWhileLoopsAreToldIsServed() {
        let world = World(loops: 2)
        let source = world.publisher(""), other = world.subscriber(), near = world.subscriber()
        let log = source.add(track("a"))
        #expect(near.link.home == source.link.home && other.link.home != source.link.home)
        near.peer.say { _ = try $0.subscribeNamespace(TrackNamespace()) }
        let handle = near.link.near.handle
        near.link.near.handle = { event in
            handle(event)
            if case .namespaceAnnounced = event { near.subscribe(track("a")) }
        }
        world.run()
        source.announce("live")
        log.putGroup(0, objects: 2, size: 100)
        world.run()
        #expect(near.rejection == nil && near.objects == locations(0..<1, 0..<2))
    }

    @Test func datagramsCrossOnce() {
        let world = World(loops: 3)
        let sources = (0..<2).map { _ in world.publisher() }
        let logs = sources.map { $0.add(track("a")) }
        let subscribers = (0..<3).map { _ in world.subscriber() }
        var counts = [0, 0, 0]
        for (index, subscriber) in subscribers.enumerated() {
            let handle = subscriber.link.near.handle
            subscriber.link.near.handle = {
                if case .datagramObject = $0 { counts[index] += 1 }
                handle($0)
            }
            subscriber.subscribe(track("a"))
        }
        world.run()
        for id in 0..<20 as Range<UInt64> {
            let object = LoggedObject(id: id, payloadLength: 50, arrived: world.now)
            for log in logs { log.append(LoggedDatagram(object: object, payload: payload(0, id, 50)), group: 0) }
            world.step()
        }
        world.run()
        #expect(counts == [20, 20, 20])
    }

    /// A subscriber that waits on one loop is served when the publisher comes on another (draft-18 "RENDEZVOUS TIMEOUT
    /// Parameter").
    @Test(arguments: [false, true]) func aRendezvousCrossesLoops(publishes: Bool) throws {
        let world = World(loops: 2)
        let subscriber = world.subscriber()
        subscriber.subscribe(track("a")) { $0.rendezvousTimeout = 60_000 }
        world.run()
        let source = world.publisher("")
        let log = source.add(track("a"))
        if publishes { try source.publisher.offer(log, to: source.peer) } else { source.announce("live") }
        world.run()
        log.putGroup(0, objects: 2, size: 100)
        world.run()
        #expect(subscriber.objects == locations(0..<1, 0..<2))
    }
}

extension TestSubscriber {
    /// How often each namespace was announced without being withdrawn since.
    var heardOf: [TrackNamespace: Int] {
        var counts: [TrackNamespace: Int] = [:]
        for event in events {
            switch event {
            case .namespaceAnnounced(_, let namespace): counts[namespace, default: 0] += 1
            case .namespaceGone(_, let namespace): counts[namespace, default: 0] -= 1
            default: break
            }
        }
        return counts
    }
}
