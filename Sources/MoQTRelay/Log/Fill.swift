internal import MoQTCodec
internal import Wire

/// A range that is being fetched from a publisher into a track's log: objects that subscriptions are not sent, and the
/// places where there are none.
///
/// Whoever reads the log waits for what is coming here; the publisher goes at the pace of the one that is ahead.
final class Fill {
    let log: TrackLog
    private(set) var range: ClosedRange<Location>
    let order: GroupOrder
    /// Where the range starts is for the publisher to find out, and not known before it has said where it ends.
    private var startIsOpen: Bool
    /// The publisher has said how far it goes.
    private(set) var isAccepted: Bool
    /// The last location that something was said of; nil: nothing has come.
    private var place: Location?
    /// Where groups come last first, and before the publisher has said where the range ends: the first object, and the
    /// last of its group once another one has begun.
    private var top: (first: Location, last: Location?)?
    /// Nothing more comes.
    private(set) var isOver = false
    /// All came, but not yet how far that is.
    private var isEnding = false
    private(set) var lastProgress: Instant

    /// Streams that have read what has come.
    private var waiters: [OutgoingStream] = []
    private(set) var readers: [FetchReply] = []
    /// Told when nobody reads it any more, and when it is over.
    var abandoned: (() -> Void)?
    var done: (() -> Void)?
    /// Asks another publisher; false: there is none.
    var retry: (() -> Bool)?
    /// Asks a publisher, which may be the same, in place of the one that was, while nothing has come.
    var renew: ((Peer) -> Void)?
    /// The publisher wants the rest asked for anew, which is done once it has said how far it goes.
    var isLeaving = false
    /// Told once the object that is coming is whole.
    var rested: (() -> Void)?
    /// Bytes that are to come of the object that is coming.
    private(set) var owed: UInt64 = 0
    /// What still is to come may be had anew: the publisher is gone, or wants that.
    var isReleased = false
    /// Another loop brings it, which has it from its own publishers.
    var isFromSibling = false

    private var writer: FillWriter
    /// The publisher's stream.
    private var source: (peer: Peer, stream: StreamID)?
    private var received: UInt64 = 0
    /// How far the reader ahead has come, and how much of it was credited.
    private(set) var position: UInt64 = 0
    private var credited: UInt64 = 0
    /// Its readers hold it back.
    private let followsReaders: Bool

    /// - Parameters:
    ///   - startIsOpen: the lower bound is a guess until ``accepted(start:end:)``.
    ///   - isAccepted: `range` is what comes, without a further answer.
    init(
        _ log: TrackLog, _ range: ClosedRange<Location>, _ order: GroupOrder, startIsOpen: Bool = false,
        isAccepted: Bool = false, followsReaders: Bool = true, now: Instant
    ) {
        self.log = log
        self.range = range
        self.order = order
        self.startIsOpen = startIsOpen
        self.isAccepted = isAccepted
        self.followsReaders = followsReaders
        lastProgress = now
        writer = FillWriter(log)
        log.fills.append(self)
    }

    // MARK: - Readers

    func add(_ reader: FetchReply) {
        if !readers.contains(where: { $0 === reader }) { readers.append(reader) }
    }

    func remove(_ reader: FetchReply) {
        readers.removeAll { $0 === reader }
        guard readers.isEmpty else { return }
        caughtUp()
        writer.release()
        if !isOver { abandoned?() }
    }

    /// Something is still to be said of the location.
    func isComing(_ location: Location) -> Bool {
        guard !isOver, range.contains(location) else { return false }
        if location == place { return writer.isMidDatagram }
        if let undecided, undecided.contains(location) { return true }
        return place.map { isLater(location, than: $0) } ?? true
    }

    /// What precedes the first group that came, and what is behind its last object, while the end is not known.
    private var undecided: ClosedRange<Location>? {
        guard !isAccepted, let top else { return nil }
        let last = top.last ?? Location(group: top.first.group, object: .max)
        return last < range.upperBound ? last.next...range.upperBound : nil
    }

