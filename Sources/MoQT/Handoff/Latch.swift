internal import EventLoop

/// A value that is set once and may be waited for by any number of tasks.
final class Latch<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var nextID = 0
        var waiters: [Int: CheckedContinuation<Value?, Never>] = [:]
        /// Waits whose task was cancelled before they began.
        var cancelled: Set<Int> = []
    }

    private let state = Guarded(State())

    /// Nil until it is set.
    var value: Value? { state.withLock { $0.value } }

    /// The first value holds.
    func set(_ value: Value) {
        let waiters = state.withLock { state in
            guard state.value == nil else { return Array<CheckedContinuation<Value?, Never>>() }
            state.value = value
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(returning: value) }
    }

    /// The value once it is set; nil when the task is cancelled before.
    func wait() async -> Value? {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        defer { _ = state.withLock { $0.cancelled.remove(id) } }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let isOver = state.withLock { state in
                    let isOver = state.value != nil || state.cancelled.contains(id)
                    if !isOver { state.waiters[id] = waiter }
                    return isOver
                }
                if isOver { waiter.resume(returning: value) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                if let waiter = state.waiters.removeValue(forKey: id) { return Optional(waiter) }
                state.cancelled.insert(id)
                return nil
            }
            waiter?.resume(returning: nil)
        }
    }
}
