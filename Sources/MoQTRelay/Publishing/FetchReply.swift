internal import MoQTCodec
internal import Wire

/// The publisher's half of a FETCH, or of a fill: one stream of objects from a log (draft-22 "Fetch Header").
final class FetchReply: StreamOwner {
    let track: TrackLog
    /// What is sent: the range that was asked for, up to the largest object of that time.
    let range: ClosedRange<Location>
    let order: GroupOrder
    /// Nil: every object of the range is sent.
    private let filter: ObjectFilter?
    private var stream: FetchStream?
    private var isOver = false
    /// The subscription that it fills; nil: it answers a FETCH.
    weak var subscription: Subscription?
    /// Told when the data stream is over.
    var done: (() -> Void)?

    /// How to answer once it is known whether there is something to send; nil: it was accepted.
    var answer: Answer?
    /// Has a publisher asked for what is unknown from a location on; nil: there is nobody to ask.
    var ask: ((FetchReply, Location, Instant) -> Bool)?
    /// What publishers were asked for on its behalf, and do not know or have not told.
    private(set) var missed = LocationSet(limit: 1024)
    /// What they were asked for last when it was its turn, and how often in a row.
    private var lastAsked: (place: Location, times: Int)?
    /// What publishers sent, or were to send behind it, when they broke a limit.
    private(set) var refused = LocationSet(limit: 1024)
    /// What it reads that is still coming, and whether that was asked for on its behalf.
    private var fills: [(fill: Fill, isOwn: Bool)] = []
    /// How long it waits for publishers, in milliseconds from when it does first; nil: as long as they take (draft-18
    /// "FILL TIMEOUT Parameter").
    var fillTimeout: UInt64?
    /// Until when it waits for publishers; nil: it has not waited yet, or has no limit.
    private(set) var deadline: Instant?
    /// Why it waits for nothing any more; nil: it does.
    private(set) var impatience: FetchGap.Reason?

    /// What is said to a FETCH whose answer depends on what comes.
    struct Answer {
        /// False: the peer's draft has no words for it, and it was refused.
        let accept: () -> Bool
        let refuse: (RequestErrorCode, String) -> Void
        /// An empty range is an error.
        let refusesEmpty: Bool
    }

    /// - Parameter requestID: of the FETCH, or of the SUBSCRIBE or REQUEST_UPDATE with the fill.
    init(
        requestID: RequestID, track: TrackLog, range: ClosedRange<Location>, order: GroupOrder, priority: UInt8,
        filter: ObjectFilter? = nil, downlink: Downlink
    ) {
        self.track = track
        self.range = range
        self.order = order
        self.filter = filter
        super.init(requestID: requestID, subscriberPriority: priority, downlink: downlink)
        track.replyCount += 1
    }

    /// Begins to send, unless it has been cancelled before.
    func start() {
        guard !isOver, stream == nil else { return }
        let stream = FetchStream(owner: self, track: track, range: range, order: order, filter: filter)
        self.stream = stream
        makeReady(stream)
    }

    /// The data stream is not over.
    var isLive: Bool { !isOver }

    func cancel(_ code: StreamResetCode = .cancelled) {
        guard !isOver else { return }
        guard let stream else { return end() }
        stream.dropStaged()
        downlink.reset(stream, code)
    }

    private func end() {
        isOver = true
        track.replyCount -= 1
        leaveFills()
        ask = nil
        answer = nil
        subscription?.fillEnded(self)
        done?()
        done = nil
    }

    // MARK: - What is not here

    /// Publishers are asked for what is unknown.
    var asks: Bool { ask != nil && impatience == nil }

    /// What brings the location; nil: nothing does, or it is not waited for any more.
    func fill(bringing location: Location, _ now: Instant) -> Fill? {
        guard impatience == nil else { return nil }
        if deadline == nil, let fillTimeout { deadline = now + .milliseconds(fillTimeout) }
        if let fill = coming(location) { return fill }
        guard mayAsk(for: location), ask?(self, location, now) ?? false else { return nil }
        return coming(location)
    }

