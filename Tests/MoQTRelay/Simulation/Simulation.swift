@testable import MoQTRelay
@testable import MoQTSession
import MoQTCodec
import Testing
import Wire

/// What a publisher and a subscriber do around a relay.
enum Scenario: UInt64, CaseIterable, Sendable {
    case subscribe, fetch, join, publish, goAway, update
    /// Any other, given up at some point by someone.
    case cancel
}

/// A publisher, a relay and a subscriber over simulated networks: one seed, one course of events.
final class Simulation {
    let scenario: Scenario
    let seed: UInt64
    /// Of the relay; the publisher and the subscriber are on different ones, where there are more than one.
    let loops: Int
    let drafts: (publisher: Profile, subscriber: Profile)
    let world: World
    let trace = Trace()
    var random: Seeded
    let source: TestPublisher
    let subscriber: TestSubscriber
    let publication: Publication
    /// What was not as it must be.
    private(set) var complaints: [String] = []
    /// The subscription, once it was asked for or accepted.
    var subscription: RequestID?
    /// Objects behind this one have to come; nil: the subscription was not accepted.
    var floor: Location??
    /// How far the publisher was when it was last asked to send; nil: it never was.
    var sourceFloor: Location??
    /// The relay was told that the publisher was there when it subscribed.
    var relayFloor: Location?
    /// What precedes the subscription, and whether all of it has come; nil: nobody has said so.
    var join: (asked: Join, isWhole: Bool?)?
    /// The subscription is to bring no objects.
    var isPaused = false
    /// Where it was updated to begin and end; nil: it was not.
    var range: ClosedRange<Location>?
    /// Who went on with the subscription after GOAWAY, and from where.
    var successor: (TestSubscriber, RequestID)?
    private(set) var subscribers: [TestSubscriber] = []
    private(set) var sources: [TestPublisher] = []
    /// What asks for the track; again as long as nobody has it.
    var ask: () -> Void = {}
    /// Fetches, with what they have to bring at least.
    var expectations: [RequestID: Set<Location>] = [:]
    /// Somebody gave up, or was cut off: what is missing then is no loss.
    var isBroken = false
    /// GOAWAY leaves too little time to go in peace.
    var isHasty = false
    /// Steps in which something happened, and the one in which somebody gives up; 0: nobody does.
    var steps = 0
    var cancelStep = 0

    init(_ scenario: Scenario, _ publisher: Profile, _ subscriber: Profile, seed: UInt64) {
        self.scenario = scenario
        self.seed = seed
        drafts = (publisher, subscriber)
        random = Seeded(state: seed &* 7 &+ scenario.rawValue)
        var choice = Seeded(state: seed)
        loops = [1, 2, 1, 3][choice.number(0...3)]
        world = World(cache: 1 << 20, seed: seed, loops: loops)
        world.trace = trace
        source = TestPublisher(world, world.connect(publisher, Self.windows(&random), .random(&random)))
        self.subscriber = TestSubscriber(
            world, world.connect(subscriber, Self.windows(&random), .random(&random)))
        publication = Publication(source.add(Publication.name), in: world, seed: random.next())
        listen(to: source)
        listen(to: self.subscriber)
        source.publisher.subscribed = { [unowned self] log in
            if sources.count == 1 { sourceFloor = .some(log.largest) }
        }
    }

    private static func windows(_ random: inout Seeded) -> Side.Windows {
        var windows = Side.Windows()
        guard random.once(in: 2) else { return windows }
        windows.data = random.number(100...3000)
        windows.control = random.number(50...400)
        windows.uni = random.number(3...10)
        windows.bidi = random.number(3...10)
        return windows
    }

    func complain(_ what: String) {
        if complaints.count < 5 { complaints.append(what) }
    }

    func milliseconds(_ range: ClosedRange<Int>) -> Interval { .milliseconds(UInt64(random.number(range))) }

    // MARK: - The course of events

    /// - Returns: what was not as it must be; empty: all was.
    func run() -> [String] {
        play(scenario)
        cutAtRandom()
        world.plan(in: .milliseconds(UInt64(publication.end) + 1000)) { [self] in windUp() }
        if !world.rest(within: .seconds(200), each: { [self] in stepped() }) { complain("it does not come to rest") }
        check()
        return complaints
    }

    /// The seed, the drafts and the last of what happened, for whoever looks for the reason.
    var description: String {
        """
        \(scenario), seed \(seed), \(loops) loops, from \(drafts.publisher.name) to \(drafts.subscriber.name):
        \(complaints.joined(separator: "\n"))
        \(trace.text)
        """
    }

    /// A connection may be lost at any moment; both ends notice it later.
    private func cutAtRandom() {
        guard random.once(in: 8) else { return }
        let link = random.once(in: 2) ? source.link : subscriber.link
        let (near, far) = (milliseconds(0...5000), milliseconds(0...5000))
        world.plan(in: milliseconds(0...1500)) { [self] in
            isBroken = true
            link.cut()
            world.plan(in: near) { link.notice(link.near) }
            world.plan(in: far) { link.notice(link.far) }
        }
    }

    /// The end: what was not bound to end by itself is given up.
    private func windUp() {
        for source in sources { source.withdraw() }
        for subscriber in subscribers {
            for (id, request) in subscriber.peer.session.requests.sorted(by: { $0.key < $1.key })
            where request.isOurs && request.kind.isNamespaceScoped {
                subscriber.peer.say { try $0.cancel(id) }
            }
        }
    }

    // MARK: - Who hears what

    /// Another client, after GOAWAY.
    func connect(_ profile: Profile) -> SimulatedLink {
        world.connect(profile, Side.Windows(), subscriber.link.path)
    }

    private func watch(_ link: SimulatedLink) {
        for side in [link.near, link.far] {
            let handle = side.handle
            side.handle = { [unowned self, unowned side] event in
                handle(event)
                if case .closed(let close) = event { closed(close, side) }
            }
        }
    }

    private func closed(_ close: SessionClose, _ side: Side) {
        if close.code == .goAwayTimeout { isBroken = isBroken || isHasty }
        if close.violation != nil || !isBroken && close.code != .noError {
            complain("the \(side.role) was closed: \(close)")
        }
    }

    func listen(to source: TestPublisher) {
        sources.append(source)
        watch(source.link)
        let (near, far) = (source.link.near.handle, source.link.far.handle)
        source.link.near.handle = { [unowned self, unowned source] event in
            near(event)
            heard(event, by: source)
        }
        source.link.far.handle = { [unowned self] event in
            far(event)
            if case .subscribeAccepted(_, let answer) = event {
                relayFloor = relayFloor ?? answer.parameters.largestObject
            }
        }
    }

    func listen(to subscriber: TestSubscriber) {
        subscribers.append(subscriber)
        subscriber.ledger.complain = { [unowned self] in complain($0) }
        watch(subscriber.link)
        let (near, far) = (subscriber.link.near.handle, subscriber.link.far.handle)
        subscriber.link.near.handle = { [unowned self, unowned subscriber] event in
            near(event)
            heard(event, by: subscriber)
        }
        subscriber.link.far.handle = { [unowned self, unowned subscriber] event in
            far(event)
            relayHeard(event, from: subscriber)
        }
    }
}
