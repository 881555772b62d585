import Testing
import Wire

@testable import WebTransport

/// Limits of a session (draft-ietf-webtrans-http3-16 "Flow Control").
@Suite struct FlowControlTests {
    /// A server, and a client whose words are written by hand.
    private struct Pair {
        let server = End(.server)
        let session = StreamID(rawValue: 0)

        /// - Parameters:
        ///   - data: what the client lets a session send at first, in bytes; then streams of each direction.
        ///   - token: what its CONNECT says in `:protocol`.
        init(
            data: UInt64, bidirectional: UInt64 = 0, unidirectional: UInt64 = 0, token: String = "webtransport-h3"
        ) {
            server.answer = { connection, id, _ in connection.accept(id, protocol: nil) }
            var settings = HTTP3Settings()
            settings.dialects = .draft15
            settings.initialLimits.data = data
            settings.initialLimits.bidirectionalStreams = bidirectional
            settings.initialLimits.unidirectionalStreams = unidirectional
            var bytes: [UInt8] = [0x00]
            FrameReader.append(FrameType.settings, settings.payload(sessionLimit: 1), to: &bytes)
            let control = StreamID(rawValue: 2)
            server.connection.peerOpened(control)
            say(bytes, on: control)
            connect(session, token)
        }

        func say(_ bytes: [UInt8], on stream: StreamID) {
            server.connection.received(Bytes(bytes), on: stream, fin: false, now: Instant(nanoseconds: 2))
            server.pump()
        }

        func connect(_ stream: StreamID, _ token: String = "webtransport-h3") {
            let fields = [
                Field(":method", "CONNECT"), Field(":scheme", "https"), Field(":authority", "a"), Field(":path", "/"),
                Field(":protocol", token),
            ]
            var bytes: [UInt8] = []
            FrameReader.append(FrameType.headers, FieldCoder().encode(fields, on: stream), to: &bytes)
            server.connection.peerOpened(stream)
            say(bytes, on: stream)
        }

        /// The client says a capsule.
        func say(capsule: [UInt8]) {
            var bytes: [UInt8] = []
            FrameReader.append(FrameType.data, capsule, to: &bytes)
            say(bytes, on: session)
        }

        /// The capsules that the server has said.
        var capsules: [[UInt8]] {
            server.pump()
            var frames = FrameReader(), rest = Bytes(server.said[session] ?? [])
            var found: [[UInt8]] = [], isData = false
            while let item = frames.next(&rest) {
                switch item {
                case .begin(let type, _): isData = type == FrameType.data
                case .payload(let piece): if isData { found.append(piece.array) }
                case .end: break
                }
            }
            return found
        }
    }

    @Test("flow control is offered where the drafts have it", arguments: [true, false])
    func offer(_ hasFlowControl: Bool) throws {
        var settings = WebTransportSettings()
        settings.dialects = hasFlowControl ? [.draft07, .draft15] : [.draft02, .draft07]
        let end = End(.server, settings)
        end.pump()
        // The stream's type, the frame's type and its length come first.
        let words = try #require(end.said.first { $0.value.first == 0 }?.value)
        var frames = FrameReader(), rest = Bytes(Array(words.dropFirst())), payload: [UInt8] = []
        while let item = frames.next(&rest) { if case .payload(let piece) = item { payload += piece.array } }
        #expect(try HTTP3Settings(Bytes(payload)).initialLimits == (hasFlowControl ? .plenty : .init()))
    }

    @Test("two ends that offer it let each other send what they like")
    func bothOffer() throws {
        let ends = Ends()
        let session = try ends.connect()
        for end in [ends.client, ends.server] {
            #expect(end.connection.dataCredit(of: session) == 1 << 60)
            #expect(end.connection.mayOpen(.bidirectional, for: session))
            #expect(end.connection.mayOpen(.unidirectional, for: session))
        }
    }

    @Test("data stops at the peer's limit, which is told once, and goes on when it is raised")
    func data() {
        let pair = Pair(data: 100), server = pair.server.connection
        server.sent(60, of: pair.session)
        #expect(server.dataCredit(of: pair.session) == 40 && pair.capsules.isEmpty)
        server.sent(40, of: pair.session)
        #expect(server.dataCredit(of: pair.session) == 0)
        for _ in 0..<2 { server.dataBlocked(pair.session) }
        let blocked = SessionCapsule.integer(SessionCapsule.dataBlocked, 100)
        #expect(pair.capsules == [blocked])
        pair.say(capsule: SessionCapsule.integer(SessionCapsule.maxData, 250))
        #expect(server.dataCredit(of: pair.session) == 150)
        server.sent(150, of: pair.session)
        server.dataBlocked(pair.session)
        #expect(pair.capsules == [blocked, SessionCapsule.integer(SessionCapsule.dataBlocked, 250)])
    }

    @Test(
        "streams stop at the peer's limit of their direction",
        arguments: [StreamDirection.bidirectional, .unidirectional])
    func streams(_ direction: StreamDirection) {
        let isBidirectional = direction == .bidirectional
        let pair = Pair(data: 0, bidirectional: isBidirectional ? 1 : 0, unidirectional: isBidirectional ? 0 : 1)
        let server = pair.server.connection
        #expect(!server.mayOpen(isBidirectional ? .unidirectional : .bidirectional, for: pair.session))
        #expect(server.mayOpen(direction, for: pair.session))
        _ = pair.server.open(direction, for: pair.session)
        for _ in 0..<2 { #expect(!server.mayOpen(direction, for: pair.session)) }
        #expect(
            pair.capsules == [
                SessionCapsule.integer(isBidirectional ? 0x190B_4D44 : 0x190B_4D43, 0),
                SessionCapsule.integer(isBidirectional ? 0x190B_4D43 : 0x190B_4D44, 1),
            ])
        pair.say(capsule: SessionCapsule.integer(isBidirectional ? 0x190B_4D3F : 0x190B_4D40, 2))
        #expect(server.mayOpen(direction, for: pair.session))
    }

