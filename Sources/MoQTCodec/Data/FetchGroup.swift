/// What the objects of a fetch stream said that later ones must not contradict (draft-18 "Malformed Tracks", "Prior
/// Group ID Gap", "Prior Object ID Gap").
///
/// Of groups, only the last one and the last gap are remembered; of objects, only the last.
struct FetchGroup: Sendable {
    /// The object before; nil at the start of the stream.
    private var last: Location?
    /// The Prior Group ID Gap stated in the group of `last`.
    private var gap: UInt64?
    /// The groups last said to be missing: `missing.count` of them below `missing.group`.
    private var missing: (group: UInt64, count: UInt64) = (0, 0)
    /// How the group, or with it the track, was said to end.
    private var end: ObjectStatus?

    /// What an object says of gaps, and where its fields are.
    struct Fields {
        var groupGap: PropertyCheck.Gap?
        var objectGap: PropertyCheck.Gap?
        var groupOffset: UInt64
        var objectOffset: UInt64
        var names: (group: StaticString, object: StaticString)
    }

    /// The state behind `object`.
    func followed(by object: FetchObject, _ fields: Fields) throws(CodecError) -> FetchGroup {
        var next = self
        let location = object.location
        if let last {
            if last.group == location.group {
                try check(location, after: last, fields)
            } else {
                try check(location, behind: last, fields)
                next.gap = nil
                if end == .endOfGroup { next.end = nil }
            }
        }
        if let gap = fields.groupGap {
            next.gap = gap.count
            next.missing = (location.group, gap.count)
        }
        if object.status == .endOfGroup || object.status == .endOfTrack { next.end = object.status }
        next.last = location
        return next
    }

    /// In the same group.
    private func check(_ location: Location, after last: Location, _ fields: Fields) throws(CodecError) {
        guard end == nil else {
            throw malformed(
                "\(location) comes after the end of its group", "\(fields.names.object)", fields.objectOffset)
        }
        if let gap = fields.objectGap, last.object >= location.object - gap.count {
            throw malformed("the gap covers object \(last.object)", "Prior Object ID Gap", gap.offset)
        }
        if let before = gap, let gap = fields.groupGap, before != gap.count {
            throw malformed("it was \(before) before", "Prior Group ID Gap", gap.offset)
        }
    }

    /// In another group.
    private func check(_ location: Location, behind last: Location, _ fields: Fields) throws(CodecError) {
        if end == .endOfTrack, location > last {
            throw malformed("\(location) is beyond the end of the track", "\(fields.names.group)", fields.groupOffset)
        }
        if location.group < missing.group, location.group >= missing.group - missing.count {
            throw malformed(
                "group \(location.group) was said to be missing", "\(fields.names.group)", fields.groupOffset)
        }
        if let gap = fields.groupGap, last.group < location.group, last.group >= location.group - gap.count {
            throw malformed("the gap covers group \(last.group)", "Prior Group ID Gap", gap.offset)
        }
    }

    private func malformed(_ what: String, _ field: String, _ offset: UInt64) -> CodecError {
        CodecError(
            .track, what, field: field, offset: offset, section: field.hasPrefix("Prior ") ? field : "Malformed Tracks")
    }
}
