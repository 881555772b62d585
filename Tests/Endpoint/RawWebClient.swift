import Endpoint
import EventLoop
import QUIC
import WebTransport
import Wire

/// A WebTransport client without MoQT: it opens the sessions and says the bytes it is told.
final class RawWebClient {
    let connection: Connection
    private(set) var web: WebTransportConnection?
    private(set) var events: [WebTransportEvent] = []
    private let loop: EventLoop
    private let socket: UDPSocket
    private var registration: Registration?
    private var timer: TimerID?
    private var words: [(stream: StreamID, bytes: Bytes)] = []
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)

    init(_ address: SocketAddress, _ loop: EventLoop) throws {
        self.loop = loop
        socket = try UDPSocket(peer: address)
        connection = try Connection.client(
            on: NetworkPath(local: socket.localAddress, remote: address), serverName: nil,
            credentials: ClientCredentials(.insecure), settings: QUICSettings(protocols: ["h3"]),
            now: EventLoop.clock())
        registration = try loop.register(socket.fileDescriptor, .readable) { [weak self] _ in self?.hear() }
        timer = loop.schedule(at: nil) { [weak self] in self?.timeReached() }
        flush()
    }

    deinit {
        if let registration { loop.cancel(registration) }
        if let timer { loop.cancel(timer) }
        buffer.deallocate()
    }

    /// Sessions that were granted.
    var sessions: [SessionID] { events.compactMap { if case .opened(let id, _) = $0 { id } else { nil } } }
    var ends: [SessionEnd] { events.compactMap { if case .ended(_, let end) = $0 { end } else { nil } } }

    /// Asks for a session; the next one only when this one was granted.
    func connect() {
        web?.connect(ConnectRequest(authority: "localhost", path: "/", protocols: ["moqt-18"]))
        flush()
    }

    /// Says `bytes` on a new stream of a session.
    func say(_ bytes: [UInt8], in session: SessionID) {
        guard let web, let stream = connection.openStream(.unidirectional) else { return }
        web.opened(stream, for: session)
        words.append((stream, Bytes(bytes)))
        flush()
    }

    private func hear() {
        _ = try? socket.receive { connection.received($0, on: $1, ecn: $2, now: loop.now) }
        flush()
    }

    private func timeReached() {
        connection.timeReached(loop.now)
        flush()
    }

    private func flush() {
        while let event = connection.nextEvent() { take(event) }
        while let event = web?.nextEvent() { events.append(event) }
        while let action = web?.nextAction() { if case .close(let code, _) = action { close(code) } }
        while let direction = web?.wantedStream, let stream = connection.openStream(direction) { web?.opened(stream) }
        var source = WebWords(web: web, words: words)
        while let train = connection.write(into: buffer, from: &source, now: EventLoop.clock()) {
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<train.byteCount])
            _ = socket.send(bytes, segmentSize: train.segmentSize, train.path, train.ecn)
        }
        words = source.words
        if let timer { loop.reschedule(timer, at: connection.deadline) }
    }

    private func close(_ code: HTTP3Code) { connection.close(code: code.rawValue, reason: "") }

    private func take(_ event: ConnectionEvent) {
        switch event {
        case .handshakeCompleted:
            web = WebTransportConnection(role: .client, settings: WebTransportSettings(), now: loop.now)
        case .streamOpened(let stream): web?.peerOpened(stream)
        case .streamData(let stream, let bytes, let fin): web?.received(bytes, on: stream, fin: fin, now: loop.now)
        case .streamReset(let stream, let code): web?.peerReset(stream, code: code)
        case .stopSending(let stream, let code): web?.peerStopped(stream, code: code)
        case .streamClosed(let stream): web?.closed(stream)
        default: break
        }
    }
}

/// HTTP/3's own words, then those of sessions.
private struct WebWords: SendSource {
    let web: WebTransportConnection?
    var words: [(stream: StreamID, bytes: Bytes)]
    private var isWeb = false

    init(web: WebTransportConnection?, words: [(stream: StreamID, bytes: Bytes)]) {
        self.web = web
        self.words = words
    }

    mutating func nextStream() -> StreamID? {
        let stream = web?.nextSendStream()
        isWeb = stream != nil
        return stream ?? words.first?.stream
    }

    mutating func gather(_ stream: StreamID, into list: inout [Bytes]) -> Bool {
        if isWeb { return web?.gather(stream, into: &list) ?? false }
        if let first = words.first { list.append(first.bytes) }
        return false
    }

    mutating func sent(_ stream: StreamID, byteCount: Int, fin: Bool) {
        if isWeb { return web?.sent(stream, byteCount: byteCount, fin: fin) ?? () }
        words[0].bytes = words[0].bytes.slice(from: byteCount)
        if words[0].bytes.isEmpty { words.removeFirst() }
    }

    mutating func blocked(_ stream: StreamID) {}
    mutating func refused(_ stream: StreamID) { if !isWeb { words.removeFirst() } }
}
