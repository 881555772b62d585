internal import Wire

/// Writes a fetch stream up to each payload, taking no memory but in the buffer it is given.
public struct FetchObjectEncoder: Sendable {
    private let profile: Profile
    private let order: GroupOrder
    private var prior = FetchPrior()

    private var form: FetchForm { profile.objects.fetch }

    /// - Parameter order: of the groups, as the FETCH asked.
    public init(profile: Profile, order: GroupOrder) {
        self.profile = profile
        self.order = order
    }

    /// Appends FETCH_HEADER, stream type included.
    public func appendHeader(_ request: RequestID, to out: inout [UInt8]) throws(CodecError) {
        guard request.rawValue <= profile.integers.maximum else {
            throw refusal("too large for \(profile.name)", "Request ID")
        }
        profile.integers.append(profile.streams.fetch, to: &out)
        profile.integers.append(request.rawValue, to: &out)
    }

    /// Appends what precedes the payload of `object`.
    ///
    /// - Parameter flags: the Serialization Flags to write it with; nil for the shortest.
    /// - Throws: ``CodecError`` of scope `caller`, with `out` unchanged, when it does not follow what was sent before,
    ///   the draft cannot carry it, or the flags do not say it.
    public mutating func append(
        _ object: FetchObject, flags: UInt64? = nil, to out: inout [UInt8]
    ) throws(CodecError) {
        var object = object
        if form.datagram == 0, object.subgroup == nil { object.subgroup = object.location.object }
        try check(object)
        object.properties = try object.properties.recoded(for: profile)
        let shortest = shortestFlags(object)
        let flags = form.flags == .none ? FetchFlags.all : flags ?? shortest
        guard isTrue(flags, of: object) else {
            throw refusal("0x\(String(flags, radix: 16)) does not describe the object", "Serialization Flags")
        }
        write(object, flags, to: &out)
        prior.passed(object)
    }

    /// Appends an End of Range, whose Group and Object ID are absolute.
    public mutating func append(_ gap: FetchGap, to out: inout [UInt8]) throws(CodecError) {
        guard form.gaps.contains(gap.reason) else { throw refusal("\(profile.name) has no such gap", "End of Range") }
        guard max(gap.end.group, gap.end.object) <= profile.integers.maximum else {
            throw refusal("too large for \(profile.name)", "Object ID")
        }
        if let before = prior.location, order.isLater(before, than: gap.end) {
            throw refusal("\(gap.end) does not follow \(before)", "Object ID")
        }
        profile.integers.append(gap.reason.rawValue, to: &out)
        profile.integers.append(gap.end.group, to: &out)
        profile.integers.append(gap.end.object, to: &out)
        prior.passed(gap)
    }

    private func check(_ object: FetchObject) throws(CodecError) {
        if let before = prior.location, !order.isLater(object.location, than: before) {
            throw refusal("\(object.location) does not follow \(before)", "Object ID")
        }
        let largest = max(
            object.location.group, object.location.object, object.subgroup ?? 0, object.payloadLength)
        guard largest <= profile.integers.maximum else { throw refusal("too large for \(profile.name)", "Object ID") }
        guard object.status == .normal || form.hasStatus && profile.objects.statuses.contains(object.status) else {
            throw refusal("\(profile.name) has no such status here", "Object Status")
        }
        guard object.status == .normal || object.payloadLength == 0 else {
            throw refusal("an object with a status has none", "Object Payload")
        }
        guard object.properties.isEmpty || profile.objects.statusesWithProperties.contains(object.status) else {
            throw refusal("an object with this status has none", "Properties")
        }
    }

    /// The Location that an object may refer to.
    private var reference: Location? { prior.isGap && !form.gapsArePrior ? nil : prior.location }

    private func shortestFlags(_ object: FetchObject) -> UInt64 {
        var flags = subgroupFlags(object.subgroup)
        if object.location.group != reference?.group { flags |= FetchFlags.group }
        if !isNext(object.location.object) { flags |= FetchFlags.object }
        if object.priority != prior.priority { flags |= FetchFlags.priority }
        if !object.properties.isEmpty { flags |= FetchFlags.properties }
        return flags
    }

    private func subgroupFlags(_ subgroup: UInt64?) -> UInt64 {
        guard let subgroup else { return form.datagram }
        if subgroup == 0 { return 0 }
        // Whether a datagram is the "prior Object" of a Subgroup ID is not said.
        guard let before = prior.subgroup, !prior.isDatagram else { return 3 }
        if subgroup == before.id { return 1 }
        return before.id < .max && subgroup == before.id + 1 ? 2 : 3
    }

    private func isNext(_ object: UInt64) -> Bool {
        guard let before = reference, before.object < .max else { return false }
        return object == before.object + 1
    }

    /// Whether a reader of `flags` finds all of `object`.
    private func isTrue(_ flags: UInt64, of object: FetchObject) -> Bool {
        guard flags & ~(FetchFlags.all | form.datagram) == 0 else { return false }
        let changesGroup = object.location.group != reference?.group
        if flags & FetchFlags.group == 0 ? changesGroup : !changesGroup && form.isDelta { return false }
        if flags & FetchFlags.object == 0, !isNext(object.location.object) { return false }
        if flags & FetchFlags.priority == 0, object.priority != prior.priority { return false }
        if flags & FetchFlags.properties == 0, !object.properties.isEmpty { return false }
        guard flags & form.datagram == 0 else { return object.subgroup == nil }
        guard let subgroup = object.subgroup else { return false }
        switch flags & FetchFlags.subgroupMode {
        case 0: return subgroup == 0
        case 1: return subgroup == prior.subgroup?.id
        case 2: return subgroup > 0 && subgroup - 1 == prior.subgroup?.id
        default: return true
        }
    }

    private func write(_ object: FetchObject, _ flags: UInt64, to out: inout [UInt8]) {
        let integers = profile.integers
        switch form.flags {
        case .none: break
        case .octet: out.append(UInt8(flags))
        case .integer: integers.append(flags, to: &out)
        }
        if flags & FetchFlags.group != 0 { integers.append(groupField(object.location), to: &out) }
        if flags & form.datagram == 0, flags & FetchFlags.subgroupMode == 3, let subgroup = object.subgroup {
            integers.append(subgroup, to: &out)
        }
        if flags & FetchFlags.object != 0 { integers.append(objectField(object.location), to: &out) }
        if flags & FetchFlags.priority != 0 { out.append(object.priority) }
        if flags & FetchFlags.properties != 0 {
            integers.append(UInt64(object.properties.raw.count), to: &out)
            object.properties.raw.append(to: &out)
        }
        integers.append(object.payloadLength, to: &out)
        if form.hasStatus, object.payloadLength == 0 { integers.append(object.status.rawValue, to: &out) }
    }

    private func groupField(_ location: Location) -> UInt64 {
        guard form.isDelta, let before = prior.location else { return location.group }
        return switch order {
        case .ascending: location.group - before.group - 1
        case .descending: before.group - location.group - 1
        }
    }

    private func objectField(_ location: Location) -> UInt64 {
        guard form.isDelta, let before = prior.location, location.group == before.group else { return location.object }
        return location.object - before.object
    }

    private func refusal(_ what: String, _ field: String) -> CodecError {
        .inexpressible(what, field: field, section: "Fetch Header")
    }
}
