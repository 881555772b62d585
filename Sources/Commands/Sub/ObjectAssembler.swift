internal import MoQTCodec
internal import Wire

/// Puts the objects of a track in order: ascending groups, ascending objects, each once.
///
/// A later group waits until the earlier one has ended or was reset, or until no more will come. Flow-control credit
/// for what waits is held back, so that memory stays within the streams' windows.
struct ObjectAssembler {
    /// Objects are given as they become whole, in no order.
    let isUnordered: Bool
    /// After so many groups nothing more is given; nil: no limit.
    let groupLimit: UInt64?
    /// Nothing behind it is given; nil: no limit.
    let end: RangeEnd?
    /// How long what is missing is waited for: a group, an object, the rest of a stream that was cut off.
    var patience: Interval
    /// What was cut off will not be sent again.
    var isLive = false

    /// The publisher leaves objects out, as it was asked to: their ids are missing, and a subgroup ends as one that was cut
    /// off does.
    var isFiltered = false

    /// Whole objects in the order to write them; drained by the owner.
    var ready: [ReceivedObject] = []
    /// What the publisher is owed; drained by the owner.
    var credit = ReadCredit()
    /// Objects that were not written because a later one had been.
    private(set) var late: UInt64 = 0
    /// The last location given out.
    private(set) var last: Location?
    /// Groups that are over and given out.
    private(set) var groupsDone: UInt64 = 0
    /// When ``timeReached(_:)`` is due; nil: nothing is waited for.
    private(set) var deadline: Instant?

    private var groups: [UInt64: HeldGroup] = [:]
    private var streams: [Scoped<StreamID>: IncomingObjectStream] = [:]
    private var current: UInt64?
    private var lastGroup: UInt64?
    /// Where the track is expected to begin, once that is known.
    private var expectedStart: Location?
    /// Location up to which a FETCH is still filling in, in ascending order.
    private var filling: Location?
    /// The group that it is at.
    private var fillingGroup: UInt64 = 0
    /// Location up to which a FETCH has brought all there is.
    private var filled: Location?
    private var isInterrupted = false
    private var isOver = false
    /// Everything up to ``end`` was given, or is not to be had.
    private var hasReachedEnd = false
    /// A session that another takes over from, and the last location that it is to bring. Only where nothing else tells
    /// what was given before.
    private var split: (old: UInt64, location: Location)?
    /// Object ids are not consecutive in this track, which only waiting could tell.
    private var leavesIDsOut = false

    init(isUnordered: Bool, patience: Interval, groupLimit: UInt64? = nil, end: RangeEnd? = nil) {
        self.isUnordered = isUnordered
        self.patience = patience
        self.groupLimit = groupLimit
        self.end = end
    }

    /// The limit of groups or the end is reached: everything wanted was given.
    var isComplete: Bool { hasReachedEnd || groupLimit.map { groupsDone >= $0 } ?? false }

    // MARK: - What the subscription says

    /// The first object that passes the filter is this one or a later one; a FETCH may bring some before it.
    mutating func begins(at start: Location) {
        guard last == nil, current == nil, filling == nil else { return }
        expectedStart = start
    }

    /// A FETCH brings everything from `start` to `end`, which precedes what the subscription brings.
    mutating func fills(from start: Location, to end: Location) {
        if last == nil { expectedStart = start }
        filling = end
        fillingGroup = start.group
    }

    /// The FETCH is over: what it did not bring is not to be had.
    mutating func filled(_ now: Instant) {
        filled = filling ?? filled
        filling = nil
        advance(now)
        if let end, let filled, end.isReached(by: filled) { hasReachedEnd = true }
    }

    /// The subscription broke off. Another may go on where it did, so that nothing counts as lost until it does.
    mutating func interrupted() {
        isInterrupted = true
        filling = nil
        deadline = nil
        // Held back, this could keep the other one from opening the streams that are waited for.
        for group in groups.keys { release(group) }
    }

    /// From here on the session `old` brings what is not after `location`, and others what is.
    mutating func split(old: UInt64, at location: Location) { split = (old, location) }

    /// The same, and the session that carried its streams is gone.
    mutating func disconnected(_ session: UInt64, _ now: Instant) {
        for stream in streams.keys where stream.session == session {
            guard let group = streams.removeValue(forKey: stream)?.group else { continue }
            groups[group]?.streamEnded(isWhole: false, endsGroup: false, now)
        }
        interrupted()
    }

    /// The session's streams are not read any more, since those of another bring what they would have.
    mutating func left(_ session: UInt64, _ now: Instant) {
        for stream in streams.keys where stream.session == session {
            guard let group = streams.removeValue(forKey: stream)?.group else { continue }
            groups[group]?.streamLeft(now)
        }
        advance(now)
    }

