@testable import MoQTRelay
@testable import MoQTSession
import MoQTCodec
import Testing
import Wire

/// draft-22 "Range Filters": which objects of a subscription are sent, and how its streams begin and end.
@Suite struct RangeFilterTests {
    static let drafts = Drafts.since19
    static let property: UInt64 = 0x40

    /// A track, and subscribers with filters.
    final class Stage {
        let world = World()
        let source: TestPublisher
        let log: TrackLog
        let profile: Profile
        private var subscribers: [TestSubscriber] = []

        init(_ profile: Profile, from publisher: Profile = .draft22) {
            self.profile = profile
            source = world.publisher("live", publisher)
            log = source.add(track("a"))
        }

        /// Subscribed by now; nil: without filters.
        func subscriber(_ filters: [RangeFilter], _ profile: Profile? = nil) -> (TestSubscriber, RequestID) {
            let subscriber = world.subscriber(profile ?? self.profile)
            subscribers.append(subscriber)
            let id = subscriber.subscribe(track("a")) { $0.rangeFilters = filters }
            world.run()
            #expect(subscriber.accepted != nil)
            return (subscriber, id ?? RequestID(rawValue: 0))
        }

        /// Objects 0 to `count` - 1 in one subgroup, each with twice its id as property.
        func putGroup(
            _ group: UInt64, _ subgroup: UInt64 = 0, priority: UInt8? = nil, from first: UInt64 = 0, count: UInt64 = 6,
            with property: UInt64? = RangeFilterTests.property
        ) {
            let traits = SubgroupTraits(priority: priority, hasProperties: property != nil, endsGroup: true)
            let subgroup = log.openSubgroup(group: group, subgroup: subgroup, traits: traits)
            for id in first..<first + count { put(id, in: subgroup, with: property) }
            log.finish(subgroup, .finished)
            world.run()
        }

        func put(_ id: UInt64, in subgroup: SubgroupLog, with property: UInt64? = nil) {
            let properties = Properties(
                property.map { [KeyValue(type: $0, integer: id * 2)] } ?? [], profile: .draft18)
            log.begin(
                LoggedObject(id: id, properties: properties, payloadLength: 100, arrived: world.now), in: subgroup)
            log.append(payload(subgroup.group, id, 100), to: subgroup)
        }

        func update(_ subscriber: TestSubscriber, _ id: RequestID, _ filters: [RangeFilter]) {
            var parameters = Parameters()
            parameters.rangeFilters = filters
            subscriber.peer.say { try $0.update(id, parameters) }
            world.run()
        }

        func end() {
            log.end(.trackEnded, reason: "")
            world.run()
        }
    }

    private func places(_ group: UInt64, _ objects: [UInt64]) -> [Location] {
        objects.map { Location(group: group, object: $0) }
    }

    // MARK: - What passes

    @Test("objects are chosen by their ids, in several ranges", arguments: drafts)
    func objectIDs(profile: Profile) {
        let stage = Stage(profile)
        let (subscriber, _) = stage.subscriber([RangeFilter(.objectID, [0...0, 2...3, 5...(.max)])])
        stage.putGroup(0, count: 8)
        #expect(subscriber.objects == places(0, [0, 2, 3, 5, 6, 7]))
    }

    @Test("objects are chosen by their subgroups", arguments: drafts) func subgroups(profile: Profile) {
        let stage = Stage(profile)
        let (subscriber, _) = stage.subscriber([RangeFilter(.subgroupID, [1...2])])
        for subgroup in 0..<4 as Range<UInt64> { stage.putGroup(0, subgroup, from: subgroup * 10, count: 2) }
        #expect(subscriber.objects == places(0, [10, 11, 20, 21]))
    }

    @Test("objects are chosen by their publisher's priority, the track's where they state none", arguments: drafts)
    func priorities(profile: Profile) {
        let stage = Stage(profile)
        let (subscriber, _) = stage.subscriber([RangeFilter(.publisherPriority, [0...20, 128...128])])
        stage.putGroup(0, priority: 20)
        stage.putGroup(1, priority: 21)
        stage.putGroup(2)
        #expect(Set(subscriber.objects.map(\.group)) == [0, 2])
    }

    @Test("objects are chosen by a property, which they must have", arguments: drafts)
    func properties(profile: Profile) {
        let stage = Stage(profile)
        let (subscriber, _) = stage.subscriber([RangeFilter(.objectProperty, propertyType: 0x40, [4...7])])
        stage.putGroup(0)
        stage.putGroup(1, with: nil)
        stage.putGroup(2, with: 0x42)
        #expect(subscriber.objects == places(0, [2, 3]))
    }

