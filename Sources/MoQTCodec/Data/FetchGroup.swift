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

    /// The state behind `object`, whose properties state these gaps.
    func followed(
        by object: FetchObject, groupGap: UInt64?, objectGap: UInt64?, offset: UInt64
    ) throws(CodecError) -> FetchGroup {
        var next = self
        let location = object.location
        if let last {
            if last.group == location.group {
                try check(location, after: last, groupGap, objectGap, offset)
            } else {
                try check(location, behind: last, groupGap, offset)
                next.gap = nil
                if end == .endOfGroup { next.end = nil }
            }
        }
        if let groupGap {
            next.gap = groupGap
            next.missing = (location.group, groupGap)
        }
        if object.status == .endOfGroup || object.status == .endOfTrack { next.end = object.status }
        next.last = location
        return next
    }

    /// In the same group.
    private func check(
        _ location: Location, after last: Location, _ groupGap: UInt64?, _ objectGap: UInt64?, _ offset: UInt64
    ) throws(CodecError) {
        guard end == nil else { throw malformed("\(location) comes after the end of its group", "Object ID", offset) }
        if let objectGap, last.object >= location.object - objectGap {
            throw malformed("the gap covers object \(last.object)", "Prior Object ID Gap", offset)
        }
        if let gap, let groupGap, gap != groupGap {
            throw malformed("it was \(gap) before", "Prior Group ID Gap", offset)
        }
    }

    /// In another group.
    private func check(
        _ location: Location, behind last: Location, _ groupGap: UInt64?, _ offset: UInt64
    ) throws(CodecError) {
        if end == .endOfTrack, location > last {
            throw malformed("\(location) is beyond the end of the track", "Group ID", offset)
        }
        if location.group < missing.group, location.group >= missing.group - missing.count {
            throw malformed("group \(location.group) was said to be missing", "Prior Group ID Gap", offset)
        }
        if let groupGap, last.group < location.group, last.group >= location.group - groupGap {
            throw malformed("the gap covers group \(last.group)", "Prior Group ID Gap", offset)
        }
    }

    private func malformed(_ what: String, _ field: String, _ offset: UInt64) -> CodecError {
        CodecError(.track, what, field: field, offset: offset, section: "Malformed Tracks")
    }
}
