internal import Wire

/// Where a box lies in the bytes it was found in.
struct Box: Hashable {
    var type: FourCC
    /// The whole box with its header.
    var range: Range<Int>
    /// What follows the header.
    var body: Range<Int>
}

/// Reads boxes and their fields in order; never past its end, whatever the bytes say.
struct BoxReader {
    let bytes: Bytes
    private(set) var position: Int
    let end: Int
    /// The box that is read, for errors.
    let name: FourCC

    init(_ bytes: Bytes) {
        self.bytes = bytes
        position = 0
        end = bytes.count
        name = "file"
    }

    /// The inside of `box`, which was found in `bytes`.
    init(_ bytes: Bytes, in box: Box) {
        self.bytes = bytes
        position = box.body.lowerBound
        end = box.body.upperBound
        name = box.type
    }

    var remaining: Int { end - position }

    /// The next box, or nil at the end.
    mutating func nextBox() throws(WireError) -> Box? {
        if remaining == 0 { return nil }
        let start = position
        let short = try u32()
        let type = FourCC(rawValue: try u32())
        var size = UInt64(short)
        if short == 1 { size = try u64() }
        if short == 0 { size = UInt64(end - start) }
        guard size >= UInt64(position - start) else {
            throw WireError(.invalid("a box smaller than its header"), offset: start, field: type.description)
        }
        guard size <= UInt64(end - start) else {
            throw WireError(.truncated(needed: Int(clamping: size)), offset: start, field: type.description)
        }
        let box = Box(type: type, range: start..<start + Int(size), body: position..<start + Int(size))
        position = box.range.upperBound
        return box
    }

    /// The first box of `type` from here on, or nil.
    mutating func firstBox(_ type: FourCC) throws(WireError) -> Box? {
        while let box = try nextBox() {
            if box.type == type { return box }
        }
        return nil
    }

    mutating func u8() throws(WireError) -> UInt8 { UInt8(truncatingIfNeeded: try integer(1)) }
    mutating func u16() throws(WireError) -> UInt16 { UInt16(truncatingIfNeeded: try integer(2)) }
    mutating func u32() throws(WireError) -> UInt32 { UInt32(truncatingIfNeeded: try integer(4)) }
    mutating func u64() throws(WireError) -> UInt64 { try integer(8) }

    mutating func skip(_ count: Int) throws(WireError) {
        try need(count)
        position += count
    }

    private mutating func integer(_ width: Int) throws(WireError) -> UInt64 {
        try need(width)
        defer { position += width }
        return Self.integer(bytes.span, position..<position + width)
    }

    private static func integer(_ span: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
        var value: UInt64 = 0
        for index in range { value = value << 8 | UInt64(span[index]) }
        return value
    }

    private func need(_ count: Int) throws(WireError) {
        guard count >= 0, count <= remaining else {
            throw WireError(.truncated(needed: count), offset: position, field: name.description)
        }
    }
}
