package import CommandLine
internal import Credentials
internal import Endpoint
internal import EventLoop
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import QUIC
internal import WebTransport
internal import Wire

extension RelayCommand {
    /// Listens and relays until a signal drains it.
    package static func run(_ settings: RelaySettings, _ output: Output) -> ExitStatus {
        Signals.block()
        do {
            let server = try RelayServer(settings, output)
            return try server.run()
        } catch let error as OptionFileError {
            output.error(error.line)
            return .unusableInput
        } catch let error as SystemError {
            output.error(error.isAddressInUse ? "--listen: \(error.subject): the port is in use" : "--listen: \(error)")
            return .failed
        } catch {
            output.error("\(error)")
            return .failed
        }
    }
}

/// A relay with its listeners, on one loop.
final class RelayServer: Application {
    private let settings: RelaySettings
    private let output: Output
    private let loop: EventLoop
    private let driver: Driver
    private let relay: Relay
    private let certificate: Credentials.Identity
    private var listeners: [Listener] = []
    private var isDraining = false
    private var signals: Signals?

    init(_ settings: RelaySettings, _ output: Output) throws {
        self.settings = settings
        self.output = output
        loop = try EventLoop()
        driver = Driver(loop: loop)
        var behaviour = Relay.Settings()
        behaviour.defaultDeliveryTimeout = settings.defaultDeliveryTimeout
        relay = Relay(
            settings: behaviour, cache: Cache(limit: Int(clamping: settings.cacheSize), timeLimit: settings.cacheTime))
        certificate =
            try settings.identity.load() ?? CertificateAuthor.selfSigned(names: Self.names(settings.listeners))
        driver.application = self
        output.logMessages(of: driver)
    }

    /// What a self-signed certificate is for: this host under its usual names, and the addresses listened on.
    private static func names(_ listeners: [SocketAddress]) -> [String] {
        var names = ["localhost", "127.0.0.1", "::1"]
        for address in listeners where !address.isAny && !names.contains(address.host) { names.append(address.host) }
        return names
    }

    func run() throws -> ExitStatus {
        var quic = try settings.transport.quicSettings(role: "server")
        quic.handshakeTimeout = .seconds(10)
        var server = ServerSettings()
        server.maxConnections = settings.maximumConnections
        server.retry =
            switch settings.addressValidation {
            case .auto: .whenHandshakes(atLeast: 256)
            case .always: .always
            case .never: .never
            }
        quic.protocols.append(WebTransportConnection.alpn)
        var session = SessionConfiguration()
        session.implementation = Version.implementation
        var webTransport = settings.webTransport
        webTransport.protocols = settings.transport.drafts
        let credentials = try ServerCredentials(QUIC.Identity(chain: certificate.chain, key: certificate.key))
        signals = try Signals(loop) { [weak self] in self?.signalled($0) }
        for address in settings.listeners {
            let listener = try Listener(
                address, driver: driver, credentials: credentials, quic: quic, server: server,
                session: session, webTransport: webTransport)
            listeners.append(listener)
            if let warning = listener.bufferWarning { output.log(.notice, warning) }
        }
        for listener in listeners { try announce(listener) }
        loop.run()
        for listener in listeners { listener.close() }
        return .success
    }

    private func announce(_ listener: Listener) throws {
        let drafts = settings.transport.drafts.map { Drafts.number(of: $0) }
        let writer = ByteWriter.standardOutput
        if output.json {
            var line = JSONLine()
            line.add("kind", "listening")
            line.add("address", "\(listener.address)")
            line.add("transports", ["quic", "webtransport"])
            line.add("drafts", drafts)
            line.add("fingerprint", "\(certificate.fingerprint)")
            try line.write(to: writer)
        } else {
            let words = "listening on \(listener.address) (quic, webtransport; drafts \(drafts.joined(separator: " ")))"
            try writer.write("\(words) fingerprint \(certificate.fingerprint)\n")
        }
        try writer.flush()
    }

    // MARK: - Application

    func connected(_ link: Link, _ peer: Peer) {
        output.log(
            .info,
            "session \(peer.number): \(link.connection.path?.remote.description ?? "") \(peer.session.profile.alpn)")
        peer.downlink.toldOfRefusal = { [output, number = peer.number] why in
            output.log(.info, "session \(number): refused what its draft cannot express: \(why)")
        }
        relay.add(peer)
        if isDraining { sendAway(peer) }
    }

    func handle(_ event: SessionEvent, from peer: Peer, now: Instant) { relay.handle(event, from: peer, now: now) }

    func disconnected(_ link: Link, _ peer: Peer, _ cause: CloseCause) {
        output.log(.info, "session \(peer.number): \(cause)")
        let refusals = peer.downlink.refusals
        if refusals > 0 {
            output.log(.notice, "session \(peer.number): refused \(refusals) times what its draft cannot express")
        }
        if isDraining { driver.wake() }
    }

    func settle(_ now: Instant) {
        relay.settle(now)
        if isDraining, listeners.allSatisfy({ $0.connectionCount == 0 }) { loop.stop() }
    }

    var deadline: Instant? { relay.deadline }

    func timeReached(_ now: Instant) { relay.timeReached(now) }

    // MARK: - Draining

    private func signalled(_ signal: Signal) {
        switch signal {
        case .hangup: break
        case .interrupt, .terminate:
            if isDraining { return loop.stop() }
            drain()
        }
    }

    /// GOAWAY to everybody; the end when they have left, or when the time is up.
    private func drain() {
        isDraining = true
        let time = settings.drainTime
        output.log(.notice, "draining for at most \(time.seconds) s")
        for listener in listeners { listener.refuseConnections() }
        for link in listeners.flatMap(\.connections) {
            if link.peers.isEmpty { link.close() }
            link.drain()
            for peer in link.peers { sendAway(peer) }
        }
        loop.once(at: loop.now + time) { [weak self] in self?.closeAll() }
        driver.wake()
    }

    private func sendAway(_ peer: Peer) {
        let isWebTransport = peer.session.configuration.transport == .webTransport
        let uri = settings.goAwayURL.map { WireText($0.uri(isWebTransport: isWebTransport)) } ?? WireText()
        peer.say { try $0.goAway(uri: uri, timeout: settings.drainTime.millisecondsRoundedUp, now: loop.now) }
    }

    private func closeAll() {
        for link in listeners.flatMap(\.connections) { link.close(.noError, reason: "the relay is going away") }
        loop.once(at: loop.now + .milliseconds(100)) { [weak self] in self?.loop.stop() }
    }
}
