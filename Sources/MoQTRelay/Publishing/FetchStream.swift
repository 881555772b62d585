internal import MoQTCodec
internal import Wire

/// Objects of a range in group order, read from the log as the connection pulls.
///
/// What the log does not know is said to be unknown (draft-18 "End of Range"); where that can't be said, the stream
/// is reset.
final class FetchStream: OutgoingStream {
    private let track: TrackLog
    private let range: ClosedRange<Location>
    private let groupOrder: GroupOrder
    private let filter: ObjectFilter?
    private let requestID: RequestID
    /// What is before is unknown.
    private let knownFrom: Location
    private var encoder: FetchObjectEncoder
    /// Groups still to send, next last.
    private var groups: [UInt64]
    /// Objects of the group being sent, next last.
    private var items: [Item] = []
    /// The rest of the group being sent is unknown.
    private var gap: Location?
    private var headerStaged = false
    private var item: Item?
    private var chunk = 0
    private var chunkOffset = 0
    private var taken: UInt64 = 0
    private weak var waitsFor: SubgroupLog?

    private struct Item {
        var object: UInt64
        var group: UInt64
        var source: Source

        enum Source {
            case subgroup(SubgroupLog, index: Int)
            case datagram(LoggedDatagram)
        }
    }

    init(
        owner: FetchReply, track: TrackLog, range: ClosedRange<Location>, order: GroupOrder, filter: ObjectFilter?
    ) {
        self.track = track
        self.range = range
        groupOrder = order
        self.filter = filter
        requestID = owner.requestID
        let knownFrom = max(track.knownFrom, range.lowerBound)
        self.knownFrom = knownFrom
        encoder = FetchObjectEncoder(profile: owner.downlink.profile, order: order)
        let wanted = track.groupIDs.filter { $0 >= knownFrom.group && $0 <= range.upperBound.group }
        groups = order == .descending ? wanted : wanted.reversed()
        super.init(owner: owner, order: SendOrder(publisherPriority: track.defaultPriority, group: 0, subgroup: 0))
    }

    /// The group that goes on next; nil: none does.
    var nextGroup: UInt64? { item?.group ?? items.last?.group ?? groups.last }

    func leaveLogs() {
        waitsFor?.waiters.removeAll { $0 === self }
        waitsFor = nil
    }

    override func refill(_ now: Instant) {
        leaveLogs()
        guard pendingReset == nil else { return }
        do throws(CodecError) {
            if !headerStaged { try stageHeader() }
            while !isFull {
                var next = item
                if next == nil { next = try nextItem() }
                guard let next else { break }
                guard try stage(next) else { return }
            }
        } catch {
            owner.downlink.refuse("\(error)")
            return fail(.internalError)
        }
        if pendingReset == nil, !isFull, item == nil { stageEnd() }
    }

    private func stageHeader() throws(CodecError) {
        headerStaged = true
        stage(
            try owner.downlink.arena.encode { out throws(CodecError) in try encoder.appendHeader(requestID, to: &out) })
        if groupOrder == .ascending, knownFrom > range.lowerBound {
            try stageGap(through: min(knownFrom.previous, range.upperBound))
        }
    }

    private func stageEnd() {
        if groupOrder == .descending, knownFrom > range.lowerBound { fail(.unknownObjectStatus) } else { stageFin() }
    }

    // MARK: - Choosing

    private func nextItem() throws(CodecError) -> Item? {
        while items.isEmpty {
            if let end = gap {
                gap = nil
                guard groupOrder == .ascending else {
                    fail(.unknownObjectStatus)
                    return nil
                }
                try stageGap(through: end)
            }
            guard let id = groups.popLast() else { return nil }
            // Something of the group was evicted meanwhile.
            guard !track.isClosed, let group = track.groups[id],
                max(knownFrom, Location(group: id, object: 0)) >= track.knownFrom
            else {
                fail(.unknownObjectStatus)
                return nil
            }
            choose(from: group)
        }
        return items.popLast()
    }