    /// Nothing has come, nor been promised.
    var isUntouched: Bool { !isOver && !isAccepted && place == nil }

    /// The first location behind `location` that something is still to be said of; nil: there is none.
    func nextComing(behind location: Location) -> Location? {
        let first = max(location.next, range.lowerBound)
        if isComing(first) { return first }
        guard !isOver, let next = place?.next, next > first, range.contains(next) else { return nil }
        return next
    }

    private func isLater(_ location: Location, than before: Location) -> Bool {
        if order == .ascending || location.group == before.group { return location > before }
        return location.group < before.group
    }

    /// What something is still to be said of.
    var coming: [ClosedRange<Location>] {
        guard !isOver else { return [] }
        guard let place else { return [range] }
        let last = order == .ascending ? range.upperBound : range.lastLocation(of: place.group)
        var found = place < last ? [place.next...last] : []
        if writer.isMidDatagram { found.append(place...place) }
        let group = Location(group: place.group, object: 0)
        if order == .descending, range.lowerBound < group { found.append(range.lowerBound...group.previous) }
        if let undecided { found.append(undecided) }
        return found
    }

    func wait(_ stream: OutgoingStream) {
        waiters.append(stream)
        caughtUp()
    }

    func leave(_ stream: OutgoingStream) { waiters.removeAll { $0 === stream } }

    var isAwaited: Bool { !waiters.isEmpty }

    /// Somebody reads it, or will when it is known how far it goes: what comes stays until then.
    var holdsLog: Bool { !readers.isEmpty || !isAccepted && !isOver }

    private func wake() {
        let woken = waiters
        waiters = []
        for waiter in woken { waiter.dataArrived() }
    }

    // MARK: - From the publisher

    /// FETCH_OK: how far it goes, and from where.
    func accepted(start: Location, end: Location) {
        isAccepted = true
        startIsOpen = false
        let first = max(start, range.lowerBound)
        let last = min(end, range.upperBound)
        if last < range.upperBound { miss(max(first, last.next)...range.upperBound) }
        range = first...max(first, last)
        noteTop()
        // It ends before what was asked for.
        if last < first { place = first }
        wake()
        if isEnding { self.end(isWhole: true) }
    }

    func opened(_ peer: Peer, _ stream: StreamID, wireBytes: Int) {
        source = (peer, stream)
        receivedWire(wireBytes)
    }

    func begin(_ object: FetchObject, wireBytes: Int, _ now: Instant) {
        lastProgress = now
        let wireStart = received
        receivedWire(wireBytes)
        writer.current = nil
        owed = object.status == .normal ? object.payloadLength : 0
        defer { restIfWhole() }
        guard !isOver, isComing(object.location) else { return }
        pass(to: object.location)
        place = object.location
        if object.status == .normal {
            writer.begin(object, of: self, wireStart: wireStart, now)
        } else {
            log.noteAbsent(object.location...object.location)
        }
        wake()
    }

    func append(_ payload: Bytes, _ now: Instant) {
        lastProgress = now
        receivedWire(payload.count)
        if !isOver, writer.append(payload, of: self) { wake() }
        owed -= min(owed, UInt64(payload.count))
        restIfWhole()
    }

    private func restIfWhole() {
        if owed == 0, let told = rested.take() { told() }
    }

    /// What is unknown to the publisher, too, is left unknown; so is what a sign covers where groups come last first.
    func skip(_ gap: FetchGap, of peer: Peer, wireBytes: Int, _ now: Instant) {
        lastProgress = now
        receivedWire(wireBytes)
        var end = gap.end
        // The end of a group is the largest number that a draft can write.
        if end.object >= peer.downlink.profile.integers.maximum { end.object = .max }
        if order == .ascending { end = min(end, range.upperBound) }
        guard !isOver, place.map({ isLater(end, than: $0) }) ?? true else { return }
        if gap.reason == .doesNotExist, order == .ascending, !startIsOpen || place != nil {
            let start = place?.next ?? range.lowerBound
            if start <= end { log.noteAbsent(start...end) }
        } else {
            missUnknown(through: end)
        }
        place = end
        wake()
    }

