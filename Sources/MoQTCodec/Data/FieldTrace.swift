package import Wire

/// One field as it lay in a stream or datagram, for those who look at bytes.
package struct TracedField: Sendable {
    package enum Value: Sendable {
        /// An integer or a single byte.
        case integer(UInt64)
        case bytes(Bytes)
        /// A list of Key-Value-Pairs.
        case pairs([TracedPair])
    }

    /// As the draft prints it.
    package var name: StaticString
    /// Bytes from the start of the stream or datagram.
    package var offset: UInt64
    /// Bytes of the field; 0 for an empty list.
    package var length: Int
    package var value: Value
}

/// One Key-Value-Pair of a list that was traced.
package struct TracedPair: Sendable {
    /// In full, however it was written.
    package var type: UInt64
    /// Where the pair begins: bytes from the start of the stream or datagram.
    package var offset: UInt64
    /// Bytes of type, length and value.
    package var length: Int
    /// Pairs again for Immutable Properties that can be read.
    package var value: TracedField.Value
}

/// Is told of each field that is read. ``NoTrace`` costs nothing: readers are specialised for it.
protocol FieldTracing {
    init()
    /// - Parameter offset: from the start of the stream or datagram.
    mutating func integer(_ name: StaticString, _ value: UInt64, at offset: UInt64, length: Int)
    /// The `count` bytes of `view` from `start` on, which are at `offset` of the stream or datagram.
    mutating func bytes(_ name: StaticString, in view: Bytes, from start: Int, count: Int, at offset: UInt64)
    /// The same, holding Key-Value-Pairs.
    mutating func pairs(
        _ name: StaticString, in view: Bytes, from start: Int, count: Int, at offset: UInt64, _ coding: KeyValueCoding)
    /// What was traced.
    var fields: [TracedField] { get }
}

struct NoTrace: FieldTracing {
    @inline(__always)
    mutating func integer(_ name: StaticString, _ value: UInt64, at offset: UInt64, length: Int) {}
    @inline(__always)
    mutating func bytes(_ name: StaticString, in view: Bytes, from start: Int, count: Int, at offset: UInt64) {}
    @inline(__always)
    mutating func pairs(
        _ name: StaticString, in view: Bytes, from start: Int, count: Int, at offset: UInt64, _ coding: KeyValueCoding
    ) {}
    var fields: [TracedField] { [] }
}

/// Keeps every field.
struct FieldTrace: FieldTracing {
    private(set) var fields: [TracedField] = []

    mutating func integer(_ name: StaticString, _ value: UInt64, at offset: UInt64, length: Int) {
        fields.append(TracedField(name: name, offset: offset, length: length, value: .integer(value)))
    }

    mutating func bytes(_ name: StaticString, in view: Bytes, from start: Int, count: Int, at offset: UInt64) {
        let value = TracedField.Value.bytes(view.slice(from: start, count: count))
        fields.append(TracedField(name: name, offset: offset, length: count, value: value))
    }

    mutating func pairs(
        _ name: StaticString, in view: Bytes, from start: Int, count: Int, at offset: UInt64, _ coding: KeyValueCoding
    ) {
        let bytes = view.slice(from: start, count: count)
        let value = TracedField.Value.pairs(TracedPair.list(bytes, coding, at: offset).pairs)
        fields.append(TracedField(name: name, offset: offset, length: count, value: value))
    }
}

extension TracedPair {
    /// The pairs of a list that begins at `base` of the stream or datagram, up to one that cannot be read.
    package static func list(
        _ bytes: Bytes, _ coding: KeyValueCoding, at base: UInt64
    ) -> (pairs: [TracedPair], isWhole: Bool) {
        list(bytes, coding, at: base, isNested: false)
    }

    private static func list(
        _ bytes: Bytes, _ coding: KeyValueCoding, at base: UInt64, isNested: Bool
    ) -> (pairs: [TracedPair], isWhole: Bool) {
        var cursor = KeyValueCursor(coding, from: 0, to: bytes.count)
        var pairs: [TracedPair] = []
        do {
            while let pair = try cursor.next(bytes.span) {
                let value = pair.isBytes ? bytes.slice(from: pair.start, count: Int(pair.value)) : Bytes()
                var traced = TracedPair(
                    type: pair.type, offset: base + UInt64(pair.offset), length: cursor.position - pair.offset,
                    value: pair.isBytes ? .bytes(value) : .integer(pair.value))
                if pair.type == PropertyType.immutableProperties, !isNested {
                    let inner = list(value, coding, at: base + UInt64(pair.start), isNested: true)
                    if inner.isWhole { traced.value = .pairs(inner.pairs) }
                }
                pairs.append(traced)
            }
        } catch { return (pairs, false) }
        return (pairs, true)
    }
}
