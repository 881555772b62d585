import MoQTCodec
import MoQTSession
import Testing
import Wire

@testable import MoQTRelay

/// What precedes a subscription: by joining fetches up to draft-19, by fill streams since (draft-22 "Fill").
@Suite struct FillTests {
    static let all = Profile.spoken
    static let filling = Drafts.since20
    static let pairs = all.flatMap { from in all.map { (from, $0) } }

    private func subscribe(_ subscriber: TestSubscriber, _ join: Join) throws -> RequestID {
        var parameters = Parameters()
        parameters.locationFilter = .nextObject
        let id = try subscriber.peer.session.subscribe(track("a"), parameters, join: join)
        subscriber.peer.flush()
        return id
    }

    @Test(arguments: pairs)
    func theGroupInProgressIsWholeOnEveryPairOfDrafts(drafts: (from: Profile, to: Profile)) throws {
        let world = World()
        let source = world.publisher("live", drafts.from)
        let log = source.add(track("a"))
        log.putGroup(0, objects: 4, size: 1500)
        let open = log.open(1, endsGroup: true)
        for id in 0..<3 as Range<UInt64> { log.put(open, id, size: 1500) }
        let subscribers = (0..<2).map { _ in world.subscriber(drafts.to) }
        for subscriber in subscribers { _ = try subscribe(subscriber, .groups(before: 0)) }
        world.run()
        log.put(open, 3, size: 1500)
        log.finish(open, .finished)
        log.putGroup(2, objects: 1, size: 10)
        log.end(.trackEnded, reason: "")
        world.run()
        for subscriber in subscribers {
            #expect(subscriber.fetched == Array(places(1...1, 4).prefix(3)))
            #expect(subscriber.objects.sorted() == [Location(group: 1, object: 3), Location(group: 2, object: 0)])
            #expect(subscriber.gaps.isEmpty && subscriber.fetchEnd == .fin)
            #expect(subscriber.done?.code == .trackEnded)
        }
    }

    @Test(arguments: all) func theLastGroupsComeFromTheLog(profile: Profile) throws {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let first = world.subscriber(profile)
        first.subscribe(track("a"))
        world.run()
        for group in 0..<6 as Range<UInt64> { log.putGroup(group, objects: 4, size: 1500) }
        world.run()
        let second = world.subscriber(profile), third = world.subscriber(profile)
        _ = try subscribe(second, .groups(before: 2))
        _ = try subscribe(third, .from(Location(group: 4, object: 1)))
        world.run()
        #expect(second.fetched == places(3...5, 4))
        #expect(third.fetched == Array(places(4...5, 4).dropFirst()))
        #expect(second.objects.isEmpty && third.objects.isEmpty || !profile.behaviours.contains(.fillStreams))
    }

    /// draft-22 "Fill": its range may end with an object, as a FETCH's may; what was published since comes by the
    /// subscription alone.
    @Test(arguments: filling, [Join.groups(before: 0), .groups(before: 1), .from(Location(group: 0, object: 2))])
    func aFillEndsWithTheObjectItNames(profile: Profile, join: Join) throws {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let first = world.subscriber(profile)
        first.subscribe(track("a"))
        world.run()
        log.putGroup(0, objects: 4, size: 100)
        let open = log.open(1)
        for id in 0..<3 as Range<UInt64> { log.put(open, id, size: 100) }
        world.run()
        let subscriber = world.subscriber(profile)
        let id = try #require(subscriber.subscribe(track("a")) { $0.locationFilter = .nextObject })
        world.run()
        #expect(subscriber.accepted?.parameters.largestObject == Location(group: 1, object: 2))
        for id in 3..<6 as Range<UInt64> { log.put(open, id, size: 100) }
        log.finish(open, .finished)
        log.putGroup(2, objects: 2, size: 100)
        world.run()
        subscriber.peer.say { try $0.join(id, join) }
        world.run()
        let past = places(0...0, 4) + places(1...1, 3)
        let start = join.start(largest: Location(group: 1, object: 2))
        #expect(subscriber.fetched == past.filter { $0 >= start })
        #expect(subscriber.objects.sorted() == Array(places(1...1, 6).suffix(3)) + places(2...2, 2))
        #expect(subscriber.gaps.isEmpty && subscriber.fetchEnd == .fin)
        #expect(subscriber.events.contains { if case .joinEnded(id, isWhole: true) = $0 { true } else { false } })
        #expect(first.link.far.peer.requests.count == 1 && subscriber.fetchedWhole.count == 1)
    }

