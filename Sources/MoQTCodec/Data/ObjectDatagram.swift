public import Wire

/// An object sent in a datagram (draft-18 "Object Datagram").
public struct ObjectDatagram: Hashable, Sendable {
    /// What follows the header.
    public enum Content: Hashable, Sendable {
        /// A normal object; possibly empty.
        case payload(Bytes)
        /// An object without payload.
        case status(ObjectStatus)
    }

    /// The publisher's number for the track.
    public var trackAlias: TrackAlias
    /// Group ID and Object ID.
    public var location: Location
    /// Lower goes first; nil means the track's default publisher priority, which draft 14 cannot say.
    public var priority: UInt8?
    /// The object is the last of its group; not with a status.
    public var endOfGroup: Bool
    /// Empty unless the object is normal; draft 14 has them also with the ends of group and track.
    public var properties: Properties
    /// Payload or status.
    public var content: Content

    /// Of its fields.
    public init(
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
    /// - Parameter statesObjectID: send the Object ID even when it is 0 and need not be sent.
    /// - Throws: ``CodecError`` of scope `caller`, with `out` unchanged, when the draft has no such datagram.
    public func appendHeader(
        to out: inout [UInt8], profile: Profile, statesObjectID: Bool = false
    ) throws(CodecError) {
        let type = try type(profile, statesObjectID: statesObjectID)
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

    private func type(_ profile: Profile, statesObjectID: Bool) throws(CodecError) -> UInt64 {
        let datagrams = profile.datagrams
        var type: UInt64 = 0
        if !properties.isEmpty { type |= datagrams.properties }
        if endOfGroup { type |= datagrams.endOfGroup }
        if priority == nil {
            guard datagrams.defaultPriority != 0 else { throw inexpressible("it must be stated", "Publisher Priority") }
            type |= datagrams.defaultPriority
        }
        if case .status(let status) = content {
            guard profile.objects.statuses.contains(status) else {
                throw inexpressible("\(profile.name) has no such status", "Object Status")
            }
            guard properties.isEmpty || profile.objects.statusesWithProperties.contains(status) else {
                throw inexpressible("an object with this status has none", "Properties")
            }
            type |= datagrams.status
        }
        if location.object == 0, !statesObjectID, datagrams.isObject(type | datagrams.zeroObjectID) {
            type |= datagrams.zeroObjectID
        }
        guard datagrams.isObject(type) else { throw inexpressible("no type for this combination", "Type") }
        return type
    }

    private func inexpressible(_ what: String, _ field: String) -> CodecError {
        .inexpressible(what, field: field, section: "Object Datagram")
    }
}
