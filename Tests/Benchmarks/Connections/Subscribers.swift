import Endpoint
import EventLoop
import Glibc
import MoQTCodec
import MoQTRelay
import MoQTSession
import QUIC
import Wire

/// Connections that subscribe to one track and stay.
final class Subscribers: Application {
    private let loop: EventLoop
    private let driver: Driver
    private let target: DialTarget
    private let track: FullTrackName
    private let count: Int
    private var dials: [Dial] = []
    private var accepted = 0
    private var lost = 0
    private let start = EventLoop.clock()

    init(_ server: SocketAddress, track: String, count: Int) throws {
        loop = try EventLoop()
        driver = Driver(loop: loop)
        var quic = QUICSettings(protocols: [Profile.all[0].alpn])
        quic.idleTimeout = .seconds(300)
        quic.keepAlive = .seconds(60)
        var session = SessionConfiguration()
        session.authority = "localhost"
        session.path = "/"
        target = DialTarget(
            addresses: [server], serverName: "localhost", credentials: try ClientCredentials(.insecure), quic: quic,
            session: session)
        self.track = try FullTrackName(text: track)
        self.count = count
        driver.application = self
    }

    func run() throws {
        for _ in 0..<min(Program.atOnce, count) { dial() }
        let input = try loop.register(STDIN_FILENO, .readable) { [loop] _ in loop.stop() }
        loop.run()
        loop.cancel(input)
        print("\(lost) lost")
    }

    private func dial() {
        guard dials.count < count else { return }
        dials.append(
            Dial(target, driver: driver) { [weak self] result in
                if case .failure(let error) = result { self?.fail("\(error)") }
            })
    }

    private func fail(_ what: String) {
        print("failed: \(what)")
        exit(1)
    }

    func connected(_ link: Link, _ peer: Peer) {}

    func handle(_ event: SessionEvent, from peer: Peer, now: Instant) {
        switch event {
        case .ready: peer.say { _ = try $0.subscribe(track, Parameters()) }
        case .subscribeAccepted:
            accepted += 1
            dial()
            if accepted == count { Program.report("\(count) subscribed", since: start) }
        case .rejected(_, let error): fail("\(error)")
        default: break
        }
    }

    func disconnected(_ link: Link, _ peer: Peer, _ cause: CloseCause) { lost += 1 }
    func settle(_ now: Instant) {}
    var deadline: Instant? { nil }
    func timeReached(_ now: Instant) {}
}
