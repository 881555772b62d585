internal import CommandLine
internal import Endpoint
internal import EventLoop
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import QUIC
internal import Wire

/// What a connecting command does with its session; the rest is ``ClientRun``'s.
///
/// It ends the command by ``ClientRun/finish(_:)``, whatever it was told before.
protocol ClientApplication: Application {
    /// SIGINT or SIGTERM: finish what was begun, then end with this status. A second signal ends at once.
    func interrupted(_ status: ExitStatus)
    /// `--max-time` has passed: finish files, then end with status 6.
    func outOfTime()
    /// The connection is gone and will not come back; `status` and `words` say why. Finish files, then end.
    func lost(_ status: ExitStatus, _ words: String)
}

/// Connects as the options say, runs a command's application on the connection, and turns what ends it into an exit
/// status and one line on stderr.
final class ClientRun {
    let loop: EventLoop
    let output: Output
    let driver: Driver
    /// The connection in use; nil before, between and after connections.
    private(set) var link: Link?

    private let settings: ConnectionSettings
    private let url: MoQTURL
    private weak var application: (any ClientApplication)?
    private var target: DialTarget?
    private var dial: Dial?
    private var retriesLeft: UInt64
    private var status: ExitStatus?
    private var isInterrupted = false
    private var signals: Signals?

    init(_ settings: ConnectionSettings, _ url: MoQTURL, _ output: Output) throws(SystemError) {
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
            target = try settings.target(for: url, output)
        } catch let error as OptionFileError {
            output.error(error.line)
            return .unusableInput
        } catch {
            output.error("\(url.authority): \(error)")
            return .unreachable
        }
        if let limit = settings.maximumTime {
            loop.once(at: EventLoop.clock() + limit) { [weak self] in self?.application?.outOfTime() }
        }
        connect()
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

    /// Closes the session in order: the last packets leave before the process does.
    private func sayGoodbye() {
        guard let link, link.cause == nil else { return }
        link.close()
        loop.run(until: EventLoop.clock() + .milliseconds(200)) { link.connection.phase != .established }
        dial?.close()
    }

    // MARK: - Connecting

    private func connect() {
        guard let target, status == nil else { return }
        dial = Dial(target, driver: driver) { [weak self] in self?.dialled($0) }
    }

    private func dialled(_ result: Result<Link, DialError>) {
        switch result {
        case .success(let link): self.link = link
        case .failure(let error):
            let (status, words) = ClientFailure.words(error, settings)
            connectionFailed(status, words)
        }
    }

    /// The application tells that its session is gone; the connection is made again if `--retry` allows.
    func disconnected(_ cause: CloseCause) {
        // A session that began early is over, and the dial goes on.
        guard link != nil else { return }
        link = nil
        guard status == nil else { return }
        let (status, words) = ClientFailure.words(cause, settings)
        connectionFailed(status, words)
    }

    /// A session works: `--retry` counts failures in a row.
    func connectionWorks() { retriesLeft = settings.retries }

    private func connectionFailed(_ status: ExitStatus, _ words: String) {
        let isFinal = status == .noCommonVersion || status == .protocolViolation
        guard retriesLeft > 0, !isFinal, self.status == nil, !isInterrupted else {
            application?.lost(status, "\(url.authority): \(words)")
            return
        }
        retriesLeft -= 1
        let pause = Interval.seconds(min(1 << min(settings.retries - retriesLeft - 1, 4), 10))
        output.warning("\(url.authority): \(words); connecting again in \(Int(pause.seconds)) s")
        dial?.close()
        loop.once(at: EventLoop.clock() + pause) { [weak self] in self?.connect() }
    }

    private func signalled(_ signal: Signal) {
        guard signal != .hangup else { return }
        let status = ExitStatus.signal(signal.rawValue)
        if isInterrupted { return finish(status) }
        isInterrupted = true
        application?.interrupted(status)
    }
}
