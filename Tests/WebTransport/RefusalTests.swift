import Testing
import Wire

@testable import WebTransport

/// Requests that are no session, and what comes before or after its session.
@Suite struct RefusalTests {
    /// HEADERS with these fields.
    private func headers(_ fields: [(String, String)]) -> [UInt8] {
        var bytes: [UInt8] = []
        let section = FieldCoder().encode(fields.map { Field($0.0, $0.1) }, on: StreamID(rawValue: 0))
        FrameReader.append(FrameType.headers, section, to: &bytes)
        return bytes
    }

    private static let good = [
        (":method", "CONNECT"), (":scheme", "https"), (":authority", "a"), (":path", "/moq?x=1"),
        (":protocol", "webtransport"), ("origin", "https://good.example"),
    ]

    /// The good request with a field changed, or without it.
    private func request(_ name: String, _ value: String?) -> [UInt8] {
        headers(
            Self.good.compactMap { field in
                if field.0 != name { return field }
                return value.map { (name, $0) }
            })
    }

    /// The status that the server answers a request with; nil: it reset the stream, or asked the application.
    private func status(_ bytes: [UInt8], on ends: Ends) throws -> Int? {
        ends.run()
        let stream = ends.client.open(.bidirectional)
        ends.server.connection.peerOpened(stream)
        ends.server.connection.received(Bytes(bytes), on: stream, fin: false, now: Instant(nanoseconds: 5))
        var answer: [Bytes] = []
        while let next = ends.server.connection.nextSendStream() {
            let fin = ends.server.connection.gather(next, into: &answer)
            ends.server.connection.sent(next, byteCount: answer.reduce(0) { $0 + $1.count }, fin: fin)
        }
        guard !answer.isEmpty else { return nil }
        let section = Array(answer.flatMap(\.array).dropFirst(2))
        return try FieldCoder().decode(section, on: stream).first.flatMap { Int($0.value) }
    }

    private func choosy() -> Ends {
        var settings = WebTransportSettings()
        settings.path = "/moq"
        settings.origins = ["https://good.example"]
        let ends = Ends(server: settings)
        ends.server.answer = nil
        return ends
    }

    @Test(
        "what is asked for wrongly is refused with the status that says why",
        arguments: [
            (":method", "GET", 404), (":method", "POST", 405), (":protocol", nil, 405), (":protocol", "websocket", 501),
            (":scheme", "http", 400), (":path", "/other", 404), ("origin", "https://evil.example", 403),
        ] as [(String, String?, Int)])
    func refusals(_ name: String, _ value: String?, _ expected: Int) throws {
        let ends = choosy()
        #expect(try status(request(name, value), on: ends) == expected)
        ends.run()
        #expect(ends.server.sessions.isEmpty && ends.server.closed == nil)
    }

    @Test(
        "a good request is left to the application",
        arguments: [
            ("origin", "https://good.example"), ("origin", nil), (":path", "/moq"), (":protocol", "webtransport-h3"),
        ] as [(String, String?)])
    func good(_ name: String, _ value: String?) throws {
        let ends = choosy()
        #expect(try status(request(name, value), on: ends) == nil)
        ends.run()
        #expect(ends.server.sessions.count == 1)
    }

    @Test(
        "a malformed request is reset with H3_MESSAGE_ERROR (RFC 9114 §4.1.2)",
        arguments: [
            [(":method", "CONNECT"), (":method", "CONNECT")], [("a", "b"), (":method", "GET")], [("A", "b")],
            [(":unknown", "x")], [(":method", "CONNECT"), (":protocol", "webtransport"), (":scheme", "https")],
        ] as [[(String, String)]])
    func malformed(_ fields: [(String, String)]) throws {
        let ends = Ends()
        #expect(try status(headers(fields), on: ends) == nil)
        ends.run()
        #expect(ends.server.resets[StreamID(rawValue: 0)] == HTTP3Code.messageError.rawValue)
        #expect(ends.server.closed == nil && ends.server.sessions.isEmpty)
    }

    @Test("a field section that is too large gets 431, and none of it is kept")
    func tooLarge() throws {
        let frame: [UInt8] = [0x01, 0x80, 0x10, 0x00, 0x00] + [UInt8](repeating: 1, count: 5000)
        let ends = Ends()
        #expect(try status(frame, on: ends) == 431)
    }

