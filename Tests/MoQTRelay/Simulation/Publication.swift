@testable import MoQTRelay
import MoQTCodec
import Wire

/// A track that is published as the seed has it: groups of subgroups, some cut off, and some datagrams.
final class Publication {
    static let name = track("a")

    let log: TrackLog
    /// Objects that were published on streams; their sizes follow from their places.
    private(set) var streamed: Set<Location> = []
    /// Those of them that were there before anybody asked.
    private(set) var early: Set<Location> = []
    /// When the track has ended, in milliseconds.
    private(set) var end = 0
    private let world: World
    private var random: Seeded
    private var group: UInt64 = 0
    private var moment = 0

    init(_ log: TrackLog, in world: World, seed: UInt64) {
        self.log = log
        self.world = world
        random = Seeded(state: seed)
    }

    /// Publishes a few groups at once.
    func begin() {
        for _ in 0..<random.number(1...3) { planGroup(isEarly: true) }
        early = streamed
    }

    /// Plans the rest of the track, and its end.
    func go(from start: Int) {
        moment = start
        for _ in 0..<random.number(1...4) { planGroup(isEarly: false) }
        moment += random.number(0...300)
        at(moment) { [self] in log.end(.trackEnded, reason: "") }
        end = moment
    }

    private func at(_ milliseconds: Int, _ action: @escaping () -> Void) {
        world.plan(in: .milliseconds(UInt64(milliseconds)), action)
    }

    private func planGroup(isEarly: Bool) {
        let number = group
        group += random.once(in: 5) ? 2 : 1
        let subgroups = random.number(1...3)
        var open: [UInt64: SubgroupLog] = [:]
        var steps: [() -> Void] = []
        for id in 0..<UInt64(random.number(1...5)) {
            let subgroup = UInt64(random.number(0...subgroups - 1))
            if !isEarly, random.once(in: 8) {
                steps.append { [self] in log.putDatagram(number, id, size: 50, at: world.now) }
                continue
            }
            steps.append { [self] in
                let target = open[subgroup] ?? log.open(number, subgroup)
                open[subgroup] = target
                log.put(target, id, size: Self.size(number, id), at: world.now)
                streamed.insert(Location(group: number, object: id))
            }
        }
        let ending = random.number(0...9)
        steps.append { [self] in
            // Some subgroups are cut off, and some stay open until the track ends.
            guard ending < 9 else { return }
            for target in open.sorted(by: { $0.key < $1.key }) {
                log.finish(target.value, ending == 8 ? .reset(.cancelled) : .finished)
            }
        }
        for step in steps {
            guard !isEarly else {
                step()
                continue
            }
            moment += random.number(0...2) * random.number(0...60)
            at(moment, step)
        }
    }

    /// Mostly small, at times empty or of several packets.
    static func size(_ group: UInt64, _ id: UInt64) -> Int {
        switch (group &* 7 &+ id &* 3) % 8 {
        case 0: 0
        case 1: 3000
        case let step: Int(step) * 40
        }
    }
}
