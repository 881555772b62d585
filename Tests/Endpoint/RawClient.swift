import Endpoint
import EventLoop
import QUIC
import Wire

/// A QUIC client without a session: it says on its first unidirectional stream what it is told, and nothing else.
final class RawClient {
    let connection: Connection
    private let loop: EventLoop
    private let socket: UDPSocket
    private var registration: Registration?
    private var timer: TimerID?
    private var source = Words()
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
    /// While it is deaf, datagrams are counted in `ignored` and lost.
    var isDeaf = false
    private(set) var ignored = 0
    private(set) var isEstablished = false
    private(set) var cause: CloseCause?

    init(_ address: SocketAddress, _ loop: EventLoop, protocols: [String] = ["moqt-18"]) throws {
        self.loop = loop
        socket = try UDPSocket(peer: address)
        connection = try Connection.client(
            on: NetworkPath(local: socket.localAddress, remote: address), serverName: nil,
            credentials: ClientCredentials(.insecure), settings: QUICSettings(protocols: protocols),
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

    func say(_ bytes: [UInt8]) {
        source.stream = source.stream ?? connection.openStream(.unidirectional)
        source.rest = Bytes(bytes)
        flush()
    }

    private func hear() {
        _ = try? socket.receive { datagram, path, ecn in
            if isDeaf {
                ignored += 1
            } else {
                connection.received(datagram, on: path, ecn: ecn, now: loop.now)
            }
        }
        flush()
    }

    private func timeReached() {
        connection.timeReached(loop.now)
        flush()
    }

    private func flush() {
        while let event = connection.nextEvent() {
            if case .handshakeCompleted = event { isEstablished = true }
            if case .closed(let cause) = event { self.cause = cause }
        }
        while let train = connection.write(into: buffer, from: &source, now: EventLoop.clock()) {
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<train.byteCount])
            _ = socket.send(bytes, segmentSize: train.segmentSize, train.path, train.ecn)
        }
        if let timer { loop.reschedule(timer, at: connection.deadline) }
    }
}

/// Bytes on one stream.
private struct Words: SendSource {
    var stream: StreamID?
    var rest = Bytes()

    mutating func nextStream() -> StreamID? { rest.isEmpty ? nil : stream }

    mutating func gather(_ stream: StreamID, into list: inout [Bytes]) -> Bool {
        list.append(rest)
        return false
    }

    mutating func sent(_ stream: StreamID, byteCount: Int, fin: Bool) { rest = rest.slice(from: byteCount) }
    mutating func blocked(_ stream: StreamID) {}
    mutating func refused(_ stream: StreamID) { rest = Bytes() }
}

/// First flights of clients that will not be heard of again.
final class FirstFlights {
    let path: NetworkPath
    private let credentials: ClientCredentials
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)

    init(path: NetworkPath) throws {
        self.path = path
        credentials = try ClientCredentials(.insecure)
    }

    deinit { buffer.deallocate() }

    /// Lends the datagrams of another client, and the length of each but the last.
    func next(_ body: (UnsafeRawBufferPointer, Int) -> Void) {
        let connection = try? Connection.client(
            on: path, serverName: nil, credentials: credentials, settings: QUICSettings(protocols: ["moqt-18"]),
            now: EventLoop.clock())
        var nothing = NothingToSend()
        while let train = connection?.write(into: buffer, from: &nothing, now: EventLoop.clock()) {
            body(UnsafeRawBufferPointer(rebasing: buffer[..<train.byteCount]), train.segmentSize)
        }
    }
}