    @Test("filters of one set must all pass, and one set is enough", arguments: drafts) func sets(profile: Profile) {
        let stage = Stage(profile)
        let (subscriber, _) = stage.subscriber([
            RangeFilter(.objectID, [0...3]), RangeFilter(.objectProperty, propertyType: 0x40, [4...(.max)]),
            RangeFilter(.objectID, setID: 255, [5...5]),
        ])
        stage.putGroup(0)
        #expect(subscriber.objects == places(0, [2, 3, 5]))
    }

    @Test("datagrams are held to them too, and have no subgroup", arguments: drafts) func datagrams(profile: Profile) {
        let stage = Stage(profile)
        let (byID, first) = stage.subscriber([RangeFilter(.objectID, [1...2])])
        let (byPriority, second) = stage.subscriber([RangeFilter(.publisherPriority, [0...9])])
        let (bySubgroup, third) = stage.subscriber([RangeFilter(.subgroupID, [0...(.max)])])
        for id in 0..<4 as Range<UInt64> {
            let object = LoggedObject(id: id, payloadLength: 10, arrived: stage.world.now)
            stage.log.append(
                LoggedDatagram(object: object, payload: payload(0, id, 10), priority: id == 3 ? 9 : nil), group: 0)
        }
        stage.world.run()
        #expect(byID.ledger.objects[first]?.sorted() == places(0, [1, 2]))
        #expect(byPriority.ledger.objects[second]?.sorted() == places(0, [3]))
        #expect(bySubgroup.ledger.objects[third] == nil)
    }

    @Test("subscribers of any draft without filters have everything, and the publisher is asked for it")
    func others() {
        for publisher in [Profile.draft14, .draft22] {
            let stage = Stage(.draft22, from: publisher)
            let (filtered, _) = stage.subscriber([RangeFilter(.objectID, [0...0])])
            let others = [Profile.draft14, .draft18, .draft22].map { stage.subscriber([], $0).0 }
            let asked = stage.source.events.compactMap { event -> Parameters? in
                if case .subscribe(let request) = event { request.parameters } else { nil }
            }
            #expect(asked.map(\.rangeFilters) == [[]])
            stage.putGroup(0)
            #expect(filtered.objects == places(0, [0]))
            for other in others {
                #expect(other.objects == places(0, [0, 1, 2, 3, 4, 5]))
                #expect(other.streams.values.map(\.end) == [.fin])
            }
        }
    }

    @Test("what is left out earns its publisher credit", arguments: drafts) func credit(profile: Profile) {
        let stage = Stage(profile)
        let (subscriber, _) = stage.subscriber([RangeFilter(.objectID, [1_000_000...(.max)])])
        for group in 0..<40 as Range<UInt64> { stage.log.putGroup(group, objects: 4, size: 10_000) }
        stage.world.run()
        stage.end()
        #expect(subscriber.done?.code == .trackEnded && subscriber.objects.isEmpty)
        #expect(stage.source.link.far.uniArrived.count == 41)
    }

    // MARK: - Streams (draft-22 "Closing Subgroup Streams")

    @Test("a subgroup that passes whole ends with FIN, as without filters", arguments: drafts)
    func whole(profile: Profile) {
        let stage = Stage(profile)
        let (subscriber, _) = stage.subscriber([RangeFilter(.objectID, [0...5])])
        stage.putGroup(0)
        let stream = subscriber.streams.values.first
        #expect(stream?.end == .fin && stream?.header.endOfGroup == true && stream?.header.isFirstObject == true)
    }

    @Test(
        "a subgroup of which objects were left out goes on in its stream, which is reset behind the last",
        arguments: drafts, [[1, 2, 3, 4, 5], [0, 5], [0, 1, 2, 3, 4], [3]] as [[UInt64]])
    func partial(profile: Profile, wanted: [UInt64]) {
        let stage = Stage(profile)
        let (subscriber, _) = stage.subscriber([RangeFilter(.objectID, wanted.map { $0...$0 })])
        stage.putGroup(0)
        #expect(subscriber.objects == places(0, wanted))
        #expect(subscriber.streams.values.map(\.end) == [.reset(.cancelled)])
        #expect(subscriber.streams.values.map(\.header.isFirstObject) == [wanted[0] == 0])
    }

    @Test("a subgroup without an object that passes has no stream, and none is counted", arguments: drafts)
    func none(profile: Profile) {
        let stage = Stage(profile)
        let (subscriber, _) = stage.subscriber([RangeFilter(.subgroupID, [1...1])])
        stage.putGroup(0, 0)
        stage.putGroup(0, 1, from: 10)
        stage.putGroup(1, 2)
        stage.end()
        #expect(subscriber.streams.count == 1)
        #expect(subscriber.done?.code == .trackEnded && subscriber.done?.streamCount == 1)
    }

