import MoQTCodec
import MoQTSession
public import Testing
import Wire

/// A seeded generator (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// One end of a ``Pair``: a session with a transport of memory.
final class End {
    var session: Session
    let role: EndpointRole
    /// What the session told, all of it.
    var events: [SessionEvent] = []
    var actions: [TransportAction] = []
    var nextStream: [StreamDirection: UInt64]
    /// Per stream, what is on its way to the other end.
    var inFlight: [StreamID: [Flight]] = [:]
    var datagrams: [Bytes] = []
    /// Bytes the other end got of each stream, and bytes it accounted for by credit and events.
    var delivered: [StreamID: Int] = [:]
    var accounted: [StreamID: Int] = [:]
    var creditedStreams: [StreamDirection: Int] = [:]
    var sendLimit = Int.max

    enum Flight {
        case data([UInt8], fin: Bool)
        case reset(StreamResetCode)
        case stop(StreamResetCode)
    }

    init(_ role: EndpointRole, _ configuration: SessionConfiguration, _ profile: Profile = .draft18) {
        session = Session(role: role, profile: profile, configuration: configuration)
        self.role = role
        let bit: UInt64 = role == .client ? 0 : 1
        nextStream = [.bidirectional: bit, .unidirectional: 2 | bit]
    }

    func newStream(_ direction: StreamDirection) -> StreamID {
        let number = nextStream[direction]!
        nextStream[direction] = number + 4
        return StreamID(rawValue: number)
    }

    /// Opens a data stream and sends `bytes` on it.
    @discardableResult
    func openData(_ bytes: [UInt8], fin: Bool = false) -> StreamID {
        let stream = newStream(.unidirectional)
        send(bytes, on: stream, fin: fin)
        return stream
    }

    func send(_ bytes: [UInt8], on stream: StreamID, fin: Bool = false) {
        inFlight[stream, default: []].append(.data(bytes, fin: fin))
    }

    func reset(_ stream: StreamID, _ code: StreamResetCode) { inFlight[stream, default: []].append(.reset(code)) }

    /// Takes what the session wants done and said.
    func drain() {
        listen()
        write()
        // Writing may have ended a stream.
        listen()
    }

    private func listen() {
        while let action = session.nextTransportAction() {
            actions.append(action)
            switch action {
            case .reset(let stream, let code): inFlight[stream, default: []].append(.reset(code))
            case .stopSending(let stream, let code): inFlight[stream, default: []].append(.stop(code))
            case .credit(let stream, let count): accounted[stream, default: 0] += count
            case .creditStreams(let direction, let count): creditedStreams[direction, default: 0] += count
            case .close: break
            }
        }
        while let event = session.nextEvent() {
            account(event)
            events.append(event)
        }
    }

    private func write() {
        while let direction = session.wantedStream { session.opened(newStream(direction)) }
        while let stream = session.nextSendStream() {
            var list: [Bytes] = []
            let fin = session.gather(stream, into: &list)
            let bytes = list.flatMap { $0.array }
            let taken = min(bytes.count, sendLimit)
            inFlight[stream, default: []].append(.data(Array(bytes[..<taken]), fin: fin && taken == bytes.count))
            session.sent(stream, byteCount: taken, fin: fin && taken == bytes.count)
        }
    }

    private func account(_ event: SessionEvent) {
        switch event {
        case .subgroupOpened(let stream, _, _, let count), .object(let stream, _, let count),
            .fetchOpened(let stream, _, let count), .fetchObject(let stream, _, let count),
            .fetchGap(let stream, _, let count):
            accounted[stream, default: 0] += count
        case .payload(let stream, let bytes):
            accounted[stream, default: 0] += bytes.count
        case .subgroupEnded(let stream, _, let count), .fetchEnded(let stream, _, let count):
            accounted[stream, default: 0] += count
            creditedStreams[.unidirectional, default: 0] += 1
        default:
            break
        }
    }
}

/// Two sessions joined back to back. Streams keep their own order and none among each other; bytes are split anywhere.
final class Pair {
    let client: End
    let server: End
    var now = Instant(nanoseconds: 1)
    var random: Seeded

    init(
        _ profile: Profile = .draft18, seed: UInt64 = 1, client: SessionConfiguration = .test,
        server: SessionConfiguration = .test,
        start: Bool = true
    ) {
        random = Seeded(seed)
        self.client = End(.client, client, profile)
        self.server = End(.server, server, profile)
        if start { self.start() }
    }

