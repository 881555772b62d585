internal import MoQTCodec
package import Wire

/// The memory that logs hold, bounded over all tracks: the oldest goes first, what readers of lossless tracks still
/// need stays. It also hands out the flow-control credit that follows the readers.
package final class Cache {
    /// What it may hold, alone or with others.
    package let budget: CacheBudget
    /// What it has told the others that it holds.
    private var told = 0
    /// Bytes held: payload, and what each object costs besides.
    package private(set) var used = 0
    /// Objects held, whole or not.
    package private(set) var objectCount = 0
    /// What was given up so far for want of room or because its time was over.
    package private(set) var evicted = (bytes: UInt64(0), objects: UInt64(0))
    /// How long a lossless track waits for a subscriber that acknowledges nothing.
    package static let patience = Interval.seconds(30)
    /// The latest time that was told.
    package private(set) var clock = Instant(nanoseconds: 0)

    /// Nothing could be dropped when this much was held.
    private var retryAbove = 0
    /// Some track has a ``TrackLog/cacheDuration``.
    var hasDurations = false
    /// Oldest first.
    private var entries: [Entry] = []
    var dirty: [(track: TrackLog, log: SubgroupLog)] = []
    /// Logs with readers that may be stalled.
    private var watched: [(track: TrackLog, log: SubgroupLog)] = []
    /// Credit to give: told by ``settle(_:)``, drained by the driver.
    private var credits: [Credit] = []

    private struct Entry {
        let track: TrackLog
        let item: Item

        enum Item {
            case subgroup(SubgroupLog)
            case datagrams(GroupLog)
        }

        var isForgotten: Bool {
            switch item {
            case .subgroup(let log): log.isForgotten
            case .datagrams(let group): !group.isListed
            }
        }
    }

    /// Flow-control credit owed to a publisher.
    package struct Credit {
        package let source: CreditSource
        /// Stream bytes its readers are done with.
        package let byteCount: UInt64
        /// The stream has ended and was read: another may be opened in its place.
        package let endsStream: Bool
    }

    /// How long a subgroup is kept after its end; nil: until its room is needed.
    package let timeLimit: Interval?

    /// - Parameter limit: bytes.
    package convenience init(limit: Int, timeLimit: Interval? = nil) {
        self.init(CacheBudget(limit: limit), timeLimit: timeLimit)
    }

    package init(_ budget: CacheBudget, timeLimit: Interval? = nil) {
        self.budget = budget
        self.timeLimit = timeLimit
    }

    deinit { budget.change(by: -told) }

    func added(_ log: SubgroupLog, of track: TrackLog) {
        entries.append(Entry(track: track, item: .subgroup(log)))
        used += SubgroupLog.fixedCost
    }

    func added(datagramsOf group: GroupLog, of track: TrackLog) {
        group.isListed = true
        entries.append(Entry(track: track, item: .datagrams(group)))
    }

    /// - Parameter objects: how many of them are new.
    func grew(by count: Int, objects: Int = 0) {
        used += count
        objectCount += objects
    }

    private func shrank(by count: Int, objects: Int) {
        used -= count
        objectCount -= objects
        evicted.bytes += UInt64(count)
        evicted.objects += UInt64(objects)
    }

    package func nextCredit() -> Credit? { credits.popLast() }

    /// The time at which what is handled next happened.
    func tell(_ now: Instant) { clock = max(clock, now) }

    /// Does what is due after a round of input: credit for what was read, room for what is to come.
    package func settle(_ now: Instant) {
        tell(now)
        while !dirty.isEmpty {
            let round = dirty
            dirty = []
            for (track, log) in round {
                log.isDirty = false
                credit(log, of: track, now)
            }
        }
        tell()
        guard used > retryAbove else { return }
        if budget.excess > 0 {
            evict()
            // What its readers hold is not looked through again for every packet.
            retryAbove = budget.excess > 0 ? used + budget.share / 64 : 0
        } else if used > budget.share, budget.takeComplaint() {
            giveBack()
        }
    }

    private func tell() {
        guard used != told else { return }
        budget.change(by: used - told)
        told = used
    }

    /// Looks again at the subscribers that hold a lossless track up; call about once a second.
    package func dropStalledReaders(_ now: Instant) {
        retryAbove = 0
        let candidates = watched
        watched = []
        for (track, log) in candidates {
            log.isWatched = false
            credit(log, of: track, now)
        }
    }

    // MARK: - Credit

    private func credit(_ log: SubgroupLog, of track: TrackLog, _ now: Instant) {
        guard !track.standsStill, let source = log.source else { return }
        let position = min(log.wireReceived, wantedPosition(log, track, now))
        let ended = log.end != .open && position >= log.wireReceived && !log.streamCredited && !log.isFed(by: source)
        guard position > log.wireCredited || ended else { return }
        let byteCount = position > log.wireCredited ? position - log.wireCredited : 0
        log.wireCredited = max(position, log.wireCredited)
        if ended { log.streamCredited = true }
        credits.append(Credit(source: source, byteCount: byteCount, endsStream: ended))
    }

    /// Stops following the readers: the rest of the credit is given now. For the stream, too, when it is over.
    func release(_ log: SubgroupLog) {
        guard let source = log.source else { return }
        log.source = nil
        let isOver = !log.isFed(by: source)
        let byteCount = log.wireReceived - log.wireCredited
        log.wireCredited = log.wireReceived
        let endsStream = isOver && !log.streamCredited
        if isOver { log.streamCredited = true }
        guard byteCount > 0 || endsStream else { return }
        credits.append(Credit(source: source, byteCount: byteCount, endsStream: endsStream))
    }

    /// Stream bytes that count as read: by the slowest reader of a lossless track, the fastest of a live one.
    private func wantedPosition(_ log: SubgroupLog, _ track: TrackLog, _ now: Instant) -> UInt64 {
        guard !log.cursors.isEmpty else { return log.wireReceived }
        switch track.delivery {
        case .live:
            if log.wasReadThrough { return log.wireReceived }
            return log.cursors.members.reduce(0) { max($0, $1.wirePosition) }
        case .lossless:
            return slowestPosition(log, track, now)
        }
    }

    private func slowestPosition(_ log: SubgroupLog, _ track: TrackLog, _ now: Instant) -> UInt64 {
        var slowest = log.wireReceived
        for cursor in log.cursors.members {
            let position = cursor.wirePosition
            guard position < log.wireReceived else {
                cursor.behindSince = nil
                continue
            }
            let since = cursor.behindSince ?? now
            cursor.behindSince = since
            if cursor.subscription.isStalled(now, since: since) {
                cursor.subscription.fallBehind()
            } else {
                slowest = min(slowest, position)
            }
        }
        if slowest < log.wireReceived, !log.isWatched {
            log.isWatched = true
            watched.append((track, log))
        }
        return slowest
    }

    // MARK: - Eviction

    /// There is more than all may hold together.
    private func evict() {
        let isGreedy = used > budget.share
        if !isGreedy { budget.lacksRoom() }
        let target =
            isGreedy ? max(used - budget.excess, budget.share) - budget.share / 16 : used - budget.excess
        for entry in entries where used > target { dropRead(entry, saving: used - target) }
        // Live readers lose what they lag behind with only where that is more than a share.
        if isGreedy, used - target > budget.share / 16 {
            for entry in entries where used > target { dropLive(entry, saving: used - target) }
        }
        entries.removeAll(where: \.isForgotten)
        tell()
    }

    /// Another one lacks room, while this one has more than its share.
    private func giveBack() {
        let target = max(budget.share, used - budget.limit / 16)
        for entry in entries where used > target { dropRead(entry, saving: used - target) }
        entries.removeAll(where: \.isForgotten)
        tell()
    }

    /// Drops what is older than ``timeLimit``, but for what readers still need; call about once a second.
    package func expire(_ now: Instant) {
        guard timeLimit != nil || hasDurations else { return }
        for entry in entries {
            if let timeLimit { expire(entry, now, olderThan: timeLimit, isStrict: false) }
            if let limit = entry.track.cacheDuration { expire(entry, now, olderThan: limit, isStrict: true) }
        }
        entries.removeAll(where: \.isForgotten)
    }

    /// - Parameter isStrict: each object for itself; otherwise an ended subgroup as a whole.
    private func expire(_ entry: Entry, _ now: Instant, olderThan age: Interval, isStrict: Bool) {
        let oldest = Instant(nanoseconds: now.nanoseconds - min(now.nanoseconds, age.nanoseconds))
        switch entry.item {
        case .datagrams(let group): dropDatagrams(of: group, entry.track) { $0.dropDatagrams(before: oldest) }
        case .subgroup(let log) where log.end == .open || isStrict:
            dropRead(log, entry.track, before: log.limit(arrivedBefore: oldest))
        case .subgroup(let log):
            if log.endedAt < oldest { dropRead(log, entry.track, before: log.limit(saving: .max)) }
        }
    }

    /// Drops what every reader has taken.
    private func dropRead(_ entry: Entry, saving size: Int) {
        switch entry.item {
        case .datagrams(let group): dropDatagrams(of: group, entry.track, saving: size)
        case .subgroup(let log): dropRead(log, entry.track, before: log.limit(saving: size))
        }
    }

    private func dropRead(_ log: SubgroupLog, _ track: TrackLog, before wanted: (object: Int, chunk: Int)) {
        var limit = wanted
        for cursor in log.cursors.members { limit = Self.smaller(limit, cursor.needed) }
        // The publisher is held back by who reads what was fetched.
        if let fill = log.fill, fill.holdsLog { limit = Self.smaller(limit, log.limit(readTo: fill.position)) }
        drop(log, track, before: limit)
    }

    private static func smaller(
        _ a: (object: Int, chunk: Int), _ b: (object: Int, chunk: Int)
    ) -> (object: Int, chunk: Int) {
        (min(a.object, b.object), min(a.chunk, b.chunk))
    }

    /// Drops what the fastest reader has taken, of live tracks only: readers that still wanted it lose the subgroup.
    private func dropLive(_ entry: Entry, saving size: Int) {
        guard case .live = entry.track.delivery, case .subgroup(let log) = entry.item, !log.isForgotten,
            log.fill == nil
        else { return }
        var limit = log.limit(saving: size)
        if !log.wasReadThrough, let fastest = log.cursors.members.map(\.needed).max(by: { $0 < $1 }) {
            limit = (min(limit.object, fastest.object), min(limit.chunk, fastest.chunk))
        }
        for cursor in log.cursors.members where cursor.needed < limit { cursor.fellBehind() }
        drop(log, entry.track, before: limit)
    }

    private func drop(_ log: SubgroupLog, _ track: TrackLog, before wanted: (object: Int, chunk: Int)) {
        var limit = wanted
        // The rest of an object that a fetch has begun with would have to be had again.
        if let first = log.begun.min() { limit = Self.smaller(limit, (first, log[first].firstChunk)) }
        let objects = log.heldCount
        let saved = log.evict(before: limit)
        shrank(by: saved, objects: objects - log.heldCount)
        guard log.end != .open, log.cursors.isEmpty, log.cost == 0, !log.isForgotten else { return }
        log.isForgotten = true
        used -= SubgroupLog.fixedCost
        track.forget(log)
    }

    private func dropDatagrams(of group: GroupLog, _ track: TrackLog, saving size: Int) {
        dropDatagrams(of: group, track) { $0.dropDatagrams(saving: size) }
    }

    private func dropDatagrams(of group: GroupLog, _ track: TrackLog, _ drop: (GroupLog) -> Int) {
        let objects = group.datagrams.count
        let saved = drop(group)
        shrank(by: saved, objects: objects - group.datagrams.count)
        guard group.datagrams.isEmpty else { return }
        group.isListed = false
        track.forgetIfEmpty(group)
    }

    /// Lets go of everything a track holds; what is still appended to it is ignored.
    package func remove(_ track: TrackLog) {
        guard !track.isClosed else { return }
        used -= track.forgetKnowledge()
        track.isClosed = true
        track.fills = []
        for entry in entries where entry.track === track {
            switch entry.item {
            case .subgroup(let log):
                for cursor in log.cursors.members { cursor.fellBehind() }
                release(log)
                used -= log.cost + (log.isForgotten ? 0 : SubgroupLog.fixedCost)
                objectCount -= log.heldCount
                _ = log.evict(before: (log.objectCount, .max))
                log.writers = []
                log.isForgotten = true
            case .datagrams(let group):
                objectCount -= group.datagrams.count
                used -= group.dropDatagrams(saving: .max)
                group.isListed = false
            }
        }
        entries.removeAll(where: \.isForgotten)
        dirty.removeAll { $0.track === track }
        watched.removeAll { $0.track === track }
    }
}
