@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// draft-18 "Multiple Publishers", "Graceful Publisher Relay Switchover".
@Suite struct PublisherChangeTests {
    let whole = (0..<6).flatMap { group in (0..<10).map { Location(group: UInt64(group), object: UInt64($0)) } }

    @Test func aLostPublisherEndsTheSubscriptionAfterWhatArrived() {
        let world = World()
        let source = world.publisher()
        let log = source.add(track("a"))
        let subscriber = world.subscriber(streamWindow: 2000)
        subscriber.subscribe(track("a"))
        world.run()
        log.putGroup(0, objects: 10, size: 2000)
        world.step()
        world.step()
        let relayed = world.relay.tracks[track("a")]?.log?.groups[0]?.subgroups.first?.objectCount ?? 0
        source.die()
        world.run()
        #expect(subscriber.done?.code == .internalError)
        #expect(subscriber.objects.count >= relayed - 1)
        #expect(subscriber.streams.values.allSatisfy { $0.end != nil })
    }

    /// The successor comes while the relay still believes in the first.
    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func aSuccessorBeforeTheOldSessionDiesContinuesSeamlessly(seed: UInt64) {
        let world = World(seed: seed)
        let first = world.publisher()
        let log = first.add(track("a"))
        let subscriber = world.subscriber()
        subscriber.subscribe(track("a"))
        world.run()
        for group in 0..<3 as Range<UInt64> { log.putGroup(group, objects: 10, size: 3000) }
        world.run()
        let cut = log.open(3)
        for id in 0..<4 as Range<UInt64> { log.put(cut, id, size: 3000) }
        log.begin(LoggedObject(id: 4, payloadLength: 3000, arrived: world.now), in: cut)
        log.append(payload(3, 4, 3000).slice(from: 0, count: 1000), to: cut)
        world.run()
        first.link.cut()
        let second = world.publisher("")
        let again = second.add(track("a"))
        second.announce("live")
        for group in 0..<5 as Range<UInt64> { again.putGroup(group, objects: 10, size: 3000) }
        world.run()
        first.link.notice(first.link.far)
        world.run()
        again.putGroup(5, objects: 10, size: 3000)
        again.end(.trackEnded, reason: "")
        world.run()
        #expect(subscriber.objects.sorted() == whole)
        #expect(Set(subscriber.objects).count == subscriber.objects.count)
        #expect(subscriber.streams.values.allSatisfy { $0.end == .fin })
        #expect(subscriber.done?.code == .trackEnded)
    }

    /// draft-18 "PUBLISH_DONE", TRACK_ENDED: a publisher that hangs does not keep the track open for long.
    @Test func theEndOfATrackHoldsForAllItsPublishers() {
        let world = World()
        let silent = world.publisher()
        _ = silent.add(track("a"))
        let subscriber = world.subscriber()
        subscriber.subscribe(track("a"))
        world.run()
        silent.link.near.isStopped = true
        let second = world.publisher("")
        let log = second.add(track("a"))
        second.announce("live")
        log.putGroup(0, objects: 3, size: 100)
        log.end(.trackEnded, reason: "")
        world.pass(.seconds(3))
        #expect(subscriber.objects.count == 3)
        #expect(subscriber.done == nil)
        world.pass(.seconds(5))
        #expect(subscriber.done?.code == .trackEnded)
    }

    /// What was published before the second publisher was asked comes from the first one alone.
    @Test func `the end of a track waits for what another publisher still brings`() {
        let world = World()
        let first = world.publisher()
        let log = first.add(track("a"))
        let subscriber = world.subscriber()
        subscriber.subscribe(track("a"))
        world.run()
        log.putGroup(0, objects: 1, size: 100)
        world.run()
        first.link.near.isStopped = true
        let cut = log.open(1)
        for id in 0..<10 as Range<UInt64> { log.put(cut, id, size: 3000) }
        log.finish(cut, .finished)
        let second = world.publisher("")
        let again = second.add(track("a"))
        for group in 0..<2 as Range<UInt64> { again.putGroup(group, objects: 10, size: 100) }
        second.announce("live")
        world.run()
        again.putGroup(2, objects: 2, size: 100)
        again.end(.trackEnded, reason: "")
        world.pass(.seconds(2))
        first.link.near.isStopped = false
        world.run()
        #expect(subscriber.done == nil)
        log.end(.trackEnded, reason: "")
        world.run()
        #expect(subscriber.objects.count == 13)
        #expect(Set(subscriber.objects).count == 13)
        #expect(subscriber.done?.code == .trackEnded)
    }