    /// draft-22 "PUBLISH_DONE": fill streams count.
    @Test(arguments: filling) func fillStreamsAreCounted(profile: Profile) throws {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        log.putGroup(0, objects: 4, size: 1500)
        let subscriber = world.subscriber(profile)
        _ = try subscribe(subscriber, .groups(before: 0))
        world.run()
        log.putGroup(1, objects: 4, size: 1500)
        log.end(.trackEnded, reason: "")
        world.run()
        #expect(subscriber.done?.streamCount == 2)
        #expect(subscriber.fetched == places(0...0, 4) && subscriber.objects == places(1...1, 4))
    }

    /// draft-22 "Fill": whoever cancels the subscription cancels its fill.
    @Test(arguments: filling) func aCancelledSubscriptionResetsItsFill(profile: Profile) throws {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let other = world.subscriber(profile)
        other.subscribe(track("a"))
        world.run()
        let open = log.open(0)
        log.begin(LoggedObject(id: 0, payloadLength: 3000, arrived: world.now), in: open)
        log.append(payload(0, 0, 3000).slice(from: 0, count: 1000), to: open)
        world.run()
        let subscriber = world.subscriber(profile)
        let id = try subscribe(subscriber, .groups(before: 0))
        world.run()
        #expect(subscriber.fetchEnd == nil)
        subscriber.peer.say { try $0.cancel(id) }
        world.run()
        #expect(subscriber.link.far.resetsSent.count == 1)
        #expect(world.relay.tracks[track("a")]?.log?.subscriptions.count == 1)
    }

    /// draft-22 "Fill": the subscriber needs no more of it, but goes on with the subscription.
    @Test(arguments: filling) func aFillCanBeStoppedAlone(profile: Profile) throws {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let first = world.subscriber(profile)
        first.subscribe(track("a"))
        world.run()
        for group in 0..<6 as Range<UInt64> { log.putGroup(group, objects: 4, size: 15_000) }
        world.run()
        let subscriber = world.subscriber(profile, streamWindow: 2000)
        subscriber.reads = false
        _ = try subscribe(subscriber, .from(.zero))
        world.run()
        let stream = try #require(subscriber.link.near.uniArrived.max())
        subscriber.peer.session.stop(stream, code: .cancelled)
        subscriber.peer.flush()
        subscriber.resumeReading()
        log.putGroup(6, objects: 2, size: 100)
        world.run()
        #expect(subscriber.objects == places(6...6, 2))
        #expect(subscriber.events.contains { if case .joinEnded(_, isWhole: false) = $0 { true } else { false } })
    }

    /// draft-22 "Location Filters": a range that is past is no error, and a subscription goes on behind its range.
    @Test(arguments: filling) func aRangeThatIsPastBringsNothing(profile: Profile) throws {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let first = world.subscriber(profile)
        first.subscribe(track("a"))
        world.run()
        for group in 0..<4 as Range<UInt64> { log.putGroup(group, objects: 2, size: 100) }
        world.run()
        let subscriber = world.subscriber(profile)
        let range = LocationFilter.absoluteRange(start: .zero, end: RangeEnd(group: 1))
        let id = try #require(subscriber.subscribe(track("a")) { $0.locationFilter = range })
        world.run()
        for group in 4..<8 as Range<UInt64> { log.putGroup(group, objects: 2, size: 100) }
        world.run()
        #expect(subscriber.accepted != nil && subscriber.rejection == nil && subscriber.done == nil)
        #expect(subscriber.objects.isEmpty)
        var wider = Parameters()
        wider.locationFilter = .unfiltered
        subscriber.peer.say { try $0.update(id, wider) }
        world.run()
        log.putGroup(8, objects: 1, size: 100)
        world.run()
        #expect(subscriber.objects == [Location(group: 8, object: 0)])
    }

    /// draft-22 "PUBLISH": a publisher that is told to wait, and goes on for the first subscriber.
    @Test(arguments: filling) func whatPrecedesAPublishedTracksFirstSubscriberIsThere(profile: Profile) throws {
        let world = World()
        let source = world.publisher("", profile)
        let log = source.add(track("a"))
        log.putGroup(0, objects: 2, size: 1500)
        try source.publisher.offer(log, to: source.link.near.peer)
        world.run()
        let subscriber = world.subscriber(profile)
        _ = try subscribe(subscriber, .groups(before: 0))
        world.run()
        log.putGroup(1, objects: 1, size: 1500)
        world.run()
        #expect(subscriber.fetched == places(0...0, 2))
        #expect(subscriber.objects == [Location(group: 1, object: 0)])
    }
}
