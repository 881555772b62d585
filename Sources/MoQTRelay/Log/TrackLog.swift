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
    package var properties: Properties { didSet { defaultPriority = properties.defaultPublisherPriority ?? 128 } }
    package var delivery: Delivery
    /// Publisher priority of what states none: 128 unless the track says otherwise.
    package private(set) var defaultPriority: UInt8
    /// The largest location whose first byte was published or received; nil before any.
    package private(set) var largest: Location?
    /// From here on every object up to ``largest`` is held, or does not exist; what is before is unknown.
    package private(set) var knownFrom = Location.zero
    /// Why no more objects will come; nil while they may.
    package private(set) var end: (code: PublishDoneCode, reason: String)?
    /// Why nobody publishes at present; nil while somebody does.
    private(set) var loss: (code: PublishDoneCode, reason: String)?
    /// Objects, and bytes of payload, that were appended so far.
    package private(set) var appended = (objects: UInt64(0), bytes: UInt64(0))
    package private(set) var groups: [UInt64: GroupLog] = [:]
    /// Ids in `groups`, ascending.
    package private(set) var groupIDs: [UInt64] = []
    private var roster = Roster<Subscription>(\.placeInTrack)
    /// Fetches and fills that are being answered from it.
    var replyCount = 0
    /// The highest group that was evicted, and the ``Peer/number`` of who had sent it.
    private var forgotten: (group: UInt64, by: UInt64)?
    /// It was dropped: what is still appended is let go.
    var isClosed = false
    /// Since when its readers only drain it.
    var drainsSince: Instant?
    /// Accounts for the memory held; shared by all tracks of a relay.
    package let cache: Cache

    package init(name: FullTrackName, properties: Properties, delivery: Delivery, cache: Cache) {
        self.name = name
        self.properties = properties
        self.delivery = delivery
        self.cache = cache
        defaultPriority = properties.isEmpty ? 128 : properties.defaultPublisherPriority ?? 128
    }

    package var subscriptions: [Subscription] { roster.members }
    /// Somebody still reads it.
    var hasReaders: Bool { !roster.isEmpty || replyCount > 0 }

    /// The publisher says that it has published up to `location`, though it was not received here.
    package func reached(_ location: Location) {
        guard largest.map({ $0 < location }) ?? true else { return }
        largest = location
        knownFrom = location.next
    }

    /// What came before ``knownFrom`` was had by FETCH, from `location` on.
    func filled(from location: Location) { knownFrom = min(knownFrom, location) }

    /// Every object of the range is held, or does not exist.
    func isKnown(_ range: ClosedRange<Location>) -> Bool {
        guard knownFrom <= range.lowerBound else { return false }
        return !groupIDs.contains { id in
            guard (range.lowerBound.group...range.upperBound.group).contains(id),
                let unknown = groups[id]?.unknownFrom
            else { return false }
            return Location(group: id, object: unknown) <= range.upperBound
        }
    }

    /// The last object at `end` or before it that is known here; nil: none is.
    func lastLocation(through end: Location) -> Location? {
        guard let largest, end < largest else { return largest }
        for id in groupIDs.reversed() where id <= end.group {
            let limit = id == end.group ? end.object : .max
            if let object = groups[id]?.lastObject(through: limit) { return Location(group: id, object: object) }
        }
        return nil
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
        log.begin(object)
        cache.grew(by: object.headerCost, objects: 1)
        appended.objects += 1
        advance(to: Location(group: log.group, object: object.id))
        if object.payloadLength == 0 { wake(log) }
    }

    /// Appends payload to the object that was begun last in `log`.
    package func append(_ payload: Bytes, to log: SubgroupLog) {
        guard !isClosed, !payload.isEmpty else { return }
        log.append(payload)
        cache.grew(by: payload.count)
        appended.bytes += UInt64(payload.count)
        wake(log)
    }

    package func finish(_ log: SubgroupLog, _ end: SubgroupLog.End) {
        log.finish(end, at: cache.clock)
        wake(log)
        markForCredit(log)
    }

    /// Publishes an object that travels in a datagram; one that is there already is not published again.
    package func append(_ datagram: LoggedDatagram, group id: UInt64) {
        let group = groupLog(id)
        guard !isClosed, group.add(datagram) else { return forgetIfEmpty(group) }
        if !group.isListed { cache.added(datagramsOf: group, of: self) }
        cache.grew(by: datagram.cost, objects: 1)
        appended.objects += 1
        appended.bytes += UInt64(datagram.payload.count)
        advance(to: Location(group: id, object: datagram.object.id))
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
            for log in groups[id]?.subgroups ?? [] where log.end == .open { finish(log, .reset(.internalError)) }
        }
        for subscription in roster.members { subscription.finishIfComplete() }
    }

    private func groupLog(_ id: UInt64) -> GroupLog {
        if let group = groups[id] { return group }
        let group = GroupLog(id: id)
        groups[id] = group
        let position = groupIDs.lastIndex { $0 < id }.map { $0 + 1 } ?? 0
        groupIDs.insert(id, at: position)
        return group
    }

    private func advance(to location: Location) {
        if largest.map({ $0 < location }) ?? true { largest = location }
    }

    private func wake(_ log: SubgroupLog) {
        for cursor in log.cursors.members { cursor.dataArrived() }
        for waiter in log.waiters { waiter.dataArrived() }
        if log.cursors.isEmpty { markForCredit(log) }
    }

    // MARK: - Subscriptions

    package func add(_ subscription: Subscription) {
        roster.insert(subscription)
        for id in groupIDs where id >= subscription.start.group {
            for log in groups[id]?.subgroups ?? [] where !log.isFill { subscription.attach(log) }
        }
        subscription.finishIfComplete()
    }

    package func remove(_ subscription: Subscription) { roster.remove(subscription) }

    /// Flow-control credit of `log` is worth another look at the end of this round.
    func markForCredit(_ log: SubgroupLog) {
        guard log.source != nil, !log.isDirty else { return }
        log.isDirty = true
        cache.dirty.append((self, log))
    }

    // MARK: - Forgetting

    /// Objects up to `id` of a group have been evicted.
    func evicted(group: UInt64, through id: UInt64?) {
        guard let id else { return }
        knownFrom = max(knownFrom, Location(group: group, object: id).next)
    }

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
        groups[group.id] = nil
        if let index = groupIDs.firstIndex(of: group.id) { groupIDs.remove(at: index) }
    }
}

extension Location {
    /// The location after this one.
    var next: Location {
        if object < .max { return Location(group: group, object: object + 1) }
        return group < .max ? Location(group: group + 1, object: 0) : self
    }
}
