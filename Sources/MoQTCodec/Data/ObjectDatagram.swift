package import Wire

/// An object sent in a datagram (draft-18 "Object Datagram").
package struct ObjectDatagram: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        /// A normal object; possibly empty.
        case payload(Bytes)
        /// An object without payload.
        case status(ObjectStatus)
    }

    package var trackAlias: TrackAlias
    package var location: Location
    /// Lower goes first; nil means the track's default publisher priority.
    package var priority: UInt8?
    /// The object is the last of its group; not with a status.
    package var endOfGroup: Bool
    /// Empty unless the object is normal.
    package var properties: Properties
    package var content: Content

    package init(
        trackAlias: TrackAlias, location: Location, priority: UInt8? = nil, endOfGroup: Bool = false,
        properties: Properties = Properties(), content: Content
    ) {
        self.trackAlias = trackAlias
        self.location = location
        self.priority = priority
        self.endOfGroup = endOfGroup
        self.properties = properties
        self.content = content
    }

    /// Appends everything but the payload, which is the rest of the datagram.
    ///
    /// - Throws: ``CodecError`` of scope `caller`, with `out` unchanged, when the draft has no such datagram.
    package func appendHeader(to out: inout [UInt8], profile: Profile) throws(CodecError) {
        let type = try type(profile)
        let properties = try self.properties.recoded(for: profile)
        let integers = profile.integers
        guard max(trackAlias.rawValue, location.group, location.object) <= integers.maximum else {
            throw inexpressible("too large for \(profile.name)", "Object ID")
        }
        integers.append(type, to: &out)
        integers.append(trackAlias.rawValue, to: &out)
        integers.append(location.group, to: &out)
        if type & profile.datagrams.zeroObjectID == 0 { integers.append(location.object, to: &out) }
        if let priority { out.append(priority) }
        if !properties.isEmpty {
            integers.append(UInt64(properties.raw.count), to: &out)
            properties.raw.append(to: &out)
        }
        if case .status(let status) = content { integers.append(status.rawValue, to: &out) }
    }

    private func type(_ profile: Profile) throws(CodecError) -> UInt64 {
        let datagrams = profile.datagrams
        var type: UInt64 = 0
        if !properties.isEmpty { type |= datagrams.properties }
        if endOfGroup { type |= datagrams.endOfGroup }
        if priority == nil {
            guard datagrams.defaultPriority != 0 else { throw inexpressible("it must be stated", "Publisher Priority") }
            type |= datagrams.defaultPriority
        }
        if case .status(let status) = content {
            guard status == .normal || properties.isEmpty else {
                throw inexpressible("an object with a status has none", "Properties")
            }
            type |= datagrams.status
        }
        if location.object == 0, datagrams.isObject(type | datagrams.zeroObjectID) { type |= datagrams.zeroObjectID }
        guard datagrams.isObject(type) else { throw inexpressible("no type for this combination", "Type") }
        return type
    }

    private func inexpressible(_ what: String, _ field: String) -> CodecError {
        .inexpressible(what, field: field, section: "Object Datagram")
    }
}

/// What a datagram of the session is.
package enum Datagram: Hashable, Sendable {
    case object(ObjectDatagram)
    /// `count` bytes behind the type, to be discarded.
    case padding(count: Int)

    /// - Parameter bytes: the whole datagram; a payload is a slice of it.
    /// - Throws: ``CodecError`` of scope `session` or `track`.
    package init(decoding bytes: Bytes, profile: Profile) throws(CodecError) {
        var cursor = HeaderCursor(profile.integers)
        guard let type = cursor.integer(bytes.span) else { throw truncated(bytes) }
        if type == profile.datagrams.padding {
            self = .padding(count: bytes.count - cursor.position)
            return
        }
        guard profile.datagrams.isObject(type) else {
            throw .violation(
                "unknown type 0x\(String(type, radix: 16))", field: "Type", offset: 0,
                section: "Object Datagram")
        }
        self = .object(try ObjectDatagram(bytes, type: type, &cursor, profile))
    }
}

extension ObjectDatagram {
    fileprivate init(
        _ bytes: Bytes, type: UInt64, _ cursor: inout HeaderCursor, _ profile: Profile
    ) throws(CodecError) {
        let datagrams = profile.datagrams
        let span = bytes.span
        guard let alias = cursor.integer(span), let group = cursor.integer(span) else { throw truncated(bytes) }
        var object: UInt64 = 0
        if datagrams.zeroObjectID == 0 || type & datagrams.zeroObjectID == 0 {
            guard let id = cursor.integer(span) else { throw truncated(bytes) }
            object = id
        }
        var priority: UInt8?
        if datagrams.defaultPriority == 0 || type & datagrams.defaultPriority == 0 {
            guard let octet = cursor.octet(span) else { throw truncated(bytes) }
            priority = octet
        }
        let location = Location(group: group, object: object)
        let properties =
            type & datagrams.properties == 0
            ? Properties() : try Self.properties(bytes, &cursor, location, profile)
        var content = Content.payload(Bytes())
        if type & datagrams.status == 0 {
            content = .payload(bytes.slice(from: cursor.position))
        } else {
            content = .status(try Self.status(bytes, &cursor, hasProperties: !properties.isEmpty))
        }
        self.init(
            trackAlias: TrackAlias(rawValue: alias), location: location, priority: priority,
            endOfGroup: type & datagrams.endOfGroup != 0, properties: properties, content: content)
    }

    private static func properties(
        _ bytes: Bytes, _ cursor: inout HeaderCursor, _ location: Location, _ profile: Profile
    ) throws(CodecError) -> Properties {
        let offset = UInt64(cursor.position)
        guard let range = try cursor.properties(bytes.span, limits: DataLimits(), base: 0) else {
            throw truncated(bytes)
        }
        guard range.count > 0 else {
            throw .violation(
                "it is 0 though properties are announced", field: "Properties Length", offset: offset,
                section: "Object Datagram")
        }
        var check = PropertyCheck(
            profile: profile, isTrack: false, group: location.group, object: location.object)
        try check.walk(bytes.span, profile.pairs, from: range.start, to: range.start + range.count)
        return range.properties(in: bytes, profile)
    }

    private static func status(
        _ bytes: Bytes, _ cursor: inout HeaderCursor, hasProperties: Bool
    ) throws(CodecError) -> ObjectStatus {
        let offset = UInt64(cursor.position)
        guard let number = cursor.integer(bytes.span) else { throw truncated(bytes) }
        let status = try ObjectStatus(number, hasProperties: hasProperties, offset: offset)
        guard cursor.position == bytes.count else {
            throw .violation(
                "bytes follow the status", field: "Object Payload", offset: UInt64(cursor.position),
                section: "Object Datagram")
        }
        return status
    }
}

private func truncated(_ bytes: Bytes) -> CodecError {
    .violation(
        "the datagram ends inside the header", field: "Object Datagram", offset: UInt64(bytes.count),
        section: "Object Datagram")
}
