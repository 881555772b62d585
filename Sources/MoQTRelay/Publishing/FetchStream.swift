internal import MoQTCodec
internal import Wire

/// Objects of a range in group order, read from the log as the connection pulls.
///
/// ```
///   place ─ held ──▶ sent ─▶ next place
///         ├ absent ─▶ next place
///         ├ coming ─▶ waits for the fill that brings it
///         └ unknown ─▶ publishers are asked; then said to be unknown
/// ```
/// What nobody knows is said to be unknown (draft-18 "End of Range"); where that can't be said, the stream is reset.
final class FetchStream: OutgoingStream {
    private let track: TrackLog
    private let range: ClosedRange<Location>
    private let groupOrder: GroupOrder
    private let filter: ObjectFilter?
    private let reply: FetchReply
    private var encoder: FetchObjectEncoder
    /// What is looked at next; nil: the range is through.
    private(set) var place: Location?
    /// Objects of the group of ``place`` from there on, next last.
    private var held: [HeldObject] = []
    /// They are all that there are.
    private var isHeldFresh = false
    private var headerStaged = false
    private var item: Item? {
        didSet {
            if let oldValue, let place = oldValue.log.begun.firstIndex(of: oldValue.index) {
                oldValue.log.begun.remove(at: place)
            }
            if let item { item.log.begun.append(item.index) }
        }
    }
    private var chunk = 0
    private var chunkOffset = 0
    private var taken: UInt64 = 0
    private weak var waitsFor: SubgroupLog?
    private weak var waitsForFill: Fill?

    /// The object that is being sent.
    private struct Item {
        let log: SubgroupLog
        let index: Int
    }

    init(
        owner: FetchReply, track: TrackLog, range: ClosedRange<Location>, order: GroupOrder, filter: ObjectFilter?
    ) {
        self.track = track
        self.range = range
        reply = owner
        groupOrder = order
        self.filter = filter
        encoder = FetchObjectEncoder(profile: owner.downlink.profile, order: order)
        place = order == .ascending ? range.lowerBound : range.firstLocation(of: range.upperBound.group)
        super.init(owner: owner, order: SendOrder(publisherPriority: track.defaultPriority, group: 0, subgroup: 0))
    }

    /// The group that goes on next; nil: none does.
    var nextGroup: UInt64? { item?.log.group ?? place?.group }

    func leaveLogs() {
        waitsFor?.waiters.removeAll { $0 === self }
        waitsFor = nil
        waitsForFill?.leave(self)
        waitsForFill = nil
    }

    /// It reads no more.
    func close() {
        leaveLogs()
        item = nil
    }

    override func refill(_ now: Instant) {
        leaveLogs()
        guard pendingReset == nil else { return }
        isHeldFresh = false
        do throws(CodecError) {
            while !isFull {
                if let item {
                    guard try stagePayload(item) else { return }
                } else {
                    guard let next = try nextObject(now) else { break }
                    guard try stage(next) else { return }
                }
            }
        } catch {
            owner.downlink.refuse("\(error)")
            return fail(.internalError)
        }
        if pendingReset == nil, !isFull, place == nil, item == nil, phase == .ready { stageEnd() }
    }

    private func stageEnd() {
        if let answer = reply.answer, answer.refusesEmpty {
            _ = reply.reject(.noObjects, "there are no objects in the range")
            return
        }
        do throws(CodecError) {
            if try begin() { stageFin() }
        } catch {
            owner.downlink.refuse("\(error)")
            fail(.internalError)
        }
    }

    // MARK: - Choosing

    /// The next object; nil: there is none, or it is waited for, or the stream has failed.
    private func nextObject(_ now: Instant) throws(CodecError) -> HeldObject? {
        while let place {
            while let next = held.last, next.id < place.object { held.removeLast() }
            if let next = held.last, next.id == place.object {
                held.removeLast()
                if isStillHeld(next) {
                    if passes(next) { return next }
                    // Filters leave gaps that say nothing (draft-22 "FETCH").
                    advance()
                    continue
                }
                isHeldFresh = false
            }
            if let none = track.absent.range(of: place) {
                skip(none)
            } else if !isHeldFresh {
                held = track.held(from: place, through: range.upperBound, now).reversed()
                isHeldFresh = true
            } else if let fill = reply.fill(bringing: place, now) {
                reply.join(fill)
                waitsForFill = fill
                fill.wait(self)
                return nil
            } else {
                guard try skipUnknown(from: place, now) else { return nil }
            }
        }
        return nil
    }

