package import EventLoop
package import MoQTSession
package import QUIC
package import WebTransport
package import Wire

/// A port that takes connections from anywhere.
package final class Listener {
    /// Where it listens, with the real port.
    package let address: SocketAddress
    /// What the operator should be told about socket buffers; nil: nothing.
    package let bufferWarning: String?

    private let driver: Driver
    private let endpoint: ServerEndpoint
    private let settings: LinkSettings
    private var port: Port?
    private var links: [ObjectIdentifier: Link] = [:]
    private var openCount = 0
    /// Of links that are over.
    private var limited = LimitCounts()
    /// Stateless resets left in this second. Other stateless answers are much shorter than what they answer.
    private var resets = ReplyBudget()
    /// Told of a datagram for a connection of another loop, given by its number.
    package var forward: ((_ loop: Int, UnsafeRawBufferPointer, NetworkPath, ECN) -> Void)?

    /// Binds `address` (port 0: a free one) and takes connections from now on.
    package convenience init(
        _ address: SocketAddress, driver: Driver, credentials: ServerCredentials, quic: QUICSettings,
        server: ServerSettings, session: SessionConfiguration,
        webTransport: WebTransportSettings = WebTransportSettings()
    ) throws(SystemError) {
        try self.init(
            try UDPSocket(bind: address), driver: driver, credentials: credentials, quic: quic, server: server,
            session: session, webTransport: webTransport)
    }

    /// Takes connections on `socket` from now on.
    package init(
        _ socket: UDPSocket, driver: Driver, credentials: ServerCredentials, quic: QUICSettings,
        server: ServerSettings, session: SessionConfiguration,
        webTransport: WebTransportSettings = WebTransportSettings()
    ) throws(SystemError) {
        self.driver = driver
        settings = LinkSettings(session: session, webTransport: webTransport)
        endpoint = ServerEndpoint(credentials: credentials, connectionSettings: quic, settings: server)
        self.address = socket.localAddress
        bufferWarning = socket.bufferWarning
        port = try Port(
            socket, driver.loop, received: { [weak self] in self?.received($0, $1, $2) },
            // What one datagram met on its way says nothing about a socket that serves everybody.
            failed: { _ in })
    }

    /// Connections that are open.
    package var connectionCount: Int { openCount }
    package var counts: ConnectionCounts {
        var counts = ConnectionCounts()
        counts.open = openCount
        counts.handshakes = endpoint.handshakeCount
        counts.accepted = endpoint.acceptedCount
        counts.refused = endpoint.refusedCount
        counts.retries = endpoint.retryCount
        counts.limited = limited
        counts.limited += endpoint.limited
        for link in links.values { counts.limited += link.limited }
        return counts
    }
    package var connections: [Link] { links.values.filter { $0.cause == nil } }
    /// Replaces the certificate for connections to come.
    package func renew(_ credentials: ServerCredentials) { endpoint.credentials = credentials }

    /// Refuses connections to come; those that are open go on.
    package func refuseConnections() { endpoint.acceptsConnections = false }

    /// Takes in a datagram, also one that another loop has forwarded.
    package func received(_ datagram: UnsafeRawBufferPointer, _ path: NetworkPath, _ ecn: ECN) {
        switch endpoint.received(datagram, on: path, ecn: ecn, now: driver.loop.now) {
        case .connection(let connection): links[ObjectIdentifier(connection)]?.heard()
        case .created(let connection): accept(connection)
        case .reply(let bytes): reply(bytes, path, isReset: datagram.first.map { $0 & 0x80 == 0 } ?? true)
        case .forward(let loop): forward?(Int(loop), datagram, path, ecn)
        case .ignored: break
        }
    }

    private func accept(_ connection: Connection) {
        guard let port else { return }
        let link = Link(connection: connection, driver: driver, port: port, settings: settings) {
            [weak self] _, _ in self?.openCount -= 1
        }
        link.silenced = { [weak self] in self?.forget($0) }
        openCount += 1
        links[ObjectIdentifier(connection)] = link
        link.mark()
    }

    private func reply(_ bytes: [UInt8], _ path: NetworkPath, isReset: Bool) {
        guard let port, !port.isBlocked, !isReset || resets.take(driver.loop.now) else { return }
        bytes.withUnsafeBytes { port.send($0, segmentSize: $0.count, path, .notCapable) }
    }

    private func forget(_ link: Link) {
        links[ObjectIdentifier(link.connection)] = nil
        limited += link.limited
        endpoint.remove(link.connection)
    }

    /// Takes no more connections, and gives up those that are open.
    package func close() {
        port?.close()
        port = nil
        for link in links.values { link.abandon() }
        links = [:]
        openCount = 0
    }
}

/// At most so many answers a second.
struct ReplyBudget {
    private static let perSecond = 1000
    private var second: UInt64 = 0
    private var used = 0

    mutating func take(_ now: Instant) -> Bool {
        let current = now.nanoseconds / 1_000_000_000
        if current != second { (second, used) = (current, 0) }
        used += 1
        return used <= Self.perSecond
    }
}