    /// What is covered by a sign is not clear where groups come last first.
    private func missUnknown(through end: Location) {
        let start = place?.next ?? range.lowerBound
        miss(order == .ascending && start <= end ? start...end : range)
    }

    /// What the publisher was asked for, and does not know or has not told.
    private func miss(_ range: ClosedRange<Location>) {
        for reader in readers { reader.misses(range, of: self) }
    }

    /// What was left out before `location` does not exist.
    private func pass(to location: Location) {
        guard place != nil || !startIsOpen else { return }
        guard order == .descending, place?.group != location.group else {
            let start = place?.next ?? range.lowerBound
            if start < location { log.noteAbsent(start...location.previous) }
            return
        }
        if let place {
            let isDecided = isAccepted || top.map { $0.first.group != place.group } ?? false
            if isDecided { noteRest(of: place) } else { top?.last = place }
        } else if !isAccepted {
            top = (location, nil)
        }
        noteBetween(location)
        let first = max(range.lowerBound, Location(group: location.group, object: 0))
        if first < location { log.noteAbsent(first...location.previous) }
    }

    /// Groups that were left out before that of `location`.
    private func noteBetween(_ location: Location) {
        guard place != nil || isAccepted else { return }
        let above = Location(group: location.group, object: .max)
        let end = place.map { Location(group: $0.group, object: 0).previous } ?? range.upperBound
        if above < end { log.noteAbsent(above.next...end) }
    }

    /// What was undecided does not exist.
    private func noteTop() {
        guard let top = top.take(), let place else { return }
        let group = Location(group: top.first.group, object: .max)
        guard let last = top.last ?? (place.group == group.group ? group : nil), last < range.upperBound else { return }
        log.noteAbsent(last.next...range.upperBound)
    }

    private func noteRest(of place: Location) {
        let end = min(range.upperBound, Location(group: place.group, object: .max))
        if place < end { log.noteAbsent(place.next...end) }
    }

    /// Nothing comes behind the last object.
    private func passToEnd() {
        guard place != nil || !startIsOpen else { return }
        guard order == .descending else {
            let start = place?.next ?? range.lowerBound
            if start <= range.upperBound, place != range.upperBound { log.noteAbsent(start...range.upperBound) }
            return
        }
        guard let place else { return log.noteAbsent(range) }
        noteRest(of: place)
        let end = Location(group: place.group, object: 0)
        if range.lowerBound < end { log.noteAbsent(range.lowerBound...end.previous) }
    }

    /// What still was to come breaks a limit: who reads it hears so, and not that it is unknown.
    func refuse() {
        let rest = coming
        for reader in readers { reader.refuse(rest) }
    }

    /// - Parameter isWhole: what did not come does not exist.
    func end(isWhole: Bool) {
        guard !isOver else { return }
        if isWhole, !isAccepted { return isEnding = true }
        if isWhole { passToEnd() } else if !isReleased { coming.forEach(miss) }
        isOver = true
        writer.finish()
        log.fills.removeAll { $0 === self }
        pay(through: received)
        wake()
        abandoned = nil
        retry = nil
        renew = nil
        rested = nil
        let told = done
        done = nil
        told?()
    }

    // MARK: - Credit

    private func receivedWire(_ count: Int) {
        received += UInt64(count)
        // Who waits for what comes later needs none of this.
        if !followsReaders || readers.isEmpty && isAccepted || isOver || isAwaited { caughtUp() }
    }

    /// A reader has taken the publisher's stream up to a byte.
    func took(through position: UInt64) {
        guard position > self.position else { return }
        self.position = min(position, received)
        // In portions, so that small objects do not cost a message each.
        if self.position > credited, self.position - credited >= 4096 { pay(through: self.position) }
    }

    /// A reader has all that has come.
    func caughtUp() {
        position = received
        pay(through: received)
    }

    private func pay(through position: UInt64) {
        guard let source, position > credited else { return }
        source.peer.credit(source.stream, Int(clamping: position - credited))
        credited = position
    }
}
