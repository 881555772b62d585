internal import Wire

/// When each object is due. What is behind catches up.
struct Pacer: Sendable {
    enum Pace: Sendable {
        /// At once.
        case none
        /// Objects per second.
        case rate(Double)
        /// By their time stamps.
        case timeStamps
    }

    private let pace: Pace
    private var start: (at: Instant, time: Int64)?
    private var count: Double = 0

    init(_ pace: Pace) { self.pace = pace }

    /// When the next object is due; nil: at once.
    ///
    /// - Parameter time: its time stamp in microseconds; 0 where there is none.
    mutating func due(time: Int64, now: () -> Instant) -> Instant? {
        if case .none = pace { return nil }
        let start = start ?? (now(), time)
        self.start = start
        defer { count += 1 }
        switch pace {
        case .none: return nil
        case .rate(let rate): return start.at + Interval(nanoseconds: UInt64(count * 1e9 / rate))
        case .timeStamps:
            let elapsed = time.subtractingReportingOverflow(start.time).partialValue
            return start.at + .microseconds(UInt64(max(0, elapsed)))
        }
    }
}
