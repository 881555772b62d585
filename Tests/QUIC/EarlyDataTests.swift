import QUIC
import Testing
import Wire

/// Resumption and early data (RFC 9001 §4.5, §4.6; RFC 8446 §8).
@Suite struct EarlyDataTests {
    private static func early(_ client: inout QUICSettings, _ server: inout QUICSettings) {
        client.earlyProtocols = ["moqt-18"]
        server.earlyProtocols = ["moqt-18"]
    }

    /// A connection that has come and gone, after which the client has what it needs for the next.
    private func first(
        _ settings: ServerSettings = ServerSettings(),
        configure: (inout QUICSettings, inout QUICSettings) -> Void = early
    ) throws -> Pair {
        let pair = try Pair(endpointSettings: settings, configure: configure)
        try #require(pair.connect())
        pair.run(for: .seconds(1))
        try #require(pair.client.resumption != nil)
        pair.endpoint.remove(pair.server.connection)
        return pair
    }

    /// The next connection, with a request in its first flight.
    private func second(
        _ resumption: Resumption?, _ endpoint: ServerEndpoint, port: UInt16 = 5000, seed: UInt64 = 1,
        configure: (inout QUICSettings, inout QUICSettings) -> Void = early
    ) throws -> Pair {
        let pair = try Pair(
            seed: seed, endpoint: endpoint, resumption: resumption, port: port, configure: configure)
        pair.server.echoes = true
        pair.client.drain()
        if let stream = pair.client.connection.openStream(.bidirectional) {
            pair.client.outbox.send(Bytes(request), on: stream)
        }
        return pair
    }

    private let request = Array("request".utf8)
    private let stream = StreamID(rawValue: 0)

    private func tells(_ side: Side, _ matches: (ConnectionEvent) -> Bool) -> Bool { side.count(matches) > 0 }

    private func sendsEarly(_ side: Side) -> Bool { tells(side) { if case .earlyData = $0 { true } else { false } } }

    private func isRejected(_ side: Side) -> Bool {
        tells(side) { if case .earlyDataRejected = $0 { true } else { false } }
    }

    @Test("a client learns what it needs for the next connection")
    func ticket() throws {
        let kept = try #require(try first().client.resumption)
        #expect(kept.alpn == "moqt-18" && kept.allowsEarlyData)
        #expect(!kept.ticket.isEmpty && !kept.transportParameters.isEmpty && !kept.token.isEmpty)
    }

    @Test("early data arrives with the first flight, and is answered with the server's first")
    func accepted() throws {
        let before = try first()
        let pair = try second(before.client.resumption, before.endpoint)
        let began = pair.now
        #expect(pair.run { pair.server.received[stream] == request })
        #expect(pair.now == began + pair.link.delay && pair.server.alpn == nil)
        #expect(pair.run { pair.client.received[stream] == request })
        #expect(pair.now == began + pair.link.delay + pair.link.delay)
        #expect(pair.connect() && !isRejected(pair.client))
        guard case .earlyData("moqt-18")? = pair.server.events.first else {
            Issue.record("\(pair.server.events)")
            return
        }
    }

    @Test("early data gets through a bad link", arguments: 1...20 as ClosedRange<UInt64>)
    func lossy(_ seed: UInt64) throws {
        let before = try first()
        let pair = try second(before.client.resumption, before.endpoint, seed: seed)
        (pair.link.loss, pair.link.reorder, pair.link.duplicate) = (0.2, 0.2, 0.2)
        #expect(pair.run { pair.client.received[stream] == request || isRejected(pair.client) }, "seed \(seed)")
        #expect(pair.connect(), "seed \(seed)")
    }

    @Test("a server that does not know the ticket takes no early data; streams begin anew")
    func otherServer() throws {
        let before = try first(), other = try Pair(configure: Self.early)
        let pair = try second(before.client.resumption, other.endpoint)
        #expect(pair.connect())
        #expect(sendsEarly(pair.client) && isRejected(pair.client) && !sendsEarly(pair.server))
        #expect(pair.server.received.isEmpty)
        let again = try #require(pair.client.connection.openStream(.bidirectional))
        #expect(again == stream)
        pair.client.outbox = Outbox()
        pair.client.outbox.send(Bytes(request), on: again, fin: true)
        #expect(pair.run { pair.client.received[again] == request && pair.client.finished.contains(again) })
    }

    @Test("a server that takes no early data resumes without it")
    func withoutEarlyData() throws {
        let before = try first { client, _ in client.earlyProtocols = ["moqt-18"] }
        let pair = try second(before.client.resumption, before.endpoint)
        #expect(pair.connect() && isRejected(pair.client) && !sendsEarly(pair.server))
    }

