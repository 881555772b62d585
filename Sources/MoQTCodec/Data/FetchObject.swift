internal import Wire

/// An object of a fetch stream, without its payload (draft-18 "Fetch Header").
package struct FetchObject: Hashable, Sendable {
    package var location: Location
    /// nil for an object that is published as a datagram.
    package var subgroup: UInt64?
    /// Publisher priority; lower goes first.
    package var priority: UInt8
    package var properties: Properties
    /// Bytes of payload that follow.
    package var payloadLength: UInt64

    package init(
        location: Location, subgroup: UInt64?, priority: UInt8, properties: Properties = Properties(),
        payloadLength: UInt64
    ) {
        self.location = location
        self.subgroup = subgroup
        self.priority = priority
        self.properties = properties
        self.payloadLength = payloadLength
    }
}

/// A stretch of a fetched range that is not sent (draft-18 "End of Range").
package struct FetchGap: Hashable, Sendable {
    package enum Reason: UInt64, Hashable, Sendable {
        case doesNotExist = 0x8C, unknown = 0x10C
    }

    package var reason: Reason
    /// The last Location of the gap; it begins after whatever was sent before.
    package var end: Location

    package init(reason: Reason, end: Location) {
        self.reason = reason
        self.end = end
    }
}

/// Bits of the Serialization Flags (draft-18 "Flags").
enum FetchFlags {
    static let subgroupMode: UInt64 = 0x03
    static let object: UInt64 = 0x04
    static let group: UInt64 = 0x08
    static let priority: UInt64 = 0x10
    static let properties: UInt64 = 0x20
    static let datagram: UInt64 = 0x40
    static let limit: UInt64 = 0x80
}

/// What the objects of a fetch stream refer to.
struct FetchPrior: Sendable {
    /// Of the object or gap before; nil at the start of the stream.
    var location: Location?
    /// Of the last object that had a subgroup.
    var subgroup: UInt64?
    /// Of the last object.
    var priority: UInt8?
}

/// Writes a fetch stream up to each payload, taking no memory but in the buffer it is given.
package struct FetchObjectEncoder: Sendable {
    private let profile: Profile
    private let order: GroupOrder
    private var prior = FetchPrior()

    /// - Parameter order: of the groups, as the FETCH asked.
    package init(profile: Profile, order: GroupOrder) {
        self.profile = profile
        self.order = order
    }

    /// Appends FETCH_HEADER, stream type included.
    package func appendHeader(_ request: RequestID, to out: inout [UInt8]) throws(CodecError) {
        guard request.rawValue <= profile.integers.maximum else {
            throw refusal("too large for \(profile.name)", "Request ID")
        }
        profile.integers.append(profile.streams.fetch, to: &out)
        profile.integers.append(request.rawValue, to: &out)
    }

    /// Appends what precedes the payload of `object`.
    ///
    /// - Throws: ``CodecError`` of scope `caller`, with `out` unchanged, when it does not follow what was sent before.
    package mutating func append(_ object: FetchObject, to out: inout [UInt8]) throws(CodecError) {
        let integers = profile.integers
        let group = try groupDelta(object.location)
        let id = objectField(object.location)
        let subgroup = subgroupBits(object.subgroup)
        let properties = try object.properties.recoded(for: profile)
        let largest = max(group ?? 0, id ?? 0, object.subgroup ?? 0, object.payloadLength)
        guard largest <= integers.maximum else { throw refusal("too large for \(profile.name)", "Object ID Delta") }
        var flags = subgroup
        if group != nil { flags |= FetchFlags.group }
        if id != nil { flags |= FetchFlags.object }
        if object.priority != prior.priority { flags |= FetchFlags.priority }
        if !properties.isEmpty { flags |= FetchFlags.properties }
        integers.append(flags, to: &out)
        if let group { integers.append(group, to: &out) }
        if let number = object.subgroup, subgroup == FetchFlags.subgroupMode { integers.append(number, to: &out) }
        if let id { integers.append(id, to: &out) }
        if object.priority != prior.priority { out.append(object.priority) }
        if !properties.isEmpty {
            integers.append(UInt64(properties.raw.count), to: &out)
            properties.raw.append(to: &out)
        }
        integers.append(object.payloadLength, to: &out)
        prior.location = object.location
        prior.priority = object.priority
        prior.subgroup = object.subgroup
    }

    /// Appends an End of Range, whose Group and Object ID are absolute.
    package mutating func append(_ gap: FetchGap, to out: inout [UInt8]) throws(CodecError) {
        guard max(gap.end.group, gap.end.object) <= profile.integers.maximum else {
            throw refusal("too large for \(profile.name)", "Object ID")
        }
        if let before = prior.location, !follows(gap.end, before) {
            throw refusal("\(gap.end) does not follow \(before)", "Object ID")
        }
        profile.integers.append(gap.reason.rawValue, to: &out)
        profile.integers.append(gap.end.group, to: &out)
        profile.integers.append(gap.end.object, to: &out)
        prior.location = gap.end
    }

    /// The Group ID Delta; nil to omit it.
    private func groupDelta(_ location: Location) throws(CodecError) -> UInt64? {
        guard let before = prior.location else { return location.group }
        guard follows(location, before) else {
            throw refusal("\(location) does not follow \(before)", "Object ID Delta")
        }
        guard location.group != before.group else { return nil }
        return switch order {
        case .ascending: location.group - before.group - 1
        case .descending: before.group - location.group - 1
        }
    }

    /// The Object ID Delta; nil to omit it.
    private func objectField(_ location: Location) -> UInt64? {
        guard let before = prior.location else { return location.object }
        if before.object < .max, location.object == before.object + 1 { return nil }
        return location.group == before.group ? location.object - before.object : location.object
    }

    private func follows(_ location: Location, _ before: Location) -> Bool {
        if location.group == before.group { return location.object > before.object }
        return switch order {
        case .ascending: location.group > before.group
        case .descending: location.group < before.group
        }
    }

    private func subgroupBits(_ subgroup: UInt64?) -> UInt64 {
        guard let subgroup else { return FetchFlags.datagram }
        if subgroup == 0 { return 0 }
        guard let before = prior.subgroup else { return 3 }
        if subgroup == before { return 1 }
        return before < .max && subgroup == before + 1 ? 2 : 3
    }

    private func refusal(_ what: String, _ field: String) -> CodecError {
        .inexpressible(what, field: field, section: "Fetch Header")
    }
}
