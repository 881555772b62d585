import Testing
import Wire

@testable import WebTransport

/// Peers that break HTTP/3 are told so with the code the RFC has for it.
@Suite struct ViolationTests {
    /// A stream of a rogue client: what it sends, on the next stream of that direction.
    struct Words: Sendable, CustomTestStringConvertible {
        var what: String
        var direction: StreamDirection
        var bytes: [UInt8]
        var fin = false
        var code: HTTP3Code
        /// A good control stream came before.
        var hasSettings = true

        var testDescription: String { what }
    }

    private static let settings: [UInt8] = [0x00, 0x04, 0x00]

    @Test(
        "a client that breaks HTTP/3 is told which rule",
        arguments: [
            Words(
                what: "no SETTINGS first", direction: .unidirectional, bytes: [0x00, 0x07, 0x01, 0x00],
                code: .missingSettings, hasSettings: false),
            Words(
                what: "SETTINGS of 5000 bytes", direction: .unidirectional, bytes: [0x00, 0x04, 0x53, 0x88],
                code: .excessiveLoad, hasSettings: false),
            Words(
                what: "a setting twice", direction: .unidirectional, bytes: [0x00, 0x04, 0x04, 1, 0, 1, 0],
                code: .settingsError, hasSettings: false),
            Words(
                what: "half a setting", direction: .unidirectional, bytes: [0x00, 0x04, 0x01, 1], code: .frameError,
                hasSettings: false),
            Words(
                what: "control ends", direction: .unidirectional, bytes: settings, fin: true,
                code: .closedCriticalStream, hasSettings: false),
            Words(
                what: "SETTINGS twice", direction: .unidirectional, bytes: settings + [0x04, 0x00],
                code: .frameUnexpected, hasSettings: false),
            Words(
                what: "DATA on control", direction: .unidirectional, bytes: settings + [0x00, 0x00],
                code: .frameUnexpected, hasSettings: false),
            Words(
                what: "HEADERS on control", direction: .unidirectional, bytes: settings + [0x01, 0x00],
                code: .frameUnexpected, hasSettings: false),
            Words(
                what: "PING of HTTP/2", direction: .unidirectional, bytes: settings + [0x06, 0x00],
                code: .frameUnexpected, hasSettings: false),
            Words(
                what: "frame 0x41 on control", direction: .unidirectional, bytes: settings + [0x40, 0x41, 0x00],
                code: .frameError, hasSettings: false),
            Words(
                what: "GOAWAY of two integers", direction: .unidirectional, bytes: settings + [0x07, 0x02, 0, 0],
                code: .frameError, hasSettings: false),
            Words(
                what: "GOAWAY without one", direction: .unidirectional, bytes: settings + [0x07, 0x00],
                code: .frameError, hasSettings: false),
            Words(
                what: "GOAWAY that takes back", direction: .unidirectional, bytes: settings + [0x07, 1, 4, 0x07, 1, 8],
                code: .idError, hasSettings: false),
            Words(
                what: "CANCEL_PUSH of nothing", direction: .unidirectional, bytes: settings + [0x03, 1, 0],
                code: .idError, hasSettings: false),
            Words(
                what: "a second control stream", direction: .unidirectional, bytes: [0x00], code: .streamCreationError),
            Words(what: "a push stream", direction: .unidirectional, bytes: [0x01], code: .streamCreationError),
            Words(
                what: "QPACK encoder ends", direction: .unidirectional, bytes: [0x02], fin: true,
                code: .closedCriticalStream),
            Words(
                what: "QPACK capacity", direction: .unidirectional, bytes: [0x02, 0x3F, 0x45],
                code: .qpackEncoderStreamError),
            Words(
                what: "QPACK acknowledgement", direction: .unidirectional, bytes: [0x03, 0x80],
                code: .qpackDecoderStreamError),
            Words(what: "DATA first", direction: .bidirectional, bytes: [0x00, 0x00], code: .frameUnexpected),
            Words(
                what: "SETTINGS on a request", direction: .bidirectional, bytes: [0x04, 0x00], code: .frameUnexpected),
            Words(
                what: "PUSH_PROMISE of a client", direction: .bidirectional, bytes: [0x05, 0x00], code: .frameUnexpected
            ),
            Words(
                what: "a request ends within a frame", direction: .bidirectional, bytes: [0x01, 0x05, 0x00], fin: true,
                code: .frameError),
            Words(
                what: "QPACK's table", direction: .bidirectional, bytes: [0x01, 0x03, 0x02, 0x00, 0x80],
                code: .qpackDecompressionFailed),
            Words(
                what: "a session of the server's", direction: .bidirectional, bytes: [0x40, 0x41, 0x01], code: .idError),
            Words(
                what: "a session that is one-way", direction: .unidirectional, bytes: [0x40, 0x54, 0x02], code: .idError
            ),
        ])
    func client(_ words: Words) {
        for pieces in [Int.max, 1] {
            let ends = Ends()
            ends.pieces = pieces
            if words.hasSettings { ends.client.send(Self.settings, on: StreamID(rawValue: 402)) }
            let stream = StreamID(rawValue: words.direction == .bidirectional ? 400 : 406)
            // The client's own streams stay unsaid.
            ends.server.pump()
            for (id, bytes, fin) in [(StreamID(rawValue: 402), Self.settings, false), (stream, words.bytes, words.fin)]
            where words.hasSettings || id == stream {
                ends.server.connection.peerOpened(id)
                for index in stride(from: 0, to: bytes.count, by: min(pieces, bytes.count)) {
                    let end = pieces == 1 ? index + 1 : bytes.count
                    ends.server.connection.received(
                        Bytes(Array(bytes[index..<end])), on: id, fin: fin && end == bytes.count,
                        now: Instant(nanoseconds: 3))
                }
            }
            ends.server.pump()
            #expect(ends.server.closed?.code == words.code, "\(words.what), \(ends.server.closed?.reason ?? "")")
        }
    }

