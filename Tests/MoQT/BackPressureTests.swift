import EventLoop
import MoQTCodec
import Testing
import Wire

@testable import MoQT

/// Who does not take objects holds up the publisher, and does not fill memory.
@Suite(.timeLimit(.minutes(2))) struct BackPressureTests {
    private static let size = 10_000

    @Test("a publisher is never further ahead of its slowest subscriber than the windows on the way")
    func bounded() async throws {
        let relay = try await TestRelay.start(streamWindow: 16_384, streamLimit: 4)
        var options = PublishOptions()
        options.window = 65_536
        let publisher = try await relay.connect().publish(track("test--data"), options)
        let subscriber = try await relay.connect {
            $0.streamWindow = 16_384
            $0.streamLimit = 4
        }
        let subscription = try await subscriber.subscribe(to: track("test--data"))
        try await publisher.subscribed()
        let sent = Guarded(0)
        async let sending: Void = {
            for group in 0..<200 as Range<UInt64> {
                for object in 0..<4 as Range<UInt64> {
                    try await publisher.send(group: group, object: object, payload(group, object, Self.size))
                    sent.withLock { $0 += 1 }
                }
            }
            try await publisher.finish()
        }()
        var taken = 0, furthest = 0
        var missing = Set((0..<800).map { Location(group: $0 / 4, object: $0 % 4) })
        for try await object in subscription.objects {
            taken += 1
            missing.remove(object.location)
            #expect(object.payload.count == Self.size)
            furthest = max(furthest, sent.withLock { $0 } - taken)
            // What the publisher could do meanwhile, it does.
            if taken % 16 == 0 { for _ in 0..<50 { await Task.yield() } }
        }
        try await sending
        // The publisher's window; both links' streams, whose last objects may be longer than what is left of a window;
        // and what was on its way.
        let windows = 65_536 + 2 * 4 * (16_384 + 2 * Self.size) + 131_072
        #expect(missing.isEmpty && taken == 800, "\(taken): \(missing.sorted())")
        #expect(furthest * Self.size <= windows, "\(furthest) objects")
    }

    @Test("an object that had to wait does not overtake one that is on its way to the loop")
    func order() async throws {
        let core = try Core(), window = SendWindow(size: 1)
        try await window.send(object(0), 1, core)
        async let second: Void = window.send(object(1), 1, core)
        while window.waitingCount == 0 { await Task.yield() }
        window.allow(1000, 1, core)
        try await second
        #expect(try ordered(core) == [0, 1])
    }

    /// The objects that the loop is to publish, in order.
    private func ordered(_ core: Core) throws -> [UInt64] {
        let loop = try EventLoop()
        var objects: [UInt64] = []
        let registration = try core.mailbox.attach(to: loop) { order in
            if case .object(_, let object) = order { objects.append(object.location.object) }
        }
        loop.runOnce(until: loop.now)
        loop.cancel(registration)
        return objects
    }

    private func object(_ id: UInt64) -> OutgoingObject {
        OutgoingObject(location: Location(group: 0, object: id), properties: Properties(), payload: Bytes([1]))
    }

    @Test("credit for an object is owed when it is taken, and not before")
    func creditFollowsTheReader() async throws {
        let feed = Feed<FetchItem>()
        let intake = Intake(feed, small)
        let stream = StreamID(rawValue: 3)
        intake.opened(stream, header(group: 5), wireBytes: 4)
        for object in 0..<3 as Range<UInt64> {
            #expect(intake.began(SubgroupObject(id: object, payloadLength: 100), on: stream, wireBytes: 2))
            intake.payload(Bytes([UInt8](repeating: 1, count: 100)), on: stream)
        }
        intake.ended(stream)
        #expect(intake.credit.isEmpty && feed.count == 3)
        var owed: [Owed] = []
        for _ in 0..<3 {
            guard case .element(_, let next)? = await feed.next() else { return #expect(Bool(false)) }
            owed.append(next)
        }
        #expect(owed.map(\.byteCount) == [106, 102, 102] && owed.map(\.finishedStreams) == [0, 0, 1])
    }

    @Test("an object longer than the window is paid for while it is waited for, and only then")
    func longObjects() async throws {
        let feed = Feed<FetchItem>()
        let intake = Intake(feed, small)
        let first = StreamID(rawValue: 3), second = StreamID(rawValue: 7)
        intake.opened(first, header(group: 1), wireBytes: 4)
        #expect(intake.began(SubgroupObject(id: 0, payloadLength: 10), on: first, wireBytes: 2))
        intake.payload(Bytes([UInt8](repeating: 1, count: 10)), on: first)
        intake.opened(second, header(group: 2), wireBytes: 4)
        #expect(intake.began(SubgroupObject(id: 0, payloadLength: 5000), on: second, wireBytes: 2))
        intake.payload(Bytes([UInt8](repeating: 1, count: 1000)), on: second)
        #expect(intake.credit.isEmpty)
        _ = await feed.next()
        intake.wasTaken()
        #expect(intake.credit.map(\.byteCount) == [1006] && intake.credit.first?.stream == second)
    }

    @Test("what is dropped with a subscription is paid for")
    func abandoned() {
        let feed = Feed<FetchItem>()
        let intake = Intake(feed, small)
        let stream = StreamID(rawValue: 3)
        intake.opened(stream, header(group: 1), wireBytes: 4)
        #expect(intake.began(SubgroupObject(id: 0, payloadLength: 10), on: stream, wireBytes: 2))
        intake.payload(Bytes([UInt8](repeating: 1, count: 10)), on: stream)
        intake.ended(stream)
        intake.abandon()
        #expect(intake.credit.reduce(0) { $0 + $1.byteCount } == 16)
        #expect(intake.credit.reduce(0) { $0 + $1.finishedStreams } == 1)
    }

    @Test("objects in datagrams are dropped when too many wait")
    func datagrams() {
        let feed = Feed<FetchItem>()
        let intake = Intake(feed, small)
        for id in 0..<2000 as Range<UInt64> {
            intake.datagram(
                ObjectDatagram(
                    trackAlias: TrackAlias(rawValue: 0), location: Location(group: 0, object: id), priority: nil,
                    endOfGroup: false, properties: Properties(), content: .payload(Bytes([1]))))
        }
        #expect(feed.count == 1024)
    }

    @Test("what precedes a subscription is handed over first")
    func joining() async {
        let feed = Feed<FetchItem>()
        let intake = Intake(feed, small, isJoining: true)
        let past = StreamID(rawValue: 3), new = StreamID(rawValue: 7)
        intake.opened(new, header(group: 2), wireBytes: 4)
        #expect(intake.began(SubgroupObject(id: 0, payloadLength: 0), on: new, wireBytes: 3))
        intake.ended(new)
        intake.openedFetch(past, wireBytes: 2)
        let object = FetchObject(location: Location(group: 1, object: 0), subgroup: 0, priority: 1, payloadLength: 0)
        #expect(intake.began(object, on: past, wireBytes: 8))
        intake.joined()
        var taken: [UInt64] = []
        var owed = Owed()
        while feed.count > 0, case .element(.object(let object), let next)? = await feed.next() {
            taken.append(object.location.group)
            owed.byteCount += next.byteCount
            owed.finishedStreams += next.finishedStreams
        }
        #expect(taken == [1, 2] && owed.byteCount == 17 && owed.finishedStreams == 1 && intake.credit.isEmpty)
    }

    @Test("an object that is too large ends its request")
    func tooLarge() async throws {
        let relay = try await TestRelay.start()
        let publisher = try await relay.connect().publish(track("test--data"))
        let subscription = try await relay.connect { $0.objectLimit = 999 }.subscribe(to: track("test--data"))
        try await publisher.subscribed()
        try await publisher.send(group: 0, object: 0, payload(0, 0, 999))
        try await publisher.send(group: 0, object: 1, payload(0, 1, 1000))
        var count = 0
        let error = try await failure { for try await _ in subscription.objects { count += 1 } }
        #expect(error.scope == .call && count == 1)
        await relay.wait { $0.cancelled.contains(.cancelled) }
    }

    private var small: ConnectOptions {
        var options = ConnectOptions()
        options.streamWindow = 1000
        return options
    }

    private func header(group: UInt64) -> SubgroupHeader {
        SubgroupHeader(
            trackAlias: TrackAlias(rawValue: 0), group: group, subgroup: .zero, priority: nil, hasProperties: false,
            endOfGroup: false, isFirstObject: true)
    }
}
