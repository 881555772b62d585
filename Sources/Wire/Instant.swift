/// Monotonic time, in nanoseconds since an origin the driver chooses. Nothing below the event loop reads a clock.
package struct Instant: Comparable, Hashable, Sendable {
    /// Nanoseconds since the origin.
    package var nanoseconds: UInt64

    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    package static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }

    /// The instant `interval` later; saturates at the end of time.
    package static func + (a: Self, interval: Interval) -> Self {
        let (sum, overflow) = a.nanoseconds.addingReportingOverflow(interval.nanoseconds)
        return Self(nanoseconds: overflow ? .max : sum)
    }

    /// Time from `b` to `a`; zero when `b` is later.
    package static func - (a: Self, b: Self) -> Interval {
        Interval(nanoseconds: a.nanoseconds >= b.nanoseconds ? a.nanoseconds - b.nanoseconds : 0)
    }
}

/// A length of time, never negative, in nanoseconds.
package struct Interval: Comparable, Hashable, Sendable {
    /// Nanoseconds.
    package var nanoseconds: UInt64

    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    package static let zero = Self(nanoseconds: 0)
    package static func seconds(_ count: UInt64) -> Self { Self(nanoseconds: saturating(count, 1_000_000_000)) }
    package static func milliseconds(_ count: UInt64) -> Self { Self(nanoseconds: saturating(count, 1_000_000)) }
    package static func microseconds(_ count: UInt64) -> Self { Self(nanoseconds: saturating(count, 1_000)) }

    /// Whole milliseconds, rounded up, so that a timer never fires early.
    package var millisecondsRoundedUp: UInt64 { nanoseconds / 1_000_000 + (nanoseconds % 1_000_000 == 0 ? 0 : 1) }
    /// Seconds, for display.
    package var seconds: Double { Double(nanoseconds) / 1e9 }

    package static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }

    private static func saturating(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let (product, overflow) = a.multipliedReportingOverflow(by: b)
        return overflow ? .max : product
    }
}
