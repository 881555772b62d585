import EventLoop
import Synchronization
import Wire

/// A network between clients and one server that does its datagrams harm, the same for the same seed; a UDP proxy on the
/// loopback with a thread of its own, which ends when this is released.
final class ImpairedNetwork: Sendable {
    /// Where clients find the server: `127.0.0.1:PORT`.
    let address: String
    private let proxy: ImpairingProxy

    /// - Parameter server: `127.0.0.1:PORT`.
    init(to server: String, _ impairment: Impairment, seed: UInt64 = 1) throws {
        guard let port = server.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw Moqt.Failure(description: "\(server) has no port")
        }
        proxy = try ImpairingProxy(.loopback(.ipv4, port: port), impairment, seed)
        address = proxy.address
        try Worker.start("impairment") { [proxy] in proxy.run() }
    }

    deinit { proxy.stop() }

    /// What became of the datagrams so far.
    var counts: ImpairmentCounts { proxy.counts.withLock { $0 } }
}

/// Only its thread touches anything but `counts` and the mailbox once that has started; that makes it Sendable.
private final class ImpairingProxy: @unchecked Sendable {
    let address: String
    let counts = Mutex(ImpairmentCounts())

    private let server: SocketAddress
    private let impairment: Impairment
    private var seed: UInt64
    private let loop: EventLoop
    private let front: UDPSocket
    private let stops: Mailbox<Void>
    private var clients: [SocketAddress: Client] = [:]

    /// A client, with the socket that is its address to the server.
    private final class Client {
        let address: SocketAddress
        var toServer, toClient: ImpairedWay
        var back: UDPSocket
        var registration: Registration?
        /// Datagrams it has sent from this address.
        var sent = 0

        init(_ address: SocketAddress, _ back: UDPSocket, _ impairment: Impairment, _ seed: UInt64) {
            self.address = address
            self.back = back
            toServer = ImpairedWay(impairment, seed: seed)
            toClient = ImpairedWay(impairment, seed: seed + 1)
        }
    }

    init(_ server: SocketAddress, _ impairment: Impairment, _ seed: UInt64) throws {
        self.server = server
        self.impairment = impairment
        self.seed = seed
        loop = try EventLoop()
        front = try UDPSocket(bind: .loopback(.ipv4, port: 0))
        stops = try Mailbox()
        address = front.localAddress.description
    }

    func stop() { stops.post(()) }

    func run() {
        let mail = try? stops.attach(to: loop) { [unowned self] _ in loop.stop() }
        let registration = try? loop.register(front.fileDescriptor, .readable) { [unowned self] _ in
            _ = try? front.receive { bytes, path, ecn in fromClient(bytes, path, ecn) }
        }
        loop.run()
        // Handlers keep what they refer to.
        for client in clients.values { client.registration.map(loop.cancel) }
        mail.map(loop.cancel)
        registration.map(loop.cancel)
    }

    private func fromClient(_ bytes: UnsafeRawBufferPointer, _ path: NetworkPath, _ ecn: ECN) {
        guard let client = clients[path.remote] ?? enter(path.remote) else { return }
        pass(bytes, through: &client.toServer) { [weak self, weak client] bytes in
            guard let self, let client else { return }
            client.sent += 1
            if let limit = impairment.datagramsPerAddress, client.sent > limit { readdress(client) }
            send(bytes, client.back, NetworkPath(local: client.back.localAddress, remote: server), ecn)
        }
    }

    private func fromServer(_ bytes: UnsafeRawBufferPointer, _ client: Client, _ ecn: ECN) {
        pass(bytes, through: &client.toClient) { [weak self, weak client] bytes in
            guard let self, let client else { return }
            send(bytes, front, NetworkPath(local: front.localAddress, remote: client.address), ecn)
        }
    }

    private func pass(
        _ bytes: UnsafeRawBufferPointer, through way: inout ImpairedWay, _ deliver: @escaping ([UInt8]) -> Void
    ) {
        let exits = counts.withLock { way.exits(bytes.count, loop.now, &$0) }
        let copy = Array(bytes)
        for exit in exits {
            if exit <= loop.now { deliver(copy) } else { loop.once(at: exit) { deliver(copy) } }
        }
    }

    private func send(_ bytes: [UInt8], _ socket: UDPSocket, _ path: NetworkPath, _ ecn: ECN) {
        // What a full socket does not take is lost, as it may be in any network.
        _ = bytes.withUnsafeBytes { socket.send($0, segmentSize: max($0.count, 1), path, ecn) }
    }

    private func enter(_ address: SocketAddress) -> Client? {
        guard let back = try? UDPSocket(peer: server) else { return nil }
        seed += 2
        let client = Client(address, back, impairment, seed)
        clients[address] = client
        watch(client)
        return client
    }

    /// Gives a client another address, as a NAT does that has forgotten it.
    private func readdress(_ client: Client) {
        guard let back = try? UDPSocket(peer: server) else { return }
        client.registration.map(loop.cancel)
        client.back = back
        client.sent = 1
        watch(client)
        counts.withLock { $0.addressChanges += 1 }
    }

    private func watch(_ client: Client) {
        client.registration = try? loop.register(client.back.fileDescriptor, .readable) { [weak self, weak client] _ in
            guard let self, let client else { return }
            _ = try? client.back.receive { bytes, _, ecn in self.fromServer(bytes, client, ecn) }
        }
    }
}
