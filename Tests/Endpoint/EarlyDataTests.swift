import Endpoint
import EventLoop
import MoQTCodec
import MoQTRelay
import MoQTSession
import QUIC
import Testing
import Wire

/// Sessions that begin before the handshake is complete (draft-18 "0-RTT").
@Suite struct EarlyDataTests {
    /// Knows one server.
    private final class Memory: ServerMemory {
        var known: Resumption?

        func recall(_ protocols: [String]) -> Resumption? { known.flatMap { protocols.contains($0.alpn) ? $0 : nil } }
        func remember(_ resumption: Resumption) { known = resumption }
    }

    private let track: FullTrackName

    init() throws {
        track = try FullTrackName(namespace: TrackNamespace([Array("live".utf8)]), name: TrackName(utf8: "a"))
    }

    private let server = ServerSettings()

    /// A world whose client has been at `server` once.
    private func world(_ carrier: Carrier = .quic) throws -> (Loopback, Memory, Listener) {
        let world = try Loopback(carrier), memory = Memory()
        world.quic.earlyProtocols = ["moqt-18"]
        world.clientQUIC.earlyProtocols = ["moqt-18"]
        world.memory = memory
        let listener = try world.listen(server)
        let dial = try world.dial(listener.address)
        try #require(world.run { world.server.recorder.isReady && memory.known?.token.isEmpty == false })
        try #require(world.client.recorder.isReady)
        world.client.recorder.link?.close()
        try #require(world.run { world.server.recorder.ends.count == 1 && world.client.recorder.ends.count == 1 })
        dial.close()
        return (world, memory, listener)
    }

    /// Subscribes as soon as it may, and notes whether the server is told while the handshake is under way.
    private func asksEarly(_ world: Loopback, _ told: @escaping (Connection.Phase) -> Void) {
        world.client.recorder.react = { [track] event, peer, _ in
            guard case .early = event else { return }
            _ = try? peer.session.subscribe(track)
            peer.flush()
        }
        world.server.recorder.react = { [recorder = world.server.recorder] event, _, _ in
            guard case .subscribe = event, let link = recorder.link else { return }
            told(link.connection.phase)
        }
    }

    @Test func aSecondSessionAsksInItsFirstFlight() throws {
        let (world, _, listener) = try world()
        var phases: [Connection.Phase] = []
        asksEarly(world) { phases.append($0) }
        let dial = try world.dial(listener.address)
        #expect(world.run { world.outcomes == 2 && !phases.isEmpty })
        #expect(phases == [.handshaking] && world.failure == nil)
        #expect(world.client.recorder.sessions.count == 2 && world.client.recorder.ends.count == 1)
        #expect(world.run { world.client.recorder.events.count { if case .ready = $0 { true } else { false } } == 2 })
        dial.close()
    }

    @Test func aServerThatTakesNoEarlyDataGetsAnotherSession() throws {
        let (world, _, first) = try world()
        first.close()
        let listener = try world.listen(ServerSettings())
        var phases: [Connection.Phase] = []
        asksEarly(world) { phases.append($0) }
        let dial = try world.dial(listener.address)
        #expect(world.run { world.client.recorder.sessions.count == 3 && world.server.recorder.sessions.count == 2 })
        #expect(world.client.recorder.ends.last == .earlyDataRejected && world.client.recorder.endsBefore == [0, 1, 2])
        #expect(world.run { world.client.recorder.events.count { if case .ready = $0 { true } else { false } } == 2 })
        #expect(phases.isEmpty && world.outcomes == 2 && world.failure == nil)
        dial.close()
    }

    @Test(
        "where the first address does not answer, its session is over before the second's begins",
        arguments: [true, false])
    func severalAddresses(_ refuses: Bool) throws {
        let (world, _, listener) = try world()
        let nobody = try refuses ? deadSocket() : deafSocket()
        let dial = try world.dial(nobody.localAddress, listener.address)
        #expect(world.run { world.outcomes == 2 && world.client.recorder.sessions.count == 3 })
        #expect(world.client.recorder.endsBefore == [0, 1, 2] && world.failure == nil)
        #expect(world.client.recorder.ends.last == (refuses ? .dropped : .superseded))
        #expect(world.run { world.client.recorder.events.count { if case .ready = $0 { true } else { false } } == 2 })
        dial.close()
    }

    @Test func whereNobodyAnswersTheSessionIsOver() throws {
        let (world, _, listener) = try world()
        listener.close()
        world.clientQUIC.handshakeTimeout = .milliseconds(150)
        let dial = try world.dial(listener.address)
        #expect(world.run { world.outcomes == 2 && world.client.recorder.ends.count == 2 })
        #expect(world.failure != nil && world.client.recorder.sessions.count == 2)
        dial.close()
    }

