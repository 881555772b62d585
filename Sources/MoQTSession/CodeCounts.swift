package import MoQTCodec

/// How often each code was said. Codes without a name here count as one, so that peers cannot make it grow.
package struct CodeCounts<Code: WireCode>: Hashable, Sendable {
    /// By name; nil: codes without one.
    private var counts: [String?: UInt64] = [:]

    package init() {}

    package mutating func count(_ code: Code) { counts[code.name, default: 0] += 1 }

    package static func += (a: inout Self, b: Self) { a.counts.merge(b.counts, uniquingKeysWith: +) }

    /// Names of codes with their counts, in the order of the names; codes without one are `other`.
    package var byName: [(name: String, count: UInt64)] {
        counts.map { ($0.key ?? "other", $0.value) }.sorted { $0.0 < $1.0 }
    }

    package var total: UInt64 { counts.values.reduce(0, +) }
}
