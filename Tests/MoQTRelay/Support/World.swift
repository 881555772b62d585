import Glibc
@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

func track(_ name: String, in namespace: String...) -> FullTrackName {
    do {
        return try FullTrackName(
            namespace: TrackNamespace((namespace.isEmpty ? ["live"] : namespace).map { Array($0.utf8) }),
            name: TrackName(utf8: name))
    } catch { fatalError("\(error)") }
}

private let pattern: Bytes = {
    var random = Seeded(state: 0)
    return Bytes((0..<1_100_000 / 8).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } })
}()

/// `count` bytes, at most a million, that depend on where they are.
func payload(_ group: UInt64, _ object: UInt64, _ count: Int) -> Bytes {
    pattern.slice(from: Int((group &* 7919 &+ object &* 104_729) % 99_991), count: count)
}

func isSame(_ a: Bytes, _ b: [UInt8]) -> Bool {
    a.count == b.count
        && a.withUnsafeBytes { left in
            b.withUnsafeBytes { right in
                left.isEmpty || memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0
            }
        }
}

/// A relay with publishers and subscribers around it, in virtual time.
final class World {
    let loops: Loops
    /// The relay of the first loop.
    var relay: Relay { loops.relays[0] }
    var now = Instant(nanoseconds: 1_000_000_000)
    /// The clients' connections; those of the first loop come first, then go round.
    var links: [SimulatedLink] = []
    /// What happens; nil: nobody wants to know.
    var trace: Trace?
    private var number: UInt64 = 0
    private let seed: UInt64
    private var plans: [(at: Instant, action: () -> Void)] = []

    init(
        cache: Int = 256 << 20, seed: UInt64 = 1, loops: Int = 1, _ adjust: (inout Relay.Settings) -> Void = { _ in }
    ) {
        var settings = Relay.Settings()
        // Whoever is the last to leave leaves at once, unless that is what it is about.
        settings.lingerTime = .zero
        adjust(&settings)
        let budget = CacheBudget(limit: cache, count: loops), names = TrackNames()
        self.loops = Loops(loops, now) { [settings] in
            Relay(settings: settings, cache: Cache(budget), census: names)
        }
        self.seed = seed
    }

    /// A client; its own end is `near`.
    func connect(
        _ profile: Profile = .draft18, streamWindow: Int = 65_536, streams: Int = 100
    ) -> SimulatedLink {
        connect(profile, Side.Windows(data: streamWindow, uni: streams, bidi: 100_000), .perfect)
    }

    /// A client; its own end is `near`.
    func connect(
        _ profile: Profile, _ windows: Side.Windows, _ path: PathConditions,
        client: SessionConfiguration = SessionConfiguration(), server: SessionConfiguration = SessionConfiguration()
    ) -> SimulatedLink {
        number += 2
        let near = Side(number: number, role: .client, windows: windows, profile, client)
        let far = Side(number: number + 1, role: .server, windows: windows, profile, server)
        let link = SimulatedLink(near: near, far: far, number: number / 2, seed: seed &+ number, path: path)
        link.trace = trace
        link.home = Int(number / 2 - 1) % loops.relays.count
        let relay = loops.relays[link.home]
        relay.add(far.peer)
        far.handle = { [unowned self, unowned far] in relay.handle($0, from: far.peer, now: now) }
        near.peer.session.transportReady(now: now)
        far.peer.session.transportReady(now: now)
        links.append(link)
        return link
    }

    /// A relay that the first loop's relay connects to; that relay's end is `near`.
    func connectUpward(_ profile: Profile = .draft18) -> SimulatedLink {
        number += 2
        let windows = Side.Windows(data: 65_536, uni: 100, bidi: 100_000)
        let near = Side(number: number, role: .server, windows: windows, profile)
        let far = Side(number: number + 1, role: .client, windows: windows, profile, kind: .relay)
        let link = SimulatedLink(near: near, far: far, number: number / 2, seed: seed &+ number, path: .perfect)
        link.trace = trace
        let relay = relay
        relay.add(far.peer)
        far.handle = { [unowned self, unowned far] in relay.handle($0, from: far.peer, now: now) }
        far.peer.session.transportReady(now: now)
        near.peer.session.transportReady(now: now)
        links.append(link)
        return link
    }

    func publisher(
        _ namespace: String = "live", _ profile: Profile = .draft18, streamWindow: Int = 65_536, streams: Int = 100
    ) -> TestPublisher {
        TestPublisher(self, connect(profile, streamWindow: streamWindow, streams: streams), namespace)
    }

    func subscriber(
        _ profile: Profile = .draft18, streamWindow: Int = 65_536, streams: Int = 100
    ) -> TestSubscriber {
        let subscriber = TestSubscriber(self, connect(profile, streamWindow: streamWindow, streams: streams))
        run()
        return subscriber
    }

    /// One round, and then `pause`.
    @discardableResult
    func step(_ pause: Interval = .milliseconds(10), all: Bool = true) -> Bool {
        var moved = false
        for link in links {
            moved = loops.takeMail(link.home, now) || moved
            moved = link.step(now, all: all) || moved
            loops.post(link.home, now)
        }
        moved = loops.carry(now) || moved
        now = now + pause
        return moved
    }

    /// Until nothing moves any more.
    func run(_ limit: Int = 20_000, sourceLocation: SourceLocation = #_sourceLocation) {
        var quiet = 0
        for _ in 0..<limit {
            quiet = step() ? 0 : quiet + 1
            if quiet > 3 { return }
        }
        Issue.record("it does not come to rest", sourceLocation: sourceLocation)
    }

    func pass(_ time: Interval) {
        let end = now + time
        while now < end { step(.milliseconds(100)) }
    }

    // MARK: - From event to event

    /// Has something done in `delay`, by ``rest(within:)``.
    func plan(in delay: Interval, _ action: @escaping () -> Void) {
        let time = now + delay
        let index = plans.firstIndex { $0.at > time } ?? plans.count
        plans.insert((time, action), at: index)
    }

    /// Goes from event to event until there are none: all that was planned is done, everything has arrived, and no
    /// timer runs. False when that is not so after `limit`.
    func rest(within limit: Interval, each: () -> Void = {}) -> Bool {
        let end = now + limit
        var isFresh = true
        while true {
            while step(.zero, all: isFresh) || links.contains(where: \.isDirty) || loops.hasMail(now) {
                isFresh = false
                each()
            }
            isFresh = false
            guard let next = nextEvent else { return true }
            guard next <= end else { return false }
            now = max(now, next)
            while let plan = plans.first, plan.at <= now {
                plans.removeFirst()
                plan.action()
                each()
                isFresh = true
            }
        }
    }

    private var nextEvent: Instant? {
        var next = plans.first?.at ?? Instant(nanoseconds: .max)
        if let due = loops.deadline { next = min(next, due) }
        for link in links { if let due = link.deadline { next = min(next, due) } }
        return next.nanoseconds == .max ? nil : next
    }
}
