internal import CommandLine
internal import Endpoint
internal import EventLoop
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import QUIC
internal import Wire

/// What a connecting command does with its sessions; the rest is ``ClientRun``'s.
///
/// It ends the command by ``ClientRun/finish(_:)``, whatever it was told before.
protocol ClientApplication: Application {
    /// SIGINT or SIGTERM: finish what was begun, then end with this status. A second signal ends at once.
    func interrupted(_ status: ExitStatus)
    /// `--max-time` has passed: finish files, then end with status 6.
    func outOfTime()
    /// The connection is gone and will not come back; `status` and `words` say why. Finish files, then end.
    func lost(_ status: ExitStatus, _ words: String)
    /// The server wanted a request moved, and where to cannot be reached: it goes on where it is, or begins anew there.
    func moveFailed(_ request: RequestID, of peer: Peer)
}

extension ClientApplication {
    func moveFailed(_ request: RequestID, of peer: Peer) {}
}

/// Connects as the options say, runs a command's application on the connection, and turns what ends it into an exit
/// status and one line on stderr.
final class ClientRun {
    let loop: EventLoop
    let output: Output
    let driver: Driver

    let settings: ConnectionSettings
    /// Where to connect to after a loss: the URL of the command, or where a server has sent us. Nil for a server.
    var url: MoQTURL?
    /// Where it listens instead of connecting; set before it runs.
    var listening: Listening?
    weak var application: (any ClientApplication)?
    /// Those that are tried, in use, or left and not closed yet.
    var connections: [ClientConnection] = []
    /// The one for new requests; nil before, between and after connections.
    var current: ClientConnection?
    private var retriesLeft: UInt64
    private(set) var status: ExitStatus?
    private(set) var isInterrupted = false
    private var signals: Signals?

    /// - Parameter url: where to connect to; nil: nowhere, as ``listening`` is there.
    init(_ settings: ConnectionSettings, _ url: MoQTURL?, _ output: Output) throws(SystemError) {
        self.settings = settings
        self.url = url
        self.output = output
        retriesLeft = settings.retries
        loop = try EventLoop()
        driver = Driver(loop: loop)
        output.logMessages(of: driver)
    }

    /// Connects, and runs until ``finish(_:)``. Signals must have been blocked before any thread was started.
    func run(_ application: any ClientApplication) -> ExitStatus {
        // What happens reaches it by weak references alone.
        defer { withExtendedLifetime(application) {} }
        self.application = application
        driver.application = application
        do {
            signals = try Signals(loop) { [weak self] in self?.signalled($0) }
            if let limit = settings.maximumTime {
                loop.once(at: EventLoop.clock() + limit) { [weak self] in self?.application?.outOfTime() }
            }
            try settings.common.record([driver], output)
            try connect()
        } catch let error as OptionFileError {
            output.error(error.line)
            return .unusableInput
        } catch {
            output.error("\(url?.authority ?? ""): \(error)")
            return .unreachable
        }
        while status == nil { loop.runOnce(until: nil) }
        sayGoodbye()
        return status ?? .failed
    }

    /// Ends the command; the first status holds.
    func finish(_ status: ExitStatus) {
        if self.status == nil { self.status = status }
        driver.wake()
    }

    /// Says why the command fails, and ends it.
    func fail(_ status: ExitStatus, _ words: String) {
        guard self.status == nil else { return }
        output.error(words)
        finish(status)
    }

    /// Closes the sessions in order: the last packets leave before the process does.
    private func sayGoodbye() {
        let links = links.filter { $0.cause == nil }
        guard !links.isEmpty else { return }
        for link in links { link.close() }
        loop.run(until: EventLoop.clock() + .milliseconds(200)) {
            links.allSatisfy { $0.connection.phase != .established }
        }
        for connection in connections { connection.dial?.close() }
        listening?.close()
    }

    // MARK: - Connecting

    private func connect() throws {
        guard status == nil, let url else { return }
        let connection = ClientConnection(url, .fresh, try settings.target(for: url, output))
        connections.append(connection)
        dial(connection)
    }

    func dial(_ connection: ClientConnection) {
        connection.dial = Dial(connection.target, driver: driver) { [weak self, weak connection] result in
            if let connection { self?.dialled(connection, result) }
        }
    }

    private func dialled(_ connection: ClientConnection, _ result: Result<Link, DialError>) {
        switch result {
        case .success(let link): connection.link = link
        case .failure(let error):
            let (status, words) = ClientFailure.words(error, settings)
            guard connection.isFresh || current == nil && !connection.isSide else {
                return moveFailed(connection, "\(connection.url.authority): \(words)")
            }
            drop(connection)
            connectionFailed(status, words)
        }
    }

    /// The application tells that a session is gone. When it was the last, and `--retry` allows, the connection is made
    /// again.
    ///
    /// - Parameter cause: nil when the command is about to end anyway.
    func disconnected(_ link: Link, _ cause: CloseCause?) {
        // A session that began early is over, and the dial goes on.
        guard let connection = connections.first(where: { $0.link === link }) else { return }
        drop(connection)
        guard status == nil, let cause else { return }
        let isUnused = connection.readySince == nil && !connection.isSide
        guard connection === current || current == nil && isUnused else {
            if isUnused { fallBack(from: connection) }
            return
        }
        current = nil
        if fallBack(from: connection) || hurryOn() || stayAside() { return }
        let (status, words) = ClientFailure.words(cause, settings, link.profile)
        connectionFailed(status, words)
    }

    func drop(_ connection: ClientConnection) {
        connections.removeAll { $0 === connection }
        // The last packets leave at the end of this round.
        loop.once(at: loop.now + .milliseconds(200)) { connection.dial?.close() }
    }

    private func connectionFailed(_ status: ExitStatus, _ words: String) {
        let isFinal = status == .noCommonVersion || status == .protocolViolation
        guard retriesLeft > 0, !isFinal, self.status == nil, !isInterrupted else {
            application?.lost(status, "\(url?.authority ?? ""): \(words)")
            return
        }
        retriesLeft -= 1
        let pause = Interval.seconds(min(1 << min(settings.retries - retriesLeft - 1, 4), 10))
        output.warning("\(url?.authority ?? ""): \(words); connecting again in \(Int(pause.seconds)) s")
        loop.once(at: EventLoop.clock() + pause) { [weak self] in self?.connectAgain() }
    }

    private func connectAgain() {
        do { try connect() } catch { connectionFailed(.unreachable, "\(error)") }
    }

    /// A session works: `--retry` counts failures in a row.
    func connectionWorks() { retriesLeft = settings.retries }

    private func signalled(_ signal: Signal) {
        guard signal != .hangup else { return }
        let status = ExitStatus.signal(signal.rawValue)
        if isInterrupted { return finish(status) }
        isInterrupted = true
        application?.interrupted(status)
    }
}
