import Credentials
import Endpoint
import EventLoop
import MoQTCodec
import MoQTRelay
import MoQTSession
import QUIC
import Testing
import WebTransport
import Wire

/// An application that notes all it is told.
final class Recorder: Application {
    /// Connections that had a session, in order; nil once released.
    private(set) var sessions: [Weak<Link>] = []
    private(set) var peers: [Weak<Peer>] = []
    private(set) var events: [SessionEvent] = []
    private(set) var ends: [CloseCause] = []
    /// For each session, how many were over when it came.
    private(set) var endsBefore: [Int] = []
    /// Events are not noted any more.
    var forgets = false
    /// Acts on an event, after it is noted.
    var react: ((SessionEvent, Peer, Instant) -> Void)?

    var isReady: Bool { events.contains { if case .ready = $0 { true } else { false } } }
    /// How the sessions that are over were closed.
    var closes: [SessionClose] { events.compactMap { if case .closed(let close) = $0 { close } else { nil } } }
    /// The only session's connection and peer, while they live.
    var link: Link? { sessions.last?.object }
    var peer: Peer? { peers.last?.object }

    func connected(_ link: Link, _ peer: Peer) {
        sessions.append(Weak(link))
        endsBefore.append(ends.count)
        peers.append(Weak(peer))
    }

    func handle(_ event: SessionEvent, from peer: Peer, now: Instant) {
        if !forgets { events.append(event) }
        react?(event, peer, now)
    }

    func disconnected(_ link: Link, _ peer: Peer, _ cause: CloseCause) { ends.append(cause) }
    func settle(_ now: Instant) {}
    var deadline: Instant? { nil }
    func timeReached(_ now: Instant) {}
}

struct Weak<Object: AnyObject> {
    weak var object: Object?
    init(_ object: Object) { self.object = object }
}

/// One end: a driver with its application.
struct End {
    let driver: Driver
    let recorder = Recorder()

    init(_ loop: EventLoop) {
        driver = Driver(loop: loop)
        driver.application = recorder
    }
}

/// What carries sessions: with WebTransport, clients use nothing else, and servers take both.
enum Carrier: CaseIterable { case quic, webTransport }

/// Servers and clients of one process on one loop, over real sockets.
final class Loopback {
    let loop: EventLoop
    let server: End
    let client: End
    var quic: QUICSettings
    var clientQUIC: QUICSettings
    /// Of sessions at either end.
    var session = SessionConfiguration()
    var webTransport = WebTransportSettings()
    /// What clients ask for on WebTransport.
    var path = "/moq"
    var policy = CertificatePolicy.insecure
    /// What clients know of servers.
    var memory: (any ServerMemory)?
    /// How often a dial has told what came of it.
    private(set) var outcomes = 0
    /// Why the last one failed; nil while it has not.
    private(set) var failure: DialError?

    /// - Parameter draft: the ALPN identifier of the draft that both ends speak.
    init(_ carrier: Carrier = .quic, draft: String = "moqt-18") throws {
        loop = try EventLoop()
        server = End(loop)
        client = End(loop)
        let isWeb = carrier == .webTransport
        quic = QUICSettings(protocols: isWeb ? [draft, "h3"] : [draft])
        clientQUIC = QUICSettings(protocols: isWeb ? ["h3"] : [draft])
        webTransport.protocols = isWeb ? [draft] : []
        webProtocols = [draft]
    }

    /// Drafts that clients offer on WebTransport.
    var webProtocols: [String]

    static let identity: QUIC.Identity = {
        do {
            let made = try CertificateAuthor.selfSigned(names: ["localhost", "127.0.0.1"])
            return QUIC.Identity(chain: made.chain, key: made.key)
        } catch { fatalError("\(error)") }
    }()

    /// Listens on a free port of the loopback.
    func listen(_ server: ServerSettings = ServerSettings()) throws -> Listener {
        try Listener(
            .loopback(.ipv4, port: 0), driver: self.server.driver, credentials: ServerCredentials(Self.identity),
            quic: quic, server: server, session: session, webTransport: webTransport)
    }

    func dial(_ addresses: SocketAddress..., patience: Interval = .seconds(3)) throws -> Dial {
        var session = session
        session.authority = "localhost"
        session.path = path
        var target = DialTarget(
            addresses: addresses, serverName: "localhost", credentials: try ClientCredentials(policy),
            quic: clientQUIC, session: session)
        target.webTransport.protocols = webProtocols
        target.refusalPatience = patience
        target.memory = memory
        return Dial(target, driver: client.driver) { [weak self] in
            if case .failure(let error) = $0 { self?.failure = error }
            self?.outcomes += 1
        }
    }

    /// Turns the loop until `condition` holds; false after ten seconds.
    @discardableResult
    func run(_ limit: Interval = .seconds(10), until condition: () -> Bool) -> Bool {
        loop.run(until: EventLoop.clock() + limit, condition)
    }

    /// A client with a session, and its dial.
    func connect(to listener: Listener) throws -> Dial {
        let dial = try dial(listener.address)
        try #require(run { client.recorder.isReady && server.recorder.isReady })
        return dial
    }
}

/// A socket that hears one port alone, where nobody is: what is sent to it from elsewhere is refused (ICMP port
/// unreachable), and while it is there no other socket gets its port.
func deadSocket() throws -> UDPSocket { try UDPSocket(peer: .loopback(.ipv4, port: 9)) }

/// A socket that takes everything and says nothing.
func deafSocket() throws -> UDPSocket { try UDPSocket(bind: .loopback(.ipv4, port: 0)) }
