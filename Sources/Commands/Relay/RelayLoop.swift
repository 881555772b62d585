internal import Endpoint
internal import EventLoop
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import Operations
internal import QUIC
internal import Wire

/// What the loops of a relay tell each other.
enum LoopMessage: Sendable {
    /// For the pipe to that loop.
    case pipe(from: Int, [PipeMessage])
    /// A datagram for a connection of the loop that another one received.
    case datagram([UInt8], NetworkPath, ECN, listener: Int)
    /// The certificate for connections to come.
    case renewed(ServerCredentials)
    /// Who may do what from now on.
    case rules(any Authorizer)
    /// GOAWAY to everybody.
    case drain
    /// An end to those who are still there.
    case closeAll
    case stop
}

/// What the loops of a relay share.
final class LoopGroup: Sendable {
    private let mail: [Mailbox<LoopMessage>]
    /// Loops that have connections, or may get some.
    private let occupied: Guarded<Int>
    /// By which relays know this one.
    let id = UInt64.random(in: .min ... .max)
    let cacheBudget: CacheBudget
    let tracks = TrackCount()

    init(_ settings: RelaySettings) throws(SystemError) {
        cacheBudget = CacheBudget(limit: Int(clamping: settings.cacheSize), count: settings.threads)
        var mail: [Mailbox<LoopMessage>] = []
        for _ in 0..<settings.threads { mail.append(try Mailbox()) }
        self.mail = mail
        occupied = Guarded(settings.threads)
    }

    var count: Int { mail.count }

    func mailbox(_ index: Int) -> Mailbox<LoopMessage> { mail[index] }

    func post(_ message: LoopMessage, to index: Int) { mail[index].post(message) }

    func postToAll(_ message: LoopMessage) { for mailbox in mail { mailbox.post(message) } }

    /// A loop that drains has lost its last connection; with the last of the loops all stop. Until then it passes on
    /// between the others what it may still have.
    func emptied() {
        let left = occupied.withLock { count in
            count -= 1
            return count
        }
        if left == 0 { postToAll(.stop) }
    }
}

/// One loop of a relay, with its share of the clients; everything of it belongs to the thread that runs it.
final class RelayLoop: Application {
    let loop: EventLoop
    let driver: Driver
    let relay: Relay
    private(set) var listeners: [Listener] = []
    /// To other relays; nil: there are none.
    private let uplinks: Uplinks?
    private let settings: RelaySettings
    private let output: Output
    private let index: Int
    private let group: LoopGroup
    private let kinship: Kinship
    /// To the other loops, by their number.
    private var pipes: [(other: Int, pipe: Pipe)] = []
    private var hasMail = false
    private var isDraining = false
    private var isEmpty = false

    init(
        _ settings: RelaySettings, _ output: Output, _ index: Int, of group: LoopGroup, _ registry: Registry? = nil
    ) throws(SystemError) {
        self.settings = settings
        self.output = output
        self.index = index
        self.group = group
        kinship = Kinship(id: group.id)
        loop = try EventLoop()
        driver = Driver(loop: loop, index: index, of: group.count)
        relay = Relay(
            settings: settings.behaviour, cache: Cache(group.cacheBudget, timeLimit: settings.cacheTime),
            census: group.count > 1 ? group.tracks : nil)
        uplinks = try Uplinks(settings, relay, driver, output, registry, kinship)
        if let registry { relay.claim = { registry.claim(ClusterKey.of($0)) } }
        driver.application = self
        output.logMessages(of: driver)
        relay.toldOfDenial = { [output] peer, request, why in
            output.log(.info, session: peer.number, request: request?.rawValue, "denied \(why)")
        }
        _ = try group.mailbox(index).attach(to: loop) { [unowned self] in
            hasMail = true
            driver.wake()
        }
        connectPipes()
        uplinks?.start()
    }

    private func connectPipes() {
        for other in 0..<group.count where other != index {
            let pipe = Pipe(relay, number: driver.takeNumber(), role: index < other ? .client : .server)
            pipe.wake = { [unowned driver] in driver.wake() }
            pipe.start(loop.now)
            pipes.append((other, pipe))
        }
        driver.wake()
    }

    func listen(_ listeners: [Listener]) {
        self.listeners = listeners
        for (number, listener) in listeners.enumerated() {
            listener.forward = { [group] loop, datagram, path, ecn in
                group.post(.datagram(Array(datagram), path, ecn, listener: number), to: loop)
            }
        }
    }

    // MARK: - Application

