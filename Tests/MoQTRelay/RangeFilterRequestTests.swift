@testable import MoQTRelay
@testable import MoQTSession
import MoQTCodec
import Testing
import Wire

/// draft-22 "Range Filters" of what precedes a subscription, of FETCH, and of SUBSCRIBE_TRACKS.
@Suite struct RangeFilterRequestTests {
    typealias Stage = RangeFilterTests.Stage
    static let drafts = RangeFilterTests.drafts

    private func places(_ group: UInt64, _ objects: [UInt64]) -> [Location] {
        objects.map { Location(group: group, object: $0) }
    }

    private func filters(_ filters: RangeFilter...) -> Parameters {
        var parameters = Parameters()
        parameters.rangeFilters = filters
        return parameters
    }

    private let wholeTrack = Fetch.Target.standalone(
        track: track("a"), start: .zero, end: RangeEnd(group: 1, object: 5))

    // MARK: - FETCH

    @Test("a FETCH brings what passes of a range, and ends whole", arguments: drafts)
    func fetch(profile: Profile) throws {
        let stage = Stage(profile)
        _ = stage.subscriber([])
        stage.putGroup(0)
        stage.putGroup(1, 1, priority: 7)
        let cases: [(RangeFilter, [Location])] = [
            (RangeFilter(.objectID, [1...1, 4...4]), places(0, [1, 4]) + places(1, [1, 4])),
            (RangeFilter(.subgroupID, [1...1]), places(1, [0, 1, 2, 3, 4, 5])),
            (RangeFilter(.publisherPriority, [128...128]), places(0, [0, 1, 2, 3, 4, 5])),
            (RangeFilter(.objectProperty, propertyType: 0x40, [10...11]), places(0, [5]) + places(1, [5])),
            (RangeFilter(.objectID, [9...9]), []),
        ]
        for (filter, expected) in cases {
            let subscriber = stage.world.subscriber(profile)
            _ = try subscriber.peer.session.fetch(wholeTrack, filters(filter))
            stage.world.run()
            #expect(subscriber.fetched == expected && subscriber.fetchEnd == .fin && subscriber.gaps.isEmpty)
        }
    }

    @Test("a FETCH that the relay has to pass on is asked for whole, and filtered here", arguments: drafts)
    func relayedFetch(profile: Profile) throws {
        let stage = Stage(profile, from: .draft14)
        for group in 0..<2 as Range<UInt64> { stage.putGroup(group, group) }
        let subscriber = stage.world.subscriber(profile)
        _ = try subscriber.peer.session.fetch(
            wholeTrack,
            filters(RangeFilter(.objectID, [2...3]), RangeFilter(.objectProperty, propertyType: 0x40, [6...9])))
        stage.world.run()
        #expect(subscriber.fetched == places(0, [3]) + places(1, [3]) && subscriber.fetchEnd == .fin)
        let asked = stage.source.events.contains { event in
            if case .fetch(let request, _) = event { request.parameters.rangeFilters.isEmpty } else { false }
        }
        #expect(asked)
    }

    // MARK: - What precedes a subscription

    @Test("what precedes a subscription is held to its filters", arguments: drafts) func join(profile: Profile) throws {
        let stage = Stage(profile)
        _ = stage.subscriber([])
        stage.putGroup(0)
        let open = stage.log.open(1)
        for id in 0..<4 as Range<UInt64> { stage.put(id, in: open) }
        stage.world.run()
        let subscriber = stage.world.subscriber(profile)
        var parameters = filters(RangeFilter(.objectID, [1...1, 3...4]))
        parameters.locationFilter = .nextObject
        _ = try subscriber.peer.session.subscribe(track("a"), parameters, join: .groups(before: 1))
        stage.world.run()
        for id in 4..<6 as Range<UInt64> { stage.put(id, in: open) }
        stage.world.run()
        #expect(subscriber.fetched == places(0, [1, 3, 4]) + places(1, [1, 3]))
        #expect(subscriber.objects == places(1, [4]))
    }

    @Test(
        "a fill has the subscription's filters but for the kinds that it names", arguments: Drafts.since20)
    func fill(profile: Profile) throws {
        let stage = Stage(profile)
        _ = stage.subscriber([])
        for subgroup in 0..<2 as Range<UInt64> { stage.putGroup(0, subgroup, from: subgroup * 10) }
        let subscriber = stage.world.subscriber(profile)
        var parameters = filters(RangeFilter(.subgroupID, [1...1]), RangeFilter(.objectID, [0...0]))
        parameters.locationFilter = .nextObject
        parameters.fill = FillParameters()
        parameters.fill?.locationFilter = .unfiltered
        parameters.fill?.rangeFilters = [RangeFilter(.objectID, [2...2, 12...12])]
        let id = try subscriber.peer.session.subscribe(track("a"), parameters)
        // The session asks for no fill with filters of its own, but takes one.
        subscriber.peer.session.requests[id]?.subscription.join = JoinProgress(join: .from(.zero))
        subscriber.peer.session.expectJoin(of: id, by: id)
        stage.world.run()
        #expect(subscriber.fetched == places(0, [12]) && subscriber.fetchEnd == .fin)
        stage.putGroup(1, 1)
        #expect(subscriber.objects == places(1, [0]))
    }

    // MARK: - SUBSCRIBE_TRACKS

    private func property(_ ranges: ClosedRange<UInt64>..., set: UInt8 = 0) -> RangeFilter {
        RangeFilter(.trackProperty, setID: set, propertyType: 0x40, ranges)
    }

