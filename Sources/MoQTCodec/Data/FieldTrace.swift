internal import Wire

/// Is told of each field that is read. ``NoTrace`` costs nothing: readers are specialised for it.
protocol FieldTracing {
    init()
    /// - Parameter offset: from the start of the stream or datagram.
    mutating func integer(_ name: StaticString, _ value: UInt64, at offset: UInt64, length: Int)
    /// The `count` bytes of `view` from `start` on, which are at `offset` of the stream or datagram.
    mutating func bytes(_ name: StaticString, in view: Bytes, from start: Int, count: Int, at offset: UInt64)
    /// The same, holding Key-Value-Pairs.
    mutating func pairs(
        _ name: StaticString, in view: Bytes, from start: Int, count: Int, at offset: UInt64, _ profile: Profile)
    /// What was traced.
    var fields: [Field] { get }
}

struct NoTrace: FieldTracing {
    @inline(__always)
    mutating func integer(_ name: StaticString, _ value: UInt64, at offset: UInt64, length: Int) {}
    @inline(__always)
    mutating func bytes(_ name: StaticString, in view: Bytes, from start: Int, count: Int, at offset: UInt64) {}
    @inline(__always)
    mutating func pairs(
        _ name: StaticString, in view: Bytes, from start: Int, count: Int, at offset: UInt64, _ profile: Profile
    ) {}
    var fields: [Field] { [] }
}

/// Keeps every field.
struct FieldTrace: FieldTracing {
    private(set) var fields: [Field] = []

    mutating func integer(_ name: StaticString, _ value: UInt64, at offset: UInt64, length: Int) {
        fields.append(Field("\(name)", at: offset, length: length, .number(value)))
    }

    mutating func bytes(_ name: StaticString, in view: Bytes, from start: Int, count: Int, at offset: UInt64) {
        fields.append(Field("\(name)", at: offset, length: count, .bytes(view.slice(from: start, count: count))))
    }

    mutating func pairs(
        _ name: StaticString, in view: Bytes, from start: Int, count: Int, at offset: UInt64, _ profile: Profile
    ) {
        let list = Properties(raw: view.slice(from: start, count: count), coding: profile.pairs)
        fields.append(Field("\(name)", at: offset, length: count, .list(Field.pairs(of: list, at: offset, profile))))
    }
}
