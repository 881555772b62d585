import MoQTCodec
import MoQTSession
import Testing
import Wire

@testable import MoQTRelay

/// What a subscriber gets of a track, and when it ends, on each draft (draft-18 "Subscriptions").
@Suite struct SubscriptionRuleTests {
    private func places(_ text: String) -> [Location] {
        text.split(separator: " ").map {
            Location(group: UInt64($0.prefix(1)) ?? 0, object: UInt64($0.suffix(1)) ?? 0)
        }
    }

    /// draft-18 "Subscription Filters".
    @Test(arguments: Drafts.all) func `a filter says where a subscription starts and ends`(profile: Profile) {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let keeper = world.subscriber(profile)
        keeper.subscribe(track("a"))
        world.run()
        let open = log.open(5)
        for id in 0..<2 as Range<UInt64> { log.put(open, id, size: 10) }
        world.run()
        let filters: [LocationFilter] = [
            .nextGroup, .nextObject, .absoluteStart(Location(group: 7, object: 1)),
            .absoluteRange(start: Location(group: 6, object: 1), end: RangeEnd(group: 7)),
        ]
        let clients = filters.map { filter in
            let client = world.subscriber(profile)
            client.subscribe(track("a")) { $0.locationFilter = filter }
            return client
        }
        world.run()
        log.put(open, 2, size: 10)
        log.finish(open, .finished)
        for group in 6..<9 as Range<UInt64> {
            log.putGroup(group, objects: 2, size: 10)
            world.run()
        }
        let expected = ["6.0 6.1 7.0 7.1 8.0 8.1", "5.2 6.0 6.1 7.0 7.1 8.0 8.1", "7.1 8.0 8.1", "6.1 7.0 7.1"]
        #expect(clients.map(\.objects) == expected.map(places))
        #expect(keeper.objects == places("5.0 5.1 5.2 6.0 6.1 7.0 7.1 8.0 8.1"))
        // Up to draft-19 a subscription ends with its range.
        let outlasts = profile.behaviours.contains(.subscriptionsOutlastRanges)
        #expect(clients.map { $0.done?.code } == [nil, nil, nil, outlasts ? nil : .subscriptionEnded])
    }

    /// draft-18 "Subscription Filters".
    @Test(arguments: Drafts.all) func `where nothing was published every filter starts at the beginning`(
        profile: Profile
    ) {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let clients = [nil, LocationFilter.nextGroup, .nextObject].map { filter in
            let client = world.subscriber(profile)
            client.subscribe(track("a")) { $0.locationFilter = filter }
            return client
        }
        world.run()
        for group in 0..<2 as Range<UInt64> { log.putGroup(group, objects: 2, size: 10) }
        world.run()
        for client in clients {
            #expect(client.accepted != nil && client.accepted?.parameters.largestObject == nil)
            #expect(client.objects == places("0.0 0.1 1.0 1.1"))
        }
    }

    /// draft-18 "SUBSCRIBE", "Updating Subscriptions". From draft-20 on no range is refused.
    @Test(arguments: Drafts.all.filter { !$0.behaviours.contains(.subscriptionsOutlastRanges) })
    func `a range that is past is refused, and an update to one ends the subscription`(profile: Profile) throws {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let keeper = world.subscriber(profile)
        let id = try #require(keeper.subscribe(track("a")))
        world.run()
        for group in 4..<8 as Range<UInt64> { log.putGroup(group, objects: 2, size: 10) }
        world.run()
        let past = LocationFilter.absoluteRange(start: Location(group: 4, object: 0), end: RangeEnd(group: 5))
        let client = world.subscriber(profile)
        client.subscribe(track("a")) { $0.locationFilter = past }
        var update = Parameters()
        update.locationFilter = past
        // In draft-14 updates have no answer.
        let isSilent = profile.behaviours.contains(.silentUpdates)
        if !isSilent { keeper.peer.say { try $0.update(id, update) } }
        world.run()
        #expect(client.refusals == [.invalidRange])
        guard !isSilent else { return }
        let refusals = keeper.events.count { if case .updateRejected(id, _) = $0 { true } else { false } }
        #expect(refusals == 1 && keeper.done?.code == .updateFailed)
    }

