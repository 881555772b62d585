internal import Wire

/// The start of a subgroup stream (draft-18 "Subgroup Header").
public struct SubgroupHeader: Hashable, Sendable {
    /// How the stream states its Subgroup ID.
    public enum SubgroupID: Hashable, Sendable {
        /// It is 0, and not sent.
        case zero
        /// It is the ID of the first object on the stream, and not sent. True only where that object is the first of
        /// the subgroup.
        case firstObject
        /// It is sent.
        case explicit(UInt64)
    }

    /// The publisher's number for the track.
    public var trackAlias: TrackAlias
    /// Group ID.
    public var group: UInt64
    /// Subgroup ID, as it is said.
    public var subgroup: SubgroupID
    /// Lower goes first; nil means the track's default publisher priority, which draft 14 cannot say.
    public var priority: UInt8?
    /// Every object has a properties field, possibly empty.
    public var hasProperties: Bool
    /// The last object before FIN is the last of the group.
    public var endOfGroup: Bool
    /// The first object here is the first that was ever published in the subgroup; false also where the draft cannot
    /// say so.
    public var isFirstObject: Bool

    /// Of its fields.
    public init(
        trackAlias: TrackAlias, group: UInt64, subgroup: SubgroupID, priority: UInt8? = nil,
        hasProperties: Bool = false, endOfGroup: Bool = false, isFirstObject: Bool = false
    ) {
        self.trackAlias = trackAlias
        self.group = group
        self.subgroup = subgroup
        self.priority = priority
        self.hasProperties = hasProperties
        self.endOfGroup = endOfGroup
        self.isFirstObject = isFirstObject
    }

    /// Appends the header, stream type included.
    ///
    /// - Throws: ``CodecError`` of scope `caller` when the draft has no such header.
    public func append(to out: inout [UInt8], profile: Profile) throws(CodecError) {
        let type = try type(profile)
        let integers = profile.integers
        var largest = max(trackAlias.rawValue, group)
        if case .explicit(let id) = subgroup { largest = max(largest, id) }
        guard largest <= integers.maximum else { throw inexpressible("\(largest) is too large", "Group ID") }
        integers.append(type, to: &out)
        integers.append(trackAlias.rawValue, to: &out)
        integers.append(group, to: &out)
        if case .explicit(let id) = subgroup { integers.append(id, to: &out) }
        if let priority { out.append(priority) }
    }

    private func type(_ profile: Profile) throws(CodecError) -> UInt64 {
        let streams = profile.streams
        var type = streams.subgroup
        if hasProperties { type |= streams.properties }
        // The two bits of the mode are next to each other; the lower one is mode 01.
        switch subgroup {
        case .zero: break
        case .firstObject: type |= streams.subgroupIDMode & (streams.subgroupIDMode >> 1)
        case .explicit: type |= streams.subgroupIDMode & (streams.subgroupIDMode << 1)
        }
        if endOfGroup { type |= streams.endOfGroup }
        if priority == nil {
            guard streams.defaultPriority != 0 else { throw inexpressible("it must be stated", "Publisher Priority") }
            type |= streams.defaultPriority
        }
        if isFirstObject {
            guard streams.firstObject != 0 else { throw inexpressible("it cannot be stated", "FIRST_OBJECT") }
            type |= streams.firstObject
        }
        return type
    }

    private func inexpressible(_ what: String, _ field: String) -> CodecError {
        .inexpressible(what, field: field, section: "Subgroup Header")
    }
}

/// Reads SUBGROUP_HEADER.
struct SubgroupHeaderReader: ElementReader {
    let profile: Profile

    func read<Trace: FieldTracing>(
        _ view: Bytes, _ cursor: inout HeaderCursor<Trace>
    ) throws(CodecError) -> SubgroupHeader? {
        let streams = profile.streams
        let bytes = view.span
        guard let type = cursor.integer(bytes, profile.objects.names.type) else { return nil }
        guard streams.isSubgroup(type) else {
            throw .violation(
                "invalid type 0x\(String(type, radix: 16))", field: "\(profile.objects.names.type)", offset: 0,
                section: "Subgroup Header")
        }
        guard let alias = cursor.integer(bytes, "Track Alias"), let group = cursor.integer(bytes, "Group ID") else {
            return nil
        }
        let mode = type & streams.subgroupIDMode
        var subgroup = SubgroupHeader.SubgroupID.zero
        if mode == streams.subgroupIDMode & (streams.subgroupIDMode << 1), mode != 0 {
            guard let id = cursor.integer(bytes, "Subgroup ID") else { return nil }
            subgroup = .explicit(id)
        } else if mode != 0 {
            subgroup = .firstObject
        }
        var priority: UInt8?
        if streams.defaultPriority == 0 || type & streams.defaultPriority == 0 {
            guard let octet = cursor.octet(bytes, "Publisher Priority") else { return nil }
            priority = octet
        }
        return SubgroupHeader(
            trackAlias: TrackAlias(rawValue: alias), group: group, subgroup: subgroup, priority: priority,
            hasProperties: type & streams.properties != 0, endOfGroup: type & streams.endOfGroup != 0,
            isFirstObject: type & streams.firstObject != 0)
    }
}