    private func passes(_ object: HeldObject) -> Bool {
        guard let filter else { return true }
        switch object.source {
        case .subgroup(let log, let index): return filter.passes(log[index], of: log, in: track)
        case .datagram(let datagram): return filter.passes(datagram, in: track)
        }
    }

    private func isStillHeld(_ object: HeldObject) -> Bool {
        guard case .subgroup(let log, let index) = object.source else { return true }
        guard !track.isClosed, index >= log.firstReadable, index < log.objectCount else { return false }
        return log[index].isComplete || log.end == .open
    }

    /// Goes on behind the object at ``place``.
    private func advance() {
        guard let place else { return }
        let last = range.lastLocation(of: place.group)
        if place < last {
            self.place = place.next
        } else {
            nextGroup(after: place.group)
        }
    }

    private func nextGroup(after group: UInt64) {
        held = []
        isHeldFresh = false
        let last = groupOrder == .ascending ? range.upperBound.group : range.lowerBound.group
        guard group != last else { return place = nil }
        place = range.firstLocation(of: groupOrder == .ascending ? group + 1 : group - 1)
    }

    /// Goes on behind locations without objects.
    private func skip(_ none: ClosedRange<Location>) {
        guard let place else { return }
        if none.upperBound < range.lastLocation(of: place.group) {
            self.place = none.upperBound.next
        } else if groupOrder == .ascending {
            held = []
            isHeldFresh = false
            self.place = none.upperBound < range.upperBound ? none.upperBound.next : nil
        } else {
            // The lowest group of which nothing is left.
            let low = max(none.lowerBound, range.lowerBound)
            let isWhole = low <= range.firstLocation(of: low.group)
            nextGroup(after: place.group > low.group ? (isWhole ? low.group : low.group + 1) : place.group)
        }
    }

    /// False: the stream is over.
    private func skipUnknown(from place: Location, _ now: Instant) throws(CodecError) -> Bool {
        if reply.refused.contains(place) { return try breakOff() }
        let gaps = owner.downlink.profile.objects.fetch.gaps
        if gaps.isEmpty, reply.answer != nil {
            _ = reply.reject(.unknownStatusInRange, "some of the objects are unknown here")
            return false
        }
        guard groupOrder == .ascending, !gaps.isEmpty else {
            guard try begin() else { return false }
            fail(owner.downlink.profile.codes.streamReset.nearest(.unknownObjectStatus))
            return false
        }
        let end = endOfUnknown(from: place, now)
        guard try begin() else { return false }
        try stageGap(reply.impatience ?? .unknown, through: end)
        self.place = end < range.upperBound ? end.next : nil
        if self.place?.group != place.group { (held, isHeldFresh) = ([], false) }
        return true
    }

    /// What would come next breaks a limit. Always false: the stream is over.
    private func breakOff() throws(CodecError) -> Bool {
        if reply.reject(.excessiveLoad, "an object is too long") { return false }
        if try begin() { fail(owner.downlink.profile.codes.streamReset.nearest(.excessiveLoad)) }
        return false
    }

    private func endOfUnknown(from place: Location, _ now: Instant) -> Location {
        var end = track.endOfUnknown(from: place, through: range.upperBound, now)
        if let next = reply.refused.first(from: place) { end = min(end, next.previous) }
        // What comes behind is waited for when it is its turn, and what was not asked for is asked for.
        if reply.asks {
            for fill in track.fills { if let next = fill.nextComing(behind: place) { end = min(end, next.previous) } }
            if let asked = reply.asked.range(of: place) { end = min(end, asked.upperBound) }
            return end
        }
        // One sign does for what has no object in between.
        while end < range.upperBound, let none = track.absent.range(of: end.next), none.upperBound < range.upperBound {
            let next = none.upperBound.next
            guard track.firstUnknown(in: next...next, now) != nil else { break }
            end = track.endOfUnknown(from: next, through: range.upperBound, now)
        }
        return end
    }