    @Test(
        "a server that breaks HTTP/3 is told which rule",
        arguments: [
            Words(what: "a bidirectional stream", direction: .bidirectional, bytes: [0x01], code: .streamCreationError),
            Words(what: "a push stream", direction: .unidirectional, bytes: [0x01], code: .idError),
            Words(
                what: "MAX_PUSH_ID", direction: .unidirectional, bytes: settings + [0x0D, 1, 0], code: .frameUnexpected),
            Words(
                what: "GOAWAY that names no request", direction: .unidirectional, bytes: settings + [0x07, 1, 3],
                code: .idError),
        ])
    func server(_ words: Words) {
        let end = End(.client)
        end.pump()
        end.connection.connect(ConnectRequest(authority: "a", path: "/"))
        let stream = StreamID(rawValue: words.direction == .bidirectional ? 1 : 3)
        var bytes = words.bytes
        // What the client would close for otherwise: settings without WebTransport.
        if bytes.starts(with: Self.settings) {
            bytes = [0x00, 0x04, 0x09, 0x08, 1, 0x33, 1, 0xAB, 0x60, 0x37, 0x42, 1] + bytes.dropFirst(3)
        }
        end.connection.peerOpened(stream)
        end.connection.received(Bytes(bytes), on: stream, fin: words.fin, now: Instant(nanoseconds: 3))
        end.pump()
        #expect(end.closed?.code == words.code)
    }

    @Test func aCriticalStreamMustNotBeResetOrStopped() {
        for isReset in [true, false] {
            let ends = Ends()
            ends.run()
            if isReset {
                ends.client.reset(StreamID(rawValue: 2), 0)
            } else {
                ends.client.stop(StreamID(rawValue: 3), 0)
            }
            ends.run()
            #expect(ends.server.closed?.code == .closedCriticalStream)
        }
    }

    @Test(
        "a datagram without a stream is H3_DATAGRAM_ERROR (RFC 9297 §2.1)",
        arguments: [
            [], [0x40], [0xD0, 0, 0, 0, 0, 0, 0, 0],
        ] as [[UInt8]])
    func datagrams(_ bytes: [UInt8]) throws {
        let ends = Ends()
        _ = try ends.connect()
        ends.client.send(datagram: bytes)
        ends.run()
        #expect(ends.server.closed?.code == .datagramError)
    }

    @Test("HEADERS within a session are H3_FRAME_UNEXPECTED (RFC 9114 §4.4)")
    func headersInASession() throws {
        let ends = Ends()
        let session = try ends.connect()
        ends.client.send([0x01, 0x02, 0x00, 0x00], on: session)
        ends.run()
        #expect(ends.server.closed?.code == .frameUnexpected)
    }

    @Test(
        "a wrong capsule ends its session with H3_MESSAGE_ERROR, and no other",
        arguments: [
            // A close of 3 bytes; one of 1029; bytes after a close, in its frame and in another; half a capsule.
            ([0x00, 0x06, 0x68, 0x43, 0x03, 0, 0, 0], false), ([0x00, 0x04, 0x68, 0x43, 0x44, 0x05], false),
            ([0x00, 0x08, 0x68, 0x43, 0x04, 0, 0, 0, 0, 0], true),
            ([0x00, 0x07, 0x68, 0x43, 0x04, 0, 0, 0, 0, 0x00, 0x01, 0x00], true),
            ([0x00, 0x01, 0x68], false),
        ] as [([UInt8], Bool)])
    func capsules(_ bytes: [UInt8], _ isClosed: Bool) throws {
        let ends = Ends()
        let session = try ends.connect(), other = try ends.connect()
        ends.client.send(bytes, on: session, fin: !isClosed)
        ends.run()
        #expect(ends.server.resets[session] == HTTP3Code.messageError.rawValue)
        #expect(
            ends.server.ends == [
                isClosed ? .closed(code: 0, reason: [], byPeer: true) : .aborted(.messageError)
            ])
        ends.client.connection.close(other, code: 1, reason: "")
        ends.run()
        #expect(ends.server.closed == nil && ends.server.ends.count == 2)
    }

    @Test("seeds of noise on every kind of stream neither trap nor hang", arguments: 0..<200)
    func noise(_ seed: UInt64) throws {
        var random = Noise(state: seed)
        let ends = Ends()
        _ = try ends.connect()
        for _ in 0..<40 {
            let stream = StreamID(rawValue: (100 + random.next() % 6) * 4 + (random.next() % 2) * 2)
            let head: [[UInt8]] = [[], [0x40, 0x54, 0x00], [0x40, 0x41, 0x00], [0x01], [0x00, 0x04], [0x02], [0x03]]
            var bytes = head[Int(random.next() % 7)]
            for _ in 0..<random.next() % 24 {
                bytes.append(UInt8(truncatingIfNeeded: random.next() % 9 == 0 ? random.next() : random.next() % 10))
            }
            switch random.next() % 8 {
            case 0: ends.client.reset(stream, random.next() % 1000)
            case 1: ends.client.send(datagram: bytes)
            case 2: ends.client.send(bytes, on: StreamID(rawValue: 0))
            default: ends.client.send(bytes, on: stream, fin: random.next() % 8 == 0)
            }
        }
        ends.run()
        let opened = ends.server.events.count { if case .streamOpened = $0 { true } else { false } }
        #expect(opened <= 40, "seed \(seed)")
    }
}

/// SplitMix64.
struct Noise {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
