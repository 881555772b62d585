public import Wire

/// What a datagram of the session is.
public enum Datagram: Hashable, Sendable {
    case object(ObjectDatagram)
    /// `count` bytes behind the type, to be discarded.
    case padding(count: Int)

    /// - Parameter bytes: the whole datagram; a payload is a slice of it.
    /// - Throws: ``CodecError`` of scope `session` or `track`.
    public init(decoding bytes: Bytes, profile: Profile) throws(CodecError) {
        var cursor = HeaderCursor<NoTrace>(profile.integers, base: 0)
        self = try Self.read(bytes, &cursor, profile)
    }

    /// The same, with the fields of the datagram up to where it broke a rule.
    package init(decoding bytes: Bytes, profile: Profile, fields: inout [Field]) throws(CodecError) {
        var cursor = HeaderCursor<FieldTrace>(profile.integers, base: 0)
        defer { fields = cursor.trace.fields }
        self = try Self.read(bytes, &cursor, profile)
    }

    private static func read<Trace: FieldTracing>(
        _ bytes: Bytes, _ cursor: inout HeaderCursor<Trace>, _ profile: Profile
    ) throws(CodecError) -> Self {
        let reader = DatagramReader(profile: profile)
        if let datagram = try reader.read(bytes, &cursor) { return datagram }
        try cursor.checkIncomplete()
        throw .violation(
            "the datagram ends inside the header", field: "Object Datagram", offset: UInt64(bytes.count),
            section: "Object Datagram")
    }
}

/// Reads a datagram; nil from it means that the datagram ends too early.
private struct DatagramReader: ElementReader {
    let profile: Profile

    func read<Trace: FieldTracing>(
        _ bytes: Bytes, _ cursor: inout HeaderCursor<Trace>
    ) throws(CodecError) -> Datagram? {
        guard let type = cursor.integer(bytes.span, profile.objects.names.type) else { return nil }
        if type == profile.datagrams.padding {
            let start = cursor.position
            cursor.trace.bytes("Padding Data", in: bytes, from: start, count: bytes.count - start, at: UInt64(start))
            return .padding(count: bytes.count - start)
        }
        guard profile.datagrams.isObject(type) else {
            throw violation(
                "unknown type 0x\(String(type, radix: 16))", "\(profile.objects.names.type)", at: 0)
        }
        return try object(bytes, type, &cursor).map(Datagram.object)
    }

    private func object<Trace: FieldTracing>(
        _ bytes: Bytes, _ type: UInt64, _ cursor: inout HeaderCursor<Trace>
    ) throws(CodecError) -> ObjectDatagram? {
        let types = profile.datagrams
        let span = bytes.span
        guard let alias = cursor.integer(span, "Track Alias"), let group = cursor.integer(span, "Group ID") else {
            return nil
        }
        var location = Location(group: group, object: 0)
        if type & types.zeroObjectID == 0 {
            guard let id = cursor.integer(span, "Object ID") else { return nil }
            location.object = id
        }
        var priority: UInt8?
        if types.defaultPriority == 0 || type & types.defaultPriority == 0 {
            guard let octet = cursor.octet(span, "Publisher Priority") else { return nil }
            priority = octet
        }
        var properties = Properties()
        if type & types.properties != 0 {
            guard let found = try self.properties(bytes, &cursor, location) else { return nil }
            properties = found
        }
        guard let content = try content(bytes, type, &cursor, hasProperties: !properties.isEmpty) else { return nil }
        return ObjectDatagram(
            trackAlias: TrackAlias(rawValue: alias), location: location, priority: priority,
            endOfGroup: type & types.endOfGroup != 0, properties: properties, content: content)
    }

    private func properties<Trace: FieldTracing>(
        _ bytes: Bytes, _ cursor: inout HeaderCursor<Trace>, _ location: Location
    ) throws(CodecError) -> Properties? {
        let start = cursor.position
        guard let range = try cursor.properties(bytes, limits: DataLimits(), profile) else { return nil }
        guard range.count > 0 else {
            throw violation(
                "it is 0 though properties are announced", "\(profile.objects.names.propertiesLength)", at: start)
        }
        var check = PropertyCheck(profile: profile, isTrack: false, group: location.group, object: location.object)
        try check.walk(bytes.span, profile.pairs, from: range.start, to: range.start + range.count)
        return range.properties(in: bytes, profile)
    }

    private func content<Trace: FieldTracing>(
        _ bytes: Bytes, _ type: UInt64, _ cursor: inout HeaderCursor<Trace>, hasProperties: Bool
    ) throws(CodecError) -> ObjectDatagram.Content? {
        guard type & profile.datagrams.status != 0 else {
            let start = cursor.position
            cursor.trace.bytes("Object Payload", in: bytes, from: start, count: bytes.count - start, at: UInt64(start))
            return .payload(bytes.slice(from: start))
        }
        guard let status = try cursor.status(bytes.span, hasProperties: hasProperties, profile) else { return nil }
        guard cursor.position == bytes.count else {
            throw violation("bytes follow the status", "Object Payload", at: cursor.position)
        }
        return .status(status)
    }

    private func violation(_ what: String, _ field: String, at position: Int) -> CodecError {
        .violation(what, field: field, offset: UInt64(position), section: "Object Datagram")
    }
}
