import QUIC
import Wire

/// One end as a test sees it: what it was told, what it has to send.
final class Side {
    var connection: Connection!
    var outbox = Outbox()
    var events: [ConnectionEvent] = []
    var received: [StreamID: [UInt8]] = [:]
    var finished: Set<StreamID> = []
    var acknowledged: [StreamID: Int] = [:]
    var datagrams: [[UInt8]] = []
    var alpn: String?
    var closed: CloseCause?
    /// What a client should keep, the latest.
    var resumption: Resumption?
    /// Sends back what arrives on bidirectional streams.
    var echoes = false
    /// Credits streams with what they received.
    var credits = true
    var transmissions: [Transmission] = []

    func drain() {
        while let event = connection.nextEvent() {
            take(event)
            events.append(event)
        }
    }

    private func take(_ event: ConnectionEvent) {
        switch event {
        case .handshakeCompleted(let alpn): self.alpn = alpn
        case .streamData(let id, let bytes, let fin):
            received[id, default: []].append(contentsOf: bytes.array)
            if fin { finished.insert(id) }
            if credits { connection.extendStreamCredit(id, by: bytes.count) }
            if echoes, id.direction == .bidirectional { outbox.send(bytes, on: id, fin: fin) }
        case .streamWritable(let id): outbox.unblock(id)
        case .acknowledged(let id, let count): acknowledged[id, default: 0] += count
        case .datagram(let bytes): datagrams.append(bytes.array)
        case .closed(let cause): closed = cause
        case .resumable(let resumption): self.resumption = resumption
        default: break
        }
    }

    func count(_ matches: (ConnectionEvent) -> Bool) -> Int { events.filter(matches).count }
}

/// A client and a server joined by a link, with time that moves only when told.
final class Pair {
    var now = Instant(nanoseconds: 1_000_000_000)
    var link: Link
    let client = Side()
    let server = Side()
    let endpoint: ServerEndpoint
    var clientPath: NetworkPath
    /// A NAT's new outside address of the client, of which the client knows nothing.
    var rebound: SocketAddress?
    /// What the endpoint answered.
    var replies: [[UInt8]] = []
    var forwards: [UInt8] = []
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)

    static let address = SocketAddress(family: .ipv4, address: ipv4(127, 0, 0, 1), port: 4443)

    static func ipv4(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) -> InlineArray<16, UInt8> {
        var bytes = InlineArray<16, UInt8>(repeating: 0)
        (bytes[0], bytes[1], bytes[2], bytes[3]) = (a, b, c, d)
        return bytes
    }

    static func path(port: UInt16) -> NetworkPath {
        NetworkPath(local: SocketAddress(family: .ipv4, address: ipv4(10, 0, 0, 1), port: port), remote: address)
    }

    init(
        policy: CertificatePolicy = .insecure, name: String? = "localhost",
        identity: Identity = TestCertificate.good.identity, seed: UInt64 = 1,
        endpointSettings: ServerSettings = ServerSettings(), endpoint known: ServerEndpoint? = nil,
        resumption: Resumption? = nil, port: UInt16 = 5000,
        configure: (_ client: inout QUICSettings, _ server: inout QUICSettings) -> Void = { _, _ in }
    ) throws {
        link = Link(seed: seed)
        clientPath = Self.path(port: port)
        var clientSettings = QUICSettings(protocols: ["moqt-18"]), serverSettings = QUICSettings(protocols: ["moqt-18"])
        configure(&clientSettings, &serverSettings)
        endpoint =
            try known
            ?? ServerEndpoint(
                credentials: ServerCredentials(identity), connectionSettings: serverSettings,
                settings: endpointSettings)
        client.connection = try Connection.client(
            on: clientPath, serverName: name, credentials: ClientCredentials(policy), settings: clientSettings,
            resumption: resumption, now: now)
    }

    deinit { buffer.deallocate() }

    /// Sends what is ready; then moves time to the next arrival or deadline, at most `limit`. False: nothing is left.
    func step(until limit: Instant) -> Bool {
        flush()
        let next = [link.nextArrival, client.connection.deadline, server.connection?.deadline]
            .compactMap { $0 }.min()
        guard let next, next <= limit else {
            now = max(now, limit)
            return false
        }
        now = max(now, next)
        for flight in link.arrivals(at: now) { deliver(flight) }
        if client.connection.deadline.map({ $0 <= now }) ?? false { client.connection.timeReached(now) }
        if let connection = server.connection, let deadline = connection.deadline, deadline <= now {
            connection.timeReached(now)
        }
        flush()
        return true
    }

    /// Runs for `interval` of virtual time, or until `done`.
    @discardableResult
    func run(for interval: Interval = .seconds(10), until done: () -> Bool = { false }) -> Bool {
        let limit = now + interval
        while !done(), step(until: limit) {}
        return done()
    }

    @discardableResult
    func connect() -> Bool {
        run { client.alpn != nil && server.alpn != nil }
    }

    func flush() {
        flush(client, toServer: true)
        if server.connection != nil { flush(server, toServer: false) }
    }

    private func flush(_ side: Side, toServer: Bool) {
        side.drain()
        while let sent = side.connection.write(into: buffer, from: &side.outbox, now: now) {
            side.transmissions.append(sent)
            let bytes = Array(buffer[..<sent.byteCount])
            for start in stride(from: 0, to: bytes.count, by: sent.segmentSize) {
                let piece = bytes[start..<min(start + sent.segmentSize, bytes.count)]
                link.send(piece, toServer: toServer, path: sent.path, ecn: sent.ecn, now: now)
            }
        }
        side.drain()
    }

    private func deliver(_ flight: Link.Flight) {
        var path = NetworkPath(local: flight.path.remote, remote: flight.path.local)
        if flight.toServer, let rebound { path.remote = rebound }
        flight.bytes.withUnsafeBytes { bytes in
            if flight.toServer {
                take(endpoint.received(bytes, on: path, ecn: flight.ecn, now: now), path)
            } else {
                // A client that has moved no longer hears what is sent to its old address.
                guard path.local == clientPath.local else { return }
                if rebound != nil { path.local = Self.path(port: 5000).local }
                client.connection.received(bytes, on: path, ecn: flight.ecn, now: now)
                client.drain()
            }
        }
    }

    private func take(_ disposition: Disposition, _ path: NetworkPath) {
        switch disposition {
        case .created(let connection):
            if server.connection == nil { server.connection = connection }
            server.drain()
        case .connection: server.drain()
        case .reply(let bytes):
            replies.append(bytes)
            link.send(bytes[...], toServer: false, path: path, ecn: .notCapable, now: now)
        case .forward(let loop): forwards.append(loop)
        case .ignored: break
        }
    }
}

/// Bytes that differ everywhere.
func pattern(_ count: Int, seed: UInt64 = 7) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    var bytes = [UInt8]()
    bytes.reserveCapacity(count + 8)
    while bytes.count < count { withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) } }
    bytes.removeLast(bytes.count - count)
    return bytes
}
