package import EventLoop
internal import Glibc
package import Wire

/// Looks after loops from a thread of its own: says that they go on, and ends a process with a loop that spins.
///
/// A loop that runs for the whole patience without coming to the end of its wake is stuck for good. The process is
/// aborted in that loop's thread, so that a core file or a trace shows where. One that is blocked in the kernel, by a
/// slow disk for instance, is left alone.
package final class Watchdog: Sendable {
    private let loops: [Pulse]
    private let tick: Interval
    /// Ticks that a loop may spin; nil: for ever.
    private let patience: Int?
    private let alive: (@Sendable () -> Void)?
    private let report: @Sendable (String) -> Void

    /// How long a loop may be in one wake while the service counts as alive.
    private static let stall = Interval.seconds(5)

    /// - Parameters:
    ///   - tick: how often to look.
    ///   - patience: how long a loop may spin; nil: for ever.
    ///   - alive: called at every look while all loops make progress; nil: nobody wants to know.
    ///   - report: is told why, before the process is aborted.
    package init(
        _ loops: [Pulse], tick: Interval, patience: Interval?, alive: (@Sendable () -> Void)? = nil,
        report: @escaping @Sendable (String) -> Void
    ) {
        self.loops = loops
        self.tick = tick
        // Looks are counted, not time: a process that was stopped for a while has done nothing wrong.
        self.patience = patience.map { max(2, Int(($0.nanoseconds + tick.nanoseconds - 1) / tick.nanoseconds)) }
        self.alive = alive
        self.report = report
    }

    /// Looks until the process ends.
    package func start() throws(SystemError) {
        try Worker.start("watchdog") { [self] in
            var counts = loops.map { _ in SpinCount() }
            while true {
                sleep()
                look(&counts)
            }
        }
    }

    private func sleep() {
        var time = timespec(
            tv_sec: Int(tick.nanoseconds / 1_000_000_000), tv_nsec: Int(tick.nanoseconds % 1_000_000_000))
        nanosleep(&time, nil)
    }

    private func look(_ counts: inout [SpinCount]) {
        let now = EventLoop.clock()
        if loops.allSatisfy({ !$0.isStalled(now, after: Self.stall) }) { alive?() }
        guard let patience else { return }
        for (index, pulse) in loops.enumerated() {
            counts[index].look(pulse.busySince, isRunning: pulse.isRunning)
            guard counts[index].looks >= patience else { continue }
            let time = Interval(nanoseconds: UInt64(patience) * tick.nanoseconds)
            report("loop \(index) has been spinning for \(time.seconds) s")
            pulse.abortThread()
        }
    }
}

/// How many looks in a row have found a loop running in the same wake.
struct SpinCount {
    private(set) var looks = 0
    private var wake: Instant?

    mutating func look(_ busySince: Instant?, isRunning: Bool) {
        if busySince == nil || busySince != wake { looks = 0 }
        wake = busySince
        if busySince != nil, isRunning { looks += 1 }
    }
}