    /// draft-18 "Updating Subscriptions".
    @Test(arguments: Drafts.since15) func `an update changes what it names, and nothing else`(profile: Profile) throws {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let client = world.subscriber(profile)
        let id = try #require(
            client.subscribe(track("a")) {
                $0.forward = false
                $0.objectDeliveryTimeout = 9000
            })
        world.run()
        var update = Parameters()
        update.subscriberPriority = 3
        client.peer.say { try $0.update(id, update) }
        world.run()
        log.putGroup(0, objects: 2, size: 10)
        world.run()
        let served = try #require(client.link.far.peer.subscription(id))
        #expect(client.objects.isEmpty && !served.forwards && served.subscriberPriority == 3)
        #expect(served.objectTimeout == .seconds(9))
        let answers = client.events.count { if case .updateAccepted(id, _) = $0 { true } else { false } }
        #expect(answers == 1)
    }

    /// draft-18 "Subscription State Management", "Closing Subgroup Streams".
    @Test(arguments: Drafts.all) func `who cancels has its streams reset`(profile: Profile) throws {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let client = world.subscriber(profile), other = world.subscriber(profile)
        let id = try #require(client.subscribe(track("a")))
        other.subscribe(track("a"))
        world.run()
        log.putGroup(0, objects: 2, size: 10)
        let open = log.open(1)
        log.begin(LoggedObject(id: 0, payloadLength: 3000, arrived: world.now), in: open)
        log.append(payload(1, 0, 3000).slice(from: 0, count: 1000), to: open)
        world.run()
        let fetching = world.subscriber(profile)
        let fetch = try fetching.fetch(.zero, RangeEnd(group: 1))
        world.run()
        #expect(fetching.fetched.count == 2 && fetching.fetchEnd == nil)
        client.peer.say { try $0.cancel(id) }
        fetching.peer.say { try $0.cancel(fetch) }
        world.run()
        #expect(client.link.far.resetsSent.count == 1 && fetching.link.far.resetsSent.count == 1)
        log.append(payload(1, 0, 3000).slice(from: 1000), to: open)
        world.run()
        #expect(client.objects.count == 2 && other.objects.count == 3)
    }

    /// draft-18 "PUBLISH_DONE".
    @Test(arguments: Drafts.all) func `PUBLISH_DONE follows the last stream, and counts them all`(profile: Profile) {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let client = world.subscriber(profile, streamWindow: 2000), idle = world.subscriber(profile)
        let empty = source.add(track("b"))
        client.subscribe(track("a"))
        idle.subscribe(track("b"))
        world.run()
        client.reads = false
        for group in 0..<5 as Range<UInt64> { log.putGroup(group, objects: 3, size: 1500) }
        for ending in [log, empty] { ending.end(.trackEnded, reason: "over") }
        world.run()
        #expect(client.done == nil && client.objects.count < 15)
        #expect(idle.done?.streamCount == 0 && idle.done?.code == .trackEnded)
        client.resumeReading()
        world.run()
        #expect(client.objects.count == 15 && client.openStreams.isEmpty)
        #expect(client.done?.streamCount == 5 && client.done?.code == .trackEnded && client.done?.reason == "over")
    }

    /// draft-19 "Subscriptions".
    @Test(arguments: Drafts.since19) func `each of two subscriptions to a track has its objects`(profile: Profile)
        throws
    {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let client = world.subscriber(profile)
        let ids = (0..<2).compactMap { _ in client.subscribe(track("a")) }
        world.run()
        log.putGroup(0, objects: 3, size: 10)
        log.putDatagram(1, 0, size: 10, at: world.now)
        world.run()
        let all = Set(MoQTRelayTests.places(0...0, 3) + [Location(group: 1, object: 0)])
        #expect(ids.map { client.ledger.objects[$0] } == [all, all])
    }

    /// draft-18 "Joining Fetches".
    @Test(arguments: [Profile.draft18, .draft19]) func `a joining FETCH heeds the updates that came before it`(
        profile: Profile
    ) throws {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let keeper = world.subscriber(profile), client = world.subscriber(profile)
        keeper.subscribe(track("a"))
        let id = try #require(
            client.subscribe(track("a")) {
                $0.forward = false
                $0.locationFilter = .nextObject
            })
        world.run()
        log.putGroup(0, objects: 3, size: 10)
        world.run()
        var forward = Parameters()
        forward.forward = true
        client.peer.say {
            try $0.update(id, forward)
            _ = try $0.fetch(.relativeJoining(request: id, groups: 0))
        }
        world.run()
        #expect(client.refusals.isEmpty && client.fetched == MoQTRelayTests.places(0...0, 3))
    }
}