    @Test func theClientIsToldTheStatus() throws {
        let ends = Ends()
        ends.server.answer = { connection, id, _ in connection.refuse(id, status: 404) }
        ends.client.connection.connect(ConnectRequest(authority: "a", path: "/"))
        ends.run()
        #expect(ends.client.ends == [.refused(status: 404)])
    }

    @Test func sessionsBeyondTheLimitAreRejected() throws {
        var settings = WebTransportSettings()
        settings.sessionLimit = 2
        let ends = Ends(server: settings)
        for _ in 0..<3 { _ = try ends.connect() }
        #expect(ends.server.resets == [StreamID(rawValue: 8): HTTP3Code.requestRejected.rawValue])
        #expect(ends.client.ends == [.aborted(.requestRejected)])
        #expect(ends.server.connection.limited[.sessions] == 1)
    }

    // MARK: - Before and after the session

    private func early(_ settings: WebTransportSettings = WebTransportSettings()) -> Ends {
        let ends = Ends(server: settings)
        ends.run()
        return ends
    }

    @Test("streams and datagrams that overtake their session are told once it is open")
    func heldUntilOpen() throws {
        let ends = early()
        let uni = ends.client.open(.unidirectional)
        ends.client.send([0x40, 0x54, 0x00, 1, 2], on: uni)
        ends.client.send([3], on: uni, fin: true)
        ends.client.send(datagram: [0x00, 9])
        ends.run()
        ends.server.connection.closed(uni)
        #expect(ends.server.events.isEmpty && ends.server.streamCredit.isEmpty)
        let session = try ends.connect()
        #expect(ends.server.bytes(of: uni) == [1, 2, 3])
        #expect(ends.server.events.contains(.streamOpened(uni, session)))
        #expect(ends.server.events.contains(.datagram(session, [9])))
    }

    @Test func heldStreamsAndBytesAreBounded() throws {
        var settings = WebTransportSettings()
        settings.heldStreamLimit = 2
        settings.heldByteLimit = 10
        let ends = early(settings)
        let streams = (0..<3).map { _ in ends.client.open(.unidirectional) }
        for stream in streams { ends.client.send([0x40, 0x54, 0x00, 1, 2, 3, 4], on: stream) }
        ends.run()
        #expect(ends.server.stops == [streams[2]: HTTP3Code.bufferedStreamRejected.rawValue])
        ends.client.send([5, 6, 7], on: streams[0])
        ends.run()
        #expect(ends.server.stops[streams[0]] == HTTP3Code.bufferedStreamRejected.rawValue)
        _ = try ends.connect()
        #expect(ends.server.bytes(of: streams[1]) == [1, 2, 3, 4])
        #expect(ends.server.connection.limited[.heldStreams] == 2)
    }

    @Test func datagramsHeldAreBounded() throws {
        var settings = WebTransportSettings()
        settings.heldDatagramLimit = 2
        let ends = early(settings)
        for number in UInt8(0)..<5 { ends.client.send(datagram: [0x00, number]) }
        _ = try ends.connect()
        let held = ends.server.events.count { if case .datagram = $0 { true } else { false } }
        #expect(held == 2)
        #expect(ends.server.connection.limited[.heldDatagrams] == 3)
    }

    @Test func streamsOfARefusedOrEndedSessionAreGone() throws {
        let ends = Ends()
        let session = try ends.connect()
        ends.client.connection.close(session, code: 0, reason: "")
        ends.run()
        let late = ends.client.open(.bidirectional)
        ends.client.send([0x40, 0x41, 0x00, 1], on: late)
        ends.run()
        #expect(ends.server.resets[late] == HTTP3Code.sessionGone.rawValue)
        #expect(ends.server.stops[late] == HTTP3Code.sessionGone.rawValue)
    }

    @Test func aStreamThatIsResetBeforeItSaysItsSessionIsForgotten() throws {
        let ends = Ends()
        _ = try ends.connect()
        let stream = ends.client.open(.unidirectional)
        ends.client.send([0x40], on: stream)
        ends.client.reset(stream, StreamCode.wire(1))
        ends.run()
        ends.server.connection.closed(stream)
        ends.run()
        #expect(ends.server.closed == nil && ends.server.streamCredit == [.unidirectional: 1])
    }
}
