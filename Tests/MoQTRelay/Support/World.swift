import Glibc
@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

func track(_ name: String, in namespace: String...) -> FullTrackName {
    do {
        return try FullTrackName(
            namespace: TrackNamespace((namespace.isEmpty ? ["live"] : namespace).map { Array($0.utf8) }),
            name: TrackName(utf8: name))
    } catch { fatalError("\(error)") }
}

private let pattern: Bytes = {
    var random = Seeded(state: 0)
    return Bytes((0..<1_100_000 / 8).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } })
}()

/// `count` bytes, at most a million, that depend on where they are.
func payload(_ group: UInt64, _ object: UInt64, _ count: Int) -> Bytes {
    pattern.slice(from: Int((group &* 7919 &+ object &* 104_729) % 99_991), count: count)
}

func isSame(_ a: Bytes, _ b: [UInt8]) -> Bool {
    a.count == b.count
        && a.withUnsafeBytes { left in
            b.withUnsafeBytes { right in
                left.isEmpty || memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0
            }
        }
}

/// A relay with publishers and subscribers around it, in virtual time.
final class World {
    let relay: Relay
    var now = Instant(nanoseconds: 1_000_000_000)
    var links: [SimulatedLink] = []
    private var number: UInt64 = 0
    private let seed: UInt64

    init(cache: Int = 256 << 20, seed: UInt64 = 1, _ adjust: (inout Relay.Settings) -> Void = { _ in }) {
        var settings = Relay.Settings()
        adjust(&settings)
        relay = Relay(settings: settings, cache: Cache(limit: cache))
        self.seed = seed
    }

    /// A client; its own end is `near`.
    func connect(
        _ profile: Profile = .draft18, streamWindow: Int = 65_536, streams: Int = 100
    ) -> SimulatedLink {
        number += 2
        let near = Side(number: number, role: .client, streams: streams, profile)
        let far = Side(number: number + 1, role: .server, streams: streams, profile)
        let link = SimulatedLink(near: near, far: far, seed: seed &+ number, streamWindow: streamWindow)
        relay.add(far.peer)
        far.handle = { [unowned self, unowned far] in relay.handle($0, from: far.peer, now: now) }
        near.peer.session.transportReady(now: now)
        far.peer.session.transportReady(now: now)
        links.append(link)
        return link
    }

    func publisher(
        _ namespace: String = "live", _ profile: Profile = .draft18, streamWindow: Int = 65_536, streams: Int = 100
    ) -> TestPublisher {
        TestPublisher(self, connect(profile, streamWindow: streamWindow, streams: streams), namespace)
    }

    func subscriber(
        _ profile: Profile = .draft18, streamWindow: Int = 65_536, streams: Int = 100
    ) -> TestSubscriber {
        TestSubscriber(self, connect(profile, streamWindow: streamWindow, streams: streams))
    }

    /// One round, and then `pause`.
    @discardableResult
    func step(_ pause: Interval = .milliseconds(10)) -> Bool {
        var moved = false
        for link in links { moved = link.step(now) || moved }
        relay.settle(now)
        if let due = relay.deadline, due <= now { relay.timeReached(now) }
        now = now + pause
        return moved
    }

    /// Until nothing moves any more.
    func run(_ limit: Int = 20_000, sourceLocation: SourceLocation = #_sourceLocation) {
        var quiet = 0
        for _ in 0..<limit {
            quiet = step() ? 0 : quiet + 1
            if quiet > 3 { return }
        }
        Issue.record("it does not come to rest", sourceLocation: sourceLocation)
    }

    func pass(_ time: Interval) {
        let end = now + time
        while now < end { step(.milliseconds(100)) }
    }
}

/// An original publisher connected to the relay.
final class TestPublisher {
    let world: World
    let link: SimulatedLink
    let publisher = Publisher(cache: Cache(limit: .max))
    var peer: Peer { link.near.peer }
    var events: [SessionEvent] = []
    private(set) var namespaceRequest: RequestID?

    init(_ world: World, _ link: SimulatedLink, _ namespace: String) {
        self.world = world
        self.link = link
        link.near.handle = { [unowned self] event in
            events.append(event)
            _ = publisher.handle(event, from: peer)
        }
        world.run()
        if !namespace.isEmpty { announce(namespace) }
    }

    func announce(_ namespace: String...) {
        peer.say { namespaceRequest = try $0.publishNamespace(TrackNamespace(namespace.map { Array($0.utf8) })) }
        world.run()
    }

    func add(_ name: FullTrackName, _ properties: [KeyValue] = []) -> TrackLog {
        let properties = Properties(properties, profile: .draft18)
        return publisher.addTrack(name, properties: properties, delivery: Delivery(properties))
    }

    /// The session breaks; both ends notice.
    func die() {
        link.cut()
        link.notice(link.far)
    }
}