    func start() {
        client.session.transportReady(now: now)
        server.session.transportReady(now: now)
        run()
    }

    /// Delivers everything, in random pieces, until nothing moves.
    func run() {
        client.drain()
        server.drain()
        while true {
            let fromClient = !client.inFlight.isEmpty || !client.datagrams.isEmpty
            let fromServer = !server.inFlight.isEmpty || !server.datagrams.isEmpty
            guard fromClient || fromServer else { return }
            let clientSends = fromClient && (!fromServer || Bool.random(using: &random))
            step(from: clientSends ? client : server, to: clientSends ? server : client)
        }
    }

    /// Delivers one piece of `stream` only, as far as it is on its way.
    func deliver(_ stream: StreamID, from sender: End, to receiver: End) {
        while let flight = sender.inFlight[stream] {
            sender.inFlight[stream] = nil
            for piece in flight { give(piece, of: stream, from: sender, to: receiver) }
        }
        receiver.drain()
    }

    func step(from sender: End, to receiver: End) {
        if !sender.datagrams.isEmpty && (sender.inFlight.isEmpty || Bool.random(using: &random)) {
            receiver.session.received(datagram: sender.datagrams.removeFirst(), now: now)
            return receiver.drain()
        }
        let streams = sender.inFlight.keys.sorted()
        let stream = streams[Int.random(in: 0..<streams.count, using: &random)]
        guard var queue = sender.inFlight[stream], !queue.isEmpty else { return }
        var piece = queue.removeFirst()
        if case .data(let bytes, let fin) = piece, bytes.count > 1, Bool.random(using: &random) {
            let cut = Int.random(in: 1..<bytes.count, using: &random)
            piece = .data(Array(bytes[..<cut]), fin: false)
            queue.insert(.data(Array(bytes[cut...]), fin: fin), at: 0)
        }
        sender.inFlight[stream] = queue.isEmpty ? nil : queue
        give(piece, of: stream, from: sender, to: receiver)
        receiver.drain()
    }

    private func give(_ piece: End.Flight, of stream: StreamID, from sender: End, to receiver: End) {
        switch piece {
        case .data(let bytes, let fin):
            receiver.session.received(Bytes(bytes), on: stream, fin: fin, now: now)
            sender.delivered[stream, default: 0] += bytes.count
        case .reset(let code): receiver.session.peerReset(stream, code)
        case .stop(let code): receiver.session.peerStopped(stream, code)
        }
    }

    func advance(seconds: UInt64) {
        now = now + .seconds(seconds)
        client.session.timeReached(now: now)
        server.session.timeReached(now: now)
        run()
    }
}

extension Profile {
    /// Those since this one, this one first.
    var since: [Profile] { Array(Profile.spoken[...Profile.spoken.firstIndex { $0 === self }!].reversed()) }
}

extension SessionConfiguration {
    static var test: SessionConfiguration {
        var configuration = SessionConfiguration()
        configuration.implementation = "test"
        return configuration
    }
}

extension End {
    /// The events since the last call.
    func take() -> [SessionEvent] {
        defer { events = [] }
        return events
    }

    var close: SessionClose? {
        for event in events { if case .closed(let close) = event { return close } }
        return nil
    }
}

extension Profile: CustomTestStringConvertible {
    package var testDescription: String { name }
}

func track(_ name: String, in fields: String...) -> FullTrackName {
    try! FullTrackName(namespace: namespace(fields.isEmpty ? ["live"] : fields), name: TrackName(utf8: name))
}

func namespace(_ fields: [String]) -> TrackNamespace { try! TrackNamespace(fields.map { Array($0.utf8) }) }

/// A subgroup stream with `objects` one-byte payloads, ids from 0.
func subgroup(
    _ alias: TrackAlias, group: UInt64 = 0, objects: [[UInt8]], _ profile: Profile = .draft18
) -> [UInt8] {
    var bytes: [UInt8] = []
    // Draft-14 has no default priority.
    let priority: UInt8? = profile.streams.defaultPriority == 0 ? 128 : nil
    let header = SubgroupHeader(trackAlias: alias, group: group, subgroup: .zero, priority: priority)
    try! header.append(to: &bytes, profile: profile)
    var encoder = SubgroupObjectEncoder(profile: profile, header: header)
    for (id, payload) in objects.enumerated() {
        try! encoder.append(SubgroupObject(id: UInt64(id), payloadLength: UInt64(payload.count)), to: &bytes)
        bytes += payload
    }
    return bytes
}
