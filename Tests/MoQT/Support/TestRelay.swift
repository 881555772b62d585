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

@testable import MoQT

/// A relay on a thread of its own and a free port of the loopback; it ends when it is released.
final class TestRelay: Sendable {
    /// What runs on the relay's loop, and is told whether that is over.
    typealias Work = @Sendable (RelayHost) -> Void

    let port: UInt16
    private let mailbox: Mailbox<Work>

    /// - Parameters:
    ///   - streamWindow: bytes that publishers may send on a stream before their subscribers have read them.
    ///   - streamLimit: streams that they may have open.
    static func start(streamWindow: Int = 1 << 20, streamLimit: Int = 64) async throws -> TestRelay {
        let mailbox = try Mailbox<Work>()
        let port = await withCheckedContinuation { (started: CheckedContinuation<UInt16?, Never>) in
            do {
                try Worker.start("test relay") {
                    guard let host = try? RelayHost(streamWindow, streamLimit) else {
                        return started.resume(returning: nil)
                    }
                    started.resume(returning: host.port)
                    host.run(mailbox)
                }
            } catch { started.resume(returning: nil) }
        }
        return TestRelay(try #require(port), mailbox)
    }

    private init(_ port: UInt16, _ mailbox: Mailbox<Work>) {
        self.port = port
        self.mailbox = mailbox
    }

    deinit { mailbox.post { $0.stop() } }

    func url(_ transport: TestTransport) -> String {
        switch transport {
        case .quic: "moqt://localhost:\(port)/moq"
        case .webTransport: "https://localhost:\(port)/moq"
        }
    }

    /// What `body` makes of the relay, on its loop.
    func look<Seen: Sendable>(_ body: @escaping @Sendable (RelayHost) -> Seen) async -> Seen {
        await withCheckedContinuation { seen in mailbox.post { seen.resume(returning: body($0)) } }
    }

    /// Returns when `condition` holds at the end of a round of the relay.
    func wait(until condition: @escaping @Sendable (RelayHost) -> Bool) async {
        await withCheckedContinuation { held in
            mailbox.post { host in host.await(condition) { held.resume() } }
        }
    }
}

enum TestTransport: CaseIterable { case quic, webTransport }

/// The relay of a ``TestRelay``, which belongs to its thread.
final class RelayHost: Application {
    let relay = Relay(settings: Relay.Settings(), cache: Cache(limit: 64 << 20))
    private(set) var events: [SessionEvent] = []
    /// Control messages that it received, in order.
    private(set) var received: [ControlMessage] = []
    private let loop: EventLoop
    private let driver: Driver
    private let listener: Listener
    private var isStopped = false
    private var awaited: [(condition: (RelayHost) -> Bool, held: () -> Void)] = []

    private static let identity: QUIC.Identity = {
        do {
            let made = try CertificateAuthor.selfSigned(names: ["localhost"])
            return QUIC.Identity(chain: made.chain, key: made.key)
        } catch { fatalError("\(error)") }
    }()

    init(_ streamWindow: Int, _ streamLimit: Int) throws {
        loop = try EventLoop()
        driver = Driver(loop: loop)
        let drafts = Profile.all.map(\.alpn)
        var quic = QUICSettings(protocols: drafts + [WebTransportConnection.alpn])
        quic.unidirectionalStreamWindow = streamWindow
        quic.unidirectionalStreams = streamLimit
        var webTransport = WebTransportSettings()
        webTransport.protocols = drafts
        listener = try Listener(
            .loopback(.ipv4, port: 0), driver: driver, credentials: ServerCredentials(Self.identity), quic: quic,
            server: ServerSettings(), session: SessionConfiguration(), webTransport: webTransport)
        driver.application = self
        driver.watch = { [weak self] _, message, isSent, _ in if !isSent { self?.received.append(message) } }
    }

    var port: UInt16 { listener.address.port }

    func run(_ mailbox: Mailbox<TestRelay.Work>) {
        guard
            let registration = try? mailbox.attach(
                to: loop,
                { [unowned self] work in
                    work(self)
                    driver.wake()
                })
        else { return }
        while !isStopped { loop.runOnce(until: nil) }
        loop.cancel(registration)
        listener.close()
    }

    func stop() { isStopped = true }

    /// Vanishes without a word.
    func vanish() { listener.close() }

    func await(_ condition: @escaping (RelayHost) -> Bool, _ held: @escaping () -> Void) {
        if condition(self) { held() } else { awaited.append((condition, held)) }
    }

    func goAway(_ uri: WireText) {
        for peer in listener.connections.flatMap(\.peers) { peer.say { try $0.goAway(uri: uri, now: loop.now) } }
    }

    func close(_ code: SessionCode, _ reason: String) {
        for link in listener.connections { link.close(code, reason: reason) }
    }

    /// How sessions were closed.
    var closes: [SessionCode] {
        events.compactMap { if case .closed(let close) = $0 { close.code } else { nil } }
    }

    /// How publishers ended their tracks.
    var endedPublications: [PublishDoneCode] {
        events.compactMap { if case .publishDone(_, let done) = $0 { done.code } else { nil } }
    }

    /// The requests that were cancelled, and with which codes.
    var cancelled: [StreamResetCode] {
        events.compactMap { if case .requestCancelled(_, let code) = $0 { code } else { nil } }
    }

    func connected(_ link: Link, _ peer: Peer) { relay.add(peer) }

    func handle(_ event: SessionEvent, from peer: Peer, now: Instant) {
        switch event {
        case .payload, .object, .fetchObject: break
        default: events.append(event)
        }
        relay.handle(event, from: peer, now: now)
    }

    func disconnected(_ link: Link, _ peer: Peer, _ cause: CloseCause) {}

    func settle(_ now: Instant) {
        relay.settle(now)
        let held = awaited.filter { $0.condition(self) }
        guard !held.isEmpty else { return }
        awaited = awaited.filter { !$0.condition(self) }
        for entry in held { entry.held() }
    }

    var deadline: Instant? { relay.deadline }
    func timeReached(_ now: Instant) { relay.timeReached(now) }
}
