import Testing
import WebTransport
import Wire

/// Two ends that keep the rules.
@Suite struct SessionTests {
    @Test("a session is opened, whatever pieces the bytes come in", arguments: [Int.max, 1, 3])
    func opens(_ pieces: Int) throws {
        let ends = Ends()
        ends.pieces = pieces
        let session = try ends.connect(["moqt-18", "moq-00"])
        #expect(session == StreamID(rawValue: 0))
        let request = ConnectRequest(authority: "localhost:4443", path: "/moq", protocols: ["moqt-18", "moq-00"])
        #expect(ends.server.events == [.requested(session, request)])
        #expect(ends.client.events == [.opened(session, protocol: "moqt-18")])
        #expect(ends.client.closed == nil && ends.server.closed == nil)
    }

    @Test(
        "the words of every draft open a session",
        arguments: [
            HTTP3Settings.Dialects.draft02, .draft07, .draft13, .draft15,
        ])
    func everyDialect(_ dialect: HTTP3Settings.Dialects) throws {
        var settings = WebTransportSettings()
        settings.dialects = dialect
        let ends = Ends(client: settings, server: settings)
        _ = try ends.connect(nil)
        #expect(ends.client.events == [.opened(StreamID(rawValue: 0), protocol: nil)])
    }

    @Test("streams carry their bytes both ways under the numbers they have", arguments: [Int.max, 1])
    func streams(_ pieces: Int) throws {
        let ends = Ends()
        ends.pieces = pieces
        let session = try ends.connect()
        let request = ends.client.open(.bidirectional, for: session),
            data = ends.server.open(.unidirectional, for: session)
        ends.client.send([1, 2, 3], on: request)
        ends.server.send([4, 5], on: data, fin: true)
        ends.run()
        ends.server.send([6], on: request, fin: true)
        ends.run()
        #expect(ends.server.bytes(of: request) == [1, 2, 3] && ends.client.bytes(of: request) == [6])
        #expect(ends.client.bytes(of: data) == [4, 5])
        #expect(ends.client.events.contains(.streamOpened(data, session)))
        // What a stream begins with is consumed here, the rest by the session.
        #expect(ends.server.credit[request] == 3 && ends.client.credit[data] == 3)
    }

    @Test func whatAStreamBeginsWithIsNotAcknowledgedToItsSession() throws {
        let ends = Ends()
        let session = try ends.connect()
        let stream = ends.client.open(.unidirectional, for: session)
        #expect(ends.client.connection.acknowledged(stream, byteCount: 2) == 0)
        #expect(ends.client.connection.acknowledged(stream, byteCount: 11) == 10)
        #expect(ends.client.connection.acknowledged(stream, byteCount: 5) == 5)
    }