    /// The group's objects that are wanted, largest first, each once. Filters leave gaps that say nothing (draft-22
    /// "FETCH").
    private func choose(from group: GroupLog) {
        var last = range.upperBound
        if let unknown = group.unknownFrom, Location(group: group.id, object: unknown) <= last {
            gap = min(Location(group: group.id, object: .max), last)
            guard unknown > 0 else { return items = [] }
            last = Location(group: group.id, object: unknown - 1)
        }
        let first = knownFrom
        guard first <= last else { return items = [] }
        var found: [UInt64: Item] = [:]
        for log in group.subgroups {
            for index in log.firstReadable..<log.objectCount {
                let object = log[index]
                let isBetter = found[object.id] == nil || object.isComplete
                let isWanted = (first...last).contains(Location(group: group.id, object: object.id))
                guard object.status == .normal, isBetter, isWanted,
                    filter?.passes(object, of: log, in: track) ?? true
                else { continue }
                found[object.id] = Item(object: object.id, group: group.id, source: .subgroup(log, index: index))
            }
        }
        for datagram in group.datagrams
        where datagram.object.status == .normal
            && (first...last).contains(Location(group: group.id, object: datagram.object.id))
            && filter?.passes(datagram, in: track) ?? true
        {
            found[datagram.object.id] = Item(object: datagram.object.id, group: group.id, source: .datagram(datagram))
        }
        items = found.values.sorted { $0.object > $1.object }
    }

    // MARK: - Staging

    /// - Returns: whether the object is whole; otherwise ``item`` stays and the stream waits, or has failed.
    private func stage(_ next: Item) throws(CodecError) -> Bool {
        switch next.source {
        case .datagram(let datagram):
            try stageFields(datagram.object, next, subgroup: nil, priority: datagram.priority)
            stage(datagram.payload)
            return true
        case .subgroup(let log, let index):
            guard index >= log.firstReadable else {
                fail(.unknownObjectStatus)
                return false
            }
            return try stage(log, index, next)
        }
    }

    private func stage(_ log: SubgroupLog, _ index: Int, _ next: Item) throws(CodecError) -> Bool {
        let object = log[index]
        if item == nil {
            try stageFields(object, next, subgroup: log.subgroup, priority: log.traits.priority)
            item = next
            (chunk, chunkOffset, taken) = (object.firstChunk, 0, 0)
        }
        stagePayload(log, index)
        guard taken < object.payloadLength else {
            item = nil
            return true
        }
        guard !isFull else { return false }
        if log.end != .open {
            fail(.unknownObjectStatus)
        } else {
            waitsFor = log
            log.waiters.append(self)
        }
        return false
    }

    private func stagePayload(_ log: SubgroupLog, _ index: Int) {
        let end = log.endOfChunks(of: index)
        while chunk < end, !isFull {
            let bytes = log.chunk(chunk)
            if bytes.count > chunkOffset {
                let part = min(bytes.count - chunkOffset, Self.stageLimit)
                stage(bytes.slice(from: chunkOffset, count: part))
                taken += UInt64(part)
                chunkOffset += part
            }
            guard chunkOffset == bytes.count, chunk + 1 < end else { break }
            chunk += 1
            chunkOffset = 0
        }
    }

    private func stageFields(_ object: LoggedObject, _ next: Item, subgroup: UInt64?, priority: UInt8?)
        throws(CodecError)
    {
        let fields = FetchObject(
            location: Location(group: next.group, object: object.id), subgroup: subgroup,
            priority: priority ?? track.defaultPriority, properties: object.properties,
            payloadLength: object.payloadLength)
        stage(try owner.downlink.arena.encode { out throws(CodecError) in try encoder.append(fields, to: &out) })
        owner.downlink.sent.fetchedObjects += 1
    }

    private func stageGap(through end: Location) throws(CodecError) {
        // The end of a group is the largest number that the draft can write.
        let last = min(end.object, owner.downlink.profile.integers.maximum)
        let gap = FetchGap(reason: .unknown, end: Location(group: end.group, object: last))
        stage(try owner.downlink.arena.encode { out throws(CodecError) in try encoder.append(gap, to: &out) })
    }

    /// What was staged still goes, then the reset follows.
    private func fail(_ code: StreamResetCode) { pendingReset = code }
}

extension Location {
    /// The location before this one; {0, 0} before itself.
    var previous: Location {
        if object > 0 { return Location(group: group, object: object - 1) }
        return group > 0 ? Location(group: group - 1, object: .max) : self
    }
}
