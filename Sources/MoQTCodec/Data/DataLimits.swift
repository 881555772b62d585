internal import Wire

/// Limits this end sets itself on data streams, beyond the draft's.
package struct DataLimits: Hashable, Sendable {
    /// Most bytes of an object's properties. A track with more is refused as malformed; payloads are never held, and
    /// so have no limit.
    package var maximumPropertiesLength = 65_536

    package init() {}
}

/// Reads the fields of one header, whose bytes may end early.
struct HeaderCursor {
    let integers: IntegerCoding
    var position = 0
    /// When a read gave nil: bytes that the header takes at least.
    private(set) var needed = 0

    init(_ integers: IntegerCoding) { self.integers = integers }

    @inline(__always)
    mutating func integer(_ bytes: Span<UInt8>) -> UInt64? {
        if let value = integers.read(bytes, at: &position) { return value }
        needed = position + (position < bytes.count ? integers.length(startingWith: bytes[position]) : 1)
        return nil
    }

    @inline(__always)
    mutating func octet(_ bytes: Span<UInt8>) -> UInt8? {
        guard position < bytes.count else {
            needed = position + 1
            return nil
        }
        defer { position += 1 }
        return bytes[position]
    }

    /// Moves past `count` bytes, which are at hand.
    @inline(__always)
    mutating func skip(_ bytes: Span<UInt8>, _ count: Int) -> Bool {
        guard bytes.count - position >= count else {
            needed = position + count
            return false
        }
        position += count
        return true
    }
}

/// A properties field: where the pairs lie in the header.
struct PropertiesRange {
    var start = 0
    var count = 0

    func properties(in bytes: Bytes, _ profile: Profile) -> Properties {
        count == 0 ? Properties() : Properties(raw: bytes.slice(from: start, count: count), coding: profile.pairs)
    }
}

extension HeaderCursor {
    /// The length of the properties, judged, and the pairs; nil while they are incomplete.
    mutating func properties(
        _ bytes: Span<UInt8>, limits: DataLimits, base: UInt64
    ) throws(CodecError) -> PropertiesRange? {
        let offset = position
        guard let length = integer(bytes) else { return nil }
        guard length <= UInt64(limits.maximumPropertiesLength) else {
            throw CodecError(
                .track, "\(length) bytes, at most \(limits.maximumPropertiesLength) are accepted",
                field: "Properties Length", offset: base + UInt64(offset), section: "Object Properties")
        }
        let start = position
        guard skip(bytes, Int(length)) else { return nil }
        return PropertiesRange(start: start, count: Int(length))
    }
}