    /// draft-22 "Combining Filters".
    @Test("FORWARD, the Location Filter and the Range Filters all let an object pass", arguments: drafts)
    func combined(profile: Profile) {
        let stage = Stage(profile)
        let subscriber = stage.world.subscriber(profile)
        let id = subscriber.subscribe(track("a")) {
            $0.forward = false
            $0.locationFilter = .absoluteRange(
                start: Location(group: 1, object: 1), end: RangeEnd(group: 3, object: nil))
            $0.rangeFilters = [RangeFilter(.objectID, [0...2])]
        }
        stage.world.run()
        for group in 0..<2 as Range<UInt64> { stage.putGroup(group) }
        #expect(subscriber.objects.isEmpty && subscriber.accepted != nil)
        var parameters = Parameters()
        parameters.forward = true
        subscriber.peer.say { if let id { try $0.update(id, parameters) } }
        stage.world.run()
        for group in 2..<6 as Range<UInt64> { stage.putGroup(group) }
        #expect(subscriber.objects == places(2, [0, 1, 2]) + places(3, [0, 1, 2]))
        // A start within a group.
        let other = stage.world.subscriber(profile)
        other.subscribe(track("a")) {
            $0.locationFilter = .absoluteStart(Location(group: 7, object: 2))
            $0.rangeFilters = [RangeFilter(.objectID, [1...4])]
        }
        stage.world.run()
        for group in 6..<9 as Range<UInt64> { stage.putGroup(group) }
        #expect(other.objects == places(7, [2, 3, 4]) + places(8, [1, 2, 3, 4]))
    }

    @Test("objects before the subscription's start are nothing left out", arguments: drafts) func start(
        profile: Profile
    ) {
        let stage = Stage(profile)
        let keeper = stage.subscriber([]).0
        let open = stage.log.open(0, endsGroup: true)
        for id in 0..<3 as Range<UInt64> { stage.put(id, in: open) }
        stage.world.run()
        let late = stage.world.subscriber(profile)
        late.subscribe(track("a")) {
            $0.locationFilter = .nextObject
            $0.rangeFilters = [RangeFilter(.objectID, [3...9])]
        }
        stage.world.run()
        for id in 3..<5 as Range<UInt64> { stage.put(id, in: open) }
        stage.log.finish(open, .finished)
        stage.world.run()
        #expect(late.objects == places(0, [3, 4]) && late.streams.values.map(\.end) == [.fin])
        #expect(keeper.objects.count == 5)
    }

    // MARK: - Updates

    @Test(
        "an update replaces all filters of a kind, leaves other kinds, and holds from the next object on",
        arguments: drafts)
    func update(profile: Profile) {
        let stage = Stage(profile)
        let (subscriber, id) = stage.subscriber([
            RangeFilter(.objectID, [0...1]), RangeFilter(.objectID, setID: 1, [2...2]),
            RangeFilter(.publisherPriority, [0...128]),
        ])
        stage.putGroup(0)
        #expect(subscriber.objects == places(0, [0, 1, 2]))
        let open = stage.log.open(1)
        for id in 0..<3 as Range<UInt64> { stage.put(id, in: open) }
        stage.world.run()
        stage.update(subscriber, id, [RangeFilter(.objectID, [4...4])])
        for id in 3..<6 as Range<UInt64> { stage.put(id, in: open) }
        stage.putGroup(2, priority: 200)
        #expect(subscriber.objects.filter { $0.group > 0 } == places(1, [0, 1, 2, 4]))
        #expect(subscriber.streams.count == 2)
    }

    @Test("an update without ranges removes the filters of its kind", arguments: drafts) func removal(profile: Profile)
    {
        let stage = Stage(profile)
        let (subscriber, id) = stage.subscriber([RangeFilter(.objectID, [0...0]), RangeFilter(.subgroupID, [0...0])])
        stage.update(subscriber, id, [RangeFilter(.objectID)])
        stage.putGroup(0)
        stage.putGroup(0, 1, from: 10)
        #expect(subscriber.objects == places(0, [0, 1, 2, 3, 4, 5]))
        stage.update(subscriber, id, [RangeFilter(.subgroupID)])
        stage.putGroup(1, 1)
        #expect(subscriber.objects.count == 12 && subscriber.streams.values.allSatisfy { $0.end == .fin })
    }

    @Test("an update that makes the ranges too many ends the subscription", arguments: drafts) func tooMany(
        profile: Profile
    ) {
        let stage = Stage(profile)
        let all = (0..<60).map { UInt64($0) * 2...UInt64($0) * 2 }
        let (subscriber, id) = stage.subscriber([RangeFilter(.objectID, all)])
        // A peer that does not count them.
        subscriber.peer.session.receivedSetup?.maxFilterRanges = 1000
        stage.update(subscriber, id, [RangeFilter(.subgroupID, Array(all.prefix(5)))])
        #expect(subscriber.done?.code == .updateFailed)
    }
}