    /// Another subscription goes on where the one before broke off.
    mutating func resumed(_ now: Instant) {
        guard isInterrupted else { return }
        isInterrupted = false
        for group in groups.keys { groups[group]?.since = now }
        advance(now)
    }

    /// No more objects will come: what is held is given out.
    mutating func finish(_ now: Instant) {
        isOver = true
        isInterrupted = false
        filling = nil
        advance(now)
    }

    mutating func timeReached(_ now: Instant) {
        if let due = deadline, due <= now { advance(now) }
    }
}

// MARK: - Streams

extension ObjectAssembler {
    mutating func opened(
        _ stream: Scoped<StreamID>, group: UInt64, subgroup: UInt64?, priority: UInt8?, endsGroup: Bool,
        wireBytes: Int, _ now: Instant
    ) {
        streams[stream] = IncomingObjectStream(
            group: group, subgroup: subgroup, priority: priority, endsGroup: endsGroup)
        if isAwaited(group) { groups[group, default: HeldGroup(since: now)].streamOpened() }
        // Ids that one stream leaves out may be another's.
        if groups[group]?.isSerial == false { leavesIDsOut = false }
        credit(stream, wireBytes, group)
        advance(now)
    }

    mutating func openedFetch(_ stream: Scoped<StreamID>, wireBytes: Int) {
        streams[stream] = IncomingObjectStream(group: nil, subgroup: nil, priority: nil, endsGroup: false)
        credit.add(stream, wireBytes)
    }

    /// A sign in a fetch stream that something is not there.
    mutating func skipped(on stream: Scoped<StreamID>, wireBytes: Int) { credit.add(stream, wireBytes) }

    /// An object of a fetch stream.
    mutating func began(
        _ object: ReceivedObject, length: UInt64, on stream: Scoped<StreamID>, wireBytes: Int, _ now: Instant
    ) {
        streams[stream]?.begin(object, length: length)
        if streams[stream]?.isFetch ?? false { fillingGroup = max(fillingGroup, object.location.group) }
        credit(stream, wireBytes, streams[stream]?.group)
        if length == 0 { complete(stream, now) }
    }

    /// An object of a subgroup stream, whose header told the rest.
    mutating func beganInSubgroup(_ object: SubgroupObject, on stream: Scoped<StreamID>, wireBytes: Int, _ now: Instant)
    {
        guard let incoming = streams[stream], let group = incoming.group else { return credit.add(stream, wireBytes) }
        let subgroup = incoming.subgroup ?? object.id
        if incoming.subgroup == nil { streams[stream]?.subgroup = subgroup }
        let whole = ReceivedObject(
            location: Location(group: group, object: object.id), subgroup: subgroup, status: object.status,
            priority: incoming.priority, properties: object.properties, payload: [])
        began(whole, length: object.payloadLength, on: stream, wireBytes: wireBytes, now)
    }

    mutating func payload(_ bytes: Bytes, on stream: Scoped<StreamID>, _ now: Instant) {
        let isWhole = streams[stream]?.append(bytes) ?? false
        credit(stream, bytes.count, streams[stream]?.group)
        if isWhole { complete(stream, now) }
    }

    mutating func ended(_ stream: Scoped<StreamID>, finished: Bool, _ now: Instant) {
        guard let incoming = streams.removeValue(forKey: stream), let group = incoming.group else {
            return credit.addFinishedStream(of: stream.session)
        }
        groups[group]?.streamEnded(isWhole: finished, endsGroup: incoming.endsGroup, now)
        if isHeldBack(group) {
            groups[group]?.holdFinishedStream(of: stream.session)
        } else {
            credit.addFinishedStream(of: stream.session)
        }
        advance(now)
    }

    /// Datagrams have no order to restore: each is given when it comes, unless it comes too late.
    mutating func datagram(_ object: ReceivedObject, of session: UInt64, _ now: Instant) {
        guard !isUnordered else { return giveUnordered(object, of: session) }
        guard last.map({ object.location > $0 }) ?? true else { return late += 1 }
        if current == nil, let last, last.group != lastGroup, last.group < object.location.group { leave(last.group) }
        if !isComplete { give(object) }
    }

    private mutating func giveUnordered(_ object: ReceivedObject, of session: UInt64) {
        if let split, (session == split.old) != (object.location <= split.location) { return }
        give(object)
    }

    private mutating func complete(_ stream: Scoped<StreamID>, _ now: Instant) {
        guard var object = streams[stream]?.take() else { return }
        object.arrival = now
        if isUnordered { return giveUnordered(object, of: stream.session) }
        let group = object.location.group
        guard isAwaited(group) else { return late += 1 }
        groups[group, default: HeldGroup(since: now)].add(object)
        advance(now)
    }

    // MARK: - Credit