    /// What another loop has told before this one's clients could hear of it is known before they are heard.
    func roundBegins(_ now: Instant) {
        guard hasMail || !pipes.isEmpty else { return }
        hasMail = false
        for message in group.mailbox(index).take() { take(message, now) }
    }

    private func take(_ message: LoopMessage, _ now: Instant) {
        switch message {
        case .pipe(let sender, let messages): pipes.first { $0.other == sender }?.pipe.take(messages, now)
        case .datagram(let bytes, let path, let ecn, let listener):
            bytes.withUnsafeBytes { listeners[listener].received($0, path, ecn) }
        case .renewed(let credentials): for listener in listeners { listener.renew(credentials) }
        case .rules(let rules): relay.authorize(by: rules, now: now)
        case .drain: drain()
        case .closeAll:
            for link in listeners.flatMap(\.connections) { link.close(.noError, reason: "the relay is going away") }
            uplinks?.close()
        case .stop: stop()
        }
    }

    func connected(_ link: Link, _ peer: Peer) {
        let place = group.count > 1 ? " on loop \(index)" : ""
        output.log(
            .info, session: peer.number,
            "\(link.connection.path?.remote.description ?? "") \(peer.session.profile.alpn)\(place)"
        )
        peer.downlink.toldOfRefusal = { [output, number = peer.number] why in
            output.log(.info, session: number, "refused what its draft cannot express: \(why)")
        }
        peer.session.toldOfRefusal = { [output, number = peer.number] refused in
            output.log(.info, session: number, request: refused.id.rawValue, refused.words)
        }
        peer.certificates = link.connection.peerCertificates
        relay.add(peer)
        if isDraining, peer.kind == .client { sendAway(peer) }
    }

    func handle(_ event: SessionEvent, from peer: Peer, now: Instant) {
        switch kinship.handle(event, from: peer) {
        case .none: relay.handle(event, from: peer, now: now)
        case .kin: break
        case .circle: breakCircle(peer)
        }
        if peer.kind == .relay { uplinks?.handle(event, from: peer) }
    }

    func disconnected(_ link: Link, _ peer: Peer, _ cause: CloseCause) {
        output.log(.info, session: peer.number, "\(cause)")
        let refusals = peer.downlink.sent.inexpressible
        if refusals > 0 {
            output.log(.notice, session: peer.number, "refused \(refusals) times what its draft cannot express")
        }
        output.endLog(of: peer.number)
        kinship.forget(peer)
        if peer.kind == .relay { uplinks?.disconnected(link, cause) }
        if isDraining { driver.wake() }
    }

    /// Other loops hear of what has happened before this one's clients do.
    func settle(_ now: Instant) {
        relay.settle(now)
        for (other, pipe) in pipes where pipe.isDirty {
            let messages = pipe.flush(now)
            if !messages.isEmpty { group.post(.pipe(from: index, messages), to: other) }
        }
        guard isDraining, !isEmpty, listeners.allSatisfy({ $0.connectionCount == 0 }) else { return }
        isEmpty = true
        group.emptied()
    }

    var deadline: Instant? { (pipes.map(\.pipe.deadline) + [relay.deadline]).compactMap { $0 }.min() }

    func timeReached(_ now: Instant) {
        relay.timeReached(now)
        for (_, pipe) in pipes { pipe.timeReached(now) }
    }

    /// Relays would be above each other by this session.
    private func breakCircle(_ peer: Peer) {
        output.log(.warning, session: peer.number, "refused: the relays are each other's upstream")
        peer.say { $0.close(.internalError, reason: "the relays are each other's upstream") }
    }

    /// Connections to clients and to other relays.
    var links: [Link] { listeners.flatMap(\.connections) + (uplinks?.links ?? []) }

    // MARK: - Draining

    private func drain() {
        isDraining = true
        relay.isDraining = true
        for listener in listeners { listener.refuseConnections() }
        for link in listeners.flatMap(\.connections) {
            if link.peers.isEmpty { link.close() }
            link.drain()
            for peer in link.peers { sendAway(peer) }
        }
    }

    /// What is said to other relays at the end leaves before the loop stops.
    private func stop() {
        guard let uplinks, !uplinks.links.isEmpty else { return loop.stop() }
        uplinks.close()
        loop.once(at: loop.now + .milliseconds(50)) { [loop] in loop.stop() }
    }

    private func sendAway(_ peer: Peer) {
        let isWebTransport = peer.session.configuration.transport == .webTransport
        let uri = settings.goAwayURL.map { WireText($0.uri(isWebTransport: isWebTransport)) } ?? WireText()
        peer.say { try $0.goAway(uri: uri, timeout: settings.drainTime.millisecondsRoundedUp, now: loop.now) }
    }
}
