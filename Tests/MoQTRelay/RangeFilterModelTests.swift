@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// What arrives is what the filters say, and how streams end too: any objects, any filters, updates between.
@Suite struct RangeFilterModelTests {
    private typealias Kind = RangeFilter.Kind

    /// What a filter can know of an object.
    private struct Item: Hashable {
        var place: Location
        /// Nil: a datagram.
        var subgroup: UInt64?
        var priority: UInt8
        var property: UInt64?

        /// The rule, word for word: the OR over sets of the AND over the filters of a set.
        func passes(_ filters: [RangeFilter]) -> Bool {
            guard !filters.isEmpty else { return true }
            for set in 0...255 as ClosedRange<UInt8> {
                let ofSet = filters.filter { $0.setID == set }
                var all = !ofSet.isEmpty
                for filter in ofSet {
                    var one = false
                    for range in filter.ranges { one = one || value(filter.kind).map(range.contains) ?? false }
                    all = all && one
                }
                if all { return true }
            }
            return false
        }

        private func value(_ kind: Kind) -> UInt64? {
            switch kind {
            case .subgroupID: subgroup
            case .objectID: place.object
            case .publisherPriority: UInt64(priority)
            case .objectProperty: property
            case .trackProperty: nil
            }
        }
    }

    private final class Reader {
        let subscriber: TestSubscriber
        let id: RequestID
        var filters: [Kind: [RangeFilter]]
        var expected: Set<Location> = []
        /// Subgroups of which something passed, and whether all did.
        var streams: [Location: Bool] = [:]

        init(_ subscriber: TestSubscriber, _ id: RequestID, _ filters: [Kind: [RangeFilter]]) {
            (self.subscriber, self.id, self.filters) = (subscriber, id, filters)
        }
    }

    private func ranges(_ kind: Kind, _ random: inout Seeded) -> [ClosedRange<UInt64>] {
        let largest = kind == .publisherPriority ? 255 : kind == .subgroupID ? 4 : 24
        let ends = (0..<random.number(1...3) * 2).map { _ in UInt64(random.number(0...largest)) }.sorted()
        return (0..<ends.count / 2).map { index in
            index * 2 + 2 == ends.count && random.once(in: 3)
                ? ends[index * 2]...kind.maximum : ends[index * 2]...ends[index * 2 + 1]
        }
    }

    private func filters(of kind: Kind, _ random: inout Seeded) -> [RangeFilter] {
        (0..<random.number(1...3)).map { set in
            RangeFilter(
                kind, setID: UInt8(set), propertyType: kind == .objectProperty ? 0x40 : nil, ranges(kind, &random))
        }
    }

    private func filters(_ random: inout Seeded) -> [Kind: [RangeFilter]] {
        var filters: [Kind: [RangeFilter]] = [:]
        for kind in Kind.allCases where kind != .trackProperty && random.once(in: 3) {
            filters[kind] = self.filters(of: kind, &random)
        }
        return filters
    }

    private func publish(_ group: UInt64, in log: TrackLog, _ random: inout Seeded, _ now: Instant) -> [Item] {
        var items: [Item] = []
        var id: UInt64 = 0
        func object(_ hasProperties: Bool) -> LoggedObject {
            let value = hasProperties && !random.once(in: 4) ? UInt64(random.number(0...30)) : nil
            let properties = Properties(value.map { [KeyValue(type: 0x40, integer: $0)] } ?? [], profile: .draft18)
            id += UInt64(random.number(1...3))
            items.append(Item(place: Location(group: group, object: id), subgroup: nil, priority: 128, property: value))
            return LoggedObject(id: id, properties: properties, payloadLength: 20, arrived: now)
        }
        for subgroup in 0..<UInt64(random.number(1...4)) {
            let priority = random.once(in: 2) ? UInt8(random.number(0...255)) : nil
            let hasProperties = random.once(in: 2)
            let traits = SubgroupTraits(priority: priority, hasProperties: hasProperties)
            let open = log.openSubgroup(group: group, subgroup: subgroup, traits: traits)
            for _ in 0..<random.number(1...6) {
                log.begin(object(hasProperties), in: open)
                log.append(payload(group, id, 20), to: open)
                items[items.count - 1].subgroup = subgroup
                items[items.count - 1].priority = priority ?? 128
            }
            log.finish(open, .finished)
        }
        if random.once(in: 2) {
            let object = object(true)
            log.append(LoggedDatagram(object: object, payload: payload(group, id, 20), priority: 5), group: group)
            items[items.count - 1].priority = 5
        }
        return items
    }

    private func expect(_ items: [Item], of reader: Reader) {
        let filters = reader.filters.values.flatMap { $0 }
        for item in items where item.passes(filters) { reader.expected.insert(item.place) }
        for (subgroup, items) in Dictionary(grouping: items, by: \.subgroup) {
            let passing = items.count { $0.passes(filters) }
            guard let subgroup, passing > 0 else { continue }
            reader.streams[Location(group: items[0].place.group, object: subgroup)] = passing == items.count
        }
    }

    private func update(_ reader: Reader, _ random: inout Seeded) {
        guard let kind = Kind.allCases.dropLast().randomElement(using: &random) else { return }
        reader.filters[kind] = random.once(in: 3) ? nil : filters(of: kind, &random)
        var parameters = Parameters()
        parameters.rangeFilters = reader.filters[kind] ?? [RangeFilter(kind)]
        reader.subscriber.peer.say { try $0.update(reader.id, parameters) }
    }

    @Test(arguments: 1...60 as ClosedRange<UInt64>) func whatArrivesIsWhatTheFiltersSay(seed: UInt64) throws {
        var random = Seeded(state: seed)
        let world = World(seed: seed)
        let publisher = [Profile.draft14, .draft16, .draft19, .draft22][random.number(0...3)]
        let source = world.publisher("live", publisher)
        let log = source.add(track("a"))
        var readers: [Reader] = []
        for profile in [Profile.draft19, .draft20, .draft22, .draft14] {
            let filters = profile.has(.maxFilterRanges) ? filters(&random) : [:]
            let subscriber = world.subscriber(profile)
            let id = subscriber.subscribe(track("a")) { $0.rangeFilters = filters.values.flatMap { $0 } }
            readers.append(Reader(subscriber, try #require(id), filters))
        }
        world.run()
        for group in 0..<12 as Range<UInt64> {
            let items = publish(group, in: log, &random, world.now)
            for reader in readers { expect(items, of: reader) }
            world.run()
            for reader in readers.dropLast() where random.once(in: 3) { update(reader, &random) }
            world.run()
        }
        log.end(.trackEnded, reason: "")
        world.run()
        for reader in readers {
            let subscriber = reader.subscriber
            let words: Comment = "seed \(seed), \(publisher.name) to \(subscriber.peer.downlink.profile.name)"
            #expect(subscriber.ledger.objects[reader.id] ?? [] == reader.expected, words)
            var streams: [Location: Bool] = [:]
            for stream in subscriber.streams.values {
                let subgroup = stream.header.subgroup
                let id: UInt64 = if case .explicit(let id) = subgroup { id } else { 0 }
                streams[Location(group: stream.header.group, object: id)] = stream.end == .fin
            }
            #expect(streams == reader.streams, words)
            #expect(subscriber.done?.streamCount == UInt64(reader.streams.count), words)
        }
    }
}
