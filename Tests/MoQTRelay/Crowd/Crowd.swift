@testable import MoQTRelay
@testable import MoQTSession
import MoQTCodec
import Testing
import Wire

/// Publishers and subscribers around a relay, over simulated networks: one seed, one course of events.
final class Crowd {
    let scene: Scene
    let seed: UInt64
    let world: World
    let trace = Trace()
    var random: Seeded
    var broadcasts: [Broadcast] = []
    var sources: [Source] = []
    var viewers: [Viewer] = []
    /// The relay sends everybody away, or closes sessions: they end with other codes than NO_ERROR.
    var isEnding = false
    /// When everything is published, in milliseconds.
    var end = 0
    private(set) var complaints: [String] = []
    private var steps = 0
    private var plans: [Int: () -> Void] = [:]

    init(_ scene: Scene, seed: UInt64, loops: Int) {
        self.scene = scene
        self.seed = seed
        random = Seeded(state: seed &* 31 &+ scene.rawValue)
        world = World(cache: scene.cache, seed: seed, loops: loops) { $0.orphanTime = .seconds(5) }
        world.trace = trace
        var hurry = Seeded(state: seed &* 17)
        if hurry.once(in: 2) { world.loops.lag = { .milliseconds(UInt64(hurry.number(0...4))) } }
    }

    func complain(_ what: String) {
        if complaints.count < 5 { complaints.append(what) }
    }

    /// - Returns: what was not as it must be; empty: all was.
    func run() -> [String] {
        scene.play(self)
        world.plan(in: .milliseconds(UInt64(end) + 12_000)) { [unowned self] in windUp() }
        if !world.rest(within: .seconds(300), each: { [unowned self] in stepped() }) {
            complain("it does not come to rest")
        }
        check()
        return complaints
    }

    var description: String {
        """
        \(scene), seed \(seed), \(world.loops.relays.count) loops:
        \(complaints.joined(separator: "\n"))
        \(trace.text)
        """
    }

    // MARK: - Time

    func milliseconds(_ range: ClosedRange<Int>) -> Interval { .milliseconds(UInt64(random.number(range))) }

    /// Has something done at a step of the whole that the seed chooses, so that it hits every state.
    func atSomeStep(_ action: @escaping () -> Void) {
        let step = random.number(1...300)
        let earlier = plans[step]
        plans[step] = {
            earlier?()
            action()
        }
    }

    /// Has something done while the tracks go on.
    func sometime(_ action: @escaping () -> Void) { world.plan(in: milliseconds(0...max(end, 1)), action) }

    private func stepped() {
        steps += 1
        plans.removeValue(forKey: steps)?()
    }

    /// The end: what was not bound to end by itself is given up.
    private func windUp() {
        plans = [:]
        for source in sources { source.client.withdraw() }
        for viewer in viewers {
            for (id, request) in viewer.client.peer.session.requests.sorted(by: { $0.key < $1.key })
            where request.isOurs && request.kind.isNamespaceScoped {
                viewer.client.peer.say { try $0.cancel(id) }
            }
        }
    }

    // MARK: - The end of it

    private func check() {
        for viewer in viewers where viewer.isSteady {
            for (id, served) in viewer.served.sorted(by: { $0.key < $1.key }) { check(served, id, of: viewer) }
        }
        for left in world.leftovers { complain(left) }
        for source in sources {
            for log in source.logs.values where !log.subscriptions.isEmpty {
                complain("a source has a subscriber left")
            }
        }
    }

    /// What a steady publisher sent, a steady subscriber has.
    private func check(_ served: Viewer.Served, _ id: RequestID, of viewer: Viewer) {
        guard let broadcast = broadcasts.first(where: { $0.name == served.name }) else { return }
        let came = viewer.client.ledger.objects[id] ?? []
        let missing = broadcast.published.filter { place, moment in
            guard !came.contains(place), moment > served.accepted, served.floor.map({ place > $0 }) ?? true else {
                return false
            }
            return sources.contains { source in
                source.vouches(for: place, of: served.name).map { since in
                    served.ended.map { $0.at > since && $0.code == .trackEnded } ?? true
                } ?? false
            }
        }.keys
        if !missing.isEmpty {
            let link = viewer.client.link.number
            complain("\(missing.sorted()) did not come on link \(link) for \(id): \(served)")
            for source in sources {
                complain("link \(source.client.link.number), steady \(source.isSteady): \(source.wanted)")
            }
        }
    }
}
