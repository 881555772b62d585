internal import Wire

/// Reads FETCH_HEADER.
struct FetchHeaderReader: ElementReader {
    let profile: Profile

    func read<Trace: FieldTracing>(
        _ view: Bytes, _ cursor: inout HeaderCursor<Trace>
    ) throws(CodecError) -> RequestID? {
        guard let type = cursor.integer(view.span, "Type") else { return nil }
        guard type == profile.streams.fetch else {
            throw .violation("no FETCH_HEADER", field: "Type", offset: cursor.base, section: "Fetch Header")
        }
        return cursor.integer(view.span, "Request ID").map(RequestID.init)
    }
}

/// Reads the items of a fetch stream: what is in front of each payload, and gaps.
struct FetchItemReader: ElementReader, Sendable {
    enum Element {
        case object(FetchObject, FetchGroup)
        case gap(FetchGap)
    }

    /// The fields of an object up to the properties, as they were sent; those that were not are 0.
    private struct Fields {
        var group: UInt64 = 0
        var subgroup: UInt64 = 0
        var object: UInt64 = 0
        var priority: UInt8 = 0
        // Where they are; what was not sent follows from the flags, in front.
        var groupOffset, objectOffset, priorityOffset: UInt64

        init(at start: UInt64) {
            groupOffset = start
            objectOffset = start
            priorityOffset = start
        }
    }

    var order = GroupOrder.ascending
    private let profile: Profile
    private let limits: DataLimits
    private let form: FetchForm
    private var prior = FetchPrior()
    private var group = FetchGroup()

    init(profile: Profile, limits: DataLimits) {
        self.profile = profile
        self.limits = limits
        form = profile.objects.fetch
    }

    /// Remembers what the items after this one refer to.
    mutating func passed(_ element: Element) {
        switch element {
        case .object(let object, let group):
            prior.passed(object)
            self.group = group
        case .gap(let gap): prior.passed(gap)
        }
    }

    func read<Trace: FieldTracing>(
        _ view: Bytes, _ cursor: inout HeaderCursor<Trace>
    ) throws(CodecError) -> Element? {
        var flags = FetchFlags.all
        switch form.flags {
        case .none: break
        case .octet:
            guard let octet = cursor.octet(view.span, "Serialization Flags") else { return nil }
            flags = UInt64(octet)
        case .integer:
            guard let integer = cursor.integer(view.span, "Serialization Flags") else { return nil }
            flags = integer
        }
        if flags & ~(FetchFlags.all | form.datagram) == 0 { return try object(view, flags, &cursor) }
        guard let reason = FetchGap.Reason(rawValue: flags), form.gaps.contains(reason) else {
            throw violation("undefined flags 0x\(String(flags, radix: 16))", "Serialization Flags", cursor.base)
        }
        return try gap(view, reason, &cursor)
    }

    private func gap<Trace: FieldTracing>(
        _ view: Bytes, _ reason: FetchGap.Reason, _ cursor: inout HeaderCursor<Trace>
    ) throws(CodecError) -> Element? {
        // Absolute in every draft, and nothing follows: those with deltas renamed the fields of objects alone.
        let groupOffset = cursor.offset
        guard let group = cursor.integer(view.span, "Group ID") else { return nil }
        let objectOffset = cursor.offset
        guard let object = cursor.integer(view.span, "Object ID") else { return nil }
        let end = Location(group: group, object: object)
        if let before = prior.location, order.isLater(before, than: end) {
            let (field, offset) = before.group == group ? ("Object ID", objectOffset) : ("Group ID", groupOffset)
            throw malformed("a gap that ends at \(end) follows \(before)", field, offset)
        }
        return .gap(FetchGap(reason: reason, end: end))
    }

    private func object<Trace: FieldTracing>(
        _ view: Bytes, _ flags: UInt64, _ cursor: inout HeaderCursor<Trace>
    ) throws(CodecError) -> Element? {
        let start = cursor.base
        try checkReferences(flags, start)
        guard let fields = fields(flags, view.span, &cursor) else { return nil }
        let location = try location(flags, fields)
        let subgroup = try subgroup(flags, fields, start)
        let priority = flags & FetchFlags.priority == 0 ? prior.priority ?? 0 : fields.priority
        var range = PropertiesRange()
        if flags & FetchFlags.properties != 0 {
            guard let found = try cursor.properties(view, limits: limits, profile) else { return nil }
            range = found
        }
        guard let length = cursor.integer(view.span, "Object Payload Length") else { return nil }
        var status = ObjectStatus.normal
        if form.hasStatus, length == 0 {
            guard let said = try cursor.status(view.span, hasProperties: range.count > 0, profile) else { return nil }
            status = said
        }
        let object = FetchObject(
            location: location, subgroup: subgroup, priority: priority, status: status,
            properties: range.properties(in: view, profile), payloadLength: length)
        return .object(object, try check(object, fields, range, view.span, start))
    }