    /// CONNECT is not safe to come again.
    @Test func webTransportResumesWithoutEarlyData() throws {
        let (world, memory, listener) = try world(.webTransport)
        #expect(memory.known?.alpn == "h3")
        world.client.recorder.forgets = true
        let dial = try world.dial(listener.address)
        #expect(world.run { world.server.recorder.events.count { if case .ready = $0 { true } else { false } } == 2 })
        #expect(!world.client.recorder.events.contains { if case .early = $0 { true } else { false } })
        dial.close()
    }

    // MARK: - Replays

    private func said(_ message: ControlMessage, _ place: MessageContext.Place) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let context = MessageContext(sender: .client, place: place, overWebTransport: false)
        try message.append(to: &bytes, profile: .draft18, context: context)
        return bytes
    }

    /// The first flight of a client that asks, offers and publishes at once.
    private func flight(_ resumption: Resumption?, to address: SocketAddress) throws -> [[UInt8]] {
        var subscribe = Subscribe(), announcement = PublishNamespace(), offer = Publish()
        (subscribe.requestID, subscribe.track) = (RequestID(rawValue: 0), track)
        (announcement.requestID, announcement.namespace) = (RequestID(rawValue: 2), track.namespace)
        (offer.requestID, offer.track, offer.trackAlias) = (RequestID(rawValue: 4), track, TrackAlias(rawValue: 1))
        var settings = QUICSettings(protocols: ["moqt-18"])
        settings.earlyProtocols = ["moqt-18"]
        let connection = try Connection.client(
            on: NetworkPath(local: .loopback(.ipv4, port: 1), remote: address), serverName: "localhost",
            credentials: ClientCredentials(.insecure), settings: settings, resumption: resumption,
            now: EventLoop.clock())
        var words = FlightWords()
        words.say(connection.openStream(.unidirectional), try said(.setup(Setup()), .control))
        words.say(connection.openStream(.bidirectional), try said(.subscribe(subscribe), .request(.subscribe)))
        words.say(
            connection.openStream(.bidirectional),
            try said(.publishNamespace(announcement), .request(.publishNamespace)))
        words.say(connection.openStream(.bidirectional), try said(.publish(offer), .request(.publish)))
        // An object of one byte, in group 0.
        words.say(connection.openStream(.unidirectional), [0x10, 1, 0, 0, 1, 0x2A])
        var datagrams: [[UInt8]] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { buffer.deallocate() }
        while let train = connection.write(into: buffer, from: &words, now: EventLoop.clock()) {
            for start in stride(from: 0, to: train.byteCount, by: train.segmentSize) {
                datagrams.append(Array(buffer[start..<min(start + train.segmentSize, train.byteCount)]))
            }
        }
        return datagrams
    }

    @Test("early data publishes nothing while the handshake is not complete, and nothing at all comes of a replay")
    func replay() throws {
        let (world, memory, listener) = try world()
        let flight = try flight(memory.known, to: listener.address)
        let recorder = world.server.recorder
        var questions = 0, offers = 0
        recorder.react = { event, _, _ in
            switch event {
            case .subscribe: questions += 1
            case .publish, .publishNamespace, .subgroupOpened, .object: offers += 1
            default: break
            }
        }
        for sessions in [2, 2, 2] {
            let socket = try UDPSocket(peer: listener.address)
            for datagram in flight {
                _ = datagram.withUnsafeBytes {
                    socket.send(
                        $0, segmentSize: $0.count,
                        NetworkPath(local: socket.localAddress, remote: listener.address), .notCapable)
                }
            }
            #expect(world.run(.milliseconds(300)) { false } == false)
            #expect(recorder.sessions.count == sessions)
            // Where the first goes on, the same packets are no news; once it is gone, they are a client of their own.
            if questions == 1, recorder.ends.count == 1 { recorder.link?.close() }
        }
        #expect(questions == 1 && offers == 0)
    }
}

/// Bytes on several streams.
private struct FlightWords: SendSource {
    private var left: [(stream: StreamID, bytes: [UInt8])] = []

    mutating func say(_ stream: StreamID?, _ bytes: [UInt8]) { if let stream { left.append((stream, bytes)) } }

    mutating func nextStream() -> StreamID? { left.first?.stream }

    mutating func gather(_ stream: StreamID, into list: inout [Bytes]) -> Bool {
        if let first = left.first { list.append(Bytes(first.bytes)) }
        return false
    }

    mutating func sent(_ stream: StreamID, byteCount: Int, fin: Bool) {
        left[0].bytes.removeFirst(byteCount)
        if left[0].bytes.isEmpty { left.removeFirst() }
    }

    mutating func blocked(_ stream: StreamID) { left.removeFirst() }
    mutating func refused(_ stream: StreamID) { left.removeFirst() }
}
