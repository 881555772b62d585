import Credentials
import Endpoint
import EventLoop
import Foundation
import MoQTCodec
import MoQTRelay
import MoQTSession
import QUIC
import Synchronization
import WebTransport
import Wire

/// A relay in this process that is to be had at two addresses, and can send single requests away (draft-18 "GOAWAY").
///
/// Its core belongs to its thread once that has started; that makes it Sendable.
final class MovingRelay: @unchecked Sendable {
    /// Requests to send away, all of that kind that are open.
    struct Order: Sendable {
        var kind: RequestKind
        /// Of this track or namespace only; nil: of any.
        var name: String?
        /// Empty: to the same session.
        var uri = ""
        /// Milliseconds; 0: there is no hurry.
        var timeout: UInt64 = 0
        /// How many of the next requests for namespaces or tracks under a prefix are refused, as if those that they
        /// stand in for were not over: the end of one stream may be heard of after the beginning of another.
        var overlaps = 0
    }

    /// A request that has come.
    struct Asked: Equatable, Sendable {
        let kind: RequestKind
        let name: String
        /// Which of the addresses it came to, from 0.
        let address: Int
    }

    private let addresses: [String]
    private let core: Core
    private let mailbox: Mailbox<Order?>

    /// - Parameters:
    ///   - draft: the only one that it speaks, on both transports.
    ///   - refusesFetches: nothing of the past is to be had from it.
    init(_ draft: String, refusesFetches: Bool = false) throws {
        mailbox = try Mailbox()
        core = try Core(draft, refusesFetches)
        addresses = core.listeners.map { "\($0.address)" }
        let core = core
        let registration = try mailbox.attach(to: core.loop) { core.take($0) }
        Thread.detachNewThread {
            core.loop.run()
            core.loop.cancel(registration)
        }
    }

    deinit { mailbox.post(nil) }

    /// URL of one of the two addresses.
    func url(_ number: Int, _ transport: String) -> String {
        transport == "quic" ? "moqt://" + addresses[number] : "https://\(addresses[number])/"
    }

    func move(_ order: Order) { mailbox.post(order) }

    /// What was asked for, in order.
    var asked: [Asked] { core.asked.withLock { $0 } }

    /// The relay, its listeners and its loop.
    private final class Core: Application, @unchecked Sendable {
        let loop: EventLoop
        let asked = Mutex<[Asked]>([])
        private(set) var listeners: [Listener] = []
        private let driver: Driver
        private let relay = Relay(settings: Relay.Settings(), cache: Cache(limit: 64 << 20))
        private var requests: [(peer: Peer, id: RequestID, what: Asked)] = []
        private var addressOf: [UInt64: Int] = [:]
        private var overlaps = 0
        private let refusesFetches: Bool

        init(_ draft: String, _ refusesFetches: Bool) throws {
            self.refusesFetches = refusesFetches
            loop = try EventLoop()
            driver = Driver(loop: loop)
            driver.application = self
            let identity = try CertificateAuthor.selfSigned(names: ["127.0.0.1"])
            let credentials = try ServerCredentials(QUIC.Identity(chain: identity.chain, key: identity.key))
            listeners = try (0..<2).map { _ in
                var web = WebTransportSettings()
                web.protocols = [draft]
                return try Listener(
                    .loopback(.ipv4, port: 0), driver: driver, credentials: credentials,
                    quic: QUICSettings(protocols: [draft, "h3"]), server: ServerSettings(),
                    session: SessionConfiguration(), webTransport: web)
            }
        }

        /// - Parameter order: nil: to stop.
        func take(_ order: Order?) {
            guard let order else { return loop.stop() }
            overlaps = order.overlaps
            for (peer, id, what) in requests where what.kind == order.kind && order.name ?? what.name == what.name {
                peer.say {
                    try $0.goAway(id, uri: WireText(order.uri), timeout: order.timeout, now: loop.now)
                }
            }
        }

        func connected(_ link: Link, _ peer: Peer) {
            addressOf[peer.number] = listeners.firstIndex { $0.connections.contains { $0 === link } } ?? -1
            relay.add(peer)
        }

        func handle(_ event: SessionEvent, from peer: Peer, now: Instant) {
            switch event {
            case .subscribe(let request): note(.subscribe, request.requestID, "\(request.track)", peer)
            case .publish(let request): note(.publish, request.requestID, "\(request.track)", peer)
            case .fetch(let request, let name): note(.fetch, request.requestID, "\(name)", peer)
            case .publishNamespace(let request):
                note(.publishNamespace, request.requestID, "\(request.namespace)", peer)
            case .subscribeNamespace(let request):
                note(.subscribeNamespace, request.requestID, "\(request.prefix)", peer)
            default: break
            }
            if !refuses(event, from: peer) { relay.handle(event, from: peer, now: now) }
        }

        private func refuses(_ event: SessionEvent, from peer: Peer) -> Bool {
            let id: RequestID
            switch event {
            case .fetch(let request, _) where refusesFetches:
                peer.say { try $0.reject(request.requestID, .internalError) }
                return true
            case .subscribeNamespace(let request): id = request.requestID
            case .subscribeTracks(let request): id = request.requestID
            default: return false
            }
            guard overlaps > 0 else { return false }
            overlaps -= 1
            peer.say { try $0.reject(id, .prefixOverlap) }
            return true
        }

        private func note(_ kind: RequestKind, _ id: RequestID, _ name: String, _ peer: Peer) {
            let what = Asked(kind: kind, name: name, address: addressOf[peer.number] ?? -1)
            requests.append((peer, id, what))
            asked.withLock { $0.append(what) }
        }

        func disconnected(_ link: Link, _ peer: Peer, _ cause: CloseCause) { requests.removeAll { $0.peer === peer } }
        func settle(_ now: Instant) { relay.settle(now) }
        var deadline: Instant? { relay.deadline }
        func timeReached(_ now: Instant) { relay.timeReached(now) }
    }
}
