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
    /// The object that is being sent.
    private var reader: ObjectReader?
    private weak var waitsFor: SubgroupLog?
    private weak var waitsForFill: Fill?

    /// Where it was before what is staged; nil: its objects do not age.
    private var mark: Mark?

    private struct Mark {
        let sentCount: UInt64
        let encoder: FetchObjectEncoder
        let place: Location?
        let headerStaged: Bool
        /// When the object arrived that is staged from its beginning; nil: none is.
        var arrived: Instant?
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
    var nextGroup: UInt64? { place?.group }

    func leaveLogs() {
        waitsFor?.waiters.removeAll { $0 === self }
        waitsFor = nil
        waitsForFill?.leave(self)
        waitsForFill = nil
    }

    /// It reads no more.
    func close() {
        leaveLogs()
        read(nil)
    }

    override func refill(_ now: Instant) {
        leaveLogs()
        guard pendingReset == nil else { return }
        isHeldFresh = false
        mark = track.cacheDuration.map { _ in
            Mark(sentCount: sentCount, encoder: encoder, place: place, headerStaged: headerStaged)
        }
        do throws(CodecError) {
            while !isFull {
                if reader != nil {
                    guard stagePayload(now) else { return }
                } else {
                    guard let next = try nextObject(now) else { break }
                    guard try stage(next, now) else { return }
                }
                // What is staged can be taken back when it is too old, so it must be of one age.
                if mark != nil { break }
            }
        } catch {
            owner.downlink.refuse("\(error)")
            return fail(.internalError)
        }
        if pendingReset == nil, !isFull, place == nil, reader == nil, phase == .ready { stageEnd() }
    }

    /// draft-18 "MAX CACHE DURATION": what has waited for the connection too long is not begun with.
    override func recheck(_ now: Instant) {
        guard let mark, let arrived = mark.arrived, sentCount == mark.sentCount, pendingReset == nil,
            !track.isFresh(arrived, now)
        else { return }
        dropStaged()
        (encoder, place, headerStaged) = (mark.encoder, mark.place, mark.headerStaged)
        read(nil)
        held = []
        refill(now)
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
                if isStillHeld(next, now) {
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
            } else if waits(for: place, now) {
                return nil
            } else {
                guard try skipUnknown(from: place, now) else { return nil }
            }
        }
        return nil
    }

    /// Whether a publisher brings the location: it is waited for then.
    private func waits(for place: Location, _ now: Instant) -> Bool {
        guard let fill = reply.fill(bringing: place, now) else { return false }
        reply.join(fill)
        waitsForFill = fill
        fill.wait(self)
        return true
    }

    private func passes(_ object: HeldObject) -> Bool {
        guard let filter else { return true }
        switch object.source {
        case .subgroup(let log, let index): return filter.passes(log[index], of: log, in: track)
        case .datagram(let datagram): return filter.passes(datagram, in: track)
        }
    }

    private func isStillHeld(_ object: HeldObject, _ now: Instant) -> Bool {
        switch object.source {
        case .datagram(let datagram): return track.isFresh(datagram.object.arrived, now)
        case .subgroup(let log, let index):
            guard !track.isClosed, index >= log.firstReadable, index < log.objectCount else { return false }
            return (log[index].isComplete || log.end == .open) && track.isFresh(log[index].arrived, now)
        }
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
            failUnknown()
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
            return min(end, reply.missed.range(of: place)?.upperBound ?? place)
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
    private func stage(_ next: HeldObject, _ now: Instant) throws(CodecError) -> Bool {
        guard try begin() else { return false }
        switch next.source {
        case .datagram(let datagram):
            try stageFields(datagram.object, subgroup: nil, priority: datagram.priority)
            stage(datagram.payload)
            if let place { track.groups[place.group]?.took(datagram) }
            advance()
            return true
        case .subgroup(let log, let index):
            try stageFields(log[index], subgroup: log.subgroup, priority: log.traits.priority)
            read(ObjectReader(log, index))
            return stagePayload(now)
        }
    }

    /// What is read stays in its log.
    private func read(_ next: ObjectReader?) {
        if let reader, let place = reader.log.begun.firstIndex(of: reader.index) { reader.log.begun.remove(at: place) }
        reader = next
        if let next { next.log.begun.append(next.index) }
    }

    private func stagePayload(_ now: Instant) -> Bool {
        guard !track.isClosed, let reader, reader.isHeld else {
            failUnknown()
            return false
        }
        while !isFull, let part = self.reader?.next(Self.stageLimit) { stage(part) }
        let (log, object, taken) = (reader.log, reader.object, self.reader?.taken ?? 0)
        log.fill?.took(through: object.wireStart + taken)
        guard taken < object.payloadLength else {
            read(nil)
            advance()
            return true
        }
        guard !isFull else { return false }
        guard log.end == .open else { return goOn(after: object, now) }
        waitsFor = log
        log.waiters.append(self)
        log.fill?.caughtUp()
        return false
    }

    /// What has brought the object brings no more of it: the rest is read from another copy of it, or waited for.
    private func goOn(after object: LoggedObject, _ now: Instant) -> Bool {
        guard let place, var next = reader else { return false }
        if case .subgroup(let log, let index) = track.held(from: place, through: place, now).first?.source,
            log[index].payloadLength == object.payloadLength
        {
            next.move(to: log, index)
            read(next)
            return stagePayload(now)
        }
        if !waits(for: place, now) { failUnknown() }
        return false
    }

    private func stageFields(_ object: LoggedObject, subgroup: UInt64?, priority: UInt8?) throws(CodecError) {
        guard let place else { return }
        mark?.arrived = object.arrived
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

    private func failUnknown() { fail(owner.downlink.profile.codes.streamReset.nearest(.unknownObjectStatus)) }

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