    private func isAwaited(_ group: UInt64) -> Bool {
        if isUnordered { return false }
        if let current { return group >= current }
        return lastGroup.map { group > $0 } ?? true
    }

    private func isHeldBack(_ group: UInt64) -> Bool {
        current != group && !isInterrupted && !isOver && groups[group] != nil
    }

    /// - Parameter group: nil for a FETCH: what it brings precedes everything, so that it is never held back.
    private mutating func credit(_ stream: Scoped<StreamID>, _ byteCount: Int, _ group: UInt64?) {
        if let group, isHeldBack(group) {
            groups[group]?.hold(stream, byteCount)
        } else {
            credit.add(stream, byteCount)
        }
    }

    private mutating func release(_ group: UInt64) {
        if let held = groups[group]?.takeCredits() { credit.add(held) }
    }
}

// MARK: - Order

extension ObjectAssembler {
    private mutating func advance(_ now: Instant) {
        deadline = nil
        guard !isUnordered, !isInterrupted else { return }
        while !isComplete, let group = current ?? nextGroup(now) {
            if current == nil { enter(group) }
            while !hasReachedEnd, let object = next(in: group, now) { give(object) }
            guard isDone(group, now) else { return }
            leave(group)
        }
    }

    /// The group to give next, when it is certain or has been waited for long enough.
    private mutating func nextGroup(_ now: Instant) -> UInt64? {
        guard let first = groups.keys.min(), let since = groups[first]?.since else { return nil }
        if filling != nil, fillingGroup < first { return nil }
        let isExpected = if let lastGroup { first == lastGroup &+ 1 } else { first <= expectedStart?.group ?? 0 }
        if isExpected || isOver || filling != nil || filled.map({ first <= $0.group }) ?? false { return first }
        return isOverdue(since: since, now) ? first : nil
    }

    private mutating func enter(_ group: UInt64) {
        current = group
        if let start = expectedStart, start.group == group { groups[group]?.begins(at: start.object) }
        release(group)
    }

    private mutating func next(in group: UInt64, _ now: Instant) -> ReceivedObject? {
        if let object = groups[group]?.take(anyNext: isOver) { return object }
        guard let first = groups[group]?.first?.location, !isFilling(group) else { return nil }
        if isFilled(group) {
            groups[group]?.begins(at: first.object)
        } else if let filled, filled.group == group, filled.object < .max {
            groups[group]?.begins(at: min(first.object, filled.object + 1))
        }
        if let object = groups[group]?.take(anyNext: false) { return object }
        return skip(in: group, now)
    }

    /// The object after some that are missing, when they will not come or have been waited for long enough.
    private mutating func skip(in group: UInt64, _ now: Instant) -> ReceivedObject? {
        let isSerial = groups[group]?.isSerial ?? false
        if !(isSerial && (leavesIDsOut || isFiltered)) {
            guard let since = groups[group]?.first?.arrival, isOverdue(since: since, now) else { return nil }
            if isSerial { leavesIDsOut = true }
        }
        return groups[group]?.take(anyNext: true)
    }

    private mutating func isDone(_ group: UInt64, _ now: Instant) -> Bool {
        guard let held = groups[group], !isOver else { return true }
        guard held.openStreams == 0, held.first == nil, !isFilling(group) else { return false }
        if isFilled(group) { return true }
        guard held.isEndKnown || groups.keys.contains(where: { $0 > group }) else { return false }
        return !held.isCut || isLive || isFiltered || isOverdue(since: held.since, now)
    }

    /// Whether a FETCH may still bring objects of it.
    private func isFilling(_ group: UInt64) -> Bool {
        filling.map { $0.group >= group && fillingGroup <= group } ?? false
    }

    /// Whether a FETCH has brought all there is of it.
    private func isFilled(_ group: UInt64) -> Bool {
        if let filling, filling.group > group, fillingGroup > group { return true }
        return filled.map { $0.group > group } ?? false
    }

    /// Whether that was long enough to wait; otherwise ``deadline`` tells when it will be.
    private mutating func isOverdue(since: Instant, _ now: Instant) -> Bool {
        let end = since + patience
        if end > now { deadline = min(deadline ?? end, end) }
        return end <= now
    }

    private mutating func leave(_ group: UInt64) {
        groups[group] = nil
        lastGroup = group
        current = nil
        groupsDone += 1
        if let end, group >= end.group { hasReachedEnd = true }
    }

    private mutating func give(_ object: ReceivedObject) {
        if let end {
            if end.isReached(by: object.location) { hasReachedEnd = true }
            if end.isBefore(object.location) { return }
        }
        last = last.map { max($0, object.location) } ?? object.location
        ready.append(object)
    }
}

extension RangeEnd {
    /// Nothing after `location` is within the range.
    fileprivate func isReached(by location: Location) -> Bool {
        isBefore(location) || group == location.group && object == location.object
    }
}
