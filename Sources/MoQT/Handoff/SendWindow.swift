internal import EventLoop
internal import MoQTCodec
internal import Wire

/// An object on its way into a track's log.
struct OutgoingObject: Sendable {
    /// What an object is taken to hold in memory besides its payload, in bytes.
    static let overhead = 128

    var location: Location
    var priority: UInt8?
    var properties: Properties
    var payload: Bytes

    var cost: Int { Self.overhead + properties.raw.count + payload.count }
}

/// How far the senders of a track may be ahead of its slowest reader.
final class SendWindow: Sendable {
    private typealias Outcome = MoQTError?

    private struct Waiter {
        var id: Int
        var object: OutgoingObject
        var continuation: CheckedContinuation<Outcome, Never>
    }

    private struct State {
        var posted: UInt64 = 0
        var limit: UInt64
        /// Of the object that was sent last.
        var last: Location?
        var nextID = 0
        /// In the order of their objects.
        var waiters: [Waiter] = []
        var cancelled: Set<Int> = []
        var end: MoQTError?

        mutating func admit(_ object: OutgoingObject) -> MoQTError? {
            if let end { return end }
            if let last, object.location <= last {
                return MoQTError(.call, reason: "\(object.location) does not follow \(last)")
            }
            last = object.location
            return nil
        }

        var hasRoom: Bool { posted < limit && waiters.isEmpty }
    }

    /// Bytes that may be ahead.
    let size: UInt64
    private let state: Guarded<State>

    init(size: Int) {
        self.size = UInt64(max(1, size))
        state = Guarded(State(limit: self.size))
    }

    /// Bytes that wait for their turn, for tests and figures.
    var waitingCount: Int { state.withLock { $0.waiters.count } }

    // MARK: - The loop's side

    /// Bytes up to `total` from the start may be sent; never less than what was said before. The objects whose turn has
    /// come are ordered as if their senders did it now: none overtakes one that was ordered before.
    func allow(_ total: UInt64, _ ticket: Ticket, _ core: Core) {
        let admitted = state.withLock { state in
            state.limit = max(state.limit, total)
            var count = 0
            while count < state.waiters.count, state.posted < state.limit {
                state.posted += UInt64(state.waiters[count].object.cost)
                core.post(.object(ticket, state.waiters[count].object))
                count += 1
            }
            defer { state.waiters.removeFirst(count) }
            return Array(state.waiters[..<count])
        }
        for waiter in admitted { waiter.continuation.resume(returning: nil) }
    }

    /// Nothing more can be sent. The first end holds.
    func end(_ error: MoQTError) {
        let waiters = state.withLock { state in
            state.end = state.end ?? error
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: error) }
    }

    // MARK: - The senders' side

    /// Hands the object to the loop as soon as there is room. Objects go in the order of these calls.
    func send(_ object: OutgoingObject, _ ticket: Ticket, _ core: Core) async throws(MoQTError) {
        let first = state.withLock { state -> (outcome: Outcome, waits: Bool, id: Int) in
            let hasRoom = state.hasRoom
            state.nextID += 1
            // What waits takes its place, and notes its Location, when it joins the others.
            guard hasRoom else { return (state.end, state.end == nil, state.nextID) }
            if let error = state.admit(object) { return (error, false, state.nextID) }
            state.posted += UInt64(object.cost)
            return (core.post(.object(ticket, object)), false, state.nextID)
        }
        let outcome = first.waits ? await wait(object, first.id, ticket, core) : first.outcome
        if let outcome { throw outcome }
    }

    private func wait(_ object: OutgoingObject, _ id: Int, _ ticket: Ticket, _ core: Core) async -> Outcome {
        defer { _ = state.withLock { $0.cancelled.remove(id) } }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let over: Outcome? = state.withLock { state in
                    if state.cancelled.contains(id) { return .some(.cancelled) }
                    if let error = state.admit(object) { return .some(error) }
                    guard !state.hasRoom else {
                        state.posted += UInt64(object.cost)
                        return .some(core.post(.object(ticket, object)))
                    }
                    state.waiters.append(Waiter(id: id, object: object, continuation: continuation))
                    return nil
                }
                if let over { continuation.resume(returning: over) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                if let place = state.waiters.firstIndex(where: { $0.id == id }) {
                    return state.waiters.remove(at: place)
                }
                state.cancelled.insert(id)
                return nil
            }
            waiter?.continuation.resume(returning: .cancelled)
        }
    }
}
