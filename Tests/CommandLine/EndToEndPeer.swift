import Credentials
import EventLoop
import Foundation
import QUIC
import Synchronization
import Wire

/// A QUIC server that breaks rules: it speaks the ALPN it is told, and opens one stream with the bytes it is told.
///
/// Only its thread touches endpoint and socket once that has started; that makes it Sendable.
final class RoguePeer: @unchecked Sendable {
    let url: String
    private let socket: UDPSocket
    private let endpoint: ServerEndpoint
    /// What it says; set before it starts.
    var bytes: [UInt8]
    private var connections: [(connection: Connection, source: OneStream)] = []
    private let isStopped = Atomic(false)

    /// - Parameters:
    ///   - alpn: the only protocol it speaks.
    ///   - bytes: what it says on a unidirectional stream as soon as a client is there; empty: nothing.
    init(alpn: String, saying bytes: [UInt8] = []) throws {
        let identity = try CertificateAuthor.selfSigned(names: ["127.0.0.1"])
        let credentials = try ServerCredentials(QUIC.Identity(chain: identity.chain, key: identity.key))
        socket = try UDPSocket(bind: .loopback(.ipv4, port: 0))
        url = "moqt://\(socket.localAddress)"
        endpoint = ServerEndpoint(
            credentials: credentials, connectionSettings: QUICSettings(protocols: [alpn]), settings: ServerSettings())
        self.bytes = bytes
    }

    func start() { Thread.detachNewThread { self.run() } }

    func stop() { isStopped.store(true, ordering: .relaxed) }

    private func run() {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { buffer.deallocate() }
        while !isStopped.load(ordering: .relaxed) {
            var descriptor = pollfd(fd: socket.fileDescriptor, events: Int16(POLLIN), revents: 0)
            poll(&descriptor, 1, 20)
            _ = try? socket.receive { take($0, $1, $2) }
            for index in connections.indices { serve(index, buffer) }
        }
    }

    private func take(_ datagram: UnsafeRawBufferPointer, _ path: NetworkPath, _ ecn: ECN) {
        switch endpoint.received(datagram, on: path, ecn: ecn, now: EventLoop.clock()) {
        case .created(let connection): connections.append((connection, OneStream()))
        case .reply(let bytes):
            _ = bytes.withUnsafeBytes { socket.send($0, segmentSize: $0.count, path, .notCapable) }
        case .connection, .forward, .ignored: break
        }
    }

    private func serve(_ index: Int, _ buffer: UnsafeMutableRawBufferPointer) {
        let connection = connections[index].connection
        if let deadline = connection.deadline, deadline <= EventLoop.clock() {
            connection.timeReached(EventLoop.clock())
        }
        while let event = connection.nextEvent() {
            guard case .handshakeCompleted = event, !bytes.isEmpty else { continue }
            connections[index].source.stream = connection.openStream(.unidirectional)
            connections[index].source.rest = Bytes(bytes)
        }
        while let train = connection.write(into: buffer, from: &connections[index].source, now: EventLoop.clock()) {
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<train.byteCount])
            _ = socket.send(bytes, segmentSize: train.segmentSize, train.path, train.ecn)
        }
    }
}

/// Sends some bytes on one stream.
private struct OneStream: SendSource {
    var stream: StreamID?
    var rest = Bytes()

    mutating func nextStream() -> StreamID? { rest.isEmpty ? nil : stream }

    mutating func gather(_ stream: StreamID, into list: inout [Bytes]) -> Bool {
        list.append(rest)
        return false
    }

    mutating func sent(_ stream: StreamID, byteCount: Int, fin: Bool) { rest = rest.slice(from: byteCount) }
    mutating func blocked(_ stream: StreamID) {}
    mutating func refused(_ stream: StreamID) { self.stream = nil }
}
