/// Arithmetic on ticks of different timescales, exact and without overflow.
package enum MediaTime {
    /// `ticks` in microseconds, rounded towards zero and clamped.
    package static func microseconds(_ ticks: Int64, timescale: UInt32) -> Int64 {
        convert(ticks, from: timescale, to: 1_000_000)
    }

    /// `ticks` of `from` per second in ticks of `to` per second, rounded towards zero and clamped.
    package static func convert(_ ticks: Int64, from: UInt32, to: UInt32) -> Int64 {
        guard from > 0 else { return 0 }
        let product = ticks.magnitude.multipliedFullWidth(by: UInt64(to))
        guard product.high < UInt64(from) else { return ticks < 0 ? .min : .max }
        let quotient = Int64(clamping: UInt64(from).dividingFullWidth(product).quotient)
        return ticks < 0 ? -quotient : quotient
    }

    /// Whether `a` ticks of `aScale` per second are at or after `b` ticks of `bScale` per second.
    package static func isAtOrAfter(_ a: Int64, _ aScale: UInt32, _ b: Int64, _ bScale: UInt32) -> Bool {
        let left = a.multipliedFullWidth(by: Int64(bScale))
        let right = b.multipliedFullWidth(by: Int64(aScale))
        return left.high != right.high ? left.high > right.high : left.low >= right.low
    }
}
