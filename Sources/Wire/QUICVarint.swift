/// QUIC variable-length integers (RFC 9000 §16): two bits of length, 1, 2, 4 or 8 bytes, at most 2^62−1. Public for the reason that ``VI64`` is.
public enum QUICVarint {
    /// The largest value that can be written.
    @inlinable
    package static var limit: UInt64 { 1 << 62 - 1 }

    /// Bytes ``append(_:to:)`` adds for `value`: 1, 2, 4 or 8.
    @inlinable
    package static func byteCount(of value: UInt64) -> Int {
        value < 1 << 6 ? 1 : value < 1 << 14 ? 2 : value < 1 << 30 ? 4 : 8
    }

    /// Reads one integer and moves `offset` past it; nil, with `offset` unchanged, when the bytes end before it does.
    @inlinable
    @inline(__always)
    package static func read(_ bytes: Span<UInt8>, at offset: inout Int) -> UInt64? {
        guard let word = bytes.word(at: offset) else { return readLast(bytes, at: &offset) }
        // Branches: predicted, they let the next integer be read before this one is known.
        switch word >> 62 {
        case 0:
            offset += 1
            return word >> 56
        case 1:
            offset += 2
            return (word << 2) >> 50
        case 2:
            offset += 4
            return (word << 2) >> 34
        default:
            offset += 8
            return (word << 2) >> 2
        }
    }

    /// ``read(_:at:)`` near the end of the bytes.
    @inline(never)
    @usableFromInline
    package static func readLast(_ bytes: Span<UInt8>, at offset: inout Int) -> UInt64? {
        guard offset < bytes.count else { return nil }
        let first = bytes[offset]
        let length = 1 << Int(first >> 6)
        guard bytes.count - offset >= length else { return nil }
        var value = UInt64(first & 0x3F)
        for index in 1..<length { value = value << 8 | UInt64(bytes[offset + index]) }
        offset += length
        return value
    }

    /// Reads one integer and moves `offset` past it; on failure `offset` is unchanged.
    package static func decode(
        _ bytes: Span<UInt8>, at offset: inout Int, field: StaticString
    ) throws(WireError) -> UInt64 {
        if let value = read(bytes, at: &offset) { return value }
        let needed = offset < bytes.count ? 1 << Int(bytes[offset] >> 6) : 1
        throw WireError(.truncated(needed: needed), offset: offset, field: "\(field)")
    }

    /// Appends the shortest encoding. Traps above ``limit``: callers check first.
    @inlinable
    package static func append(_ value: UInt64, to out: inout [UInt8]) {
        precondition(value <= limit, "a QUIC varint holds at most 2^62−1")
        let length = byteCount(of: value)
        let prefix: UInt8 = length == 1 ? 0 : length == 2 ? 0x40 : length == 4 ? 0x80 : 0xC0
        out.append(prefix | UInt8(truncatingIfNeeded: value >> (8 * UInt64(length - 1))))
        for index in stride(from: length - 2, through: 0, by: -1) {
            out.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))))
        }
    }
}
