package import MoQTCodec
internal import Wire

/// A request whose answer is data streams: a subscription or a fetch. It keeps its own streams in sending order.
package class StreamOwner {
    package let requestID: RequestID
    /// 0 goes first (draft-18 "Priorities").
    package var subscriberPriority: UInt8
    let downlink: Downlink
    /// Ready streams, best last.
    private var ready: [OutgoingStream] = []
    /// When it was last served, so that equal requests take turns.
    var turn: UInt64 = 0
    var isListed = false

    init(requestID: RequestID, subscriberPriority: UInt8, downlink: Downlink) {
        self.requestID = requestID
        self.subscriberPriority = subscriberPriority
        self.downlink = downlink
    }

    var best: OutgoingStream? { ready.last }
    var hasReady: Bool { !ready.isEmpty }

    func makeReady(_ stream: OutgoingStream) {
        guard stream.phase == .idle || stream.phase == .blocked else { return }
        stream.phase = .ready
        let order = stream.order
        var low = 0
        var high = ready.count
        while low < high {
            let middle = (low + high) / 2
            if ready[middle].order > order { low = middle + 1 } else { high = middle }
        }
        ready.insert(stream, at: low)
        downlink.list(self)
    }

    func unready(_ stream: OutgoingStream) {
        guard stream.phase == .ready else { return }
        stream.phase = .idle
        if let index = ready.lastIndex(where: { $0 === stream }) { ready.remove(at: index) }
    }

    /// Whether its best stream goes before that of a request of the same priority; nil: they take turns.
    func goesBefore(_ other: StreamOwner) -> Bool? { nil }
    /// A stream got its number.
    func opened(_ stream: OutgoingStream) {}
    /// One of the streams is over.
    func streamClosed(_ stream: OutgoingStream) {}
    /// The peer does not want the rest of the stream.
    func stopped(_ stream: OutgoingStream) {}
}
