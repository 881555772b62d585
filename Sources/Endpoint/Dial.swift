package import EventLoop
package import MoQTRelay
package import MoQTSession
package import QUIC
package import WebTransport
package import Wire

/// Where a client connects to, and how.
package struct DialTarget {
    /// The addresses to try, best first; not empty.
    package var addresses: [SocketAddress]
    /// For SNI and the certificate; nil: neither sent nor checked.
    package var serverName: String?
    package var credentials: ClientCredentials
    package var quic: QUICSettings
    /// Its authority and path are asked for on WebTransport too.
    package var session: SessionConfiguration
    package var webTransport = WebTransportSettings()
    /// Who the server is.
    package var kind = PeerKind.client
    /// What is known of the server; nil: every connection begins from nothing.
    package var memory: (any ServerMemory)?
    /// How long an established connection survives reports that nothing listens at the server's port.
    package var refusalPatience = Interval.seconds(3)

    package init(
        addresses: [SocketAddress], serverName: String?, credentials: ClientCredentials, quic: QUICSettings,
        session: SessionConfiguration
    ) {
        self.addresses = addresses
        self.serverName = serverName
        self.credentials = credentials
        self.quic = quic
        self.session = session
    }
}

/// What a client knows of servers from connections before.
package protocol ServerMemory: AnyObject {
    /// What the last connection has left that spoke one of `protocols`; nil: nothing.
    func recall(_ protocols: [String]) -> Resumption?
    func remember(_ resumption: Resumption)
}

/// Why no connection was made.
package enum DialError: Error {
    /// No socket could be had, or nothing listens there.
    case system(SystemError)
    /// The handshake failed.
    case closed(CloseCause)
}