    @Test func codesOfStreamsArriveAsTheApplicationsOwn() throws {
        let ends = Ends()
        let session = try ends.connect()
        let first = ends.client.open(.bidirectional, for: session),
            second = ends.client.open(.unidirectional, for: session)
        ends.client.reset(first, StreamCode.wire(7))
        ends.client.stop(first, StreamCode.wire(8))
        ends.client.reset(second, 0x10C)
        ends.run()
        #expect(
            ends.server.events.suffix(3) == [
                .streamReset(first, session, code: 7), .streamStopped(first, session, code: 8),
                .streamReset(second, session, code: nil),
            ])
    }

    @Test func datagramsFindTheirSession() throws {
        let ends = Ends()
        let first = try ends.connect(), second = try ends.connect()
        ends.client.send(datagram: WebTransportConnection.datagramPrefix(of: second).array + [1, 2])
        ends.server.send(datagram: WebTransportConnection.datagramPrefix(of: first).array + [3])
        ends.run()
        #expect(ends.server.events.last == .datagram(second, [1, 2]))
        #expect(ends.client.events.last == .datagram(first, [3]))
    }

    @Test("sessions of one connection end apart")
    func severalSessions() throws {
        let ends = Ends()
        let first = try ends.connect(), second = try ends.connect(path: "/other")
        #expect(first != second)
        let mine = ends.client.open(.bidirectional, for: first), other = ends.client.open(.bidirectional, for: second)
        ends.client.send([1], on: mine)
        ends.client.send([2], on: other)
        ends.run()
        ends.client.connection.close(first, code: 3, reason: "done")
        ends.run()
        #expect(ends.server.ends == [.closed(code: 3, reason: Array("done".utf8), byPeer: true)])
        #expect(ends.client.ends == [.closed(code: 3, reason: Array("done".utf8), byPeer: false)])
        #expect(ends.server.resets[mine] == HTTP3Code.sessionGone.rawValue)
        #expect(ends.server.resets[other] == nil)
        // A reset must not overtake the close, which says why.
        #expect(ends.client.resets[mine] == nil)
        ends.client.connection.closed(first)
        ends.run()
        #expect(ends.client.resets[mine] == HTTP3Code.sessionGone.rawValue)
        #expect(!ends.server.events.contains { if case .streamReset = $0 { true } else { false } })
        ends.client.send([3], on: other)
        ends.run()
        #expect(ends.server.bytes(of: other) == [2, 3])
    }

    @Test("streams of an ended session give their place back once")
    func streamCreditAfterTheEnd() throws {
        let ends = Ends()
        let session = try ends.connect()
        let streams = (0..<3).map { _ in ends.client.open(.unidirectional, for: session) }
        for stream in streams { ends.client.send([1], on: stream, fin: stream == streams[0]) }
        ends.run()
        // The first is over and credited by its session, the second over and not read, the third open.
        let server = ends.server.connection
        server.credited(.unidirectional, 1, by: session)
        server.closed(streams[0])
        server.closed(streams[1])
        ends.client.connection.close(session, code: 0, reason: "")
        ends.run()
        #expect(ends.server.streamCredit[.unidirectional] == 1)
        server.closed(streams[2])
        server.closed(session)
        ends.run()
        #expect(ends.server.streamCredit == [.unidirectional: 2, .bidirectional: 1])
    }

    @Test func theServersCloseEndsTheClientsConnection() throws {
        let ends = Ends()
        let session = try ends.connect()
        ends.server.connection.close(session, code: 0x10, reason: "enough")
        ends.run()
        #expect(ends.client.ends == [.closed(code: 0x10, reason: Array("enough".utf8), byPeer: true)])
        #expect(ends.client.closed == nil)
        ends.client.connection.closed(session)
        ends.run()
        #expect(ends.client.closed?.code == .noError)
    }

    @Test("the end of the CONNECT stream is a close without words")
    func bareEnd() throws {
        let ends = Ends()
        let session = try ends.connect()
        ends.client.send([], on: session, fin: true)
        ends.run()
        #expect(ends.server.ends == [.closed(code: 0, reason: [], byPeer: true)])
    }

    @Test func aResetCONNECTStreamAbortsTheSession() throws {
        let ends = Ends()
        let session = try ends.connect()
        ends.client.reset(session, HTTP3Code.requestCancelled.rawValue)
        ends.run()
        #expect(ends.server.ends == [.aborted(.requestCancelled)])
    }

    @Test("unknown capsules, frames, settings and streams are ignored (RFC 9114 §9)")
    func grease() throws {
        var old = WebTransportSettings()
        old.dialects = .draft02
        let ends = Ends(client: old)
        let session = try ends.connect()
        // In DATA: a capsule of type 0x21 + 31 × 3, flow control that was not agreed on, DRAIN; then a frame of type 0x21.
        ends.client.send(
            [0x00, 0x10, 0x40, 0x7E, 0x03, 1, 2, 3, 0x99, 0x0B, 0x4D, 0x3D, 0x01, 0x05, 0x80, 0x00, 0x78, 0xAE],
            on: session)
        ends.client.send([0x00, 0x01, 0x00, 0x21, 0x02, 9, 9], on: session)
        let stream = ends.client.open(.unidirectional)
        ends.client.send([0x40, 0x7E, 1, 2, 3], on: stream)
        ends.run()
        #expect(ends.server.closed == nil && ends.server.ends.isEmpty)
        #expect(ends.server.stops[stream] == HTTP3Code.streamCreationError.rawValue)
        ends.server.connection.closed(stream)
        ends.run()
        #expect(ends.server.streamCredit == [.unidirectional: 1])
        ends.client.connection.close(session, code: 0, reason: "")
        ends.run()
        #expect(ends.server.ends.count == 1)
    }

    @Test func noAnswerIsWaitedForForEver() {
        let ends = Ends()
        ends.server.answer = nil
        ends.client.connection.connect(ConnectRequest(authority: "a", path: "/"))
        ends.run()
        ends.client.connection.timeReached(Instant(nanoseconds: 3))
        #expect(ends.client.connection.nextEvent() == nil)
        ends.client.connection.timeReached(Instant(nanoseconds: 2) + ends.client.connection.settings.requestTimeout)
        ends.run()
        #expect(ends.client.ends == [.timedOut] && ends.client.closed != nil)
    }

    @Test("a request is not told before SETTINGS, and not kept for ever without them")
    func requestWithoutSettings() throws {
        let ends = Ends(), request = Ends()
        let session = try request.connect()
        // The client's control stream is held back.
        let headers = try #require(request.client.said[session])
        ends.server.connection.peerOpened(session)
        ends.server.connection.received(Bytes(headers), on: session, fin: false, now: Instant(nanoseconds: 5))
        ends.server.pump()
        #expect(ends.server.events.isEmpty)
        ends.server.connection.timeReached(
            Instant(nanoseconds: 5) + ends.server.connection.settings.requestTimeout)
        ends.server.pump()
        #expect(ends.server.events.isEmpty && ends.server.resets[session] == HTTP3Code.requestCancelled.rawValue)
        #expect(ends.server.closed == nil)
    }

    @Test func aServerDoesNotKeepAConnectionWithoutASession() {
        let ends = Ends()
        ends.run()
        let deadline = ends.server.connection.deadline
        #expect(deadline == Instant(nanoseconds: 1) + ends.server.connection.settings.requestTimeout)
        ends.server.connection.timeReached(deadline ?? Instant(nanoseconds: 0))
        ends.run()
        #expect(ends.server.closed?.code == .noError)
    }

    @Test func aServerWithoutWebTransportIsToldApart() {
        var none = WebTransportSettings()
        none.dialects = []
        let ends = Ends(server: none)
        ends.client.connection.connect(ConnectRequest(authority: "a", path: "/"))
        ends.run()
        #expect(ends.client.ends == [.unsupported])
    }
}
