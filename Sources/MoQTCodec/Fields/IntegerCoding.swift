internal import Wire

/// Which variable-length integer a draft uses.
public enum IntegerCoding: Hashable, Sendable {
    /// RFC 9000 §16, up to 2^62−1.
    case quic
    /// MoQT's own, every 64-bit value (draft-18 "Variable-Length Integers").
    case vi64
    /// The same without the form of 7 bytes: no integer begins with 0xFC or 0xFD (draft-17 "Variable-Length Integers",
    /// which names 0xFC alone as invalid and gives 0xFD no meaning).
    case vi64Without7

    /// The largest value there is an encoding for.
    public var maximum: UInt64 {
        switch self {
        case .quic: QUICVarint.limit
        case .vi64, .vi64Without7: .max
        }
    }

    /// Whether no integer begins with `first`, which then closes the session with PROTOCOL_VIOLATION.
    @inline(__always)
    package func forbids(_ first: UInt8) -> Bool { self == .vi64Without7 && first & 0xFE == 0xFC }

    /// Bytes of the integer that begins with `first`.
    @inline(__always)
    package func length(startingWith first: UInt8) -> Int {
        switch self {
        case .quic: 1 << Int(first >> 6)
        case .vi64, .vi64Without7: (~first).leadingZeroBitCount + 1
        }
    }

    /// Bytes of the shortest encoding.
    public func byteCount(of value: UInt64) -> Int {
        switch self {
        case .quic: return QUICVarint.byteCount(of: value)
        case .vi64: return VI64.byteCount(of: value)
        case .vi64Without7:
            let count = VI64.byteCount(of: value)
            return count == 7 ? 8 : count
        }
    }

    /// Reads one integer and moves `offset` past it; nil, with `offset` unchanged, when the bytes end before it does or
    /// no integer begins so.
    @inline(__always)
    public func read(_ bytes: Span<UInt8>, at offset: inout Int) -> UInt64? {
        switch self {
        case .quic: QUICVarint.read(bytes, at: &offset)
        case .vi64: VI64.read(bytes, at: &offset)
        case .vi64Without7:
            offset < bytes.count && forbids(bytes[offset]) ? nil : VI64.read(bytes, at: &offset)
        }
    }

    /// Appends the shortest encoding. Traps above ``maximum``.
    @inline(__always)
    public func append(_ value: UInt64, to out: inout [UInt8]) {
        switch self {
        case .quic: QUICVarint.append(value, to: &out)
        case .vi64: VI64.append(value, to: &out)
        case .vi64Without7: VI64.append(value, byteCount: byteCount(of: value), to: &out)
        }
    }
}