    // MARK: - Staging

    /// FETCH_HEADER, before anything else. False: the request was refused after all.
    private func begin() throws(CodecError) -> Bool {
        guard !headerStaged else { return true }
        guard reply.accepts() else {
            reply.closeUnopened(self)
            return false
        }
        headerStaged = true
        let id = owner.requestID
        stage(try owner.downlink.arena.encode { out throws(CodecError) in try encoder.appendHeader(id, to: &out) })
        return true
    }

    /// - Returns: whether the object is whole; otherwise ``item`` stays and the stream waits, or has failed.
    private func stage(_ next: HeldObject) throws(CodecError) -> Bool {
        guard try begin() else { return false }
        switch next.source {
        case .datagram(let datagram):
            try stageFields(datagram.object, subgroup: nil, priority: datagram.priority)
            stage(datagram.payload)
            advance()
            return true
        case .subgroup(let log, let index):
            let object = log[index]
            try stageFields(object, subgroup: log.subgroup, priority: log.traits.priority)
            item = Item(log: log, index: index)
            (chunk, chunkOffset, taken) = (object.firstChunk, 0, 0)
            return try stagePayload(Item(log: log, index: index))
        }
    }

    private func stagePayload(_ item: Item) throws(CodecError) -> Bool {
        let (log, index) = (item.log, item.index)
        // What is left of an object that was begun can't be had otherwise.
        guard index >= log.firstReadable, !track.isClosed else {
            fail(.unknownObjectStatus)
            return false
        }
        stageChunks(log, index)
        let object = log[index]
        log.fill?.took(through: object.wireStart + taken)
        guard taken < object.payloadLength else {
            self.item = nil
            advance()
            return true
        }
        guard !isFull else { return false }
        if log.end != .open {
            fail(.unknownObjectStatus)
        } else {
            waitsFor = log
            log.waiters.append(self)
            log.fill?.caughtUp()
        }
        return false
    }

    private func stageChunks(_ log: SubgroupLog, _ index: Int) {
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

    private func stageFields(_ object: LoggedObject, subgroup: UInt64?, priority: UInt8?) throws(CodecError) {
        guard let place else { return }
        let fields = FetchObject(
            location: place, subgroup: subgroup, priority: priority ?? track.defaultPriority,
            properties: object.properties, payloadLength: object.payloadLength)
        stage(try owner.downlink.arena.encode { out throws(CodecError) in try encoder.append(fields, to: &out) })
        begin(arrived: nil)
    }

    override func count(_ object: BegunObject, _ now: Instant) { owner.downlink.sent.fetchedObjects += 1 }

    private func stageGap(_ reason: FetchGap.Reason, through end: Location) throws(CodecError) {
        let profile = owner.downlink.profile
        // The end of a group is the largest number that the draft can write.
        let last = min(end.object, profile.integers.maximum)
        let gap = FetchGap(
            reason: profile.objects.fetch.gaps.contains(reason) ? reason : .unknown,
            end: Location(group: end.group, object: last))
        stage(try owner.downlink.arena.encode { out throws(CodecError) in try encoder.append(gap, to: &out) })
    }

    /// What was staged still goes, then the reset follows.
    private func fail(_ code: StreamResetCode) { pendingReset = code }
}

extension ClosedRange<Location> {
    /// The first location of a group that is in the range.
    func firstLocation(of group: UInt64) -> Location {
        group == lowerBound.group ? lowerBound : Location(group: group, object: 0)
    }

    /// The last location of a group that is in the range.
    func lastLocation(of group: UInt64) -> Location {
        group == upperBound.group ? upperBound : Location(group: group, object: .max)
    }
}
