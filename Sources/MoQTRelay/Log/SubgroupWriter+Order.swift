internal import MoQTCodec
internal import Wire

// Objects that are not the next one of the part that their stream writes: known ones, those that others bring, too, and
// those behind or within a gap.

extension SubgroupWriter {
    /// - Returns: number in the log of the object, and how much of it this stream has brought; nil: it is known.
    func findPlace(for object: LoggedObject) -> (index: Int, offset: UInt64)? {
        if let log, log.has(object.id) { return log.isArriving(object) ? (log.objectCount - 1, 0) : nil }
        guard let group = track.groups[group] else { return nil }
        let parts = group.parts(of: subgroup)
        // The last part that begins with it, or before it.
        let number = parts.lastIndex { $0.firstID ?? 0 <= object.id }
        if let number {
            let part = parts[number]
            if part.isArriving(object) {
                move(to: part)
                return (part.objectCount - 1, 0)
            }
            if part.has(object.id) {
                if number > 0, parts[number - 1] === log { meet(part) }
                return nil
            }
            if part.takes(object.id, after: previous) {
                move(to: part)
                track.begin(object, in: part)
                return (part.objectCount - 1, 0)
            }
        } else if let floor = group.floor(of: subgroup), object.id <= floor {
            return nil
        }
        return begin(object, at: number.map { $0 + 1 } ?? 0, of: parts, in: group)
    }

    /// The object that comes next on this stream is in the next part: its own is complete.
    private func meet(_ next: SubgroupLog) {
        guard let log, log.isLastWhole, previous == log.lastID else { return }
        log.meetsNext = true
        track.finish(log, .reset(.internalError))
        leave()
        if next.end == .open { move(to: next) } else { join() }
    }

    /// Begins a part of the subgroup with an object that is not the next one of any.
    private func begin(
        _ object: LoggedObject, at position: Int, of parts: [SubgroupLog], in group: GroupLog
    ) -> (index: Int, offset: UInt64)? {
        let isLatest = position == parts.count
        var part = log
        if !isLatest || log?.lastID != nil || log?.end != .open {
            var traits = traits
            traits.startsSubgroup = traits.startsSubgroup && previous == nil && position == 0
            let new = track.openSubgroup(
                group: self.group, subgroup: subgroup, traits: traits,
                resumesAfter: position > 0 ? parts[position - 1].wholeThrough : group.floor(of: subgroup),
                isLatest: isLatest, isOwn: !source.isSibling)
            new.source = source
            move(to: new)
            part = new
        }
        guard let part else { return nil }
        track.begin(object, in: part)
        for dropped in group.place(part, at: position, among: parts) where dropped.end == .open {
            track.finish(dropped, .reset(.internalError))
        }
        return (part.objectCount - 1, 0)
    }
}

extension SubgroupLog {
    /// Whether the object is the one that is arriving here.
    fileprivate func isArriving(_ object: LoggedObject) -> Bool {
        guard end == .open, !isLastWhole, object.id == lastID else { return false }
        return self[objectCount - 1].payloadLength == object.payloadLength
    }
}
