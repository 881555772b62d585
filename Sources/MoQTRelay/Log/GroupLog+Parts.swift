internal import MoQTCodec
internal import Wire

/// Subgroups that come out of order.
///
/// When a track has several publishers, one of them may be ahead, or lack the beginning of what another one still
/// brings. What is not the next object of a subgroup then begins another part of it, which has a stream of its own
/// downstream (draft-18 "Closing Subgroup Streams"), before or behind the others. So every object has one place,
/// whichever stream brings it first.
extension GroupLog {
    /// So many parts of a subgroup are distinguished; what is missing before the last of them is then given up.
    private static let partLimit = 16

    /// The parts of a subgroup that hold objects, by their ids.
    func parts(of subgroup: UInt64) -> [SubgroupLog] {
        if let parts = parts[subgroup] { return parts }
        guard let only = latest[subgroup], only.firstID != nil else { return [] }
        return [only]
    }

    /// Nothing of the subgroup up to this object will come any more.
    func floor(of subgroup: UInt64) -> UInt64? { (parts[subgroup]?.first ?? latest[subgroup])?.resumesAfter }

    /// Nothing is missing before the end of the last part.
    func isWholeFromStart(_ subgroup: UInt64) -> Bool {
        let parts = parts(of: subgroup)
        guard let first = parts.first else { return latest[subgroup]?.resumesAfter != nil }
        return first.beginsSubgroup && parts.dropLast().allSatisfy(\.meetsNext)
    }

    /// The last part has ended, and another is about to begin: what is missing before may still come.
    func keepParts(of subgroup: UInt64) {
        guard parts[subgroup] == nil, !isWholeFromStart(subgroup) else { return }
        let all = parts(of: subgroup)
        if !all.isEmpty { parts[subgroup] = all }
    }

    /// A part has got its first object, which belongs at that place among the others.
    /// - Returns: parts that are to end, since there are too many.
    func place(_ part: SubgroupLog, at position: Int, among others: [SubgroupLog]) -> [SubgroupLog] {
        var parts = others
        part.isUnplaced = false
        part.endsBefore = position < parts.count ? parts[position].firstID : nil
        if position > 0 {
            parts[position - 1].endsBefore = part.firstID
            parts[position - 1].meetsNext = false
        }
        parts.insert(part, at: position)
        var dropped: [SubgroupLog] = []
        // What the first ones say, the next one can say, too, if nothing is missing before them.
        while parts.count > 1, parts[0].end != .open && parts[0].beginsSubgroup || parts.count > Self.partLimit {
            parts[1].resumesAfter = parts[0].meetsNext ? parts[1].firstID.map { $0 &- 1 } : parts[0].wholeThrough
            dropped.append(parts.removeFirst())
        }
        self.parts[part.subgroup] = parts.count > 1 ? parts : nil
        return dropped
    }
}