    private func fields<Trace: FieldTracing>(
        _ flags: UInt64, _ bytes: Span<UInt8>, _ cursor: inout HeaderCursor<Trace>
    ) -> Fields? {
        var fields = Fields(at: cursor.base)
        if flags & FetchFlags.group != 0 {
            fields.groupOffset = cursor.offset
            guard let number = cursor.integer(bytes, profile.objects.names.fetchGroup) else { return nil }
            fields.group = number
        }
        if flags & FetchFlags.subgroupMode == 3, flags & form.datagram == 0 {
            guard let number = cursor.integer(bytes, "Subgroup ID") else { return nil }
            fields.subgroup = number
        }
        if flags & FetchFlags.object != 0 {
            fields.objectOffset = cursor.offset
            guard let number = cursor.integer(bytes, profile.objects.names.fetchObject) else { return nil }
            fields.object = number
        }
        if flags & FetchFlags.priority != 0 {
            fields.priorityOffset = cursor.offset
            guard let octet = cursor.octet(bytes, "Publisher Priority") else { return nil }
            fields.priority = octet
        }
        return fields
    }

    /// draft-18 "Flags", "End of Range": nothing may refer to what was not sent.
    private func checkReferences(_ flags: UInt64, _ offset: UInt64) throws(CodecError) {
        let both = FetchFlags.group | FetchFlags.object
        if prior.location == nil, flags & both != both {
            throw violation("the first object refers to a prior Location", "Serialization Flags", offset)
        }
        if prior.priority == nil, flags & FetchFlags.priority == 0 {
            throw violation("there is no prior Publisher Priority", "Serialization Flags", offset)
        }
        let mode = flags & FetchFlags.subgroupMode
        if prior.subgroup == nil, flags & form.datagram == 0, mode == 1 || mode == 2 {
            throw violation("there is no prior Subgroup ID", "Serialization Flags", offset)
        }
    }

    private func location(_ flags: UInt64, _ fields: Fields) throws(CodecError) -> Location {
        guard let before = prior.location else { return Location(group: fields.group, object: fields.object) }
        let statesGroup = flags & FetchFlags.group != 0
        let statesObject = flags & FetchFlags.object != 0
        var location = before
        if statesGroup { location.group = form.isDelta ? try group(before.group, fields) : fields.group }
        if statesObject, statesGroup || !form.isDelta {
            location.object = fields.object
        } else {
            let (object, overflow) = before.object.addingReportingOverflow(statesObject ? fields.object : 1)
            guard !overflow, object <= profile.integers.maximum else {
                throw violation(
                    "the Object ID is out of range", "\(profile.objects.names.fetchObject)", fields.objectOffset)
            }
            location.object = object
        }
        guard order.isLater(location, than: before) else {
            let names = profile.objects.names
            let (field, offset) =
                location.group == before.group
                ? (names.fetchObject, fields.objectOffset) : (names.fetchGroup, fields.groupOffset)
            throw malformed("\(location) does not follow \(before)", "\(field)", offset)
        }
        return location
    }

    private func group(_ before: UInt64, _ fields: Fields) throws(CodecError) -> UInt64 {
        let (step, tooLong) = fields.group.addingReportingOverflow(1)
        let (group, overflow) =
            order == .ascending
            ? before.addingReportingOverflow(step) : before.subtractingReportingOverflow(step)
        guard !tooLong, !overflow else {
            throw violation("the Group ID is out of range", "\(profile.objects.names.fetchGroup)", fields.groupOffset)
        }
        return group
    }

    private func subgroup(_ flags: UInt64, _ fields: Fields, _ offset: UInt64) throws(CodecError) -> UInt64? {
        guard flags & form.datagram == 0 else { return nil }
        switch flags & FetchFlags.subgroupMode {
        case 0: return 0
        case 1: return prior.subgroup?.id
        case 2:
            guard let before = prior.subgroup?.id, before < profile.integers.maximum else {
                throw violation("the Subgroup ID is out of range", "Serialization Flags", offset)
            }
            return before + 1
        default: return fields.subgroup
        }
    }

    /// Holds the object to what the stream said before it.
    private func check(
        _ object: FetchObject, _ fields: Fields, _ range: PropertiesRange, _ bytes: Span<UInt8>, _ base: UInt64
    ) throws(CodecError) -> FetchGroup {
        let location = object.location
        if form.onePriorityPerSubgroup, let before = prior.subgroup, before.group == location.group,
            before.id == object.subgroup, before.priority != object.priority
        {
            throw malformed("subgroup \(before.id) had \(before.priority)", "Publisher Priority", fields.priorityOffset)
        }
        let names = profile.objects.names
        var group = FetchGroup.Fields(
            groupOffset: fields.groupOffset, objectOffset: fields.objectOffset,
            names: (names.fetchGroup, names.fetchObject))
        if range.count > 0 {
            var check = PropertyCheck(
                profile: profile, isTrack: false, base: base, group: location.group, object: location.object)
            try check.walk(bytes, profile.pairs, from: range.start, to: range.start + range.count)
            (group.groupGap, group.objectGap) = (check.groupGap, check.objectGap)
        }
        return try self.group.followed(by: object, group)
    }

    private func violation(_ what: String, _ field: String, _ offset: UInt64) -> CodecError {
        .violation(what, field: field, offset: offset, section: prior.isGap ? "End of Range" : "Flags")
    }

    private func malformed(_ what: String, _ field: String, _ offset: UInt64) -> CodecError {
        CodecError(.track, what, field: field, offset: offset, section: "Malformed Tracks")
    }
}
