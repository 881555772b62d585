package import Wire

/// A timer's place in its loop. Of no use in another loop.
package struct TimerID: Hashable, Sendable {
    let index: UInt32
    let generation: UInt32
}

extension EventLoop {
    /// Makes a timer that calls `handler` in the first wake at or after `deadline`; nil: not set yet.
    ///
    /// It fires once per setting, and stays, unset, to be set again by ``reschedule(_:at:)`` until ``cancel(_:)``.
    /// A deadline that a timer's handler sets to the past is served in the next wake, which then does not wait.
    package func schedule(at deadline: Instant?, _ handler: @escaping () -> Void) -> TimerID {
        let id = timers.insert(once: false, handler)
        timers.set(id, at: deadline)
        return id
    }

    /// Calls `handler` in the first wake at or after `deadline`, then forgets it.
    @discardableResult
    package func once(at deadline: Instant, _ handler: @escaping () -> Void) -> TimerID {
        let id = timers.insert(once: true, handler)
        timers.set(id, at: deadline)
        return id
    }

    /// Sets a timer to `deadline`, earlier or later than before; nil: unset. Does nothing once it is cancelled.
    package func reschedule(_ id: TimerID, at deadline: Instant?) { timers.set(id, at: deadline) }

    /// Forgets a timer; it does not fire again.
    package func cancel(_ id: TimerID) { timers.remove(id) }
}
