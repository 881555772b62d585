internal import Wire

/// Reads what is in front of each payload of a subgroup stream.
struct SubgroupObjectReader: ElementReader, Sendable {
    struct Element {
        var object: SubgroupObject
        var groupGap: UInt64?
    }

    private let profile: Profile
    private let limits: DataLimits
    private var group: UInt64 = 0
    private var hasProperties = false
    private var previous: UInt64?
    /// The Prior Group ID Gap that an object stated.
    private var groupGap: UInt64?
    /// An object said that none of the group follows.
    private var isEnded = false

    init(profile: Profile, limits: DataLimits) {
        self.profile = profile
        self.limits = limits
    }

    /// Remembers what holds for all objects of the stream.
    mutating func passed(_ header: SubgroupHeader) {
        group = header.group
        hasProperties = header.hasProperties
    }

    /// Remembers what the objects after this one refer to.
    mutating func passed(_ element: Element) {
        previous = element.object.id
        groupGap = element.groupGap ?? groupGap
        isEnded = element.object.status == .endOfGroup || element.object.status == .endOfTrack
    }

    func read<Trace: FieldTracing>(
        _ view: Bytes, _ cursor: inout HeaderCursor<Trace>
    ) throws(CodecError) -> Element? {
        let bytes = view.span
        guard let delta = cursor.integer(bytes, "Object ID Delta") else { return nil }
        let id = try id(delta, cursor.base)
        var range = PropertiesRange()
        if hasProperties {
            guard let found = try cursor.properties(view, limits: limits, profile) else { return nil }
            range = found
        }
        guard let length = cursor.integer(bytes, "Object Payload Length") else { return nil }
        var status = ObjectStatus.normal
        if length == 0 {
            guard let said = try cursor.status(bytes, hasProperties: range.count > 0, profile) else { return nil }
            status = said
        }
        guard !isEnded else {
            throw malformed("object \(id) comes after the end of its group", "Object ID Delta", cursor.base)
        }
        let groupGap = range.count == 0 ? nil : try check(range, bytes, id, cursor.base)
        let object = SubgroupObject(
            id: id, status: status, properties: range.properties(in: view, profile), payloadLength: length)
        return Element(object: object, groupGap: groupGap)
    }

    private func id(_ delta: UInt64, _ offset: UInt64) throws(CodecError) -> UInt64 {
        guard let previous else { return delta }
        let (next, overflow) = previous.addingReportingOverflow(delta)
        guard !overflow, next < profile.integers.maximum else {
            throw .violation(
                "the Object ID exceeds \(profile.integers.maximum)", field: "Object ID Delta", offset: offset,
                section: "Subgroup Header")
        }
        return next + 1
    }

    /// Holds properties to the rules, and their gaps to what came before on the stream. Returns the group's gap.
    private func check(
        _ range: PropertiesRange, _ bytes: Span<UInt8>, _ id: UInt64, _ base: UInt64
    ) throws(CodecError) -> UInt64? {
        var check = PropertyCheck(profile: profile, isTrack: false, base: base, group: group, object: id)
        try check.walk(bytes, profile.pairs, from: range.start, to: range.start + range.count)
        if let gap = check.objectGap, let previous, previous >= id - gap.count {
            throw malformed("the gap covers object \(previous)", "Prior Object ID Gap", gap.offset)
        }
        if let gap = check.groupGap, let groupGap, gap.count != groupGap {
            throw malformed("it was \(groupGap) before", "Prior Group ID Gap", gap.offset)
        }
        return check.groupGap?.count
    }

    private func malformed(_ what: String, _ field: String, _ offset: UInt64) -> CodecError {
        CodecError(
            .track, what, field: field, offset: offset, section: field.hasPrefix("Prior ") ? field : "Malformed Tracks")
    }
}
