package import CommandLine
internal import Credentials
internal import Endpoint
internal import EventLoop
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import Operations
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
            output.error(Listening.words(error))
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
    private var listening: Listening?
    private var isDraining = false
    private var signals: Signals?
    private let inquiries: Mailbox<RelayInquiry>
    /// Of the certificate for connections to come.
    private let fingerprint = Guarded("")

    init(_ settings: RelaySettings, _ output: Output) throws {
        self.settings = settings
        self.output = output
        loop = try EventLoop()
        driver = Driver(loop: loop)
        var behaviour = Relay.Settings()
        behaviour.defaultDeliveryTimeout = settings.defaultDeliveryTimeout
        relay = Relay(
            settings: behaviour, cache: Cache(limit: Int(clamping: settings.cacheSize), timeLimit: settings.cacheTime))
        inquiries = try Mailbox()
        driver.application = self
        output.logMessages(of: driver)
    }

    func run() throws -> ExitStatus {
        let listening = try Listening(settings.listening, driver)
        self.listening = listening
        signals = try Signals(loop) { [weak self] in self?.signalled($0) }
        try listening.announce(output)
        let server: HTTPServer?
        do throws(SystemError) {
            server = try startHTTP(listening)
        } catch {
            output.error(Listening.words(error, of: "--http"))
            return .failed
        }
        if let server { try announce(server.address) }
        withExtendedLifetime(server) { loop.run() }
        listening.close()
        return .success
    }

    // MARK: - HTTP

    private func startHTTP(_ listening: Listening) throws(SystemError) -> HTTPServer? {
        guard let address = settings.http else { return nil }
        _ = try inquiries.attach(to: loop) { [unowned self] in $0.answer(relay, listeners) }
        fingerprint.withLock { $0 = "\(listening.fingerprint)" }
        let pages = RelayPages([ObservedLoop(pulse: loop.pulse, inquiries: inquiries)]) { [fingerprint] in
            fingerprint.withLock { $0 }
        }
        return try HTTPServer(address) { pages.page($0) }
    }

    private func announce(_ address: SocketAddress) throws(WriteError) {
        let writer = ByteWriter.standardOutput
        if output.json {
            var line = JSONLine()
            line.add("kind", "http")
            line.add("address", "\(address)")
            try line.write(to: writer)
        } else {
            try writer.write("serving http://\(address)/\n")
        }
        try writer.flush()
    }

    private var listeners: [Listener] { listening?.listeners ?? [] }

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
        let refusals = peer.downlink.sent.inexpressible
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

    // MARK: - Renewing

    private func renew() {
        guard let listening else { return }
        do {
            guard try listening.renew() else {
                return output.log(.notice, "the certificate is self-signed: there is none to read again")
            }
            fingerprint.withLock { $0 = "\(listening.fingerprint)" }
            output.log(.notice, "the certificate is renewed: fingerprint \(listening.fingerprint)")
        } catch let error as OptionFileError {
            output.log(.error, "the certificate stays as it was: \(error.line)")
        } catch {
            output.log(.error, "the certificate stays as it was: \(error)")
        }
    }

    // MARK: - Draining

    private func signalled(_ signal: Signal) {
        switch signal {
        case .hangup: renew()
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
