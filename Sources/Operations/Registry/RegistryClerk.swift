internal import EventLoop
internal import Wire

/// The thread of a ``Registry``.
final class RegistryClerk {
    private let store: any OriginStore
    private let url: String?
    private let lifetime: Interval
    private let log: (String, Bool) -> Void
    private let publish: (Registry.Figures) -> Void
    private var claims: [String: Claim] = [:]
    /// What was found, and when.
    private var memory: [String: (url: String, since: Instant)] = [:]
    private var figures = Registry.Figures()
    private var isRetired = false
    private var end: Gathering<Bool>?
    /// The store is not asked before; nil: it may be.
    private var pause: Instant?

    private static let pauseAfterFailure = Interval.milliseconds(500)
    /// Remembered lookups at most.
    private static let memoryLimit = 100_000

    private struct Claim {
        /// How many want it.
        var count = 1
        var state = State.pending
        /// When it is to be made, or made again.
        var due: Instant

        enum State { case pending, held, taken }
    }

    init(
        _ store: any OriginStore, _ url: String?, _ lifetime: Interval, _ log: @escaping (String, Bool) -> Void,
        _ publish: @escaping (Registry.Figures) -> Void
    ) {
        self.store = store
        self.url = url
        self.lifetime = lifetime
        self.log = log
        self.publish = publish
    }

    func run(_ orders: Mailbox<Registry.Order>) {
        while end == nil {
            let due = claims.values.map(\.due).min()
            for order in orders.wait(until: due) { take(order) }
            claimDue()
            count()
        }
        releaseAll()
        end?.answer(0, true)
    }

    private func count() {
        figures.held = claims.values.count { $0.state == .held }
        figures.taken = claims.values.count { $0.state == .taken }
        figures.pending = claims.count - figures.held - figures.taken
        publish(figures)
    }

    private func take(_ order: Registry.Order) {
        switch order {
        case .publish(let key):
            guard url != nil, !isRetired else { break }
            if claims[key] != nil { claims[key]?.count += 1 } else { claims[key] = Claim(due: EventLoop.clock()) }
        case .withdraw(let key):
            guard let claim = claims[key] else { break }
            claims[key]?.count -= 1
            guard claim.count == 1 else { break }
            claims[key] = nil
            if claim.state == .held { release(key) }
        case .find(let keys, let answer): answer(find(keys))
        case .retire:
            isRetired = true
            releaseAll()
        case .stop(let ended): end = ended
        }
    }

    // MARK: - The store

    /// Asks the store, unless it has just failed.
    /// - Returns: nil: it does not answer.
    private func ask<Answer>(_ question: () throws(OriginStoreError) -> Answer) -> Answer? {
        let now = EventLoop.clock()
        if let pause, now < pause { return nil }
        do throws(OriginStoreError) {
            let answer = try question()
            if !figures.isUp {
                log("the registry is back", false)
                // It may have lost what it knew.
                for key in claims.keys { claims[key]?.due = now }
            }
            figures.isUp = true
            pause = nil
            return answer
        } catch {
            if figures.isUp { log("the registry is away: \(error)", true) }
            figures.isUp = false
            pause = EventLoop.clock() + Self.pauseAfterFailure
            return nil
        }
    }

    // MARK: - Claims

    private func claimDue() {
        let now = EventLoop.clock()
        for (key, claim) in claims where claim.due <= now { make(key, claim, now) }
    }

    private func make(_ key: String, _ claim: Claim, _ now: Instant) {
        guard let url else { return }
        let isOurs: Bool? = ask { () throws(OriginStoreError) in
            if claim.state == .held, try store.renew(key, for: url, lifetime) == .renewed { return true }
            return try store.claim(key, for: url, lifetime)
        }
        guard let isOurs else {
            // What is held stays so until it has expired.
            claims[key]?.due = EventLoop.clock() + Self.pauseAfterFailure
            return
        }
        let state: Claim.State = isOurs ? .held : .taken
        if state != claim.state {
            log(isOurs ? "\(key) is this relay's" : "\(key) is another relay's; waiting for it to be free", !isOurs)
        }
        claims[key]?.state = state
        claims[key]?.due = EventLoop.clock() + (isOurs ? half : patience)
    }

    private var half: Interval { Interval(nanoseconds: lifetime.nanoseconds / 2) }
    /// Until the next attempt at what another relay has.
    private var patience: Interval {
        min(max(Interval(nanoseconds: lifetime.nanoseconds / 10), .milliseconds(200)), .seconds(2))
    }

    private func release(_ key: String) {
        _ = ask { () throws(OriginStoreError) in
            guard let url, try store.origin(of: key) == url else { return false }
            return try store.remove(key)
        }
    }

    private func releaseAll() {
        for (key, claim) in claims where claim.state == .held { release(key) }
        claims = [:]
    }

    // MARK: - Lookups

    private func find(_ keys: [String]) -> Registry.Lookup {
        for key in keys {
            guard let answer = ask({ () throws(OriginStoreError) in try store.origin(of: key) }) else {
                return recall(keys)
            }
            guard let found = answer else {
                memory[key] = nil
                continue
            }
            if found == url { break }
            remember(found, key)
            figures.found += 1
            return .at(found)
        }
        figures.missed += 1
        return .nobody
    }

    private func remember(_ found: String, _ key: String) {
        if memory.count >= Self.memoryLimit { memory = [:] }
        memory[key] = (found, EventLoop.clock())
    }

    private func recall(_ keys: [String]) -> Registry.Lookup {
        let now = EventLoop.clock()
        for key in keys {
            if let (url, since) = memory[key], now - since < lifetime {
                figures.found += 1
                return .at(url)
            }
        }
        figures.failed += 1
        return .unknown
    }
}
