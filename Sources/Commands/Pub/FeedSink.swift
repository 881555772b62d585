internal import EventLoop
internal import MoQTMedia
internal import Wire

/// Where the reading thread puts objects: paced, and no faster than they are taken.
struct FeedSink {
    private let gate: FeedGate
    private let mailbox: Mailbox<FeedItem>
    private var pacer: Pacer
    /// What was posted, in bytes of payload and overhead.
    private(set) var posted: UInt64 = 0
    private var limit: UInt64 = 0

    init(gate: FeedGate, mailbox: Mailbox<FeedItem>, pace: Pacer.Pace) {
        self.gate = gate
        self.mailbox = mailbox
        pacer = Pacer(pace)
    }

    /// Says that the input is fit to be read, and waits until it is wanted.
    func opened(movie: [MediaTrack] = [], notes: [String] = []) throws(InputFailure) {
        mailbox.post(.opened(movie: movie, notes: notes))
        try gate.waitUntilOpen()
    }

    /// Begins an object.
    ///
    /// - Parameter time: its time stamp in microseconds, where it has one.
    mutating func begin(_ object: FedObject, time: Int64 = 0) throws(InputFailure) {
        if let due = pacer.due(time: time, now: EventLoop.clock) { try gate.wait(until: due) }
        try post(.object(object), FedObject.overhead + object.payload.count)
    }

    /// An object whose payload is there, in pieces.
    mutating func object(_ payload: [Bytes]) throws(InputFailure) {
        let length = payload.reduce(0) { $0 + UInt64($1.count) }
        try begin(FedObject(payloadLength: length, payload: payload.first ?? Bytes()))
        for piece in payload.dropFirst() { try append(piece) }
    }

    /// More of the object last begun.
    mutating func append(_ payload: Bytes) throws(InputFailure) {
        guard !payload.isEmpty else { return }
        try post(.payload(payload), payload.count)
    }

    private mutating func post(_ item: FeedItem, _ cost: Int) throws(InputFailure) {
        if posted >= limit { limit = try gate.waitForRoom(after: posted) }
        posted += UInt64(cost)
        mailbox.post(item)
    }
}
