internal import MoQTCodec
internal import MoQTSession
internal import Wire

/// The loop's side of a subscription or a fetch: makes objects of what its streams bring, and hands them over with the
/// flow control they cost.
final class Intake {
    let feed: Feed<FetchItem>
    /// What is owed now; drained by the engine.
    var credit: [Owed] = []
    private(set) var isEnded = false

    /// Bytes a stream may have unpaid.
    private let window: Int
    private let objectLimit: Int
    private var streams: [StreamID: Incoming] = [:]
    /// What precedes the subscription is coming: what is new waits until it is there.
    private var isJoining: Bool
    private var later: [(item: FetchItem, owed: Owed)] = []

    /// Objects that may wait to be taken before those in datagrams are dropped: no flow control holds these back.
    private static let datagramLimit = 1024

    /// A stream being read.
    private struct Incoming {
        /// Nil for a fetch stream, whose objects name their groups.
        var group: UInt64?
        /// Nil until the first object has come, where it gives its ID.
        var subgroup: UInt64?
        var priority: UInt8?
        /// The object in progress, its payload so far, and the bytes it lacks.
        var object: Object?
        var pieces: [Bytes] = []
        var missing: UInt64 = 0
        /// Bytes that came and that no credit goes with yet.
        var unpaid = 0
    }

    init(_ feed: Feed<FetchItem>, _ options: ConnectOptions, isJoining: Bool = false) {
        self.feed = feed
        window = options.streamWindow
        objectLimit = options.objectLimit
        self.isJoining = isJoining
    }

    // MARK: - Streams

    func opened(_ stream: StreamID, _ header: SubgroupHeader, wireBytes: Int) {
        var incoming = Incoming(group: header.group, priority: header.priority, unpaid: wireBytes)
        switch header.subgroup {
        case .zero: incoming.subgroup = 0
        case .explicit(let number): incoming.subgroup = number
        case .firstObject: break
        }
        streams[stream] = incoming
    }

    func openedFetch(_ stream: StreamID, wireBytes: Int) { streams[stream] = Incoming(unpaid: wireBytes) }

    /// - Returns: false for an object that is too large.
    func began(_ object: SubgroupObject, on stream: StreamID, wireBytes: Int) -> Bool {
        guard let incoming = streams[stream], let group = incoming.group else { return true }
        let subgroup = incoming.subgroup ?? object.id
        streams[stream]?.subgroup = subgroup
        let whole = Object(
            location: Location(group: group, object: object.id), subgroup: subgroup, status: object.status,
            priority: incoming.priority, properties: object.properties, payload: Bytes())
        return began(whole, object.payloadLength, stream, wireBytes)
    }

    /// - Returns: false for an object that is too large.
    func began(_ object: FetchObject, on stream: StreamID, wireBytes: Int) -> Bool {
        let whole = Object(
            location: object.location, subgroup: object.subgroup, status: object.status, priority: object.priority,
            properties: object.properties, payload: Bytes())
        return began(whole, object.payloadLength, stream, wireBytes)
    }

    private func began(_ object: Object, _ length: UInt64, _ stream: StreamID, _ wireBytes: Int) -> Bool {
        guard length <= UInt64(objectLimit) else { return false }
        streams[stream]?.object = object
        streams[stream]?.missing = length
        streams[stream]?.unpaid += wireBytes
        if length == 0 { complete(stream) }
        return true
    }

    func payload(_ bytes: Bytes, on stream: StreamID) {
        guard let missing = streams[stream]?.missing, streams[stream]?.object != nil else { return }
        streams[stream]?.pieces.append(bytes)
        streams[stream]?.missing = missing - min(missing, UInt64(bytes.count))
        streams[stream]?.unpaid += bytes.count
        if missing <= UInt64(bytes.count) { complete(stream) } else { payIfStuck(stream) }
    }

    func gap(_ gap: FetchGap, on stream: StreamID, wireBytes: Int) {
        streams[stream]?.unpaid += wireBytes
        give(.gap(gap), takePayment(stream), isNew: false)
    }

    /// Over, however it ended: an object that is not whole will not come.
    func ended(_ stream: StreamID) {
        let isNew = streams.removeValue(forKey: stream)?.group != nil
        if isNew, isJoining, let last = later.indices.last { return later[last].owed.finishedStreams += 1 }
        if !feed.owesFinishedStream() { credit.append(Owed(finishedStreams: 1)) }
    }

    func datagram(_ datagram: ObjectDatagram) {
        guard feed.count + later.count < Self.datagramLimit else { return }
        var object = Object(
            location: datagram.location, subgroup: nil, priority: datagram.priority,
            properties: datagram.properties, payload: Bytes())
        switch datagram.content {
        case .payload(let bytes): object.payload = bytes.compact
        case .status(let status): object.status = status
        }
        give(.object(object), Owed(), isNew: true)
    }

    private func complete(_ stream: StreamID) {
        guard var object = streams[stream]?.object, let pieces = streams[stream]?.pieces else { return }
        streams[stream]?.object = nil
        streams[stream]?.pieces.removeAll(keepingCapacity: true)
        object.payload = Bytes(joining: pieces)
        give(.object(object), takePayment(stream), isNew: streams[stream]?.group != nil)
    }

    // MARK: - Handing over

    private func give(_ item: FetchItem, _ owed: Owed, isNew: Bool) {
        if isNew, isJoining { return later.append((item, owed)) }
        if let owed = feed.push(item, owed) { credit.append(owed) }
    }

    /// What precedes the subscription has come.
    func joined() {
        guard isJoining else { return }
        isJoining = false
        for (item, owed) in later { give(item, owed, isNew: true) }
        later = []
    }

    /// Nothing more will come.
    func end(_ error: MoQTError?) {
        isEnded = true
        joined()
        feed.end(error)
    }

    /// Nobody wants what has not been taken.
    func abandon() {
        feed.end(.cancelled)
        credit += feed.drain() + later.map(\.owed)
        later = []
        isJoining = false
    }

    // MARK: - Payment

    private func takePayment(_ stream: StreamID) -> Owed {
        defer { streams[stream]?.unpaid = 0 }
        return Owed(stream: stream, byteCount: streams[stream]?.unpaid ?? 0)
    }

    /// The reader has taken something, perhaps all there was.
    func wasTaken() {
        guard !streams.isEmpty, feed.isEmpty else { return }
        for stream in streams.keys { payIfStuck(stream) }
    }

    /// An object that would not fit into the window is paid for in parts while it is waited for: nobody can take it
    /// before it is whole.
    private func payIfStuck(_ stream: StreamID) {
        guard let incoming = streams[stream], incoming.unpaid * 2 >= window else { return }
        guard incoming.group == nil || !isJoining, feed.isEmpty else { return }
        credit.append(takePayment(stream))
    }
}

extension Bytes {
    /// One piece as it is, several as a copy.
    fileprivate init(joining pieces: [Bytes]) {
        if pieces.count == 1, let only = pieces.first {
            self = only.compact
            return
        }
        var whole: [UInt8] = []
        whole.reserveCapacity(pieces.reduce(0) { $0 + $1.count })
        for piece in pieces { piece.append(to: &whole) }
        self.init(whole)
    }
}