    @Test(
        "limits that do not rise, or cannot be, end the session",
        arguments: [
            (SessionCapsule.integer(SessionCapsule.maxData, 100), .flowControlError),
            (SessionCapsule.integer(SessionCapsule.maxData, 99), .flowControlError),
            (SessionCapsule.integer(SessionCapsule.maxStreamsBidirectional, 3), .flowControlError),
            (SessionCapsule.integer(SessionCapsule.maxStreamsUnidirectional, 4), .flowControlError),
            (SessionCapsule.integer(SessionCapsule.maxStreamsUnidirectional, 1 << 60 + 1), .flowControlError),
            (SessionCapsule.integer(SessionCapsule.streamsBlockedBidirectional, 1 << 60 + 1), .flowControlError),
            // WT_MAX_STREAM_DATA and WT_STREAM_DATA_BLOCKED are HTTP/2's.
            (SessionCapsule.integer(0x190B_4D3E, 5), .messageError),
            (SessionCapsule.integer(0x190B_4D42, 5), .messageError),
            ([0x99, 0x0B, 0x4D, 0x3D, 0x00], .messageError), ([0x99, 0x0B, 0x4D, 0x3D, 0x01, 0x40], .messageError),
            ([0x99, 0x0B, 0x4D, 0x3D, 0x02, 0x01, 0x01], .messageError),
            ([0x99, 0x0B, 0x4D, 0x3D, 0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0], .messageError),
            ([0x80, 0x00, 0x78, 0xAE, 0x01, 0x00], .messageError),
        ] as [([UInt8], HTTP3Code)])
    func violations(_ capsule: [UInt8], _ code: HTTP3Code) {
        let pair = Pair(data: 100, bidirectional: 3, unidirectional: 4)
        pair.say(capsule: capsule)
        #expect(pair.server.ends == [.aborted(code)])
        #expect(pair.server.resets[pair.session] == code.rawValue && pair.server.closed == nil)
        #expect(pair.server.connection.dataCredit(of: pair.session) == .max)
    }

    @Test("that a peer is blocked is heard, and changes nothing")
    func peerIsBlocked() {
        let pair = Pair(data: 100)
        for type in [SessionCapsule.dataBlocked, 0x190B_4D43, 0x190B_4D44] {
            pair.say(capsule: SessionCapsule.integer(type, 1 << 60))
        }
        #expect(pair.server.ends.isEmpty && pair.server.connection.dataCredit(of: pair.session) == 100)
    }

    @Test("where a peer does not offer it, its capsules are ignored and nothing is limited")
    func notAgreed() {
        let pair = Pair(data: 0)
        pair.say(capsule: SessionCapsule.integer(SessionCapsule.maxData, 5))
        pair.say(capsule: SessionCapsule.integer(SessionCapsule.maxData, 4))
        #expect(pair.server.ends.isEmpty && pair.server.connection.dataCredit(of: pair.session) == .max)
        for direction in [StreamDirection.bidirectional, .unidirectional] {
            #expect(pair.server.connection.mayOpen(direction, for: pair.session))
        }
    }

    @Test("without flow control a client of the newer drafts has one session at a time", arguments: [0, 1] as [UInt64])
    func oneSession(_ data: UInt64) {
        let pair = Pair(data: data), second = StreamID(rawValue: 4)
        pair.connect(second)
        #expect(pair.server.sessions.count == (data == 0 ? 1 : 2))
        #expect(pair.server.resets[second] == (data == 0 ? HTTP3Code.requestRejected.rawValue : nil))
        // Before draft 13 there was no flow control to agree on.
        let old = Pair(data: data, token: "webtransport")
        old.connect(second, "webtransport")
        #expect(old.server.sessions.count == 2)
    }

    @Test("seeds of capsules neither trap nor let more be sent than was said", arguments: 0..<200 as Range<UInt64>)
    func noise(_ seed: UInt64) {
        var random = Noise(state: seed), said: UInt64 = 100
        let pair = Pair(data: said, bidirectional: 2, unidirectional: 2)
        let types = Array(SessionCapsule.flowControl).sorted() + [SessionCapsule.drain, 0x21, 0x190B_4D45]
        var sent: UInt64 = 0
        for _ in 0..<30 {
            let type = types[Int(random.next() % UInt64(types.count))], bits = random.next() % 62
            var capsule = SessionCapsule.integer(type, random.next() & (1 << bits - 1))
            if type == SessionCapsule.maxData, let value = SessionCapsule.parseInteger(Array(capsule.dropFirst(5))) {
                said = max(said, value)
            }
            if random.next() % 16 == 0 {
                // The next one's first byte ends it, whatever that makes of it.
                capsule.removeLast()
                said = QUICVarint.limit
            }
            pair.say(capsule: capsule)
            guard pair.server.ends.isEmpty else { return }
            let credit = pair.server.connection.dataCredit(of: pair.session)
            #expect(UInt64(credit) + sent <= said, "seed \(seed)")
            let count = Int(clamping: min(random.next() % 1000, UInt64(credit)))
            pair.server.connection.sent(count, of: pair.session)
            sent += UInt64(count)
            pair.server.connection.dataBlocked(pair.session)
            _ = pair.server.connection.mayOpen(.unidirectional, for: pair.session)
        }
    }
}
