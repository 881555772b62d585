internal import Authorization
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

/// A relay with its listeners and loops, the first of which runs on the calling thread and takes the signals.
final class RelayServer {
    private let settings: RelaySettings
    private let output: Output
    private let group: LoopGroup
    private let loops: [RelayLoop]
    /// Nil: the relay is of no cluster.
    private let registry: Registry?
    private var listening: Listening?
    private var isDraining = false
    private var signals: Signals?
    private let systemd = Systemd(environment: Environment.value)
    /// Of the certificate for connections to come.
    private let fingerprint = Guarded("")

    init(_ settings: RelaySettings, _ output: Output) throws {
        self.settings = settings
        self.output = output
        output.limitLines(to: settings.limits.count(.logLines))
        let group = try LoopGroup(settings)
        self.group = group
        let registry = try settings.registry(output)
        self.registry = registry
        loops = try (0..<settings.threads).map { try RelayLoop(settings, output, $0, of: group, registry) }
    }

    private var loop: EventLoop { loops[0].loop }

    func run() throws -> ExitStatus {
        try settings.transport.record(loops.map(\.driver), output)
        var asked = settings.listening
        if let rules = try readRules() {
            asked.asksForCertificates = rules.wantsCertificates
            // No other thread runs them yet.
            for loop in loops { loop.relay.authorize(by: rules, now: loop.loop.now) }
        }
        let listening = try Listening(asked, loops.map(\.driver))
        self.listening = listening
        for (loop, listeners) in zip(loops, listening.loops) { loop.listen(listeners) }
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
        try startWatchdog()
        systemd?.ready()
        try withExtendedLifetime(server) { try runLoops() }
        registry?.stop()
        listening.close()
        return .success
    }

    /// Runs until all loops have stopped.
    private func runLoops() throws {
        guard loops.count > 1 else { return loop.run() }
        let ended = try Gathering<Bool>(count: loops.count - 1)
        for (number, other) in loops.dropFirst().enumerated() {
            let handed = Handed(value: other)
            try Worker.start("loop \(number + 1)") {
                handed.value.loop.run()
                ended.answer(number, true)
            }
        }
        loop.run()
        _ = ended.wait(.seconds(10))
    }

    /// Something of this thread's that another one has from its start to its end.
    private struct Handed<Value>: @unchecked Sendable {
        // Nothing else touches it meanwhile.
        let value: Value
    }

    // MARK: - HTTP

    private func startHTTP(_ listening: Listening) throws(SystemError) -> HTTPServer? {
        guard let address = settings.http else { return nil }
        var observed: [ObservedLoop] = []
        for loop in loops {
            let inquiries = try Mailbox<RelayInquiry>()
            _ = try inquiries.attach(to: loop.loop) { [unowned loop] in
                $0.answer(loop.relay, loop.listeners, loop.links)
            }
            observed.append(ObservedLoop(pulse: loop.loop.pulse, inquiries: inquiries))
        }
        fingerprint.withLock { $0 = "\(listening.fingerprint)" }
        let pages = RelayPages(
            observed, registry, settings.origins, withheldLines: { [output] in output.withheldLines },
            fingerprint: { [fingerprint] in fingerprint.withLock { $0 } })
        return try HTTPServer(address, changing: { pages.change($0) }) { pages.page($0) }
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

    // MARK: - Watching

    private func startWatchdog() throws(SystemError) {
        let interval = systemd?.watchdogInterval.map { Interval(nanoseconds: $0.nanoseconds / 2) }
        guard settings.watchdog != nil || interval != nil else { return }
        var alive: (@Sendable () -> Void)?
        if interval != nil { alive = { [systemd] in systemd?.alive() } }
        try Watchdog(
            loops.map(\.loop.pulse), tick: min(interval ?? .seconds(1), .seconds(1)), patience: settings.watchdog,
            alive: alive
        ) { [output] in output.log(.error, $0) }.start()
    }

    // MARK: - Renewing

    private func renew() {
        guard let listening else { return }
        systemd?.reloading(loop.now)
        defer { systemd?.ready() }
        do {
            guard let credentials = try listening.renew() else {
                return output.log(.notice, "the certificate is self-signed: there is none to read again")
            }
            group.postToAll(.renewed(credentials))
            fingerprint.withLock { $0 = "\(listening.fingerprint)" }
            output.log(.notice, "the certificate is renewed: fingerprint \(listening.fingerprint)")
        } catch let error as OptionFileError {
            output.log(.error, "the certificate stays as it was: \(error.line)")
        } catch {
            output.log(.error, "the certificate stays as it was: \(error)")
        }
    }

    private func renewRules() {
        do {
            guard let rules = try readRules() else { return }
            if let credentials = try listening?.ask(forCertificates: rules.wantsCertificates) {
                group.postToAll(.renewed(credentials))
            }
            group.postToAll(.rules(rules))
            output.log(.notice, "the rules are renewed")
        } catch let error as OptionFileError {
            output.log(.error, "the rules stay as they were: \(error.line)")
        } catch {
            output.log(.error, "the rules stay as they were: \(error)")
        }
    }

    /// - Returns: nil: there is no file of them.
    private func readRules() throws(OptionFileError) -> AccessRules? {
        guard let file = settings.accessFile else { return nil }
        let rules: AccessRules
        do throws(AccessFile.Failure) { rules = try AccessFile.read(file) } catch {
            throw OptionFileError(subject: "--auth", words: "\(error)")
        }
        return rules
    }

    // MARK: - Draining

    private func signalled(_ signal: Signal) {
        switch signal {
        case .hangup:
            renew()
            renewRules()
        case .interrupt, .terminate:
            if isDraining { return group.postToAll(.stop) }
            drain()
        }
    }

    /// GOAWAY to everybody; the end when they have left, or when the time is up.
    private func drain() {
        isDraining = true
        systemd?.stopping()
        let time = settings.drainTime
        output.log(.notice, "draining for at most \(time.seconds) s")
        registry?.retire()
        group.postToAll(.drain)
        loop.once(at: loop.now + time) { [weak self] in self?.closeAll() }
    }

    private func closeAll() {
        group.postToAll(.closeAll)
        loop.once(at: loop.now + .milliseconds(100)) { [weak self] in self?.group.postToAll(.stop) }
    }
}
