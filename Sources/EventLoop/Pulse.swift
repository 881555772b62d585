internal import CLinux
internal import Glibc
internal import Synchronization
package import Wire

/// Whether a loop makes progress and how busy it is, for other threads to see.
///
/// The loop's thread alone writes it: twice per wake, whatever the wake serves.
package final class Pulse: Sendable {
    /// When the wake under way began, in nanoseconds; 0 while the loop waits.
    private let wakeBegan = Atomic<UInt64>(0)
    private let wakeCount = Atomic<UInt64>(0)
    private let busyNanoseconds = Atomic<UInt64>(0)
    /// The thread that runs the loop; 0 before there is one.
    private let thread = Atomic<CInt>(0)

    init() {}

    /// When the wake under way began; nil while the loop waits for something to do.
    package var busySince: Instant? {
        let since = wakeBegan.load(ordering: .relaxed)
        return since == 0 ? nil : Instant(nanoseconds: since)
    }

    /// Wakes that have begun.
    package var wakes: UInt64 { wakeCount.load(ordering: .relaxed) }

    /// Time spent in wakes that are over.
    package var busy: Interval { Interval(nanoseconds: busyNanoseconds.load(ordering: .relaxed)) }

    /// Whether the loop has been in one wake for `patience` or longer: it serves nobody else.
    package func isStalled(_ now: Instant, after patience: Interval) -> Bool {
        busySince.map { now - $0 >= patience } ?? false
    }

    /// Whether the loop's thread uses a processor, or waits for one; false while it is blocked in the kernel.
    package var isRunning: Bool {
        let file = open("/proc/self/task/\(thread.load(ordering: .relaxed))/stat", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = read(file, &bytes, bytes.count)
        // The state follows the thread's name, which stands in parentheses and may hold some.
        guard count > 0, let end = bytes[..<count].lastIndex(of: UInt8(ascii: ")")), end + 2 < count else {
            return false
        }
        return bytes[end + 2] == UInt8(ascii: "R")
    }

    /// Ends the process as `abort()` called by the loop would: what is recorded of it shows where the loop is. Where
    /// nothing else records it, the calls that led there are written to stderr.
    package func abortThread() {
        CallTrace.begin()
        let thread = thread.load(ordering: .relaxed)
        if thread == 0 || CLinux_tgkill(getpid(), thread, SIGABRT) != 0 { abort() }
        CallTrace.nameCalls()
    }

    /// The calling thread is the one that runs the loop.
    func runs() {
        CLinux_takeAborts()
        thread.store(CLinux_gettid(), ordering: .relaxed)
    }

    func woke(at now: Instant) {
        wakeBegan.store(max(now.nanoseconds, 1), ordering: .relaxed)
        wakeCount.store(wakes + 1, ordering: .relaxed)
    }

    func rests(from now: Instant) {
        if let since = busySince {
            busyNanoseconds.store(busy.nanoseconds + (now - since).nanoseconds, ordering: .relaxed)
        }
        wakeBegan.store(0, ordering: .relaxed)
    }
}
