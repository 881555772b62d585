/// Decimal numbers with a unit, in exact integer arithmetic: `1.5G`, `250ms`, `64Ki`.
package enum Quantity {
    /// `text` times its unit, fractions of one rounded down.
    ///
    /// Digits, then at most a point and 1 to 9 digits, then one of `units` (or nothing, which is `bare` units).
    /// nil for anything else, and for a result above `UInt64.max`.
    package static func parse(_ text: String, bare: UInt64, units: [(suffix: String, size: UInt64)]) -> UInt64? {
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard !digits.isEmpty, let whole = UInt64(digits) else { return nil }
        var rest = text[digits.endIndex...]
        var fraction: Substring = ""
        if rest.first == "." {
            fraction = rest.dropFirst().prefix { ("0"..."9").contains($0) }
            guard (1...9).contains(fraction.count) else { return nil }
            rest = rest[fraction.endIndex...]
        }
        let unit = rest.isEmpty ? bare : units.first { $0.suffix == rest }?.size
        guard let unit else { return nil }
        let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
        let (sum, carry) = product.addingReportingOverflow(part(fraction, of: unit))
        return overflow || carry ? nil : sum
    }

    /// `0.FRACTION` of `unit`. The quotient is below `unit`, because the numerator is below the divisor times it.
    private static func part(_ fraction: Substring, of unit: UInt64) -> UInt64 {
        guard let numerator = UInt64(fraction) else { return 0 }
        let divisor = fraction.reduce(UInt64(1)) { power, _ in power * 10 }
        return divisor.dividingFullWidth(numerator.multipliedFullWidth(by: unit)).quotient
    }

    fileprivate static let decimal: [(suffix: String, size: UInt64)] = [
        ("k", 1000), ("M", 1_000_000), ("G", 1_000_000_000),
    ]
    fileprivate static let binary: [(suffix: String, size: UInt64)] = [
        ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30),
    ]
    fileprivate static let time: [(suffix: String, size: UInt64)] = [
        ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
    ]
}

extension ValueType where Value == UInt64 {
    /// A length of time, in nanoseconds: `1.5s`, `250ms`, `2m`. A bare number is seconds, or milliseconds when the
    /// value is named `MS`. 0 only when `zero` allows it.
    package static func nanoseconds(_ name: String, zero: Bool = false) -> Self {
        let bare: UInt64 = name == "MS" ? 1_000_000 : 1_000_000_000
        let unit = name == "MS" ? "milliseconds" : "seconds"
        let bound = zero ? "" : ", more than 0"
        return Self(name, expects: "\(unit) or a number with ms, s or m\(bound)") { text in
            guard let value = Quantity.parse(text, bare: bare, units: Quantity.time) else { return nil }
            return value == 0 && !zero ? nil : value
        }
    }

    /// A number of bytes in `range`: `64Ki`, `1.5M`, `4096`; k, M and G are powers of 1000, Ki, Mi and Gi of 1024.
    package static func size(_ name: String, in range: ClosedRange<UInt64>) -> Self {
        let bound =
            range.upperBound == .max ? "\(range.lowerBound) or more" : "from \(range.lowerBound) to \(range.upperBound)"
        return Self(name, expects: "bytes, \(bound), with k, M, G, Ki, Mi or Gi") { text in
            guard let value = Quantity.parse(text, bare: 1, units: Quantity.decimal + Quantity.binary) else {
                return nil
            }
            return range.contains(value) ? value : nil
        }
    }

    /// Bits per second, more than 0, with the suffixes of sizes.
    package static func bitRate(_ name: String) -> Self {
        Self(name, expects: "bits per second, more than 0, with k, M, G, Ki, Mi or Gi") { text in
            guard let value = Quantity.parse(text, bare: 1, units: Quantity.decimal + Quantity.binary) else {
                return nil
            }
            return value == 0 ? nil : value
        }
    }
}