    /// Streams of one subgroup from two publishers, in whatever order: of objects with the ids of `steps`, by the
    /// publisher of that number. A second publisher begins where the track was when it was asked.
    private func mixed(_ steps: [(publisher: Int, ids: ClosedRange<UInt64>)]) -> (World, TestSubscriber) {
        let world = World()
        let publishers = [world.publisher(), world.publisher()]
        let logs = publishers.map { $0.add(track("a")) }
        let subscriber = world.subscriber()
        subscriber.subscribe(track("a"))
        world.run()
        var open: [Int: SubgroupLog] = [:]
        for (which, ids) in steps {
            let traits = SubgroupTraits(startsSubgroup: ids.lowerBound == 0)
            let subgroup = open[which] ?? logs[which].openSubgroup(group: 0, subgroup: 0, traits: traits)
            open[which] = subgroup
            for id in ids { logs[which].put(subgroup, id, size: 300) }
            world.run()
        }
        for (which, subgroup) in open.sorted(by: { $0.key < $1.key }) { logs[which].finish(subgroup, .finished) }
        world.run()
        for publisher in publishers {
            #expect(publisher.link.far.streamsCredited == publisher.link.far.uniArrived.count - 1)
        }
        return (world, subscriber)
    }

    private static let mixtures: [[(publisher: Int, ids: ClosedRange<UInt64>)]] = [
        // One is ahead of the other, which catches up.
        [(0, 0...2), (1, 5...6), (0, 3...6), (1, 7...9), (0, 7...9)],
        // The one that lacks the beginning comes first.
        [(1, 5...9), (0, 0...9)],
        [(1, 5...6), (0, 0...2), (1, 7...8), (0, 3...8), (0, 9...9), (1, 9...9)],
        // They alternate, and both leave ids out that the other one has.
        [(0, 0...0), (1, 2...2), (0, 3...3), (1, 5...5), (0, 6...9), (1, 6...9)],
        // The one ahead has ended when the other one begins.
        [(1, 4...9), (0, 0...4)],
    ]

    /// draft-18 "Multiple Publishers", "Closing Subgroup Streams".
    @Test(arguments: 0..<mixtures.count) func `an object that one publisher's stream lacks is taken from the other's`(
        number: Int
    ) {
        let steps = Self.mixtures[number]
        let (_, subscriber) = mixed(steps)
        let published = Set(steps.flatMap(\.ids)).map { Location(group: 0, object: $0) }
        #expect(subscriber.objects.sorted() == published.sorted())
        #expect(subscriber.streams.values.allSatisfy { $0.end != nil })
        #expect(subscriber.streams.values.filter { $0.end == .fin }.count == 1)
    }

    /// A second publisher has been asked and says nothing yet when the first one leaves.
    private func moving(_ leave: (TestPublisher) -> Void) -> (World, TestSubscriber, TestPublisher, TrackLog) {
        let world = World()
        let first = world.publisher()
        let log = first.add(track("a"))
        let subscriber = world.subscriber()
        subscriber.subscribe(track("a"))
        world.run()
        log.putGroup(0, objects: 3, size: 100)
        world.run()
        let second = world.publisher("")
        let again = second.add(track("a"))
        second.peer.say { _ = try $0.publishNamespace(TrackNamespace(utf8: "live")) }
        world.step()
        second.link.near.isStopped = true
        leave(first)
        world.run()
        return (world, subscriber, second, again)
    }

    private static let ways: [@Sendable (TestPublisher) -> Void] = [
        { first in for subscription in first.peer.subscriptions { subscription.end(.goingAway, "") } },
        { first in first.die() },
    ]

    @Test(arguments: 0..<2) func `a track goes on with a publisher that was asked before the last one left`(way: Int) {
        let (world, subscriber, second, log) = moving(Self.ways[way])
        #expect(subscriber.done == nil)
        second.link.near.isStopped = false
        world.run()
        log.putGroup(1, objects: 3, size: 100)
        log.end(.trackEnded, reason: "")
        world.run()
        #expect(subscriber.objects.count == 6)
        #expect(subscriber.done?.code == .trackEnded)
    }

    @Test(arguments: 0..<2) func `a track ends when the publisher that was asked last refuses`(way: Int) {
        let (world, subscriber, second, _) = moving(Self.ways[way])
        second.link.near.handle = { [peer = second.peer] event in
            guard case .subscribe(let request) = event else { return }
            peer.say { try $0.reject(request.requestID, .doesNotExist) }
        }
        second.link.near.isStopped = false
        world.run()
        #expect(subscriber.done?.code == (way == 0 ? .goingAway : .internalError))
    }

