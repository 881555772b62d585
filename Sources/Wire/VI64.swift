/// MoQT variable-length integers: the leading 1 bits of the first byte give the length.
///
/// Range: every `UInt64`, in 1 to 9 bytes. Longer-than-needed encodings are valid input; output is shortest.
/// Source: draft-ietf-moq-transport-18 "Variable-Length Integers". Not the QUIC varint, ``QUICVarint``.
///
/// Public, like all that hot paths of other modules inline: the compiler inlines across modules no member of a
/// `package` type.
public enum VI64 {
    /// Bytes ``append(_:to:)`` adds for `value`, 1 through 9.
    @inlinable
    package static func byteCount(of value: UInt64) -> Int {
        let bits = UInt64.bitWidth - value.leadingZeroBitCount
        return bits > 56 ? 9 : max(1, (bits + 6) / 7)
    }

    /// Reads one integer and moves `offset` past it; nil, with `offset` unchanged, when the bytes end before it does.
    @inlinable
    @inline(__always)
    package static func read(_ bytes: Span<UInt8>, at offset: inout Int) -> UInt64? {
        guard let word = bytes.word(at: offset) else { return readLast(bytes, at: &offset) }
        // Branches for the usual lengths: predicted, they let the next integer be read before this one is known.
        if word >> 63 == 0 {
            offset += 1
            return word >> 56
        }
        if word >> 62 == 0b10 {
            offset += 2
            return (word << 2) >> 50
        }
        if word >> 56 == 0xFE {
            offset += 8
            return (word << 8) >> 8
        }
        let length = (~word).leadingZeroBitCount + 1
        if length > 8 {
            guard let value = bytes.word(at: offset + 1) else { return nil }
            offset += 9
            return value
        }
        offset += length
        // As many bits of prefix as bytes; the others of these bytes are the value.
        return (word &<< length) &>> (64 &- 7 &* length)
    }

    /// ``read(_:at:)`` near the end of the bytes.
    @inline(never)
    @usableFromInline
    package static func readLast(_ bytes: Span<UInt8>, at offset: inout Int) -> UInt64? {
        guard offset < bytes.count else { return nil }
        let first = bytes[offset]
        let length = (~first).leadingZeroBitCount + 1
        guard bytes.count - offset >= length else { return nil }
        var value = length >= 8 ? 0 : UInt64(first & (0xFF >> UInt8(length)))
        for index in 1..<length { value = value << 8 | UInt64(bytes[offset + index]) }
        offset += length
        return value
    }

    /// Reads one integer and moves `offset` past it; on failure `offset` is unchanged.
    package static func decode(
        _ bytes: Span<UInt8>, at offset: inout Int, field: StaticString
    ) throws(WireError) -> UInt64 {
        if let value = read(bytes, at: &offset) { return value }
        let needed = offset < bytes.count ? (~bytes[offset]).leadingZeroBitCount + 1 : 1
        throw WireError(.truncated(needed: needed), offset: offset, field: "\(field)")
    }

    /// Appends the shortest encoding of `value`.
    @inlinable
    package static func append(_ value: UInt64, to out: inout [UInt8]) {
        append(value, byteCount: byteCount(of: value), to: &out)
    }

    /// Appends the encoding of `value` that takes `length` bytes: at least ``byteCount(of:)``, at most 9.
    @inlinable
    package static func append(_ value: UInt64, byteCount length: Int, to out: inout [UInt8]) {
        precondition(length >= byteCount(of: value) && length <= 9, "no encoding of that length")
        if length == 9 {
            out.append(0xFF)
        } else {
            let prefix = ~(UInt8.max >> UInt8(length - 1))
            out.append(prefix | UInt8(truncatingIfNeeded: value >> (8 * UInt64(length - 1))))
        }
        for index in stride(from: length - 2, through: 0, by: -1) {
            out.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))))
        }
    }
}