extension TrackLog {
    /// A whole object.
    func put(_ log: SubgroupLog, _ id: UInt64, size: Int, at now: Instant = Instant(nanoseconds: 1_000_000_000)) {
        begin(LoggedObject(id: id, payloadLength: UInt64(size), arrived: now), in: log)
        if size > 0 { append(payload(log.group, id, size), to: log) }
    }

    func open(_ group: UInt64, _ subgroup: UInt64 = 0, endsGroup: Bool = false) -> SubgroupLog {
        openSubgroup(group: group, subgroup: subgroup, traits: SubgroupTraits(endsGroup: endsGroup))
    }

    /// A whole group in one subgroup.
    func putGroup(_ group: UInt64, objects: Int, size: Int, from first: Int = 0) {
        let log = open(group, endsGroup: true)
        for id in first..<objects { put(log, UInt64(id), size: size) }
        finish(log, .finished)
    }
}

/// A subscriber connected to the relay, which checks every payload.
final class TestSubscriber {
    struct Stream {
        var header: SubgroupHeader
        var objects: [UInt64] = []
        var end: StreamEnd?
    }

    let world: World
    let link: SimulatedLink
    var peer: Peer { link.near.peer }
    /// It reads, and gives credit.
    var reads = true
    private var owed: [(StreamID, Int)] = []
    private var owedStreams = 0
    var events: [SessionEvent] = []
    /// Whole objects, in the order in which they were complete.
    var objects: [Location] = []
    var streams: [StreamID: Stream] = [:]
    var order: [StreamID] = []
    var bytes = 0
    private var current: [StreamID: (Location, length: UInt64, payload: [UInt8])] = [:]
    var fetched: [Location] = []
    var gaps: [FetchGap] = []
    var fetchEnd: StreamEnd?

    init(_ world: World, _ link: SimulatedLink) {
        self.world = world
        self.link = link
        link.near.handle = { [unowned self] in handle($0) }
        world.run()
    }

    @discardableResult
    func subscribe(_ name: FullTrackName, _ adjust: (inout Parameters) -> Void = { _ in }) -> RequestID? {
        var parameters = Parameters()
        adjust(&parameters)
        do { return try peer.session.subscribe(name, parameters) } catch {
            Issue.record("\(error)")
            return nil
        }
    }

    func resumeReading() {
        reads = true
        for (stream, count) in owed { peer.credit(stream, count) }
        for _ in 0..<owedStreams { peer.finishedStream() }
        (owed, owedStreams) = ([], 0)
    }

    private func credit(_ stream: StreamID, _ count: Int) {
        if reads { peer.credit(stream, count) } else { owed.append((stream, count)) }
    }

    private func ended() {
        if reads { peer.finishedStream() } else { owedStreams += 1 }
    }

    private func handle(_ event: SessionEvent) {
        switch event {
        case .subgroupOpened(let stream, _, let header, let count):
            streams[stream] = Stream(header: header)
            order.append(stream)
            credit(stream, count)
        case .object(let stream, let object, let count):
            let group = streams[stream]?.header.group ?? 0
            current[stream] = (Location(group: group, object: object.id), object.payloadLength, [])
            credit(stream, count)
            finishIfWhole(stream)
        case .payload(let stream, let payload):
            current[stream]?.payload += payload.array
            bytes += payload.count
            credit(stream, payload.count)
            finishIfWhole(stream)
        case .subgroupEnded(let stream, let end, _):
            streams[stream]?.end = end
            current[stream] = nil
            ended()
        case .fetchObject(let stream, let object, let count):
            current[stream] = (object.location, object.payloadLength, [])
            credit(stream, count)
            finishIfWhole(stream)
        case .fetchGap(let stream, let gap, let count):
            gaps.append(gap)
            credit(stream, count)
        case .fetchOpened(let stream, _, let count): credit(stream, count)
        case .fetchEnded(_, let end, _):
            fetchEnd = end
            ended()
        case .publish(let offer):
            try? peer.session.acceptPublish(offer.requestID)
            events.append(event)
        default: events.append(event)
        }
    }

    private func finishIfWhole(_ stream: StreamID) {
        guard let object = current[stream], UInt64(object.payload.count) == object.length else { return }
        if !isSame(payload(object.0.group, object.0.object, object.payload.count), object.payload) {
            Issue.record("the payload of \(object.0) is not what was published")
        }
        current[stream] = nil
        if streams[stream] != nil {
            streams[stream]?.objects.append(object.0.object)
            objects.append(object.0)
        } else {
            fetched.append(object.0)
        }
    }

    var accepted: SubscribeOK? {
        for case .subscribeAccepted(_, let answer) in events { return answer }
        return nil
    }

    var rejection: RequestErrorCode? {
        for case .rejected(_, let error) in events { return error.code }
        return nil
    }

    var done: PublishDone? {
        for case .publishDone(_, let done) in events.reversed() { return done }
        return nil
    }
}
