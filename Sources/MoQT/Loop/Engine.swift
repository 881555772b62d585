internal import Endpoint
internal import EventLoop
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import QUIC
internal import Wire

/// A session's own thread: connects, does what tasks order, and tells them what comes of it.
///
/// Everything in it belongs to that thread. It uses the layers as the commands do: a ``Dial`` for the connection, a
/// ``Peer`` for requests, a ``Publisher`` for what is published.
final class Engine: Application {
    let core: Core
    let plan: DialPlan
    let loop: EventLoop
    let driver: Driver
    let publisher = Publisher(cache: Cache(limit: 0))
    private let opening: Reply<Profile>

    private var dial: Dial?
    private var link: Link?
    /// The session; nil before it is ready and after its end.
    private(set) var peer: Peer?
    private var isOpen = false

    var requests: [RequestID: OwnRequest] = [:]
    /// Requests that have not ended, by the tickets of those who asked for them.
    var begun: [Ticket: RequestID] = [:]
    var intakes: [Ticket: Intake] = [:]
    var streams: [StreamID: StreamOwner] = [:]
    var watches: [Ticket: NamespaceIntake] = [:]
    /// Namespaces that the peer publishes to us outright, of those that somebody watches.
    var offeredNamespaces: [RequestID: TrackNamespace] = [:]
    var publications: [Ticket: Publication] = [:]
    private var nextTick: Instant?

    /// Why the session is over; nil while it is not.
    private(set) var end: MoQTError?
    /// The session is to be closed so, once everything is delivered or at that time.
    private var closing: (code: SessionCode, reason: String, deadline: Instant)?
    private var isClosed = false

    private static let farewell = Interval.milliseconds(200)

    init(_ core: Core, _ plan: DialPlan, _ opening: Reply<Profile>) throws(SystemError) {
        self.core = core
        self.plan = plan
        self.opening = opening
        loop = try EventLoop()
        driver = Driver(loop: loop)
        publisher.subscribed = { [weak self] log in self?.publication(of: log)?.subscribed.set(.success(())) }
    }

    /// Connects, and returns when the session is over.
    func run() throws(SystemError) {
        driver.application = self
        let registration = try core.mailbox.attach(to: loop) { [unowned self] in obey($0) }
        try connect()
        while end == nil { loop.runOnce(until: nil) }
        if let end { core.end(end) }
        // What was ordered before that is told that it is too late.
        loop.runOnce(until: loop.now)
        sayGoodbye()
        loop.cancel(registration)
        dial?.close()
        driver.application = nil
    }

    /// The last packets leave before the socket closes.
    private func sayGoodbye() {
        guard let link, link.cause == nil else { return }
        link.close()
        loop.run(until: EventLoop.clock() + Self.farewell) { link.connection.phase != .established }
    }

    // MARK: - Orders

    private func obey(_ order: Order) {
        switch order {
        case .perform(let body): body(self)
        case .taken(let ticket, let owed):
            pay(owed)
            if let intake = intakes[ticket] {
                intake.wasTaken()
                payCredit(of: intake)
            }
        case .object(let ticket, let object): publications[ticket]?.publish(object, loop.now)
        }
        driver.wake()
    }

    // MARK: - Connecting

    private func connect() throws(SystemError) {
        loop.once(at: EventLoop.clock() + plan.timeout) { [unowned self] in
            if !isOpen { finish(MoQTError(.connection, reason: "no answer in time")) }
        }
        try plan.url.endpoint.resolve(on: loop) { [weak self] in self?.resolved($0) }
    }

    private func resolved(_ result: Result<[SocketAddress], AddressError>) {
        do {
            let target = try plan.target(at: result.get())
            dial = Dial(target, driver: driver) { [weak self] in self?.dialled($0) }
        } catch {
            finish(MoQTError(.connection, reason: "\(plan.url.authority): \(error)"))
        }
    }

    private func dialled(_ result: Result<Link, DialError>) {
        switch result {
        case .success(let link): self.link = link
        case .failure(let error): finish(MoQTError(error))
        }
    }

    // MARK: - The session

    func connected(_ link: Link, _ peer: Peer) {
        self.peer = peer
    }

    /// Both SETUPs have passed.
    func ready(_ peer: Peer) {
        isOpen = true
        opening.set(.success(peer.session.profile))
    }

    func disconnected(_ link: Link, _ peer: Peer, _ cause: CloseCause) { finish(MoQTError(cause, draft)) }

    /// The session's draft; nil before it is chosen.
    var draft: String? { peer?.session.profile.name }

    /// The session is over, for the first reason that is given.
    func finish(_ error: MoQTError) {
        guard end == nil else { return }
        end = error
        opening.set(.failure(error))
        for request in requests.values { request.kind.fail(error) }
        for intake in intakes.values { intake.end(error) }
        for watch in watches.values { watch.feed.end(error) }
        for publication in publications.values { publication.fail(error) }
        (requests, begun, intakes, streams, watches, publications) = ([:], [:], [:], [:], [:], [:])
        peer = nil
        driver.wake()
    }

    /// Closes the session once everything is delivered, or after `patience`.
    func close(_ code: SessionCode, _ reason: String, patience: Interval) {
        guard closing == nil, end == nil else { return }
        closing = (code, reason, loop.now + patience)
        loop.once(at: loop.now + patience) { [weak self] in self?.driver.wake() }
    }

    private func closeIfDelivered(_ now: Instant) {
        guard let closing, !isClosed, end == nil else { return }
        guard now >= closing.deadline || link?.isDelivered ?? true else { return }
        isClosed = true
        link?.close(closing.code, reason: closing.reason)
        finish(MoQTError(.session, code: .session(closing.code), reason: closing.reason, draft: draft))
    }

    // MARK: - Rounds

    func settle(_ now: Instant) {
        for (ticket, publication) in publications {
            publication.settle(now, ticket, core)
            if publication.isOver {
                publications[ticket] = nil
                withdraw(publication)
            }
        }
        closeIfDelivered(now)
    }

    var deadline: Instant? {
        if publications.isEmpty { nextTick = nil } else { nextTick = nextTick ?? loop.now + .seconds(1) }
        return nextTick
    }

    func timeReached(_ now: Instant) {
        guard let due = nextTick, due <= now else { return }
        nextTick = nil
        for publication in publications.values {
            publication.log.cache.dropStalledReaders(now)
            publication.log.dropLate(now)
        }
    }

    // MARK: - Flow control

    func pay(_ owed: Owed) {
        if let stream = owed.stream { peer?.credit(stream, owed.byteCount) }
        for _ in 0..<owed.finishedStreams { peer?.finishedStream() }
    }

    func payCredit(of intake: Intake) {
        for owed in intake.credit { pay(owed) }
        intake.credit.removeAll(keepingCapacity: true)
    }
}
