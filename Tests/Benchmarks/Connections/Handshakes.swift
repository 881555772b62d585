import EventLoop
import Glibc
import QUIC
import Wire

/// Handshakes, one after another in as many places as there are at once.
final class Handshakes {
    private let loop: EventLoop
    private let server: SocketAddress
    private let settings: QUICSettings
    private let credentials: ClientCredentials
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 64)
    private var left: Int
    private var complete = 0
    private var clients: [ObjectIdentifier: Client] = [:]

    init(_ server: SocketAddress, alpn: String, count: Int) throws {
        loop = try EventLoop()
        self.server = server
        settings = QUICSettings(protocols: [alpn])
        credentials = try ClientCredentials(.insecure)
        left = count
    }

    deinit { buffer.deallocate() }

    func run() throws {
        let start = EventLoop.clock()
        for _ in 0..<min(Program.atOnce, left) { try begin() }
        while !clients.isEmpty { loop.runOnce(until: nil) }
        Program.report("\(complete) handshakes", since: start)
    }

    private func begin() throws {
        guard left > 0 else { return }
        left -= 1
        let socket = try UDPSocket(peer: server)
        let client = Client(
            socket,
            try Connection.client(
                on: NetworkPath(local: socket.localAddress, remote: server), serverName: "localhost",
                credentials: credentials, settings: settings, now: EventLoop.clock()))
        clients[ObjectIdentifier(client)] = client
        client.registration = try loop.register(socket.fileDescriptor, .readable) { [weak self, weak client] _ in
            if let client { self?.ready(client) }
        }
        send(client)
    }

    private func ready(_ client: Client) {
        let now = loop.now
        do {
            try client.socket.receive { client.connection.received($0, on: $1, ecn: $2, now: now) }
        } catch {
            return end(client)
        }
        while let event = client.connection.nextEvent() {
            switch event {
            case .handshakeCompleted:
                complete += 1
                client.connection.close(code: 0, reason: "")
                send(client)
                return end(client)
            case .closed: return end(client)
            default: break
            }
        }
        send(client)
    }

    private func send(_ client: Client) {
        var nothing = NothingToSend()
        while let train = client.connection.write(into: buffer, from: &nothing, now: loop.now) {
            _ = client.socket.send(
                UnsafeRawBufferPointer(rebasing: buffer[..<train.byteCount]), segmentSize: train.segmentSize,
                train.path,
                train.ecn)
        }
        schedule(client)
    }

    private func schedule(_ client: Client) {
        if let timer = client.timer { return loop.reschedule(timer, at: client.connection.deadline) }
        client.timer = loop.schedule(at: client.connection.deadline) { [weak self, weak client] in
            guard let self, let client else { return }
            client.connection.timeReached(loop.now)
            ready(client)
        }
    }

    private func end(_ client: Client) {
        guard clients.removeValue(forKey: ObjectIdentifier(client)) != nil else { return }
        if let registration = client.registration { loop.cancel(registration) }
        if let timer = client.timer { loop.cancel(timer) }
        try? begin()
    }

    private final class Client {
        let socket: UDPSocket
        let connection: Connection
        var registration: Registration?
        var timer: TimerID?

        init(_ socket: UDPSocket, _ connection: Connection) {
            self.socket = socket
            self.connection = connection
        }
    }
}
