internal import CommandLine
internal import Endpoint
internal import EventLoop
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import QUIC
internal import WebTransport
internal import Wire

/// Finds out what a server speaks: each draft on each transport by a session of its own, the transports side by side,
/// the drafts one after the other.
final class ProbeRun: Application {
    let url: MoQTURL
    let output: Output
    let driver: Driver
    private let loop: EventLoop
    private let settings: ConnectionSettings
    private(set) var probes: [TransportProbe] = []
    private var ending: (status: ExitStatus, words: String?)?
    private var signals: Signals?

    init(_ settings: ConnectionSettings, _ url: MoQTURL, _ output: Output) throws {
        self.settings = settings
        self.url = url
        self.output = output
        loop = try EventLoop()
        driver = Driver(loop: loop)
        driver.application = self
        output.logMessages(of: driver)
        try settings.common.record([driver], output)
        signals = try Signals(loop) { [weak self] signal in
            if signal != .hangup { self?.end(.signal(signal.rawValue), nil) }
        }
        if let limit = settings.maximumTime {
            loop.once(at: EventLoop.clock() + limit) { [weak self] in self?.end(.timedOut, "--max-time has passed") }
        }
        // Whatever is shown is accepted anyway: what is wrong with it is told all the same.
        var judging = settings
        judging.insecure = false
        // A session that is resumed shows no certificate.
        judging.sessionFile = nil
        let target = try judging.target(for: url, output, judgesOnly: true)
        for transport in transports {
            probes.append(TransportProbe(transport, target, settings.common.drafts, driver))
        }
    }

    private var transports: [ProbedTransport] {
        switch settings.transport {
        case .quic: [.quic]
        case .webtransport: [.webtransport]
        case .auto, nil: ProbedTransport.allCases
        }
    }

    /// - Returns: everything that was found out; what was not is told by the status and its words.
    func run() -> (status: ExitStatus, words: String?) {
        for probe in probes { probe.next() }
        while ending == nil, probes.contains(where: { !$0.isDone }) { loop.runOnce(until: nil) }
        loop.run(until: EventLoop.clock() + .milliseconds(200)) { probes.allSatisfy(\.isQuiet) }
        for probe in probes { probe.close() }
        return ending ?? verdict
    }

    private func end(_ status: ExitStatus, _ words: String?) {
        if ending == nil { ending = (status, words) }
        driver.wake()
    }

    private var verdict: (status: ExitStatus, words: String?) {
        if probes.contains(where: { !$0.sessions.isEmpty }) { return (.success, nil) }
        let failures = probes.flatMap(\.failures).map { ClientFailure.words($0.error, settings) }
        // Whoever refused every draft was there.
        guard let worst = failures.first(where: { $0.0 == .noCommonVersion }) ?? failures.first else {
            return (.failed, nil)
        }
        return (worst.0, "\(url.authority): \(worst.1)")
    }

    /// What stands in the way of a transport on which nothing was found; nil: it has sessions.
    func problem(of probe: TransportProbe) -> String? {
        guard probe.sessions.isEmpty else { return nil }
        return probe.failures.first.map { ClientFailure.words($0.error, settings).1 } ?? "not tried"
    }

    // MARK: - Application

    func connected(_ link: Link, _ peer: Peer) {}

    func handle(_ event: SessionEvent, from peer: Peer, now: Instant) {
        guard case .ready(let setup) = event else { return }
        for probe in probes where probe.has(peer) { probe.ready(setup) }
    }

    func disconnected(_ link: Link, _ peer: Peer, _ cause: CloseCause) {
        for probe in probes { probe.disconnected(link, cause) }
    }

    func settle(_ now: Instant) {}

    var deadline: Instant? { nil }

    func timeReached(_ now: Instant) {}
}

/// One transport, draft after draft.
final class TransportProbe {
    let transport: ProbedTransport
    private(set) var sessions: [ProbedSession] = []
    private(set) var failures: [(draft: String, error: DialError)] = []
    private let driver: Driver
    private let target: DialTarget
    /// ALPN identifiers that were not tried.
    private var left: ArraySlice<String>
    private var draft = ""
    private var began = Instant(nanoseconds: 0)
    private var handshake = Interval.zero
    private var dials: [Dial] = []
    private var links: [Link] = []
    /// The connection that is tried.
    private var link: Link?
    private(set) var isDone = false

    init(_ transport: ProbedTransport, _ target: DialTarget, _ drafts: [String], _ driver: Driver) {
        self.transport = transport
        self.target = target
        self.driver = driver
        left = drafts[...]
    }

    /// Tries the next draft.
    func next() {
        link = nil
        guard let draft = left.popFirst() else {
            isDone = true
            return driver.wake()
        }
        self.draft = draft
        var target = target
        switch transport {
        case .quic: target.quic.protocols = [draft]
        case .webtransport:
            target.quic.protocols = [WebTransportConnection.alpn]
            target.webTransport.protocols = [draft]
        }
        began = EventLoop.clock()
        dials.append(
            Dial(target, driver: driver) { [weak self] result in
                switch result {
                case .success(let link): self?.connected(link)
                case .failure(let error): self?.failed(error)
                }
            })
    }

    private func connected(_ link: Link) {
        handshake = driver.loop.now - began
        self.link = link
        links.append(link)
    }

    func has(_ peer: Peer) -> Bool { link?.peers.contains { $0 === peer } ?? false }

    func ready(_ setup: Setup) {
        guard let link, let profile = link.profile else { return }
        sessions.append(ProbedSession(transport, link, profile, setup, handshake: handshake))
        link.close()
        next()
    }

    func disconnected(_ link: Link, _ cause: CloseCause) {
        if link === self.link { failed(.closed(cause)) }
    }

    private func failed(_ error: DialError) {
        failures.append((draft, error))
        // Who does not answer at all will not for another draft.
        if sessions.isEmpty, !error.isAnswer { left = [] }
        // Not within the dial that has just failed.
        driver.loop.afterEvents { [weak self] in self?.next() }
    }

    /// Nothing is left to be said.
    var isQuiet: Bool { links.allSatisfy { $0.connection.phase != .established } }

    func close() { for dial in dials { dial.close() } }
}

extension DialError {
    /// The server is there, and has said no.
    fileprivate var isAnswer: Bool {
        switch self {
        case .closed(.noCommonProtocol), .closed(.application), .closed(.refused), .closed(.http3): true
        case .closed, .system: false
        }
    }
}
