internal import Wire

extension Duration {
    /// Rounded up; 0 for what is negative.
    var wholeMilliseconds: UInt64 { interval.millisecondsRoundedUp }

    /// Zero for what is negative, the longest there is for what is longer.
    var interval: Interval {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return .zero }
        let whole = Interval.seconds(UInt64(seconds)).nanoseconds
        let (sum, overflow) = whole.addingReportingOverflow(UInt64(attoseconds) / 1_000_000_000)
        return Interval(nanoseconds: overflow ? .max : sum)
    }
}