    @Test("a client that is not told to sends none")
    func notWanted() throws {
        let before = try first()
        let pair = try second(before.client.resumption, before.endpoint) { _, _ in }
        #expect(pair.connect() && !sendsEarly(pair.client) && !sendsEarly(pair.server))
    }

    @Test("with lower limits, or another protocol, early data is refused (RFC 9000 §7.4.1, RFC 8446 §4.2.10)")
    func changedServer() throws {
        let before = try first()
        before.endpoint.connectionSettings.bidirectionalStreamWindow /= 2
        let lowered = try second(before.client.resumption, before.endpoint)
        #expect(lowered.connect() && isRejected(lowered.client))
        before.endpoint.connectionSettings.bidirectionalStreamWindow *= 2
        before.endpoint.connectionSettings.protocols = ["moqt-19", "moqt-18"]
        before.endpoint.connectionSettings.earlyProtocols = ["moqt-19", "moqt-18"]
        let newer = try second(before.client.resumption, before.endpoint) { client, server in
            Self.early(&client, &server)
            client.protocols = ["moqt-18", "moqt-19"]
        }
        #expect(newer.connect() && isRejected(newer.client) && newer.client.alpn == "moqt-19")
    }

    @Test("what cannot be read is as good as nothing", arguments: [[], [0], Array(repeating: 0xFF, count: 500)])
    func broken(_ bytes: [UInt8]) throws {
        let before = try first()
        var kept = try #require(before.client.resumption)
        kept.ticket = bytes
        #expect(try second(kept, before.endpoint).connect())
        kept = try #require(before.client.resumption)
        kept.transportParameters = bytes
        #expect(try second(kept, before.endpoint).connect())
        kept.token = bytes
        #expect(try second(kept, before.endpoint).connect())
    }

    @Test("a ticket serves once more for another connection, since each first flight is another")
    func twice() throws {
        let before = try first()
        for _ in 0..<2 {
            let pair = try second(before.client.resumption, before.endpoint)
            #expect(pair.connect() && sendsEarly(pair.server))
        }
    }

    @Test("a first flight that comes again is not acted on (RFC 8446 §8)")
    func replayed() throws {
        let before = try first()
        let pair = try second(before.client.resumption, before.endpoint)
        pair.flush()
        let flight = pair.link.flights.map(\.bytes)
        func deliver(to endpoint: ServerEndpoint, from port: UInt16) throws -> Side {
            let side = Side(), there = Pair.path(port: port)
            let path = NetworkPath(local: there.remote, remote: there.local)
            for bytes in flight {
                let disposition = bytes.withUnsafeBytes {
                    endpoint.received($0, on: path, ecn: .notCapable, now: pair.now)
                }
                if case .created(let connection) = disposition { side.connection = connection }
            }
            try #require(side.connection != nil)
            side.drain()
            endpoint.remove(side.connection)
            return side
        }
        let taken = try deliver(to: before.endpoint, from: 5000)
        #expect(sendsEarly(taken) && taken.received[stream] == request)
        for port: UInt16 in [5000, 6000] {
            let again = try deliver(to: before.endpoint, from: port)
            #expect(again.events.isEmpty, "\(again.events)")
        }
        let elsewhere = try deliver(to: try Pair(configure: Self.early).endpoint, from: 5000)
        #expect(elsewhere.events.isEmpty, "\(elsewhere.events)")
    }

    @Test("without room to remember more first flights, no more are taken")
    func fullMemory() throws {
        var settings = ServerSettings()
        settings.replays = ReplayGuard(capacity: 1)
        let before = try first(settings)
        for isRoom in [true, false] {
            let pair = try second(before.client.resumption, before.endpoint)
            #expect(pair.connect() && sendsEarly(pair.server) == isRoom)
        }
    }

    @Test("the address token of an earlier connection spares a Retry, at that address (RFC 9000 §8.1.3)")
    func addressToken() throws {
        var settings = ServerSettings()
        settings.retry = .always
        let before = try first(settings)
        #expect(before.replies.count == 1)
        let known = try second(before.client.resumption, before.endpoint, port: 7000)
        #expect(known.connect() && known.replies.isEmpty && sendsEarly(known.server))
        var forged = try #require(before.client.resumption)
        forged.token[forged.token.count - 1] ^= 1
        let stranger = try second(forged, before.endpoint)
        #expect(stranger.connect() && stranger.replies.count == 1)
    }

    @Test("a client's datagrams wait for the handshake: they carry what must not come twice")
    func datagrams() throws {
        let before = try first()
        let pair = try second(before.client.resumption, before.endpoint)
        #expect(pair.client.connection.send(datagram: Bytes([1])) == .unsupported)
        #expect(pair.connect() && pair.client.connection.send(datagram: Bytes([1])) == .queued)
    }
}
