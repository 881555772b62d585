package import MoQTCodec
package import Wire

/// How a track treats subscribers that cannot keep up.
package enum Delivery: Hashable, Sendable {
    /// Nothing is lost: the publisher goes at the pace of the slowest subscriber that still acknowledges.
    case lossless
    /// Late objects are dropped: the publisher goes at the pace of the fastest subscriber. Nil: no timeout.
    case live(object: Interval?, subgroup: Interval?)
}

/// What was published on one track: the queue of every subscriber, the cache, and the source of FETCH.
///
/// Appended once by the publisher's side; each ``Subscription`` is a set of cursors into it, so a slow subscriber
/// costs a cursor and not a backlog.
package final class TrackLog {
    package let name: FullTrackName
    /// Track properties as the publisher gave them; passed on whole (draft-18 "Relay Track Handling").
    package var properties: Properties { didSet { readProperties() } }
    package var delivery: Delivery
    /// The first object of some subgroup has stated a delivery timeout.
    private(set) var hasStatedTimeouts = false
    /// Publisher priority of what states none: 128 unless the track says otherwise.
    package private(set) var defaultPriority: UInt8
    /// How long after its first byte an object is given away; nil: as long as it is here, as of an original.
    private(set) var cacheDuration: Interval?
    /// The largest location whose first byte was published or received; nil before any.
    package private(set) var largest: Location?
    /// Everything that is published is appended here at once; otherwise it is received from somebody.
    let isOriginal: Bool
    /// Locations where no object is, nor will be. Of what is neither held nor here nothing is known.
    private(set) var absent = LocationSet()
    /// Of an original: what did not come to its end.
    private var cutOffs = LocationSet()
    /// What is being fetched from publishers.
    var fills: [Fill] = []
    /// The last object of the track; nil: it is not known which that is.
    var final: Location?
    /// Why no more objects will come; nil while they may.
    package private(set) var end: (code: PublishDoneCode, reason: String)?
    /// Why nobody publishes at present; nil while somebody does.
    private(set) var loss: (code: PublishDoneCode, reason: String)?
    /// Objects, and bytes of payload, that were appended so far.
    package private(set) var appended = (objects: UInt64(0), bytes: UInt64(0))
    package private(set) var groups: [UInt64: GroupLog] = [:]
    /// Ids in `groups`, ascending.
    private(set) var groupIDs = TwoEndedArray<UInt64>()
    private var roster = Roster<Subscription>(\.placeInTrack)
    /// Fetches and fills that are being answered from it.
    var replyCount = 0
    /// The highest group that was evicted, and the ``Peer/number`` of who had sent it.
    private var forgotten: (group: UInt64, by: UInt64)?
    /// It was dropped: what is still appended is let go.
    var isClosed = false
    /// No more is let in than there is, as nobody reads it just now.
    var standsStill = false {
        didSet { if oldValue, !standsStill { markAllForCredit() } }
    }
    /// Since when its readers only drain it.
    var drainsSince: Instant?
    /// Accounts for the memory held; shared by all tracks of a relay.
    package let cache: Cache

    /// - Parameter isOriginal: what is not appended does not exist; false: it may have been missed.
    package init(
        name: FullTrackName, properties: Properties, delivery: Delivery, cache: Cache, isOriginal: Bool = true
    ) {
        self.isOriginal = isOriginal
        self.name = name
        self.properties = properties
        self.delivery = delivery
        self.cache = cache
        defaultPriority = 128
        readProperties()
    }

    private func readProperties() {
        defaultPriority = properties.isEmpty ? 128 : properties.defaultPublisherPriority ?? 128
        cacheDuration = isOriginal || properties.isEmpty ? nil : properties.maxCacheDuration.map(Interval.milliseconds)
        if cacheDuration != nil { cache.hasDurations = true }
    }

    package var subscriptions: [Subscription] { roster.members }
    /// Somebody still reads it.
    var hasReaders: Bool { !roster.isEmpty || replyCount > 0 }

    /// The publisher says that it has published up to `location`, though it was not received here.
    package func reached(_ location: Location) {
        if largest.map({ $0 < location }) ?? true { largest = location }
    }

    // MARK: - Appending

    /// Starts a subgroup, or a further part of one that was cut off.
    ///
    /// - Parameters:
    ///   - resumesAfter: the last object that the part before has whole.
    ///   - isLatest: no other part is behind it.
    ///   - isOwn: it does not come from another loop of the same relay.
    package func openSubgroup(
        group: UInt64, subgroup: UInt64, traits: SubgroupTraits, isFill: Bool = false,
        resumesAfter: UInt64? = nil, isLatest: Bool = true, isOwn: Bool = true
    ) -> SubgroupLog {
        let log = SubgroupLog(
            group: group, subgroup: subgroup, traits: traits, isFill: isFill, resumesAfter: resumesAfter, isOwn: isOwn)
        // What still comes for a track that was let go of is kept nowhere.
        guard !isClosed else { return log }
        groupLog(group).add(log, isLatest: isLatest && !isFill)
        cache.added(log, of: self)
        if !isFill {
            for subscription in roster.members { subscription.attach(log) }
        }
        return log
    }

    /// Starts an object; its payload follows by ``append(_:to:)``.
    package func begin(_ object: LoggedObject, in log: SubgroupLog) {
        guard !isClosed else { return }
        if log.firstID == nil, log.traits.startsSubgroup, log.traits.statesTimeouts,
            let stated = StatedTimeouts(object.properties)
        {
            log.timeouts = stated
            hasStatedTimeouts = true
        }
        log.begin(object)
        cache.grew(by: object.headerCost, objects: 1)
        appended.objects += 1
        advance(to: Location(group: log.group, object: object.id))
        if object.status != .normal { noteStatus(object.status, Location(group: log.group, object: object.id)) }
        if object.payloadLength == 0 { wake(log) }
    }

    /// Appends payload to the object that was begun last in `log`.
    package func append(_ payload: Bytes, to log: SubgroupLog) {
        guard !isClosed, !payload.isEmpty else { return }
        log.append(payload, at: cache.clock)
        cache.grew(by: payload.count)
        appended.bytes += UInt64(payload.count)
        wake(log)
    }

    package func finish(_ log: SubgroupLog, _ end: SubgroupLog.End) {
        noteEnd(of: log, end)
        log.finish(end, at: cache.clock)
        if !isOriginal { log.compact() }
        wake(log)
        markForCredit(log)
    }

    /// Publishes an object that travels in a datagram; one that is there already is not published again.
    package func append(_ datagram: LoggedDatagram, group id: UInt64) {
        guard !isClosed else { return }
        let group = groupLog(id)
        guard group.add(datagram) else { return forgetIfEmpty(group) }
        if !group.isListed { cache.added(datagramsOf: group, of: self) }
        cache.grew(by: datagram.cost, objects: 1)
        appended.objects += 1
        appended.bytes += UInt64(datagram.payload.count)
        advance(to: Location(group: id, object: datagram.object.id))
        if datagram.object.status != .normal {
            noteStatus(datagram.object.status, Location(group: id, object: datagram.object.id))
        }
        if datagram.endsGroup, datagram.object.id < .max {
            let rest = Location(group: id, object: datagram.object.id + 1)
            noteAbsent(rest...Location(group: id, object: .max))
        }
        guard !datagram.isFill else { return }
        for subscription in roster.members { subscription.deliver(datagram, group: id) }
    }

    /// No more objects will come. Open subgroups are cut off; readers drain what is there.
    package func end(_ code: PublishDoneCode, reason: String) {
        guard end == nil else { return }
        end = (code, reason)
        cutOff()
    }

    /// The publisher was lost. Readers get what is there and are told, unless a successor comes meanwhile.
    package func orphan(_ code: PublishDoneCode, reason: String) {
        loss = (code, reason)
        cutOff()
    }

    /// The publisher was lost, and one to go on from is looked for: readers wait.
    func suspend() { cutOff() }

    /// A successor of the publisher that was lost is there.
    func adopt() {
        loss = nil
        drainsSince = nil
    }

    private func cutOff() {
        for id in groupIDs {
            // What is being fetched goes on.
            for log in groups[id]?.subgroups ?? [] where log.end == .open && !log.isFill {
                finish(log, .reset(.internalError))
            }
        }
        for subscription in roster.members { subscription.finishIfComplete() }
    }

    private func groupLog(_ id: UInt64) -> GroupLog {
        if let group = groups[id] { return group }
        let group = GroupLog(id: id)
        groups[id] = group
        groupIDs.insertInOrder(id)
        cache.grew(by: GroupLog.fixedCost)
        return group
    }

    private func advance(to location: Location) {
        if let last = absent.last, location <= last { changeAbsent { $0.remove(location...location) } }
        guard largest.map({ $0 < location }) ?? true else { return }
        if isOriginal { noteSkipped(before: location) }
        largest = location
    }

    private func wake(_ log: SubgroupLog) {
        for cursor in log.cursors.members { cursor.dataArrived() }
        for waiter in log.waiters { waiter.dataArrived() }
        if log.cursors.isEmpty { markForCredit(log) }
    }

    // MARK: - Subscriptions

    package func add(_ subscription: Subscription) {
        roster.insert(subscription)
        for id in groupIDs[groupIDs.firstIndex(atLeast: subscription.start.group)...] {
            for log in groups[id]?.subgroups ?? [] where !log.isFill { subscription.attach(log) }
        }
        subscription.finishIfComplete()
    }

    package func remove(_ subscription: Subscription) { roster.remove(subscription) }

    /// Drops what its readers have not taken in time; call about once a second.
    /// - Parameter lag: how long ago what a reader has not taken may have come; nil: however long.
    package func dropLate(_ now: Instant, lag: Interval? = nil) {
        for subscription in subscriptions { subscription.dropLate(now, lag: lag) }
    }

    /// Flow-control credit of `log` is worth another look at the end of this round.
    func markForCredit(_ log: SubgroupLog) {
        guard log.source != nil, !log.isDirty else { return }
        log.isDirty = true
        cache.dirty.append((self, log))
    }

    private func markAllForCredit() {
        for group in groups.values { group.subgroups.forEach(markForCredit) }
    }

    // MARK: - Forgetting

    /// Drops a subgroup whose payload was evicted, and its group once that is empty.
    func forget(_ log: SubgroupLog) {
        guard let group = groups[log.group] else { return }
        if let source = log.source, log.group >= forgotten?.group ?? 0 { forgotten = (log.group, source.peerNumber) }
        group.remove(log)
        forgetIfEmpty(group)
    }

    /// Whether `group` was had from another publisher than `peer`, and evicted since: its objects are old.
    func hasForgotten(_ group: UInt64, from peer: UInt64) -> Bool {
        forgotten.map { group <= $0.group && $0.by != peer } ?? false
    }

    func forgetIfEmpty(_ group: GroupLog) {
        guard group.subgroups.isEmpty, group.datagrams.isEmpty else { return }
        guard !isClosed, groups.removeValue(forKey: group.id) != nil else { return }
        cache.grew(by: -GroupLog.fixedCost)
        let index = groupIDs.firstIndex(atLeast: group.id)
        guard index < groupIDs.count, groupIDs[index] == group.id else { return }
        // What lies before it is forgotten with it, so that what is known takes no more room than what is held. Who is
        // being answered may have come no farther.
        let start = Location(group: index > 0 ? groupIDs[index - 1] + 1 : 0, object: 0)
        groupIDs.remove(at: index)
        guard replyCount == 0 else { return }
        let end = Location(group: group.id, object: .max)
        changeAbsent { $0.remove(start...end) }
        if isOriginal { cutOffs.remove(start...end) }
    }

    // MARK: - What does not exist

    private func changeAbsent(_ change: (inout LocationSet) -> Void) {
        guard !isClosed else { return }
        let count = absent.ranges.count
        change(&absent)
        cache.grew(by: (absent.ranges.count - count) * LocationSet.rangeCost)
    }

    /// There are no objects in the range, nor will there be.
    ///
    /// What is held is there all the same, whoever says otherwise.
    func noteAbsent(_ range: ClosedRange<Location>) {
        changeAbsent { $0.insert(range) }
        for id in groupIDs[groupIDs.firstIndex(atLeast: range.lowerBound.group)...] {
            guard id <= range.upperBound.group else { return }
            for object in held(from: range.firstLocation(of: id), through: range.upperBound, Instant(nanoseconds: 0)) {
                let location = Location(group: id, object: object.id)
                changeAbsent { $0.remove(location...location) }
            }
        }
    }

    /// An original skips what is between its largest object and the one that follows, but for what was cut off.
    private func noteSkipped(before location: Location) {
        let start = largest?.next ?? .zero
        guard start < location else { return }
        changeAbsent { absent in
            absent.insert(start...location.previous)
            for range in cutOffs.ranges.reversed() {
                guard range.upperBound >= start else { break }
                absent.remove(range)
            }
        }
    }

    private func noteStatus(_ status: ObjectStatus, _ location: Location) {
        switch status {
        case .normal: break
        case .doesNotExist: noteAbsent(location...location)
        case .endOfGroup: noteAbsent(location...Location(group: location.group, object: .max))
        case .endOfTrack: noteAbsent(location...Location(group: .max, object: .max))
        }
    }

    /// What the end of a subgroup says of the rest of its group (draft-18 "Subgroup Header", END_OF_GROUP).
    private func noteEnd(of log: SubgroupLog, _ end: SubgroupLog.End) {
        guard log.end == .open else { return }
        let first = Location(group: log.group, object: 0)
        let rest = log.wholeThrough.map { Location(group: log.group, object: $0).next } ?? first
        guard rest.group == log.group else { return }
        let range = rest...Location(group: log.group, object: .max)
        if end == .finished, log.isLastWhole {
            if log.traits.endsGroup, log.lastID != nil, log.endsBefore == nil { noteAbsent(range) }
        } else if isOriginal, !isClosed {
            cutOffs.insert(range)
            changeAbsent { $0.remove(range) }
        }
    }

    /// It was let go of: what it counted in the cache, in bytes, besides objects.
    func forgetKnowledge() -> Int {
        defer { absent = LocationSet() }
        return absent.ranges.count * LocationSet.rangeCost + groups.count * GroupLog.fixedCost
    }
}
