extension Span where Element == UInt8 {
    /// The 8 bytes from `offset` on, the first one foremost; nil when there are fewer.
    @inlinable
    @inline(__always)
    package func word(at offset: Int) -> UInt64? {
        guard count >= 8, UInt(bitPattern: offset) <= UInt(bitPattern: count &- 8) else { return nil }
        return unsafe UInt64(bigEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    }
}
