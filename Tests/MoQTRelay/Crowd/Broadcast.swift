@testable import MoQTRelay
import MoQTCodec
import Wire

/// A track that any number of sources publish alike, as the seed has it.
final class Broadcast {
    let name: FullTrackName
    /// Objects, and when they were published; their sizes follow from their places.
    private(set) var published: [Location: Instant] = [:]
    private(set) var isOver = false
    private let world: World
    private var random: Seeded
    private var sources: [Source] = []
    private var open: [ObjectIdentifier: [UInt64: SubgroupLog]] = [:]
    private var group: UInt64?

    init(_ name: FullTrackName, in world: World, seed: UInt64) {
        self.name = name
        self.world = world
        random = Seeded(state: seed)
    }

    /// Has `source` publish it, too, from the next group on.
    func add(_ source: Source) {
        source.begin(self, at: group.map { $0 + 1 } ?? 0)
        if isOver { source.logs[name]?.end(.trackEnded, reason: "") }
        sources.append(source)
    }

    /// Plans groups one after another, and the end.
    /// - Returns: when it is over, in milliseconds.
    func play(from start: Int, groups: Int) -> Int {
        var moment = start
        for number in 0..<UInt64(groups) { moment = plan(number, moment) }
        moment += random.number(0...300)
        at(moment) { [unowned self] in
            isOver = true
            for source in sources { source.logs[name]?.end(.trackEnded, reason: "") }
        }
        return moment
    }

    private func at(_ milliseconds: Int, _ action: @escaping () -> Void) {
        world.plan(in: .milliseconds(UInt64(milliseconds)), action)
    }

    private func plan(_ number: UInt64, _ start: Int) -> Int {
        var moment = start
        at(moment) { [unowned self] in
            group = number
            open = [:]
        }
        let subgroups = random.number(1...2)
        for id in 0..<UInt64(random.number(1...4)) {
            let subgroup = UInt64(random.number(0...subgroups - 1))
            at(moment) { [unowned self] in put(Location(group: number, object: id), subgroup) }
            moment += random.number(0...60)
        }
        let isCutOff = random.once(in: 10)
        at(moment) { [unowned self] in finish(number, isCutOff ? .reset(.cancelled) : .finished) }
        return moment + random.number(0...100)
    }

    private func put(_ place: Location, _ subgroup: UInt64) {
        published[place] = world.now
        for source in sources {
            guard let log = source.logs[name], place.group >= source.begins[name] ?? 0, log.end == nil else { continue }
            let id = ObjectIdentifier(source)
            let target = open[id]?[subgroup] ?? log.open(place.group, subgroup)
            open[id, default: [:]][subgroup] = target
            log.put(target, place.object, size: Publication.size(place.group, place.object), at: world.now)
        }
    }

    private func finish(_ number: UInt64, _ end: SubgroupLog.End) {
        for source in sources {
            guard let log = source.logs[name] else { continue }
            for target in (open[ObjectIdentifier(source)] ?? [:]).sorted(by: { $0.key < $1.key }) {
                log.finish(target.value, end)
            }
        }
        open = [:]
    }
}
