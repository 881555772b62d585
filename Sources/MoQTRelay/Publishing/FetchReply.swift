internal import MoQTCodec
internal import Wire

/// The publisher's half of a FETCH: one stream of objects from a log (draft-18 "Fetch Header").
final class FetchReply: StreamOwner {
    let track: TrackLog
    private var stream: FetchStream?
    /// Told when the data stream is over.
    private let done: () -> Void

    init(
        requestID: RequestID, track: TrackLog, range: ClosedRange<Location>, order: GroupOrder, priority: UInt8,
        downlink: Downlink, done: @escaping () -> Void
    ) {
        self.track = track
        self.done = done
        super.init(requestID: requestID, subscriberPriority: priority, downlink: downlink)
        let stream = FetchStream(owner: self, track: track, range: range, order: order)
        self.stream = stream
        makeReady(stream)
    }

    /// The data stream is not over.
    var isLive: Bool { stream != nil }

    func cancel() {
        guard let stream else { return }
        stream.dropStaged()
        downlink.reset(stream, .cancelled)
    }

    override func streamClosed(_ stream: OutgoingStream) {
        self.stream?.leaveLogs()
        self.stream = nil
        done()
    }

    override func stopped(_ stream: OutgoingStream) { cancel() }
}
