import EventLoop
import MoQTCodec
import MoQTRelay
import MoQTSession
import QUIC
import Testing
import Wire

@testable import Endpoint
@testable import WebTransport

/// Objects over real sockets, from a publisher at the server to a subscriber at the client.
@Suite struct DataTests {
    /// A server that publishes one track, and the track.
    private func publish(at server: End) throws -> (publisher: Publisher, log: TrackLog, name: FullTrackName) {
        let name = try FullTrackName(namespace: TrackNamespace([Array("live".utf8)]), name: TrackName(utf8: "a"))
        let publisher = Publisher(cache: Cache(limit: 1 << 24))
        let log = publisher.addTrack(name, properties: Properties(), delivery: .lossless)
        server.recorder.react = { event, peer, _ in _ = publisher.handle(event, from: peer) }
        return (publisher, log, name)
    }

    /// Subscribes the client, whose data streams are read at once.
    private func subscribe(_ world: Loopback, to name: FullTrackName) throws {
        world.client.recorder.react = { event, peer, _ in
            switch event {
            case .subgroupOpened(let stream, _, _, let count), .object(let stream, _, let count):
                peer.credit(stream, count)
            case .payload(let stream, let bytes): peer.credit(stream, bytes.count)
            case .subgroupEnded: peer.finishedStream()
            default: break
            }
        }
        world.client.recorder.peer?.say { _ = try $0.subscribe(name) }
        try #require(
            world.run {
                world.client.recorder.events.contains { if case .subscribeAccepted = $0 { true } else { false } }
            })
    }

    @Test("datagrams arrive as objects", arguments: Carrier.allCases, Profile.spoken.map(\.alpn))
    func datagrams(_ carrier: Carrier, _ draft: String) throws {
        let world = try Loopback(carrier, draft: draft)
        let listener = try world.listen()
        let (publisher, log, name) = try publish(at: world.server)
        let dial = try world.connect(to: listener)
        try subscribe(world, to: name)
        for number in 0..<20 as Range<UInt64> {
            let object = LoggedObject(id: number, payloadLength: 3, arrived: world.loop.now)
            log.append(LoggedDatagram(object: object, payload: [1, 2, UInt8(number)]), group: 7)
        }
        var received: [UInt64: ObjectDatagram.Content] = [:]
        #expect(
            world.run {
                for case .datagramObject(_, let object) in world.client.recorder.events {
                    received[object.location.object] = object.content
                }
                return received.count == 20
            })
        #expect(received[19] == .payload([1, 2, 19]))
        #expect(publisher.subscriberCount == 1)
        dial.close()
    }

    @Test("a datagram too large for the path is dropped, and no other", arguments: Carrier.allCases)
    func largeDatagram(_ carrier: Carrier) throws {
        let world = try Loopback(carrier)
        let listener = try world.listen()
        let (_, log, name) = try publish(at: world.server)
        let dial = try world.connect(to: listener)
        try subscribe(world, to: name)
        // No packet is larger than 1452 bytes.
        let sizes = [10, 1500, 1000, 60_000, 20]
        for (number, size) in sizes.enumerated() {
            let object = LoggedObject(id: UInt64(number), payloadLength: UInt64(size), arrived: world.loop.now)
            log.append(
                LoggedDatagram(object: object, payload: Bytes([UInt8](repeating: 7, count: size))), group: 0)
        }
        var received: [UInt64] = []
        #expect(
            world.run {
                received = world.client.recorder.events.compactMap {
                    if case .datagramObject(_, let object) = $0 { object.location.object } else { nil }
                }
                return received.contains(4)
            })
        #expect(received.sorted() == [0, 2, 4])
        #expect(world.server.recorder.peer?.downlink.sent.droppedDatagrams == 2 && world.client.recorder.ends.isEmpty)
        dial.close()
    }

    @Test("an object larger than window, train and socket buffer arrives whole", arguments: Carrier.allCases)
    func largeObject(_ carrier: Carrier) throws {
        let world = try Loopback(carrier)
        let listener = try world.listen()
        let (_, log, name) = try publish(at: world.server)
        let dial = try world.connect(to: listener)
        try subscribe(world, to: name)
        let part = Bytes((0..<65_536).map { UInt8(truncatingIfNeeded: $0 &* 31) }), parts = 160
        let subgroup = log.openFedSubgroup(group: 0, traits: SubgroupTraits())
        log.begin(LoggedObject(id: 0, payloadLength: UInt64(part.count * parts), arrived: world.loop.now), in: subgroup)
        for _ in 0..<parts { log.append(part, to: subgroup) }
        log.finish(subgroup, .finished)
        var received = 0, sum = 0
        world.client.recorder.forgets = true
        let note = world.client.recorder.react
        world.client.recorder.react = { event, peer, now in
            note?(event, peer, now)
            guard case .payload(_, let bytes) = event else { return }
            received += bytes.count
            bytes.withUnsafeBytes { for byte in $0 { sum &+= Int(byte) } }
        }
        #expect(world.run { received == part.count * parts })
        #expect(sum == part.withUnsafeBytes { $0.reduce(0) { $0 + Int($1) } } * parts)
        dial.close()
    }

    @Test("what WebTransport lets a session send is not exceeded, and an object arrives whole as it grows")
    func limitedSession() throws {
        let world = try Loopback(.webTransport)
        let listener = try world.listen()
        let (_, log, name) = try publish(at: world.server)
        let dial = try world.connect(to: listener)
        try subscribe(world, to: name)
        let session = StreamID(rawValue: 0)
        let server = try #require(world.server.recorder.link?.web), client = try #require(world.client.recorder.link)
        var initial = HTTP3Settings.InitialLimits()
        initial.data = 10_000
        server.limits[session] = SessionLimits(initial)
        func say(_ type: UInt64, _ value: UInt64) {
            client.web?.send(capsule: SessionCapsule.integer(type, value), to: session)
            client.mark()
        }
        let payload = Bytes((0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let subgroup = log.openFedSubgroup(group: 0, traits: SubgroupTraits())
        log.begin(LoggedObject(id: 0, payloadLength: UInt64(payload.count), arrived: world.loop.now), in: subgroup)
        log.append(payload, to: subgroup)
        log.finish(subgroup, .finished)
        var received: [UInt8] {
            world.client.recorder.events.flatMap {
                if case .payload(_, let bytes) = $0 { bytes.array } else { [UInt8]() }
            }
        }
        #expect(world.run { !server.mayOpen(.unidirectional, for: session) })
        #expect(received.isEmpty)
        say(SessionCapsule.maxStreamsUnidirectional, 1)
        #expect(world.run { received.count > 9_000 && server.dataCredit(of: session) == 0 })
        #expect(received.count <= 10_000)
        say(SessionCapsule.maxData, 30_000)
        #expect(world.run { received.count > 29_000 && server.dataCredit(of: session) == 0 })
        #expect(received.count <= 30_000)
        say(SessionCapsule.maxData, 1 << 30)
        #expect(world.run { received.count == payload.count })
        #expect(received == payload.array)
        dial.close()
    }

    @Test func listenersOfOneDriverServeTheirOwnConnections() throws {
        let world = try Loopback()
        let listeners = [try world.listen(), try world.listen()]
        let dials = try listeners.map { try world.dial($0.address) }
        #expect(world.run { listeners.allSatisfy { $0.connectionCount == 1 } && world.outcomes == 2 })
        #expect(world.run { world.server.recorder.events.count { if case .ready = $0 { true } else { false } } == 2 })
        listeners[0].close()
        #expect(listeners.map(\.connectionCount) == [0, 1])
        for dial in dials { dial.close() }
    }

    /// draft-18 "Subgroup Header": what a receiver withholds of data, it does not withhold of control messages.
    @Test(
        "control messages pass while nothing of the data is taken", arguments: Carrier.allCases,
        Profile.spoken.map(\.alpn))
    func controlPasses(_ carrier: Carrier, _ draft: String) throws {
        let world = try Loopback(carrier, draft: draft)
        world.clientQUIC.connectionWindow = 65_536
        world.clientQUIC.unidirectionalStreamWindow = 32_768
        world.clientQUIC.largestStreamWindow = 32_768
        let listener = try world.listen()
        let (_, log, name) = try publish(at: world.server)
        let dial = try world.connect(to: listener)
        world.client.recorder.peer?.say { _ = try $0.subscribe(name) }
        try #require(
            world.run {
                world.client.recorder.events.contains { if case .subscribeAccepted = $0 { true } else { false } }
            })
        var received = 0
        world.client.recorder.react = { event, _, _ in
            if case .payload(_, let bytes) = event { received += bytes.count }
        }
        for group in 0..<6 as Range<UInt64> {
            let subgroup = log.openFedSubgroup(group: group, traits: SubgroupTraits())
            log.begin(LoggedObject(id: 0, payloadLength: 100_000, arrived: world.loop.now), in: subgroup)
            log.append(Bytes([UInt8](repeating: 7, count: 100_000)), to: subgroup)
        }
        // Three times what the connection lets pass at first, and all that the streams do.
        #expect(world.run { received > 6 * 32_000 })
        world.client.recorder.peer?.say { _ = try $0.trackStatus(name) }
        #expect(world.run { world.client.recorder.events.contains { if case .accepted = $0 { true } else { false } } })
        #expect(received <= 6 * 32_768)
        dial.close()
    }

    /// draft-19 "Scheduling Algorithm".
    @Test(
        "a datagram goes before a subgroup of the same rank", arguments: Carrier.allCases,
        [Profile.draft19, .draft20, .draft21, .draft22].map(\.alpn))
    func datagramFirst(_ carrier: Carrier, _ draft: String) throws {
        let world = try Loopback(carrier, draft: draft)
        let listener = try world.listen()
        let (_, log, name) = try publish(at: world.server)
        let dial = try world.connect(to: listener)
        try subscribe(world, to: name)
        let subgroup = log.openFedSubgroup(group: 0, traits: SubgroupTraits())
        log.begin(LoggedObject(id: 0, payloadLength: 3, arrived: world.loop.now), in: subgroup)
        log.append([1, 2, 3], to: subgroup)
        let object = LoggedObject(id: 1, payloadLength: 3, arrived: world.loop.now)
        log.append(LoggedDatagram(object: object, payload: [4, 5, 6]), group: 0)
        var isDatagram: [Bool] {
            world.client.recorder.events.compactMap {
                switch $0 {
                case .datagramObject: true
                case .object: false
                default: nil
                }
            }
        }
        #expect(world.run { isDatagram.count == 2 })
        #expect(isDatagram == [true, false])
        dial.close()
    }
}
