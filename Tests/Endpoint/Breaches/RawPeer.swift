import Endpoint
import EventLoop
import MoQTCodec
import QUIC
import WebTransport
import Wire

/// The other end of a real connection, without a session: it says the bytes it is told on the streams it is told, and
/// notes what it hears. Client or server, on native QUIC or WebTransport.
final class RawPeer {
    private let loop: EventLoop
    private let profile: Profile
    private let role: EndpointRole
    private let carrier: Carrier
    private let socket: UDPSocket
    private var server: ServerEndpoint?
    private var connection: Connection?
    private var web: WebTransportConnection?
    private var session: SessionID?
    private var registration: Registration?
    private var timer: TimerID?
    private var output = RawOutput()
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)

    /// Streams of a session may be opened.
    private(set) var isReady = false
    /// What the other end has opened, in order, but for what HTTP/3 itself needs.
    private(set) var opened: [StreamDirection: [StreamID]] = [:]
    /// Control messages that were understood.
    private(set) var heard: [ControlMessage] = []
    private var decoders: [StreamID: ControlDecoder] = [:]
    /// The code that the other end has closed the session with; nil: it has not.
    private(set) var closeCode: UInt64?
    /// Anything else that has ended it.
    private(set) var failure: String?

    /// A client of `address`.
    init(to address: SocketAddress, _ carrier: Carrier, _ profile: Profile, _ loop: EventLoop) throws {
        (self.loop, self.profile, self.carrier, role) = (loop, profile, carrier, .client)
        socket = try UDPSocket(peer: address)
        connection = try Connection.client(
            on: NetworkPath(local: socket.localAddress, remote: address), serverName: nil,
            credentials: ClientCredentials(.insecure), settings: Self.quic(carrier, profile), now: EventLoop.clock())
        try listen()
        flush()
    }

    /// A server on a free port.
    init(serving carrier: Carrier, _ profile: Profile, _ loop: EventLoop) throws {
        (self.loop, self.profile, self.carrier, role) = (loop, profile, carrier, .server)
        socket = try UDPSocket(bind: .loopback(.ipv4, port: 0))
        server = ServerEndpoint(
            credentials: try ServerCredentials(Loopback.identity), connectionSettings: Self.quic(carrier, profile),
            settings: ServerSettings())
        try listen()
    }

    deinit {
        if let registration { loop.cancel(registration) }
        if let timer { loop.cancel(timer) }
        buffer.deallocate()
    }

    var address: SocketAddress { socket.localAddress }

    private static func quic(_ carrier: Carrier, _ profile: Profile) -> QUICSettings {
        QUICSettings(protocols: [carrier == .quic ? profile.alpn : WebTransportConnection.alpn])
    }

    private func listen() throws {
        registration = try loop.register(socket.fileDescriptor, .readable) { [weak self] _ in self?.hear() }
        timer = loop.schedule(at: nil) { [weak self] in self?.timeReached() }
    }

    // MARK: - Saying

    /// Opens a stream of the session; nil: none may be opened now.
    func open(_ direction: StreamDirection) -> StreamID? {
        guard let stream = connection?.openStream(direction) else { return nil }
        if let web, let session { web.opened(stream, for: session) }
        return stream
    }

    func say(_ bytes: [UInt8], on stream: StreamID, fin: Bool = false) {
        output.words.append(RawOutput.Word(stream: stream, bytes: Bytes(bytes), fin: fin))
        flush()
    }

    func reset(_ stream: StreamID) {
        connection?.reset(stream, code: wire(.cancelled))
        flush()
    }

    func stop(_ stream: StreamID) {
        connection?.stopSending(stream, code: wire(.cancelled))
        flush()
    }

    private func wire(_ code: StreamResetCode) -> UInt64 {
        let number = profile.codes.streamReset.nearestNumber(of: code)
        return carrier == .quic ? number : StreamCode.wire(UInt32(number))
    }

    // MARK: - Hearing

    private func hear() {
        _ = try? socket.receive { datagram, path, ecn in
            if let server {
                if case .created(let connection) = server.received(datagram, on: path, ecn: ecn, now: loop.now) {
                    self.connection = connection
                }
            } else {
                connection?.received(datagram, on: path, ecn: ecn, now: loop.now)
            }
        }
        flush()
    }

    private func timeReached() {
        connection?.timeReached(loop.now)
        flush()
    }

    private func flush() {
        guard let connection else { return }
        while let event = connection.nextEvent() { take(event) }
        while let event = web?.nextEvent() { take(event) }
        while let action = web?.nextAction() { act(action, connection) }
        while let direction = web?.wantedStream, let stream = connection.openStream(direction) { web?.opened(stream) }
        output.web = web
        while let train = connection.write(into: buffer, from: &output, now: EventLoop.clock()) {
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<train.byteCount])
            _ = socket.send(bytes, segmentSize: train.segmentSize, train.path, train.ecn)
        }
        if let timer { loop.reschedule(timer, at: connection.deadline) }
    }

    private func act(_ action: WebTransportAction, _ connection: Connection) {
        switch action {
        case .close(let code, let reason): connection.close(code: code.rawValue, reason: reason)
        case .reset(let stream, let code): connection.reset(stream, code: code)
        case .stopSending(let stream, let code): connection.stopSending(stream, code: code)
        case .credit, .creditStreams: break
        }
    }

    private func take(_ event: ConnectionEvent) {
        switch event {
        case .handshakeCompleted: established()
        case .closed(.application(let code, _, .peer)) where carrier == .quic: closeCode = code
        case .closed(let cause): failure = "\(cause)"
        case .streamOpened(let stream): web?.peerOpened(stream) ?? note(stream)
        case .streamData(let stream, let bytes, let fin):
            web?.received(bytes, on: stream, fin: fin, now: loop.now) ?? read(bytes, stream)
        case .streamReset(let stream, let code): web?.peerReset(stream, code: code)
        case .stopSending(let stream, let code): web?.peerStopped(stream, code: code)
        case .streamClosed(let stream): web?.closed(stream)
        default: break
        }
    }

    private func established() {
        guard carrier == .webTransport else { return isReady = true }
        let web = WebTransportConnection(role: role, settings: WebTransportSettings(), now: loop.now)
        self.web = web
        if role == .client { web.connect(ConnectRequest(authority: "localhost", path: "/", protocols: [profile.alpn])) }
    }

    private func take(_ event: WebTransportEvent) {
        switch event {
        case .requested(let session, _):
            web?.accept(session, protocol: profile.alpn)
            began(session)
        case .opened(let session, _): began(session)
        case .ended(_, .closed(let code, _, byPeer: true)): closeCode = UInt64(code)
        case .ended(_, let end): failure = "\(end)"
        case .streamOpened(let stream, _): note(stream)
        case .streamData(let stream, _, let bytes, _): read(bytes, stream)
        case .streamReset, .streamStopped, .datagram, .draining: break
        }
    }

    private func began(_ session: SessionID) {
        self.session = session
        isReady = true
    }

    private func note(_ stream: StreamID) { opened[stream.direction, default: []].append(stream) }

    private func read(_ bytes: Bytes, _ stream: StreamID) {
        guard stream.direction == .bidirectional else { return }
        let other: EndpointRole = role == .client ? .server : .client
        var decoder =
            decoders[stream]
            ?? ControlDecoder(
                profile: profile, receiver: role, stream: .any(MessageContext(sender: other, place: .any)))
        var input = bytes
        while let decoded = try? decoder.next(&input) { heard.append(decoded.message) }
        decoders[stream] = decoder
    }
}

/// HTTP/3's own words, then those of sessions.
private struct RawOutput: SendSource {
    struct Word {
        let stream: StreamID
        var bytes: Bytes
        let fin: Bool
    }

    var web: WebTransportConnection?
    var words: [Word] = []
    private var isWeb = false

    mutating func nextStream() -> StreamID? {
        let stream = web?.nextSendStream()
        isWeb = stream != nil
        return stream ?? words.first?.stream
    }

    mutating func gather(_ stream: StreamID, into list: inout [Bytes]) -> Bool {
        if isWeb { return web?.gather(stream, into: &list) ?? false }
        guard let first = words.first else { return false }
        list.append(first.bytes)
        return first.fin
    }

    mutating func sent(_ stream: StreamID, byteCount: Int, fin: Bool) {
        if isWeb { return web?.sent(stream, byteCount: byteCount, fin: fin) ?? () }
        words[0].bytes = words[0].bytes.slice(from: byteCount)
        if words[0].bytes.isEmpty, fin || !words[0].fin { words.removeFirst() }
    }

    mutating func blocked(_ stream: StreamID) {}
    mutating func refused(_ stream: StreamID) { if !isWeb { words.removeFirst() } }
}
