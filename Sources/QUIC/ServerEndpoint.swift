internal import CNgtcp2
package import Wire

/// When a client must prove its address before the server keeps state for it (RFC 9000 §8.1).
package enum RetryPolicy: Hashable, Sendable {
    case never, always
    /// While at least so many handshakes are under way, on all loops.
    case whenHandshakes(atLeast: Int)
}

/// How a server endpoint behaves, besides its connections.
package struct ServerSettings: Sendable {
    package var retry = RetryPolicy.whenHandshakes(atLeast: 1000)
    /// More are refused (CONNECTION_REFUSED).
    package var maxConnections = 100_000
    /// Connections of one IPv4 address, or of one half of an IPv6 address; more are refused (CONNECTION_REFUSED).
    package var maxConnectionsPerAddress = Int.max
    /// Handshakes under way; more are refused (CONNECTION_REFUSED).
    package var maxHandshakes = Int.max
    /// Counts them all; the same for all loops of a server.
    package var connections = ConnectionCount()
    /// First byte of the connection ids issued here: which event loop they belong to.
    package var loopIndex: UInt8 = 0
    /// Event loops in all; a packet for another of them is to be forwarded. 1 through 256.
    package var loopCount = 1
    /// Makes stateless reset tokens, tickets and address tokens; 32 random bytes, the same for all loops of a server.
    package var secret: [UInt8]
    /// Knows the early data that was taken; the same for all loops of a server.
    package var replays = ReplayGuard()

    package init(secret: [UInt8]) {
        precondition(secret.count >= 16, "a secret of at least 16 bytes")
        self.secret = secret
    }

    /// With a secret of its own.
    package init() {
        secret = [UInt8](repeating: 0, count: 32)
        secret.withUnsafeMutableBytes { fillRandom($0) }
    }
}

/// What became of a datagram.
package enum Disposition {
    /// A known connection has taken it in.
    case connection(Connection)
    /// A new connection has taken it in.
    case created(Connection)
    /// Send these bytes back on the same path. The owner limits their rate.
    case reply([UInt8])
    /// It belongs to another event loop's connection.
    case forward(loop: UInt8)
    /// It is of no use.
    case ignored
}

