package import MoQTCodec
package import Wire

/// The publisher's half of one subscription: a filter over a track's log and a cursor per subgroup.
package final class Subscription: StreamOwner {
    package let track: TrackLog
    package let alias: TrackAlias
    /// First location that passes the filter (draft-18 "Subscription Filters").
    package internal(set) var start: Location
    /// Last location that passes; nil: open ended.
    package internal(set) var end: RangeEnd?
    package let groupOrder: GroupOrder
    /// Whether objects are sent (draft-18 "FORWARD Parameter").
    package private(set) var forwards: Bool
    /// The subscriber's own delivery timeout; nil: none.
    package var objectTimeout: Interval?
    private var subgroupTimeout: Interval?
    /// Largest location when the subscription was answered: where a joining FETCH ends.
    package private(set) var joining: Location?
    /// Its filter as the subscriber gave it; nil: none.
    private(set) var filter: LocationFilter?
    /// What the subscriber holds objects to (draft-22 "Range Filters"), and the same as it is applied; nil: every object
    /// passes.
    private(set) var rangeFilters: [RangeFilter]
    private(set) var objectFilter: ObjectFilter?
    /// What of its past is still being sent.
    private var fills: [FetchReply] = []
    /// The PUBLISH that it came of; nil: the subscriber asked.
    var offer: TrackOffer?
    /// The subscriber wants it moved.
    var isLeaving = false
    /// Told once its PUBLISH_DONE is said; nil: nobody is.
    var followed: (() -> Void)?
    /// It ends with its range.
    private let endsWithRange: Bool
    /// Data streams opened so far, fill streams among them, for PUBLISH_DONE.
    package private(set) var streamCount: UInt64 = 0

    var placeInTrack = -1
    private var cursors = Roster<SubgroupCursor>(\.placeInSubscription)
    /// What came of the end group: something of it was seen, and something after it.
    private var sawEndGroup = false
    private var sawBeyond = false
    private var isDone = false
    /// Why it ends, whatever becomes of the track.
    private var outcome: (code: PublishDoneCode, reason: String)?

    package init(
        requestID: RequestID, alias: TrackAlias, track: TrackLog, range: (start: Location, end: RangeEnd?),
        terms: SubscriptionTerms, downlink: Downlink
    ) {
        self.track = track
        self.alias = alias
        start = range.start
        end = range.end
        groupOrder = terms.groupOrder
        forwards = terms.forwards
        objectTimeout = terms.objectTimeout
        subgroupTimeout = terms.subgroupTimeout
        joining = track.largest
        filter = terms.filter
        rangeFilters = terms.rangeFilters
        objectFilter = ObjectFilter(terms.rangeFilters)
        endsWithRange = !downlink.profile.behaviours.contains(.subscriptionsOutlastRanges)
        super.init(requestID: requestID, subscriberPriority: terms.priority, downlink: downlink)
    }

    // MARK: - Filter

    func wants(_ location: Location) -> Bool { location >= start && !isBeyondEnd(location) }

    /// Neither the location passes nor what follows it.
    func isBeyondEnd(_ location: Location) -> Bool { end?.isBefore(location) ?? false }

    /// A delivery timeout applies, or a cache duration.
    var hasTimeout: Bool {
        if case .live = track.delivery { return true }
        return track.hasStatedTimeouts || objectTimeout != nil || subgroupTimeout != nil || track.cacheDuration != nil
    }

    /// Whether what arrived then, or the whole of an ended subgroup, is past its delivery timeout
    /// (draft-18 "Delivery Timeouts and Data Reliability").
    func isLate(_ arrived: Instant, _ log: SubgroupLog, _ now: Instant) -> Bool {
        let published = track.delivery.timeouts(log.timeouts)
        let object = Interval.smaller(objectTimeout, published.object)
        let subgroup = Interval.smaller(subgroupTimeout, published.subgroup)
        if let object, now - arrived > object { return true }
        guard let subgroup, log.end == .finished else { return false }
        return now - log.endedAt > subgroup
    }

    /// Nothing was acknowledged for 30 s, although there was something to take since `since`. Another loop of the same
    /// relay judges its own readers.
    func isStalled(_ now: Instant, since: Instant) -> Bool {
        downlink.kind != .loop && now - max(downlink.lastProgress, since) > Cache.patience
    }

    /// A sibling has from the others what they have.
    private func isFor(_ isOwn: Bool) -> Bool { isOwn || !downlink.isSibling }

    /// Reads `log` from here on, if any of it can pass the filter.
    /// - Parameter first: the first object to read; nil: what is there.
    func attach(_ log: SubgroupLog, from first: Int? = nil) {
        guard !isDone, outcome == nil, isFor(log.isOwn) else { return }
        if let end, log.group >= end.group {
            note(log.group, end.group)
            if log.group > end.group { return finishIfComplete() }
        }
        guard forwards, log.group >= start.group else { return }
        let cursor = SubgroupCursor(log: log, subscription: self, from: first)
        cursors.insert(cursor)
        log.cursors.insert(cursor)
        if log.objectCount > 0 || log.end != .open { cursor.dataArrived() }
    }

    /// A group after the last one has come. The last one itself may still be on its way when nothing of it was seen:
    /// then a second later group is waited for.
    private func note(_ group: UInt64, _ endGroup: UInt64) {
        if group == endGroup { sawEndGroup = true } else if group - endGroup > 1 { sawEndGroup = true }
        if group > endGroup { sawBeyond = true }
    }

    func deliver(_ datagram: LoggedDatagram, group: UInt64) {
        if let end, group >= end.group { note(group, end.group) }
        defer { finishIfComplete() }
        guard forwards, !isDone, outcome == nil, isFor(datagram.isOwn),
            wants(Location(group: group, object: datagram.object.id))
        else { return }
        if let objectFilter, !objectFilter.passes(datagram, in: track) { return }
        var timeout = Interval.smaller(Interval.smaller(objectTimeout, subgroupTimeout), track.cacheDuration)
        if case .live(let object, let subgroup) = track.delivery {
            timeout = Interval.smaller(timeout, Interval.smaller(object, subgroup))
        }
        downlink.send(
            datagram, group: group, alias: alias, defaultPriority: track.defaultPriority,
            until: timeout.map { (datagram.object.arrived + $0, track.cache) })
    }

    /// REQUEST_UPDATE changed the terms (draft-18 "Updating Subscriptions").
    ///
    /// - Parameter range: nil leaves the filter as it is. What the parameters don't name stays, too.
    package func update(_ parameters: Parameters, range: (start: Location, end: RangeEnd?)?) {
        subscriberPriority = parameters.subscriberPriority ?? subscriberPriority
        if let timeout = parameters.objectDeliveryTimeout { objectTimeout = Interval(timeout: timeout) }
        if let timeout = parameters.subgroupDeliveryTimeout { subgroupTimeout = Interval(timeout: timeout) }
        filter = parameters.locationFilter ?? filter
        if !parameters.rangeFilters.isEmpty {
            rangeFilters = rangeFilters.updated(by: parameters.rangeFilters)
            objectFilter = ObjectFilter(rangeFilters)
        }
        if let range { move(to: range) }
        guard let forward = parameters.forward, forward != forwards else { return }
        forwards = forward
        if forwards { resume() } else { cancelStreams(.cancelled) }
    }

    /// Subgroups that the filter no longer passes are cut off (draft-18 "Closing Subgroup Streams"); of those that only
    /// now may pass it, what is still to come is sent.
    private func move(to range: (start: Location, end: RangeEnd?)) {
        let old = (start: start, end: end)
        (start, end) = range
        for cursor in cursors.members where cursor.log.group < start.group || cursor.log.group > end?.group ?? .max {
            cutOff(cursor, .cancelled)
        }
        let read = Set(cursors.members.filter { $0.pendingReset == nil }.map { ObjectIdentifier($0.log) })
        for group in track.groupIDs where group >= start.group {
            let last = Location(group: group, object: .max)
            guard group < old.start.group || old.end?.isBefore(last) ?? false else { continue }
            for log in track.groups[group]?.subgroups ?? []
            where !log.isFill && log.end == .open && !read.contains(ObjectIdentifier(log)) {
                attach(log, from: log.objectCount)
            }
        }
    }

    /// Forward State went from 0 to 1: what is published from now on is sent.
    private func resume() {
        joining = track.largest
        // Another loop of the same relay begins where its own readers may want to begin.
        let filter: LocationFilter = downlink.kind == .loop ? .relativeStart(groups: 1) : .nextObject
        start = max(start, filter.start(largest: track.largest))
        for group in track.groupIDs where group >= start.group {
            for log in track.groups[group]?.subgroups ?? [] where !log.isFill { attach(log) }
        }
    }

    // MARK: - Streams

    override func opened(_ stream: OutgoingStream) {
        streamCount += 1
        if let cursor = stream as? SubgroupCursor { track.markForCredit(cursor.log) }
    }

    func add(_ fill: FetchReply) {
        fill.subscription = self
        fills.append(fill)
    }

    func openedFill() { streamCount += 1 }

    func fillEnded(_ fill: FetchReply) {
        fills.removeAll { $0 === fill }
        finishIfComplete()
    }

    func cutOff(_ cursor: SubgroupCursor, _ code: StreamResetCode) {
        cursor.dropStaged()
        downlink.reset(cursor, code)
    }

    /// Nothing in the subgroup passed the filter: no stream was opened, none is needed.
    func finishedUnopened(_ cursor: SubgroupCursor) {
        unready(cursor)
        cursor.phase = .closed
        streamClosed(cursor)
    }

    override func streamClosed(_ stream: OutgoingStream) {
        guard let cursor = stream as? SubgroupCursor else { return }
        cursors.remove(cursor)
        cursor.log.cursors.remove(cursor)
        track.markForCredit(cursor.log)
        finishIfComplete()
    }

    /// The subscriber does not want the rest of this subgroup: a reset answers (draft-18 "Closing Subgroup Streams").
    override func stopped(_ stream: OutgoingStream) {
        stream.dropStaged()
        downlink.reset(stream, .cancelled)
    }

    private func cancelFills() {
        for fill in fills { fill.cancel() }
    }

    private func cancelStreams(_ code: StreamResetCode) {
        for cursor in cursors.members {
            cursor.dropStaged()
            downlink.reset(cursor, code)
        }
    }

    // MARK: - Ending

    /// The subscriber cancelled, or its session is gone: open streams are reset, nothing more is said.
    package func cancel() {
        isDone = true
        cancelStreams(.cancelled)
        cancelFills()
        track.remove(self)
    }

    /// The subscriber holds everybody up: what it has not taken is dropped (draft-18 TOO_FAR_BEHIND).
    package func fallBehind() { end(.tooFarBehind, "did not keep up", .tooFarBehind) }

    /// Resets subgroups with objects that are past their delivery timeout, though the connection asks for none (draft-18
    /// "Delivery Timeouts and Data Reliability"), or that came longer ago than `lag`; nil: however long ago. Where nothing
    /// may be left out, the whole subscription ends with the latter.
    func dropLate(_ now: Instant, lag: Interval?) {
        guard downlink.kind != .loop else { return }
        for cursor in cursors.members {
            guard let (byte, object) = cursor.oldestWaiting else { continue }
            if cursor.isLate(object, now) {
                cutOff(cursor, .deliveryTimeout)
            } else if let lag, byte + lag < now {
                guard hasTimeout else { return fallBehind() }
                cursor.fellBehind()
            }
        }
    }

    /// Ends for a reason of its own; what is on its way is cut off.
    func end(_ code: PublishDoneCode, _ reason: String, _ reset: StreamResetCode = .cancelled) {
        guard !isDone, outcome == nil else { return }
        outcome = (code, reason)
        cancelStreams(reset)
        cancelFills()
        finishIfComplete()
    }

    /// Ends for a reason of its own; what is on its way still goes.
    func finish(_ code: PublishDoneCode, _ reason: String) {
        guard !isDone, outcome == nil else { return }
        outcome = (code, reason)
        finishIfComplete()
    }

    /// Ends it once its last stream is closed, if there is a reason to.
    func finishIfComplete() {
        guard !isDone, cursors.isEmpty, fills.isEmpty,
            let (code, reason) = outcome ?? track.end ?? track.loss ?? rangeEnd
        else {
            return
        }
        isDone = true
        track.remove(self)
        downlink.finished(self, code, reason)
    }

    private var rangeEnd: (code: PublishDoneCode, reason: String)? {
        endsWithRange && sawEndGroup && sawBeyond ? (.subscriptionEnded, "end of the requested range") : nil
    }
}

/// What the subscriber asked of a subscription, with the draft's defaults filled in.
package struct SubscriptionTerms: Hashable, Sendable {
    /// 0 goes first; 128 when not said.
    package var priority: UInt8
    package var groupOrder: GroupOrder
    package var forwards: Bool
    /// Nil: none.
    package var objectTimeout: Interval?
    package var subgroupTimeout: Interval?
    /// Nil: none.
    package var filter: LocationFilter?
    package var rangeFilters: [RangeFilter]

    package init(
        priority: UInt8 = 128, groupOrder: GroupOrder = .ascending, forwards: Bool = true,
        objectTimeout: Interval? = nil, subgroupTimeout: Interval? = nil, filter: LocationFilter? = nil,
        rangeFilters: [RangeFilter] = []
    ) {
        self.priority = priority
        self.groupOrder = groupOrder
        self.forwards = forwards
        self.objectTimeout = objectTimeout
        self.subgroupTimeout = subgroupTimeout
        self.filter = filter
        self.rangeFilters = rangeFilters
    }
}