    /// The successor comes when the old session is known to be gone, and readers still drain what it sent.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func aSuccessorContinuesWhatIsStillBeingDrained(seed: UInt64) {
        let world = World(seed: seed)
        let first = world.publisher()
        let log = first.add(track("a"))
        let subscriber = world.subscriber(streamWindow: 4000)
        subscriber.subscribe(track("a"))
        world.run()
        subscriber.reads = false
        for group in 0..<3 as Range<UInt64> { log.putGroup(group, objects: 10, size: 3000) }
        let cut = log.open(3)
        for id in 0..<4 as Range<UInt64> { log.put(cut, id, size: 3000) }
        log.begin(LoggedObject(id: 4, payloadLength: 3000, arrived: world.now), in: cut)
        log.append(payload(3, 4, 3000).slice(from: 0, count: 1000), to: cut)
        world.run()
        first.die()
        let second = world.publisher("")
        let again = second.add(track("a"))
        second.announce("live")
        for group in 0..<6 as Range<UInt64> { again.putGroup(group, objects: 10, size: 3000) }
        world.run()
        subscriber.resumeReading()
        world.run()
        again.end(.trackEnded, reason: "")
        world.run()
        #expect(subscriber.objects.sorted() == whole)
        #expect(subscriber.done?.code == .trackEnded)
    }

    /// A subscriber that was told of the loss and subscribes again where it stopped.
    @Test func aSubscriberThatComesBackMissesNothing() {
        let world = World()
        let first = world.publisher()
        let log = first.add(track("a"))
        let subscriber = world.subscriber()
        subscriber.subscribe(track("a"))
        world.run()
        log.putGroup(0, objects: 10, size: 300)
        world.run()
        first.die()
        world.run()
        #expect(subscriber.done?.code == .internalError)
        subscriber.subscribe(track("a")) {
            $0.rendezvousTimeout = 10_000
            $0.locationFilter = .absoluteStart(Location(group: 1, object: 0))
        }
        world.run()
        let second = world.publisher("")
        let again = second.add(track("a"))
        second.announce("live")
        for group in 0..<6 as Range<UInt64> { again.putGroup(group, objects: 10, size: 300) }
        world.run()
        #expect(subscriber.objects.sorted() == whole)
        #expect(Set(subscriber.objects).count == subscriber.objects.count)
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func twoLivePublishersAreOneTrack(seed: UInt64) {
        let world = World(seed: seed)
        let publishers = [world.publisher(), world.publisher()]
        let logs = publishers.map { $0.add(track("a")) }
        let subscriber = world.subscriber()
        subscriber.subscribe(track("a"))
        world.run()
        var random = Seeded(state: seed)
        for group in 0..<6 as Range<UInt64> {
            let subgroups = logs.map { $0.open(group) }
            for id in 0..<10 as Range<UInt64> {
                // Each is ahead at times.
                for index in [0, 1].shuffled(using: &random) {
                    let whole = payload(group, id, 5000)
                    let split = Int.random(in: 1..<5000, using: &random)
                    logs[index].begin(
                        LoggedObject(id: id, payloadLength: 5000, arrived: world.now), in: subgroups[index])
                    logs[index].append(whole.slice(from: 0, count: split), to: subgroups[index])
                    if Bool.random(using: &random) { world.step() }
                    logs[index].append(whole.slice(from: split), to: subgroups[index])
                    if Bool.random(using: &random) { world.step() }
                }
            }
            for (log, subgroup) in zip(logs, subgroups) { log.finish(subgroup, .finished) }
        }
        world.run()
        #expect(subscriber.objects.sorted() == whole)
        #expect(subscriber.streams.count == 6)
        #expect(subscriber.streams.values.allSatisfy { $0.end == .fin })
        for publisher in publishers {
            #expect(publisher.link.far.streamsCredited == publisher.link.far.uniArrived.count - 1)
        }
    }

    /// An endless subgroup goes on from the second publisher, and its readers hold that one back, too.
    @Test func theSecondPublisherIsHeldBackAfterTheFirst() {
        let world = World()
        let publishers = [world.publisher(streamWindow: 10_000), world.publisher(streamWindow: 10_000)]
        let logs = publishers.map { $0.add(track("a")) }
        let subscriber = world.subscriber(streamWindow: 2000)
        subscriber.subscribe(track("a"))
        world.run()
        let subgroups = logs.map { $0.open(0) }
        func put(_ ids: Range<UInt64>, _ which: Int) {
            for id in ids { logs[which].put(subgroups[which], id, size: 1000) }
        }
        for id in 0..<10 as Range<UInt64> {
            put(id..<id + 1, 0)
            world.run()
            put(id..<id + 1, 1)
            world.run()
        }
        publishers[0].die()
        world.run()
        subscriber.reads = false
        put(10..<200, 1)
        world.run()
        #expect(world.relay.cache.used < 100_000)
        subscriber.resumeReading()
        world.run()
        #expect(subscriber.objects.map(\.object) == Array(0..<200))
        #expect(subscriber.streams.count == 1)
    }

    @Test func aTrackThatEndedStartsAfresh() {
        let world = World()
        let first = world.publisher()
        let log = first.add(track("a"))
        let slow = world.subscriber(streamWindow: 4000)
        slow.subscribe(track("a"))
        world.run()
        slow.reads = false
        log.putGroup(0, objects: 10, size: 3000)
        world.run()
        log.end(.trackEnded, reason: "")
        world.run()
        first.link.cut()
        first.link.notice(first.link.far)
        let second = world.publisher("")
        let again = second.add(track("a"))
        second.announce("live")
        let fresh = world.subscriber()
        fresh.subscribe(track("a"))
        world.run()
        again.putGroup(0, objects: 10, size: 300)
        world.run()
        #expect(fresh.objects == Array(whole[..<10]))
        slow.resumeReading()
        world.run()
        #expect(slow.objects == Array(whole[..<10]))
        #expect(slow.done?.code == .trackEnded)
    }
}
