internal import CommandLine
internal import Endpoint
internal import EventLoop
internal import MoQTRelay
internal import MoQTSession
internal import QUIC
internal import Wire

/// Where a case is played: its connections, its time, and the loop that runs while a step waits.
final class InteropStage: Application {
    let loop: EventLoop
    let driver: Driver
    private let target: DialTarget
    private let settings: ConnectionSettings
    /// When the case is out of time.
    private var curtain = Instant(nanoseconds: 0)
    private var limit = Interval.zero
    private(set) var clients: [InteropClient] = []
    /// The session on each link.
    private var peers: [ObjectIdentifier: Peer] = [:]
    /// A signal, or `--max-time`, has ended the run.
    var isStopped = false {
        didSet { driver.wake() }
    }

    init(_ target: DialTarget, _ settings: ConnectionSettings, _ loop: EventLoop) {
        self.target = target
        self.settings = settings
        self.loop = loop
        driver = Driver(loop: loop)
        driver.application = self
    }

    var now: Instant { loop.now }

    // MARK: - Cases

    /// Plays a case, and takes all connections down after it.
    /// - Returns: nil when the run was stopped meanwhile.
    func play(_ test: InteropCase) -> InteropResult? {
        defer { strike() }
        let began = EventLoop.clock()
        (curtain, limit) = (began + test.limit, test.limit)
        let verdict: InteropResult.Verdict
        do throws(InteropEnd) {
            try test.steps(self)
            verdict = .passed
        } catch {
            switch error {
            case .failed(let failure): verdict = .failed(failure)
            case .skipped(let reason): verdict = .skipped(reason)
            case .stopped: return nil
            }
        }
        return InteropResult(
            name: test.name, verdict: verdict, duration: EventLoop.clock() - began,
            connections: clients.compactMap { client in client.connectionID.map { (client.role, $0) } },
            draft: clients.lazy.compactMap(\.draft).first)
    }

    private func strike() {
        for client in clients { client.link?.close() }
        let limit = EventLoop.clock() + .milliseconds(200)
        loop.run(until: limit) { clients.allSatisfy { $0.link?.connection.phase != .established } }
        for client in clients { client.dial?.close() }
        clients = []
        peers = [:]
        // What was closed is let go of at the end of a turn; after the last case there is no other.
        loop.runOnce(until: loop.now)
    }

    func peer(on link: Link) -> Peer? { peers[ObjectIdentifier(link)] }

    // MARK: - Steps

    /// Connects and sets up a session.
    /// - Parameter role: of the connection in reports; empty where it is the only one.
    func connect(_ role: String = "") throws(InteropEnd) -> InteropClient {
        for _ in 0..<settings.retries {
            do throws(InteropEnd) { return try connectOnce(role) } catch {
                guard case .failed = error, loop.now + .milliseconds(100) < curtain else { throw error }
                try pause(.milliseconds(100))
            }
        }
        return try connectOnce(role)
    }

    private func connectOnce(_ role: String) throws(InteropEnd) -> InteropClient {
        let client = InteropClient(role, self)
        var outcome: Result<Link, DialError>?
        clients.append(client)
        client.dial = Dial(target, driver: driver) { [weak client] result in
            outcome = result
            if case .success(let link) = result { client?.link = link }
        }
        switch try wait("a connection", { outcome }) {
        case .success: break
        case .failure(let error):
            let (_, words) = ClientFailure.words(error, settings)
            throw .failed(InteropFailure(expected: "a connection", received: "none", message: words))
        }
        try client.expectSetup()
        return client
    }

    /// Runs the loop until `answer` gives something; fails when time is up.
    /// - Parameter what: what is waited for.
    func wait<T>(_ what: String, _ answer: () throws(InteropEnd) -> T?) throws(InteropEnd) -> T {
        while true {
            if isStopped { throw .stopped }
            if let result = try answer() { return result }
            guard loop.now < curtain else {
                let words = "nothing within \(limit.nanoseconds / 1_000_000) ms"
                throw .failed(InteropFailure(expected: what, received: "timeout", message: words))
            }
            loop.runOnce(until: curtain)
        }
    }

    /// Runs the loop once, with a round of sending at its end.
    func turn() {
        driver.wake()
        loop.runOnce(until: curtain)
    }

    /// Lets some time of the case pass, or less when `isEnough` says so.
    func pause(
        _ time: Interval, _ what: String = "the end of a pause", unless isEnough: () -> Bool = { false }
    ) throws(InteropEnd) {
        let end = EventLoop.clock() + time
        // Wakes the loop, which would wait for the case's deadline.
        loop.once(at: end) {}
        try wait(what) { isEnough() || loop.now >= end ? () : nil }
    }

    // MARK: - Application

    func connected(_ link: Link, _ peer: Peer) { peers[ObjectIdentifier(link)] = peer }

    func handle(_ event: SessionEvent, from peer: Peer, now: Instant) {
        clients.first { $0.peer === peer }?.handle(event, from: peer)
    }

    func disconnected(_ link: Link, _ peer: Peer, _ cause: CloseCause) {}

    func settle(_ now: Instant) {
        for client in clients { client.settle(now) }
    }

    var deadline: Instant? { nil }

    func timeReached(_ now: Instant) {}
}
