import Testing
import WebTransport
import Wire

/// One end of a connection in memory: what it was told, and its streams' numbers.
final class End {
    let connection: WebTransportConnection
    var events: [WebTransportEvent] = []
    var resets: [StreamID: UInt64] = [:]
    var stops: [StreamID: UInt64] = [:]
    var streamCredit: [StreamDirection: Int] = [:]
    var credit: [StreamID: Int] = [:]
    var closed: (code: HTTP3Code, reason: String)?
    /// HTTP/3's own words on each stream.
    var said: [StreamID: [UInt8]] = [:]
    /// Answers requests, or nil.
    var answer: ((WebTransportConnection, SessionID, ConnectRequest) -> Void)?
    private var next: [StreamDirection: UInt64] = [.bidirectional: 0, .unidirectional: 2]
    /// What waits for the peer, in order.
    fileprivate var outbox: [Parcel] = []
    fileprivate var known: Set<StreamID> = []

    fileprivate enum Parcel {
        case data(StreamID, [UInt8], fin: Bool)
        case reset(StreamID, UInt64)
        case stop(StreamID, UInt64)
        case datagram([UInt8])
    }

    init(_ role: EndpointRole, _ settings: WebTransportSettings = WebTransportSettings()) {
        connection = WebTransportConnection(role: role, settings: settings, now: Instant(nanoseconds: 1))
    }

    func open(_ direction: StreamDirection) -> StreamID {
        let number = next[direction, default: 0]
        next[direction] = number + 4
        let stream = StreamID(rawValue: number + (connection.role == .server ? 1 : 0))
        known.insert(stream)
        return stream
    }

    func open(_ direction: StreamDirection, for session: SessionID) -> StreamID {
        let stream = open(direction)
        connection.opened(stream, for: session)
        return stream
    }

    /// Sends bytes as a session, or a peer that breaks rules, would.
    func send(_ bytes: [UInt8], on stream: StreamID, fin: Bool = false) {
        pump()
        outbox.append(.data(stream, bytes, fin: fin))
    }

    func reset(_ stream: StreamID, _ code: UInt64) {
        pump()
        outbox.append(.reset(stream, code))
    }

    func stop(_ stream: StreamID, _ code: UInt64) {
        pump()
        outbox.append(.stop(stream, code))
    }

    func send(datagram bytes: [UInt8]) { outbox.append(.datagram(bytes)) }

    /// Takes out what the connection wants and has.
    func pump() {
        while let event = connection.nextEvent() {
            events.append(event)
            if case .requested(let id, let request) = event { answer?(connection, id, request) }
        }
        while let action = connection.nextAction() { perform(action) }
        while let direction = connection.wantedStream { connection.opened(open(direction)) }
        while let stream = connection.nextSendStream() {
            var list: [Bytes] = []
            let fin = connection.gather(stream, into: &list)
            let bytes = list.flatMap(\.array)
            connection.sent(stream, byteCount: bytes.count, fin: fin)
            outbox.append(.data(stream, bytes, fin: fin))
            said[stream, default: []] += bytes
        }
    }

    private func perform(_ action: WebTransportAction) {
        switch action {
        case .reset(let stream, let code):
            resets[stream] = code
            outbox.append(.reset(stream, code))
        case .stopSending(let stream, let code):
            stops[stream] = code
            outbox.append(.stop(stream, code))
        case .credit(let stream, let byteCount): credit[stream, default: 0] += byteCount
        case .creditStreams(let direction, let count): streamCredit[direction, default: 0] += count
        case .close(let code, let reason): closed = (code, reason)
        }
    }

    var sessions: [SessionID] {
        events.compactMap {
            if case .requested(let id, _) = $0 { id } else if case .opened(let id, _) = $0 { id } else { nil }
        }
    }

    var ends: [SessionEnd] { events.compactMap { if case .ended(_, let end) = $0 { end } else { nil } } }

    /// What came on a stream of a session.
    func bytes(of stream: StreamID) -> [UInt8] {
        events.flatMap { if case .streamData(stream, _, let bytes, _) = $0 { bytes.array } else { [] as [UInt8] } }
    }
}

/// Two ends joined in memory.
final class Ends {
    let client: End
    let server: End
    /// Longest piece of a stream that is delivered at once.
    var pieces = Int.max

    init(
        client: WebTransportSettings = WebTransportSettings(), server: WebTransportSettings = WebTransportSettings()
    ) {
        self.client = End(.client, client)
        self.server = End(.server, server)
        self.server.answer = { connection, id, request in
            connection.accept(id, protocol: request.protocols?.first)
        }
    }

    /// Until neither end has anything to say.
    func run() {
        repeat {
            client.pump()
            server.pump()
            deliver(from: client, to: server)
            deliver(from: server, to: client)
            client.pump()
            server.pump()
        } while !client.outbox.isEmpty || !server.outbox.isEmpty
    }

    private func deliver(from: End, to: End) {
        let parcels = from.outbox
        from.outbox = []
        for parcel in parcels {
            switch parcel {
            case .data(let stream, let bytes, let fin): deliver(bytes, stream, fin, to)
            case .reset(let stream, let code):
                announce(stream, to)
                to.connection.peerReset(stream, code: code)
            case .stop(let stream, let code):
                announce(stream, to)
                to.connection.peerStopped(stream, code: code)
            case .datagram(let bytes): to.connection.received(datagram: Bytes(bytes), now: Instant(nanoseconds: 2))
            }
        }
    }

    private func announce(_ stream: StreamID, _ to: End) {
        if to.known.insert(stream).inserted { to.connection.peerOpened(stream) }
    }

    private func deliver(_ bytes: [UInt8], _ stream: StreamID, _ fin: Bool, _ to: End) {
        announce(stream, to)
        var rest = bytes[...]
        repeat {
            let piece = Array(rest.prefix(pieces))
            rest = rest.dropFirst(piece.count)
            to.connection.received(
                Bytes(piece), on: stream, fin: fin && rest.isEmpty, now: Instant(nanoseconds: 2))
        } while !rest.isEmpty
    }

    /// Opens a session, and gives its id.
    func connect(_ protocols: [String]? = ["moqt-18"], path: String = "/moq") throws -> SessionID {
        client.connection.connect(ConnectRequest(authority: "localhost:4443", path: path, protocols: protocols))
        run()
        return try #require(client.sessions.last)
    }
}