/// Tells the connections of one UDP port and event loop apart, and makes new ones. No socket, no clock.
package final class ServerEndpoint {
    package let settings: ServerSettings
    /// For new connections.
    package var connectionSettings: QUICSettings
    /// For new connections; replace them to renew a certificate.
    package var credentials: ServerCredentials
    /// Whether new connections are taken; otherwise they are refused (CONNECTION_REFUSED).
    package var acceptsConnections = true
    /// Connections that were made, and that were refused, so far.
    package private(set) var acceptedCount: UInt64 = 0
    package private(set) var refusedCount: UInt64 = 0
    /// Which limits those were refused for.
    package private(set) var limited = LimitCounts()
    /// Clients that were told to prove their address first, so far.
    package private(set) var retryCount: UInt64 = 0
    let routes: RoutingTable

    package init(credentials: ServerCredentials, connectionSettings: QUICSettings, settings: ServerSettings) {
        self.credentials = credentials
        self.connectionSettings = connectionSettings
        self.settings = settings
        routes = RoutingTable(settings.connections)
    }

    /// Connections that have not been removed.
    package var connectionCount: Int { routes.count }
    /// Those of them whose handshake is under way.
    package var handshakeCount: Int { routes.handshakes }

    /// Forgets a connection, which should be closed; packets for it are answered with a stateless reset.
    package func remove(_ connection: Connection) {
        routes.forget(connection)
        if let network = connection.network { settings.connections.remove(network) }
    }

    /// Takes in one UDP payload. After `.connection` and `.created`, the connection is to be drained.
    package func received(
        _ datagram: UnsafeRawBufferPointer, on path: NetworkPath, ecn: ECN, now: Instant
    ) -> Disposition {
        guard let base = datagram.baseAddress?.assumingMemoryBound(to: UInt8.self), !datagram.isEmpty else {
            return .ignored
        }
        var header = ngtcp2_version_cid()
        let status = ngtcp2_pkt_decode_version_cid(&header, base, datagram.count, ConnectionID.issuedCount)
        if status == CInt(NGTCP2_ERR_VERSION_NEGOTIATION) { return negotiateVersion(header, datagram.count) }
        guard status == 0,
            let id = ConnectionID(UnsafeRawBufferPointer(start: header.dcid, count: header.dcidlen))
        else { return .ignored }
        if let connection = routes.connection(id) {
            connection.received(datagram, on: path, ecn: ecn, now: now)
            return .connection(connection)
        }
        let isLong = base[0] & 0x80 != 0
        if let loop = otherLoop(id, isLong: isLong, base[0]) { return .forward(loop: loop) }
        return isLong ? accept(datagram, path, ecn, now) : reset(id, datagram.count)
    }

    /// The loop that issued `id`, when it is not this one. A client's first id is random and says nothing.
    private func otherLoop(_ id: ConnectionID, isLong: Bool, _ first: UInt8) -> UInt8? {
        guard Int(id.count) == ConnectionID.issuedCount, let loop = id.loop, loop != settings.loopIndex,
            Int(loop) < settings.loopCount
        else { return nil }
        // Initial (0) and 0-RTT (1) packets may carry a client's own id (RFC 9000 §17.2).
        return isLong && first & 0x30 <= 0x10 ? nil : loop
    }

    private func accept(
        _ datagram: UnsafeRawBufferPointer, _ path: NetworkPath, _ ecn: ECN, _ now: Instant
    ) -> Disposition {
        let bytes = datagram.bindMemory(to: UInt8.self)
        var header = ngtcp2_pkt_hd()
        // RFC 9000 §14.1: a client's first datagrams are at least 1200 bytes long.
        guard datagram.count >= 1200, ngtcp2_accept(&header, bytes.baseAddress, bytes.count) == 0 else {
            return .ignored
        }
        var original = header.dcid, token: [UInt8] = [], isRetried = false
        switch validate(header, path, now) {
        case .retried(let id): (original, token, isRetried) = (id, Array(Self.token(of: header)), true)
        case .known: token = Array(Self.token(of: header))
        case .forged: return .reply(refusal(header, code: UInt64(NGTCP2_INVALID_TOKEN)))
        case .none: if wantsRetry { return askToRetry(header, path, now) }
        }
        let network = Network(path.remote)
        guard acceptsConnections else { return refuse(header) }
        if let limit = settings.connections.add(network, settings) {
            limited.count(limit)
            return refuse(header)
        }
        let opening = Opening(
            settings: connectionSettings, path: path, version: header.version, originalID: ConnectionID(original),
            clientID: ConnectionID(header.scid), retryID: isRetried ? ConnectionID(header.dcid) : nil, token: token,
            loop: settings.loopIndex, resetSecret: settings.secret, replays: settings.replays, routes: routes, now: now)
        return open(opening, header, datagram, ecn, network)
    }

    private func refuse(_ header: ngtcp2_pkt_hd) -> Disposition {
        refusedCount += 1
        return .reply(refusal(header, code: UInt64(NGTCP2_CONNECTION_REFUSED)))
    }

    private func askToRetry(_ header: ngtcp2_pkt_hd, _ path: NetworkPath, _ now: Instant) -> Disposition {
        retryCount += 1
        return retry(header, path, now)
    }

    private func open(
        _ opening: Opening, _ header: ngtcp2_pkt_hd, _ datagram: UnsafeRawBufferPointer, _ ecn: ECN, _ network: Network
    ) -> Disposition {
        guard let connection = try? Connection.server(opening, credentials: credentials) else {
            settings.connections.handshakeEnded()
            settings.connections.remove(network)
            return .reply(refusal(header, code: UInt64(NGTCP2_INTERNAL_ERROR)))
        }
        connection.network = network
        routes.start(connection)
        connection.received(datagram, on: opening.path, ecn: ecn, now: opening.now)
        guard connection.phase == .closed else {
            acceptedCount += 1
            return .created(connection)
        }
        // Nothing worth keeping came of it.
        remove(connection)
        return connection.ending.wantsRetry ? askToRetry(header, opening.path, opening.now) : .ignored
    }

    private var wantsRetry: Bool {
        switch settings.retry {
        case .never: false
        case .always: true
        case .whenHandshakes(let limit): settings.connections.handshakes >= limit
        }
    }
}
