internal import Wire

/// Which variable-length integer a draft uses.
package enum IntegerCoding: Hashable, Sendable {
    /// RFC 9000 §16, up to 2^62−1.
    case quic
    /// MoQT's own, every 64-bit value (draft-18 "Variable-Length Integers").
    case vi64

    /// The largest value there is an encoding for.
    package var maximum: UInt64 {
        switch self {
        case .quic: QUICVarint.limit
        case .vi64: .max
        }
    }

    /// Bytes of the integer that begins with `first`.
    @inline(__always)
    package func length(startingWith first: UInt8) -> Int {
        switch self {
        case .quic: 1 << Int(first >> 6)
        case .vi64: (~first).leadingZeroBitCount + 1
        }
    }

    /// Reads one integer and moves `offset` past it; nil, with `offset` unchanged, when the bytes end before it does.
    @inline(__always)
    package func read(_ bytes: Span<UInt8>, at offset: inout Int) -> UInt64? {
        switch self {
        case .quic: QUICVarint.read(bytes, at: &offset)
        case .vi64: VI64.read(bytes, at: &offset)
        }
    }

    /// Appends the shortest encoding. Traps above ``maximum``.
    @inline(__always)
    package func append(_ value: UInt64, to out: inout [UInt8]) {
        switch self {
        case .quic: QUICVarint.append(value, to: &out)
        case .vi64: VI64.append(value, to: &out)
        }
    }
}
