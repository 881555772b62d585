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
