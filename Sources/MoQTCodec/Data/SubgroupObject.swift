internal import Wire

/// The fields in front of an object's payload on a subgroup stream.
public struct SubgroupObject: Hashable, Sendable {
    /// Object ID, larger than the one before on the stream.
    public var id: UInt64
    /// Whether it has a payload, or what it says instead.
    public var status: ObjectStatus
    /// Empty unless `status` is normal; draft 14 has them also with the ends of group and track.
    public var properties: Properties
    /// Bytes of payload that follow; 0 unless `status` is normal.
    public var payloadLength: UInt64

    /// Of its fields.
    public init(
        id: UInt64, status: ObjectStatus = .normal, properties: Properties = Properties(), payloadLength: UInt64
    ) {
        self.id = id
        self.status = status
        self.properties = properties
        self.payloadLength = payloadLength
    }
}

/// Writes the fields in front of each payload of a subgroup stream, taking no memory but in the buffer it is given.
public struct SubgroupObjectEncoder: Sendable {
    private let profile: Profile
    private let hasProperties: Bool
    private var previous: UInt64?

    /// - Parameter header: as it was sent on the stream.
    public init(profile: Profile, header: SubgroupHeader) {
        self.profile = profile
        hasProperties = header.hasProperties
    }

    /// Appends what precedes the payload of `object` to `out`.
    ///
    /// - Throws: ``CodecError`` of scope `caller`, with `out` unchanged, when the stream or the draft cannot carry it.
    public mutating func append(_ object: SubgroupObject, to out: inout [UInt8]) throws(CodecError) {
        let delta = try delta(object.id)
        var properties = object.properties
        if !properties.isEmpty {
            guard hasProperties, profile.objects.statusesWithProperties.contains(object.status) else {
                throw refusal("this object or stream has none", "Properties")
            }
            properties = try properties.recoded(for: profile)
        }
        guard profile.objects.statuses.contains(object.status) else {
            throw refusal("\(profile.name) has no such status", "Object Status")
        }
        guard object.status == .normal || object.payloadLength == 0 else {
            throw refusal("an object with a status has none", "Object Payload")
        }
        guard max(object.id, object.payloadLength) <= profile.integers.maximum else {
            throw refusal("too large for \(profile.name)", "Object ID Delta")
        }
        let integers = profile.integers
        integers.append(delta, to: &out)
        if hasProperties {
            integers.append(UInt64(properties.raw.count), to: &out)
            properties.raw.append(to: &out)
        }
        integers.append(object.payloadLength, to: &out)
        if object.payloadLength == 0 { integers.append(object.status.rawValue, to: &out) }
        previous = object.id
    }

    private func delta(_ id: UInt64) throws(CodecError) -> UInt64 {
        guard let previous else { return id }
        guard id > previous else { throw refusal("\(id) does not follow \(previous)", "Object ID Delta") }
        return id - previous - 1
    }

    private func refusal(_ what: String, _ field: String) -> CodecError {
        .inexpressible(what, field: field, section: "Subgroup Header")
    }
}