    /// Tracks that are published with the property 0x40, and who is offered them.
    private func offers(
        _ profile: Profile, _ properties: [UInt64?], _ filters: Parameters
    ) throws -> (TestPublisher, [TrackLog], TestSubscriber, RequestID) {
        let world = World()
        let source = world.publisher("")
        let watcher = world.subscriber(profile)
        let id = try watcher.peer.session.subscribeTracks(track("a").namespace, filters)
        world.run()
        let logs = properties.enumerated().map { index, value in
            source.add(track("t\(index)"), value.map { [KeyValue(type: 0x40, integer: $0)] } ?? [])
        }
        for log in logs { try source.publisher.offer(log, to: source.peer) }
        world.run()
        return (source, logs, watcher, id)
    }

    @Test("tracks are chosen by a property, which they must have", arguments: drafts) func tracks(profile: Profile)
        throws
    {
        let (source, logs, watcher, _) = try offers(profile, [nil, 3, 4, 9], filters(property(4...8)))
        #expect(watcher.offered == ["live--t2"])
        for log in logs { log.putGroup(0, objects: 2, size: 10) }
        source.world.run()
        #expect(watcher.objects.count == 2)
    }

    @Test("objects of a track are held to the sets that the track passes", arguments: drafts)
    func setsOfTracks(profile: Profile) throws {
        let (source, logs, watcher, _) = try offers(
            profile, [1, 2, 3, 4],
            filters(
                property(1...2), RangeFilter(.objectID, [0...0]), property(2...3, set: 7),
                RangeFilter(.objectID, setID: 7, [5...5]), property(4...4, set: 8)))
        #expect(watcher.offered == ["live--t0", "live--t1", "live--t2", "live--t3"])
        let expected: [[UInt64]] = [[0], [0, 5], [5], [0, 1, 2, 3, 4, 5]]
        for (log, objects) in zip(logs, expected) {
            let known = watcher.objects.count
            log.putGroup(0, objects: 6, size: 10)
            source.world.run()
            #expect(Array(watcher.objects.dropFirst(known)) == places(0, objects))
        }
    }

    @Test("an update offers the tracks that pass now, and none twice", arguments: drafts)
    func updatedTracks(profile: Profile) throws {
        let (source, logs, watcher, id) = try offers(profile, [1, 2, 3], filters(property(1...1)))
        watcher.peer.say { try $0.update(id, filters(property(1...2))) }
        source.world.run()
        #expect(watcher.offered == ["live--t0", "live--t1"])
        watcher.peer.say { try $0.update(id, filters(RangeFilter(.trackProperty))) }
        source.world.run()
        #expect(watcher.offered == ["live--t0", "live--t1", "live--t2"])
        for log in logs { log.putGroup(0, objects: 1, size: 10) }
        source.world.run()
        #expect(watcher.objects.count == 3)
    }

    @Test("a publisher offers only what passes, and updates its offers", arguments: drafts)
    func publisher(profile: Profile) throws {
        let world = World()
        let publisher = Publisher(cache: Cache(limit: .max))
        for value in 1...3 as ClosedRange<UInt64> {
            _ = publisher.addTrack(
                track("t\(value)"), properties: Properties([KeyValue(type: 0x40, integer: value)], profile: profile),
                delivery: .lossless)
        }
        let watcher = world.subscriber(profile)
        watcher.terms.forward = true
        // The relay's end of the link answers as a publisher.
        let far = watcher.link.far
        far.handle = { [unowned far] in _ = publisher.handle($0, from: far.peer) }
        let id = try watcher.peer.session.subscribeTracks(
            track("a").namespace, filters(property(2...2), RangeFilter(.objectID, [1...1])))
        world.run()
        #expect(watcher.offered == ["live--t2"])
        watcher.peer.say { try $0.update(id, filters(property(2...3))) }
        world.run()
        #expect(watcher.offered == ["live--t2", "live--t3"])
        for log in publisher.tracks.values { log.putGroup(0, objects: 3, size: 10) }
        world.run()
        #expect(watcher.objects == places(0, [1]) + places(0, [1]))
    }

    @Test(
        "a subscription by PUBLISH takes filters with PUBLISH_OK, or by the update that follows it", arguments: drafts)
    func publishOK(profile: Profile) throws {
        let world = World()
        let source = world.publisher("")
        let watcher = world.subscriber(profile)
        watcher.terms.rangeFilters = [RangeFilter(.objectID, [4...4])]
        _ = try watcher.peer.session.subscribeTracks(track("a").namespace, filters(RangeFilter(.subgroupID, [0...0])))
        world.run()
        let log = source.add(track("a"))
        try source.publisher.offer(log, to: source.peer)
        world.run()
        for subgroup in 0..<2 as Range<UInt64> {
            let open = log.open(0, subgroup)
            for id in 0..<6 as Range<UInt64> { log.put(open, id * 2 + subgroup, size: 10) }
            log.finish(open, .finished)
        }
        world.run()
        #expect(watcher.objects == places(0, [4]))
    }

    /// A peer that does not count what it may ask for; there is no answer to PUBLISH_OK that could refuse.
    @Test(arguments: drafts) func termsWithTooManyRangesEndTheSubscription(profile: Profile) throws {
        let world = World()
        let source = world.publisher("")
        let watcher = world.subscriber(profile)
        watcher.peer.session.receivedSetup?.maxFilterRanges = 1000
        watcher.terms.rangeFilters = [RangeFilter(.objectID, (0..<65).map { $0 * 2...$0 * 2 })]
        _ = try watcher.peer.session.subscribeTracks(track("a").namespace)
        world.run()
        let log = source.add(track("a"))
        try source.publisher.offer(log, to: source.peer)
        world.run()
        #expect(watcher.done?.code == .updateFailed)
    }
}

extension TestSubscriber {
    fileprivate var offered: [String] {
        events.compactMap { if case .publish(let offer) = $0 { "\(offer.track)" } else { nil } }
    }
}
