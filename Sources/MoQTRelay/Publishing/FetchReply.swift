internal import MoQTCodec
internal import Wire

/// The publisher's half of a FETCH, or of a fill: one stream of objects from a log (draft-22 "Fetch Header").
final class FetchReply: StreamOwner {
    let track: TrackLog
    /// What is sent: the range that was asked for, up to the largest object of that time.
    let range: ClosedRange<Location>
    private let order: GroupOrder
    /// Nil: every object of the range is sent.
    private let filter: ObjectFilter?
    private var stream: FetchStream?
    private var isOver = false
    /// The subscription that it fills; nil: it answers a FETCH.
    weak var subscription: Subscription?
    /// Told when the data stream is over.
    var done: (() -> Void)?

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
        subscription?.fillEnded(self)
        done?()
        done = nil
    }

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

    override func streamClosed(_ stream: OutgoingStream) {
        self.stream?.leaveLogs()
        self.stream = nil
        end()
    }

    override func stopped(_ stream: OutgoingStream) { cancel() }
}
