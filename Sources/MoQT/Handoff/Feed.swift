internal import EventLoop
internal import Wire

/// Flow control that the peer is owed once what it goes with has been taken.
struct Owed: Sendable {
    var stream: StreamID?
    var byteCount = 0
    /// Streams that are over.
    var finishedStreams = 0
}

/// What one request has brought and nobody has taken yet: filled by the loop, emptied by tasks.
final class Feed<Element: Sendable>: Sendable {
    /// What a reader gets.
    enum Taken: Sendable {
        case element(Element, Owed)
        /// Nothing more will come; nil: it ended as it should.
        case end(MoQTError?)
    }

    private typealias Waiter = (id: Int, continuation: CheckedContinuation<Taken, Never>)

    private struct State {
        /// From ``head`` on.
        var items: [(element: Element, owed: Owed)] = []
        var head = 0
        var end: MoQTError??
        var nextID = 0
        /// Tasks in the order they came; there are none while there are items.
        var waiters: [Waiter] = []
        var cancelled: Set<Int> = []

        var isEmpty: Bool { head == items.count }

        mutating func pop() -> Taken? {
            guard !isEmpty else { return end.map(Taken.end) }
            let (element, owed) = items[head]
            head += 1
            if head == items.count || head >= 256 {
                items.removeFirst(head)
                head = 0
            }
            return .element(element, owed)
        }
    }

    private let state = Guarded(State())

    // MARK: - The loop's side

    /// Nothing waits to be taken: somebody does, or will soon.
    var isEmpty: Bool { state.withLock { $0.isEmpty } }

    var count: Int { state.withLock { $0.items.count - $0.head } }

    /// - Returns: what is owed at once, because nobody wants the element any more.
    func push(_ element: Element, _ owed: Owed) -> Owed? {
        let (waiter, refused) = state.withLock { state -> (Waiter?, Bool) in
            if state.end != nil { return (nil, true) }
            if !state.waiters.isEmpty { return (state.waiters.removeFirst(), false) }
            state.items.append((element, owed))
            return (nil, false)
        }
        waiter?.continuation.resume(returning: .element(element, owed))
        return refused ? owed : nil
    }

    /// Adds a finished stream to what is owed for the last element; false when there is none.
    func owesFinishedStream() -> Bool {
        state.withLock { state in
            guard !state.isEmpty else { return false }
            state.items[state.items.count - 1].owed.finishedStreams += 1
            return true
        }
    }

    /// Nothing more will come; what is there may still be taken. The first end holds.
    func end(_ error: MoQTError?) {
        let waiters = state.withLock { state in
            guard state.end == nil else { return [Waiter]() }
            state.end = .some(error)
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: .end(error)) }
    }

    /// Drops what nobody will take; returns what is owed for it.
    func drain() -> [Owed] {
        state.withLock { state in
            defer { (state.items, state.head) = ([], 0) }
            return state.items[state.head...].map(\.owed)
        }
    }

    // MARK: - The readers' side

    /// The next element, waited for; nil when the task is cancelled.
    func next() async -> Taken? {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        defer { _ = state.withLock { $0.cancelled.remove(id) } }
        let taken = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if let taken = join((id, continuation)) { continuation.resume(returning: taken) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                if let place = state.waiters.firstIndex(where: { $0.id == id }) {
                    return state.waiters.remove(at: place)
                }
                state.cancelled.insert(id)
                return nil
            }
            waiter?.continuation.resume(returning: .end(.cancelled))
        }
        if case .end(.cancelled?) = taken, Task.isCancelled { return nil }
        return taken
    }

    /// What there is for a task now; otherwise it waits.
    private func join(_ waiter: Waiter) -> Taken? {
        state.withLock { state in
            if state.cancelled.contains(waiter.id) { return .end(.cancelled) }
            if let taken = state.pop() { return taken }
            state.waiters.append(waiter)
            return nil
        }
    }
}
