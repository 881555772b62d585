internal import CLinux
internal import Glibc
package import Wire

/// One thread's reactor: waits for file descriptors and timers, and calls their handlers.
///
/// It belongs to the thread that runs it, and so does everything registered with it. Other threads reach it
/// through a ``Mailbox`` only.
///
/// Handlers are kept until they are cancelled, with all they refer to: one that refers to the loop keeps it, too.
///
/// A wake goes: wait → refresh ``now`` → handlers of ready file descriptors → handlers of due timers → work put
/// aside with ``afterEvents(_:)``.
package final class EventLoop {
    /// When the current wake began (`CLOCK_MONOTONIC`). Refreshed once per wake.
    package private(set) var now: Instant
    /// Tells other threads whether the loop goes on.
    package let pulse = Pulse()

    var watches = WatchTable()
    var timers = TimerHeap()
    let epoll: CInt
    private var events = [epoll_event](repeating: epoll_event(), count: 256)
    private var deferred: [() -> Void] = []
    private var running: [() -> Void] = []
    private var stopped = false
    /// Whether the kernel waits in nanoseconds (`epoll_pwait2`, Linux 5.11); before, there are whole milliseconds only.
    private var waitsFinely = true

    package init() throws(SystemError) {
        epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
        if epoll < 0 { throw SystemError("epoll_create1") }
        now = Self.clock()
    }

    deinit { close(epoll) }

    /// The time, read from the kernel; handlers normally want ``now``.
    package static func clock() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    /// Wakes until ``stop()`` is called.
    package func run() {
        stopped = false
        pulse.runs()
        while !stopped { runOnce(until: nil) }
    }

    /// Wakes until `condition` holds, looking at it after each wake, but not beyond `deadline`.
    ///
    /// - Returns: whether the condition holds.
    @discardableResult
    package func run(until deadline: Instant, _ condition: () -> Bool) -> Bool {
        while !condition() {
            if now >= deadline { return false }
            runOnce(until: deadline)
        }
        return true
    }

    /// Makes ``run()`` return at the end of the current wake.
    package func stop() { stopped = true }

    /// One wake: waits for an event, a timer or `deadline` (nil: no limit of its own), and serves what is there.
    package func runOnce(until deadline: Instant?) {
        let count = wait(until: wakeTime(limit: deadline))
        now = Self.clock()
        pulse.woke(at: now)
        defer { pulse.rests(from: Self.clock()) }
        for index in 0..<count { serve(events[index]) }
        // A timer that its handler sets to the past waits for the next wake, so that it cannot hold up this one.
        let mark = timers.sequence
        while let handler = timers.popDue(now, setBy: mark) { handler() }
        runDeferred()
    }

    /// Runs `work` once, at the end of the current wake; at the end of the next one when called from such work or
    /// from outside a wake. The wake after this call does not wait.
    package func afterEvents(_ work: @escaping () -> Void) { deferred.append(work) }

    private func runDeferred() {
        swap(&deferred, &running)
        for work in running { work() }
        running.removeAll(keepingCapacity: true)
    }

    /// When to wake at the latest; nil for no limit.
    private func wakeTime(limit: Instant?) -> Instant? {
        if !deferred.isEmpty { return now }
        guard let limit, let timer = timers.earliest else { return limit ?? timers.earliest }
        return min(limit, timer)
    }

    private func serve(_ event: epoll_event) {
        watches.handler(of: event.data.u64)?(Interest(events: event.events))
    }

    /// - Returns: how many of `events` were filled.
    private func wait(until deadline: Instant?) -> Int {
        let count: CInt
        if let deadline {
            // `now` is from the start of the last wake: the handlers have taken time since.
            let left = (deadline - Self.clock()).nanoseconds
            count = waitsFinely ? waitFinely(left) : waitCoarsely(left)
        } else {
            count = epoll_wait(epoll, &events, CInt(events.count), -1)
        }
        return max(0, Int(count))
    }

    /// - Parameter left: nanoseconds.
    private func waitFinely(_ left: UInt64) -> CInt {
        var timeout = timespec(tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
        let count = epoll_pwait2(epoll, &events, CInt(events.count), &timeout, nil)
        guard count < 0, errno == ENOSYS else { return count }
        waitsFinely = false
        return waitCoarsely(left)
    }

    private func waitCoarsely(_ left: UInt64) -> CInt {
        let milliseconds = Interval(nanoseconds: left).millisecondsRoundedUp
        return epoll_wait(epoll, &events, CInt(events.count), CInt(clamping: milliseconds))
    }
}
