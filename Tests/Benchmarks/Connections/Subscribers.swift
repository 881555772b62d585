import Endpoint
import EventLoop
import Glibc
import MoQTCodec
import MoQTRelay
import MoQTSession
import QUIC
import Wire

/// Connections that subscribe to one track and stay, or measure how old each object is when it comes.
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
    /// Streams whose next payload begins an object, by connection.
    private var beginnings: Set<Beginning> = []
    private var latencies: [UInt64] = []

    private struct Beginning: Hashable {
        var peer: UInt64
        var stream: StreamID
    }

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

    /// Subscribes, and holds that until stdin ends.
    func hold() throws {
        subscribe()
        Program.report("\(count) subscribed", since: start)
        let input = try loop.register(STDIN_FILENO, .readable) { [loop] _ in loop.stop() }
        loop.run()
        loop.cancel(input)
        print("\(lost) lost")
    }

    /// Subscribes, and prints how old objects were that begin with the time of their birth: nanoseconds of the
    /// monotonic clock, in decimal digits.
    func measure(_ time: Interval) {
        subscribe()
        latencies = []
        loop.run(until: EventLoop.clock() + time) { false }
        latencies.sort()
        guard let largest = latencies.last else { fail("no object came") }
        let ages = [0.5, 0.99].map { latencies[Int(Double(latencies.count - 1) * $0)] } + [largest]
        print(latencies.count, ages.map { "\(Double($0) / 1e6)" }.joined(separator: " "))
    }

    private func subscribe() {
        for _ in 0..<min(Program.atOnce, count) { dial() }
        if !loop.run(until: start + .seconds(600), { accepted == count }) { fail("\(accepted) accepted in time") }
    }

    private func dial() {
        guard dials.count < count else { return }
        dials.append(
            Dial(target, driver: driver) { [weak self] result in
                if case .failure(let error) = result { self?.fail("\(error)") }
            })
    }

    private func fail(_ what: String) -> Never {
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
        case .rejected(_, let error): fail("\(error)")
        case .subgroupOpened(let stream, _, _, let byteCount): peer.credit(stream, byteCount)
        case .object(let stream, _, let byteCount):
            peer.credit(stream, byteCount)
            beginnings.insert(Beginning(peer: peer.number, stream: stream))
        case .payload(let stream, let bytes):
            peer.credit(stream, bytes.count)
            let isFirst = beginnings.remove(Beginning(peer: peer.number, stream: stream)) != nil
            if isFirst { note(bytes) }
        case .subgroupEnded: peer.finishedStream()
        default: break
        }
    }

    private func note(_ payload: Bytes) {
        var birth: UInt64 = 0
        for byte in payload.array.prefix(20) {
            guard (0x30...0x39).contains(byte) else { break }
            birth = birth * 10 + UInt64(byte - 0x30)
        }
        latencies.append(EventLoop.clock().nanoseconds - birth)
    }

    func disconnected(_ link: Link, _ peer: Peer, _ cause: CloseCause) { lost += 1 }
    func settle(_ now: Instant) {}
    var deadline: Instant? { nil }
    func timeReached(_ now: Instant) {}
}