    /// What has come may have been dropped before it was read: there is an end to that, too.
    private func mayAsk(for location: Location) -> Bool {
        guard !missed.contains(location) else { return false }
        let times = lastAsked.map { $0.place == location ? $0.times + 1 : 1 } ?? 1
        lastAsked = (location, times)
        return times <= Self.patience
    }

    /// Times that the same object is asked for, while it comes and is gone again before it is read.
    private static let patience = 3

    /// There is nobody to ask for it.
    func misses(_ range: ClosedRange<Location>) { missed.insert(range) }

    /// What a publisher was asked for he does not know, or has not told. On behalf of another he may have been asked in
    /// a way that his draft has no answer to.
    func misses(_ range: ClosedRange<Location>, of fill: Fill) {
        if fills.contains(where: { $0.fill === fill && $0.isOwn }) { missed.insert(range) }
    }

    private func coming(_ location: Location) -> Fill? {
        track.fills.first { $0.isComing(location) && hears($0) }
    }

    /// What it brings is for the peer: loops do not wait for each other's in turn.
    func hears(_ fill: Fill) -> Bool { !(downlink.isSibling && fill.isFromSibling) }

    /// - Parameter isOwn: it was asked for on its behalf.
    func join(_ fill: Fill, isOwn: Bool = false) {
        guard !isOver, !fills.contains(where: { $0.fill === fill }) else { return }
        // Those that it has read, it needs no more.
        let place = stream?.place
        for (fill, _) in fills where fill.isOver && isBehind(fill.range, place) { fill.remove(self) }
        fills.removeAll { $0.fill.isOver && isBehind($0.fill.range, place) }
        fills.append((fill, isOwn))
        fill.add(self)
    }

    func refuse(_ ranges: [ClosedRange<Location>]) {
        for range in ranges { refused.insert(range) }
    }

    private func isBehind(_ range: ClosedRange<Location>, _ place: Location?) -> Bool {
        guard let place else { return false }
        return order == .ascending ? range.upperBound < place : range.lowerBound.group > place.group
    }

    private func leaveFills() {
        for (fill, _) in fills { fill.remove(self) }
        fills = []
    }

    /// It waits for publishers no longer; what there is still goes.
    func losePatience(_ reason: FetchGap.Reason) {
        guard impatience == nil else { return }
        impatience = reason
        deadline = nil
        leaveFills()
        stream?.dataArrived()
    }

    /// There is something to send. False: it was refused, and nothing is sent.
    func accepts() -> Bool { answer.take().map { $0.accept() } ?? true }

    /// Refuses what has not been answered yet. False: it has been.
    func reject(_ code: RequestErrorCode, _ reason: String) -> Bool {
        guard let answer = answer.take() else { return false }
        answer.refuse(code, reason)
        if let stream { closeUnopened(stream) } else { end() }
        return true
    }

    // MARK: - Its stream

    /// A fill and its subscription are sent as one, in their group order; within a group what is past goes first. Where
    /// their orders differ the subscription does (draft-22 "Fill").
    override func goesBefore(_ other: StreamOwner) -> Bool? {
        guard let subscription, subscription === other, let group = stream?.nextGroup,
            let live = other.best?.order.group
        else { return nil }
        let descends = subscription.groupOrder == .descending
        let place = descends ? ~group : group
        return (order == .descending) == descends ? place <= live : place == live
    }

    override func opened(_ stream: OutgoingStream) { subscription?.openedFill() }

    /// Nothing was sent, and nothing will be.
    func closeUnopened(_ stream: OutgoingStream) {
        unready(stream)
        stream.phase = .closed
        streamClosed(stream)
    }

    override func streamClosed(_ stream: OutgoingStream) {
        self.stream?.close()
        self.stream = nil
        end()
    }

    override func stopped(_ stream: OutgoingStream) { cancel() }
}
