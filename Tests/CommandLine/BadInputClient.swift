import EventLoop
import Foundation
import MoQTCodec
import QUIC
import Testing
import Wire

/// A QUIC client without a MoQT session: it says what it is told, and notes what it hears.
final class RudeClient: CustomStringConvertible {
    private let connection: Connection
    private let socket: UDPSocket
    private var words = Words()
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
    private var isEstablished = false
    /// Stream bytes of the server.
    private(set) var heard: [StreamID: [UInt8]] = [:]
    /// Streams the server reset or stopped, with its codes.
    private(set) var refused: [StreamID: StreamResetCode] = [:]
    private(set) var closedStreams = 0
    private(set) var cause: CloseCause?

    /// Completes the handshake; throws when it fails.
    init(_ address: SocketAddress) throws {
        socket = try UDPSocket(peer: address)
        var settings = QUICSettings(protocols: ["moqt-18"])
        settings.keepAlive = .seconds(1)
        connection = try Connection.client(
            on: NetworkPath(local: socket.localAddress, remote: address), serverName: nil,
            credentials: ClientCredentials(.insecure), settings: settings, now: EventLoop.clock())
        try #require(run { isEstablished })
    }

    deinit { buffer.deallocate() }

    var description: String {
        "closed: \(cause.map { "\($0)" } ?? "no"); \(heard.count) streams heard; refused: \(refused)"
    }

    /// The code that the server closed the session with; nil when it has not within a minute.
    func closeCode() -> SessionCode? {
        guard run(until: { cause != nil }), case .application(let code, _, .peer)? = cause else { return nil }
        return SessionCode(rawValue: code)
    }

    // MARK: Saying

    func open(_ direction: StreamDirection) throws -> StreamID {
        var stream: StreamID?
        _ = run {
            stream = connection.openStream(direction)
            return stream != nil
        }
        return try #require(stream, "\(self)")
    }

    /// A stream, if the server allows another now.
    func tryOpen(_ direction: StreamDirection) -> StreamID? { connection.openStream(direction) }

    func say(_ bytes: [UInt8], on stream: StreamID, fin: Bool = false) {
        words.queue.append(.init(stream: stream, rest: Bytes(bytes), fin: fin))
        flush()
    }

    func say(datagram bytes: [UInt8]) {
        _ = connection.send(datagram: Bytes(bytes))
        flush()
    }

    func reset(_ stream: StreamID) {
        connection.reset(stream, code: 0)
        flush()
    }

    // MARK: Hearing

    /// Sends, hears and waits until `condition` holds; false after a minute, or once the connection is over.
    func run(seconds: Double = 60, until condition: () -> Bool) -> Bool {
        let end = Date(timeIntervalSinceNow: seconds)
        flush()
        while !condition() {
            if Date() > end || (cause != nil && connection.phase != .established) { return condition() }
            turn()
        }
        return true
    }

    /// One datagram batch, or the next timer.
    private func turn() {
        let now = EventLoop.clock()
        let wait = min((connection.deadline.map { $0 - now } ?? .milliseconds(100)).millisecondsRoundedUp, 100)
        var descriptor = pollfd(fd: socket.fileDescriptor, events: Int16(POLLIN), revents: 0)
        poll(&descriptor, 1, Int32(wait))
        _ = try? socket.receive { connection.received($0, on: $1, ecn: $2, now: EventLoop.clock()) }
        if let deadline = connection.deadline, deadline <= EventLoop.clock() {
            connection.timeReached(EventLoop.clock())
        }
        flush()
    }

    private func flush() {
        drain()
        while let train = connection.write(into: buffer, from: &words, now: EventLoop.clock()) {
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<train.byteCount])
            _ = socket.send(bytes, segmentSize: train.segmentSize, train.path, train.ecn)
        }
        drain()
    }

    private func drain() {
        while let event = connection.nextEvent() {
            switch event {
            case .handshakeCompleted: isEstablished = true
            case .streamData(let stream, let bytes, _):
                heard[stream, default: []] += bytes.array
                connection.extendStreamCredit(stream, by: bytes.count)
            case .streamReset(let stream, let code), .stopSending(let stream, let code):
                refused[stream] = StreamResetCode(rawValue: code)
            case .streamWritable: words.isBlocked = []
            case .streamClosed(let stream):
                closedStreams += 1
                heard[stream] = heard[stream].map { Array($0.prefix(1)) }
            case .closed(let cause): self.cause = cause
            default: break
            }
        }
    }

    /// Bytes that wait to be sent.
    var unsent: Int { words.queue.reduce(0) { $0 + $1.rest.count } }
}

/// What waits to be said, first come first served.
private struct Words: SendSource {
    struct Chunk {
        var stream: StreamID
        var rest: Bytes
        var fin: Bool
    }

    var queue: [Chunk] = []
    var isBlocked: Set<StreamID> = []

    mutating func nextStream() -> StreamID? { queue.first { !isBlocked.contains($0.stream) }?.stream }

    mutating func gather(_ stream: StreamID, into list: inout [Bytes]) -> Bool {
        guard let chunk = queue.first(where: { $0.stream == stream }) else { return false }
        list.append(chunk.rest)
        return chunk.fin
    }

    mutating func sent(_ stream: StreamID, byteCount: Int, fin: Bool) {
        guard let index = queue.firstIndex(where: { $0.stream == stream }) else { return }
        queue[index].rest = queue[index].rest.slice(from: byteCount)
        if queue[index].rest.isEmpty, fin || !queue[index].fin { queue.remove(at: index) }
    }

    mutating func blocked(_ stream: StreamID) { isBlocked.insert(stream) }
    mutating func refused(_ stream: StreamID) { queue.removeAll { $0.stream == stream } }
}

/// First flights of clients that will not be heard of again, from one socket.
final class FirstFlights {
    private let path: NetworkPath
    private let socket: UDPSocket
    private let credentials: ClientCredentials
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)

    init(to address: SocketAddress) throws {
        socket = try UDPSocket(peer: address)
        path = NetworkPath(local: socket.localAddress, remote: address)
        credentials = try ClientCredentials(.insecure)
    }

    deinit { buffer.deallocate() }

    /// The first datagram of another client.
    func next() throws -> [UInt8] {
        let connection = try Connection.client(
            on: path, serverName: nil, credentials: credentials, settings: QUICSettings(protocols: ["moqt-18"]),
            now: EventLoop.clock())
        var nothing = NothingToSend()
        let train = try #require(connection.write(into: buffer, from: &nothing, now: EventLoop.clock()))
        return Array(buffer[..<min(train.byteCount, train.segmentSize)])
    }

    /// Sends one datagram, and throws away what was answered.
    func send(_ datagram: [UInt8]) {
        datagram.withUnsafeBytes { _ = socket.send($0, segmentSize: max(1, $0.count), path, .notCapable) }
        while (try? socket.receive { _, _, _ in }) ?? 0 > 0 {}
    }
}
