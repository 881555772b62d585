internal import Wire

/// Reads the fields of one header, whose bytes may end early.
struct HeaderCursor<Trace: FieldTracing> {
    let integers: IntegerCoding
    /// Bytes of the stream or datagram before those that are read.
    let base: UInt64
    var position = 0
    /// When a read gave nil: bytes that the header takes at least.
    private(set) var needed = 0
    var trace = Trace()
    /// The field that could not be read because no integer begins so.
    private var forbidden: StaticString?

    init(_ integers: IntegerCoding, base: UInt64) {
        self.integers = integers
        self.base = base
    }

    /// Where the next field begins, from the start of the stream or datagram.
    var offset: UInt64 { base + UInt64(position) }

    @inline(__always)
    mutating func integer(_ bytes: Span<UInt8>, _ name: StaticString) -> UInt64? {
        let start = position
        guard let value = integers.read(bytes, at: &position) else {
            miss(bytes, name)
            return nil
        }
        trace.integer(name, value, at: base + UInt64(start), length: position - start)
        return value
    }

    @inline(__always)
    mutating func octet(_ bytes: Span<UInt8>, _ name: StaticString) -> UInt8? {
        guard position < bytes.count else {
            needed = position + 1
            return nil
        }
        let value = bytes[position]
        trace.integer(name, UInt64(value), at: offset, length: 1)
        position += 1
        return value
    }

    /// Moves past `count` bytes, which are at hand.
    @inline(__always)
    private mutating func skip(_ bytes: Span<UInt8>, _ count: Int) -> Bool {
        guard bytes.count - position >= count else {
            needed = position + count
            return false
        }
        position += count
        return true
    }

    private mutating func miss(_ bytes: Span<UInt8>, _ name: StaticString) {
        needed = position + 1
        guard position < bytes.count else { return }
        if integers.forbids(bytes[position]) { forbidden = name }
        needed = position + integers.length(startingWith: bytes[position])
    }

    /// Throws when a read gave nil for another reason than that the bytes ended.
    func checkIncomplete() throws(CodecError) {
        guard let forbidden else { return }
        throw .violation(
            "no integer begins so", field: "\(forbidden)", offset: offset, section: "Variable-Length Integers")
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
        _ view: Bytes, limits: DataLimits, _ profile: Profile
    ) throws(CodecError) -> PropertiesRange? {
        let lengthOffset = offset
        guard let length = integer(view.span, profile.objects.names.propertiesLength) else { return nil }
        guard length <= UInt64(limits.maximumPropertiesLength) else {
            let names = profile.objects.names
            throw CodecError(
                .track, "\(length) bytes, at most \(limits.maximumPropertiesLength) are accepted",
                field: "\(names.propertiesLength)", offset: lengthOffset, section: "Object Properties")
        }
        let range = PropertiesRange(start: position, count: Int(length))
        guard skip(view.span, range.count) else { return nil }
        trace.pairs(
            profile.objects.names.properties, in: view, from: range.start, count: range.count,
            at: base + UInt64(range.start),
            profile)
        return range
    }

    /// The status of an object without payload, judged; nil while it is incomplete.
    mutating func status(
        _ bytes: Span<UInt8>, hasProperties: Bool, _ profile: Profile
    ) throws(CodecError) -> ObjectStatus? {
        let start = offset
        guard let number = integer(bytes, "Object Status") else { return nil }
        guard let status = ObjectStatus(rawValue: number), profile.objects.statuses.contains(status) else {
            throw .violation(
                "unknown status \(number)", field: "Object Status", offset: start, section: "Object Status")
        }
        guard !hasProperties || profile.objects.statusesWithProperties.contains(status) else {
            throw .violation(
                "an object with this status has no properties", field: "Object Status", offset: start,
                section: "Object Properties")
        }
        return status
    }
}