/// Connects to the first of some addresses that answers: each gets a short start before the next (RFC 8305).
package final class Dial {
    private let target: DialTarget
    let driver: Driver
    private var left: [SocketAddress]
    /// Protocols to offer when those before are not spoken: a handshake offers only so many.
    private var protocolsLeft: ArraySlice<String>
    private var offered: [String] = []
    /// What the first attempt goes on from; others begin from nothing, since a ticket is good for one.
    private var resumption: Resumption?
    private var attempts: [ObjectIdentifier: (link: Link, port: Port)] = [:]
    private var timer: TimerID?
    private var failure: DialError?
    private var done: ((Result<Link, DialError>) -> Void)?
    /// Keeps socket and link of the connection that was made.
    var winner: (link: Link, port: Port)?
    /// Of the connection that was made.
    var routes: RouteWatch?
    /// The path will be looked at when this wake is over.
    var isReconsidering = false

    private static let headStart = Interval.milliseconds(300)

    /// Starts at once. `done` is told once, when a handshake is complete or all have failed; a link's own end after
    /// that is told to the application.
    package init(_ target: DialTarget, driver: Driver, done: @escaping (Result<Link, DialError>) -> Void) {
        self.target = target
        self.driver = driver
        self.done = done
        left = target.addresses
        let protocols = target.quic.protocols
        let resumption = target.memory?.recall(protocols)
        self.resumption = resumption
        // What was spoken last is offered first, so that it is among those that are offered.
        protocolsLeft = (protocols.filter { $0 == resumption?.alpn } + protocols.filter { $0 != resumption?.alpn })[...]
        offerNext()
        tryNext()
    }

    private func offerNext() {
        offered = Array(protocolsLeft.prefix(QUICSettings.offeredProtocols))
        protocolsLeft = protocolsLeft.dropFirst(offered.count)
    }

    /// Gives up all attempts, and the connection.
    package func close() {
        done = nil
        stopTimer()
        for attempt in attempts.values { drop(attempt) }
        attempts = [:]
        if let winner { drop(winner) }
        winner = nil
        routes = nil
    }

    private func drop(_ attempt: (link: Link, port: Port)) {
        attempt.link.abandon()
        attempt.port.close()
    }

    private func tryNext() {
        stopTimer()
        guard !left.isEmpty, done != nil else { return }
        start(left.removeFirst())
        if !left.isEmpty, done != nil {
            timer = driver.loop.once(at: driver.loop.now + Self.headStart) { [weak self] in
                self?.timer = nil
                self?.tryNext()
            }
        }
    }

    private func stopTimer() {
        if let timer { driver.loop.cancel(timer) }
        timer = nil
    }

    private func start(_ address: SocketAddress) {
        do {
            try connect(address)
        } catch let error as SystemError {
            failed(.system(error))
        } catch {
            failed(.closed(.dropped))
        }
    }

    private func connect(_ address: SocketAddress) throws {
        let socket = try UDPSocket(peer: address)
        let path = NetworkPath(local: socket.localAddress, remote: address)
        var settings = target.quic
        settings.protocols = offered
        let connection = try Connection.client(
            on: path, serverName: target.serverName, credentials: target.credentials, settings: settings,
            resumption: resumption.take(), now: EventLoop.clock())
        let id = ObjectIdentifier(connection)
        let port = try port(socket, for: id)
        var linkSettings = LinkSettings(session: target.session, webTransport: target.webTransport)
        linkSettings.kind = target.kind
        let link = Link(connection: connection, driver: driver, port: port, settings: linkSettings) {
            [weak self] _, cause in self?.ended(id, cause)
        }
        link.refusalPatience = target.refusalPatience
        link.remember = { [memory = target.memory] in memory?.remember($0) }
        link.established = { [weak self] in self?.won($0, id) }
        attempts[id] = (link, port)
        link.mark()
    }

    /// Listens to `socket` for a connection.
    func port(_ socket: UDPSocket, for id: ObjectIdentifier) throws(SystemError) -> Port {
        try Port(
            socket, driver.loop,
            received: { [weak self] in self?.received($0, $1, $2, id) },
            failed: { [weak self] in self?.refused($0, id) })
    }

    private func received(_ datagram: UnsafeRawBufferPointer, _ path: NetworkPath, _ ecn: ECN, _ id: ObjectIdentifier) {
        guard let link = link(id) else { return }
        // A client has one path at a time: replies are to the address that the connection knows.
        link.connection.received(datagram, on: link.connection.path ?? path, ecn: ecn, now: driver.loop.now)
        link.heard()
    }

    private func link(_ id: ObjectIdentifier) -> Link? {
        if let winner, ObjectIdentifier(winner.link.connection) == id { return winner.link }
        return attempts[id]?.link
    }

    private func refused(_ error: SystemError, _ id: ObjectIdentifier) {
        if let link = link(id), link === winner?.link {
            // Anything else is a fault of this end of the path.
            return error.isConnectionRefused ? link.refused(error, driver.loop.now) : reconsiderSoon()
        }
        guard let attempt = attempts.removeValue(forKey: id) else { return }
        attempt.link.end(.dropped, driver.loop.now)
        drop(attempt)
        failed(.system(error))
    }

    private func ended(_ id: ObjectIdentifier, _ cause: CloseCause) {
        // The driver keeps the link, and so its socket, until it has said its last word in this round.
        if attempts.removeValue(forKey: id) != nil { failed(.closed(cause)) }
    }

    private func failed(_ error: DialError) {
        failure = error
        guard left.isEmpty else { return tryNext() }
        guard attempts.isEmpty, let done else { return }
        if case .closed(.noCommonProtocol) = failure, !protocolsLeft.isEmpty {
            offerNext()
            left = target.addresses
            return tryNext()
        }
        self.done = nil
        done(.failure(failure ?? error))
    }

    private func won(_ link: Link, _ id: ObjectIdentifier) {
        guard let done else { return }
        self.done = nil
        stopTimer()
        winner = attempts.removeValue(forKey: id)
        let losers = attempts.values
        attempts = [:]
        left = []
        for loser in losers { loser.link.giveWay(driver.loop.now) }
        watchRoutes()
        done(.success(link))
    }
}
