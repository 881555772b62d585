import QUIC
import Testing
import Wire

@Suite struct ServerEndpointTests {
    private func settings(_ change: (inout ServerSettings) -> Void) -> ServerSettings {
        var settings = ServerSettings()
        change(&settings)
        return settings
    }

    /// A client's first datagram.
    private func firstDatagram(_ pair: Pair) -> [UInt8] {
        pair.client.drain()
        pair.flush()
        return pair.link.flights.first.map(\.bytes) ?? []
    }

    private func receive(_ bytes: [UInt8], _ pair: Pair, port: UInt16 = 5000) -> Disposition {
        receive(bytes, pair, from: Pair.path(port: port).local)
    }

    private func receive(_ bytes: [UInt8], _ pair: Pair, from remote: SocketAddress) -> Disposition {
        let path = NetworkPath(local: Pair.address, remote: remote)
        return bytes.withUnsafeBytes { pair.endpoint.received($0, on: path, ecn: .notCapable, now: pair.now) }
    }

    /// Whether a client from there is taken; otherwise it is refused.
    private func isTaken(_ pair: Pair, from remote: SocketAddress) throws -> Bool {
        switch receive(firstDatagram(try Pair()), pair, from: remote) {
        case .created: return true
        case .reply: return false
        default: throw OtherAnswer()
        }
    }

    private struct OtherAnswer: Error {}

    private func ipv6(_ bytes: UInt8..., port: UInt16 = 5000) -> SocketAddress {
        var address = InlineArray<16, UInt8>(repeating: 0)
        for (index, byte) in bytes.enumerated() { address[index] = byte }
        return SocketAddress(family: .ipv6, address: address, port: port)
    }

    @Test("with Retry, a connection is made only for a client that proves its address (RFC 9000 §8.1.2)")
    func retry() throws {
        let pair = try Pair(endpointSettings: settings { $0.retry = .always })
        #expect(pair.connect())
        #expect(pair.replies.count == 1 && pair.endpoint.connectionCount == 1)
        pair.server.echoes = true
        let id = try #require(pair.client.connection.openStream(.bidirectional))
        pair.client.outbox.send(Bytes(pattern(5000)), on: id, fin: true)
        #expect(pair.run { pair.client.received[id] == pattern(5000) })
    }

    @Test("Retry is asked for only while many handshakes are under way")
    func retryThreshold() throws {
        let pair = try Pair(endpointSettings: settings { $0.retry = .whenHandshakes(atLeast: 1) })
        let first = firstDatagram(pair)
        guard case .created = receive(first, pair) else { Issue.record("not created"); return }
        #expect(pair.endpoint.handshakeCount == 1)
        let other = try Pair()
        guard case .reply = receive(firstDatagram(other), pair, port: 6000) else { Issue.record("no retry"); return }
        #expect(pair.endpoint.connectionCount == 1 && pair.endpoint.retryCount == 1)
    }

    @Test("a token is good for its own address only")
    func tokenAddress() throws {
        let pair = try Pair(endpointSettings: settings { $0.retry = .always })
        guard case .reply(let retry) = receive(firstDatagram(pair), pair) else { Issue.record("no retry"); return }
        let path = Pair.path(port: 5000)
        retry.withUnsafeBytes { pair.client.connection.received($0, on: path, ecn: .notCapable, now: pair.now) }
        _ = pair.link.arrivals(at: Instant(nanoseconds: .max))
        let second = firstDatagram(pair)
        guard case .reply(let refusal) = receive(second, pair, port: 6000) else { Issue.record("accepted"); return }
        #expect(!refusal.isEmpty && pair.endpoint.connectionCount == 0)
        guard case .created = receive(second, pair) else { Issue.record("refused"); return }
    }

    @Test("an unknown version is answered with those spoken here (RFC 9000 §6)")
    func versionNegotiation() throws {
        let pair = try Pair()
        var first = firstDatagram(pair)
        first.replaceSubrange(1..<5, with: [0x1A, 0x2A, 0x3A, 0x4A])
        guard case .reply(let bytes) = receive(first, pair) else { Issue.record("no answer"); return }
        #expect(bytes.count < first.count)
        #expect(Array(bytes[1..<5]) == [0, 0, 0, 0])
        #expect(Array(bytes.suffix(4)) == [0, 0, 0, 1])
        guard case .ignored = receive(Array(first.prefix(1199)), pair) else { Issue.record("amplified"); return }
    }

    @Test("a client told of other versions only ends with that cause")
    func clientVersionNegotiation() throws {
        let pair = try Pair()
        let first = firstDatagram(pair)
        let destination = Int(first[5]), source = Int(first[6 + destination])
        let destinationID = first[6..<6 + destination]
        let sourceID = first[(7 + destination)..<(7 + destination + source)]
        var answer: [UInt8] = [0x80, 0, 0, 0, 0]
        answer += [UInt8(source)] + sourceID + [UInt8(destination)] + destinationID + [0xFA, 0xCE, 0xB0, 0x02]
        answer.withUnsafeBytes {
            pair.client.connection.received($0, on: pair.clientPath, ecn: .notCapable, now: pair.now)
        }
        pair.client.drain()
        #expect(pair.client.closed == .versionNegotiation(offered: [0xFACE_B002]))
        #expect(pair.client.connection.isClosed)
    }

    @Test("a forgotten connection's packets are answered with a stateless reset (RFC 9000 §10.3)")
    func statelessReset() throws {
        let pair = try Pair()
        #expect(pair.connect())
        pair.run(for: .seconds(1))
        pair.endpoint.remove(pair.server.connection)
        #expect(pair.endpoint.connectionCount == 0)
        let id = try #require(pair.client.connection.openStream(.unidirectional))
        pair.client.outbox.send(Bytes(pattern(1000)), on: id)
        pair.run(for: .seconds(1)) { pair.client.closed != nil }
        #expect(pair.client.closed == .statelessReset)
        #expect(pair.replies.count == 1 && pair.replies[0].count < 1000)
    }

    @Test("ids name their loop; packets for another loop are forwarded")
    func loops() throws {
        let secret = pattern(32)
        var first = ServerSettings(secret: secret), second = ServerSettings(secret: secret)
        (first.loopIndex, first.loopCount) = (0, 2)
        (second.loopIndex, second.loopCount) = (1, 2)
        let pair = try Pair(endpointSettings: first)
        #expect(pair.connect())
        pair.run(for: .seconds(1))
        let other = try Pair(endpointSettings: second)
        #expect(other.connect())
        other.run(for: .seconds(1))
        let id = try #require(other.client.connection.openStream(.unidirectional))
        other.client.outbox.send(Bytes(pattern(100)), on: id)
        other.flush()
        let stray = try #require(other.link.flights.last { $0.toServer }?.bytes)
        guard case .forward(loop: 1) = receive(stray, pair) else { Issue.record("not forwarded"); return }
        guard case .connection = receive(stray, other) else { Issue.record("not known"); return }
    }

    @Test(
        "a client keeps its connection when its address changes in mid-transfer (RFC 9000 §9)",
        arguments: [true, false])
    func migration(_ isDeliberate: Bool) throws {
        let pair = try Pair()
        #expect(pair.connect())
        let id = try #require(pair.client.connection.openStream(.bidirectional))
        let data = pattern(2 << 20)
        pair.server.echoes = true
        pair.client.outbox.send(Bytes(data), on: id, fin: true)
        pair.run(for: .seconds(20)) { (pair.server.received[id]?.count ?? 0) > 500_000 }
        pair.clientPath = Pair.path(port: 7777)
        if isDeliberate {
            #expect(pair.client.connection.migrate(to: pair.clientPath, now: pair.now))
        } else {
            pair.rebound = pair.clientPath.local
        }
        #expect(pair.run(for: .seconds(60)) { pair.client.finished.contains(id) })
        #expect(pair.client.received[id] == data)
        let changes = pair.server.events.compactMap { if case .pathChanged(let path) = $0 { path } else { nil } }
        #expect(changes.last?.remote == pair.clientPath.local)
    }

    @Test("a client does not move on purpose where the server forbids it (RFC 9000 §18.2)")
    func forbiddenMigration() throws {
        let pair = try Pair { _, server in server.allowsMigration = false }
        #expect(pair.connect())
        pair.run(for: .seconds(1))
        let path = pair.client.connection.path
        #expect(!pair.client.connection.migrate(to: Pair.path(port: 7777), now: pair.now))
        #expect(pair.client.connection.path == path && pair.client.connection.phase == .established)
    }

    @Test("a client moves only as often as it has connection ids for, and goes on (RFC 9000 §5.1.1)")
    func manyMigrations() throws {
        let pair = try Pair()
        #expect(pair.connect())
        pair.run(for: .seconds(1))
        // Nothing of what it sends from these addresses gets through, so that no further ids come.
        var port: UInt16 = 7000
        while pair.client.connection.migrate(to: Pair.path(port: port), now: pair.now) { port += 1 }
        #expect((7001...7010).contains(port))
        pair.clientPath = Pair.path(port: port - 1)
        let id = try #require(pair.client.connection.openStream(.bidirectional))
        pair.server.echoes = true
        pair.client.outbox.send(Bytes(pattern(1000)), on: id, fin: true)
        #expect(pair.run(for: .seconds(20)) { pair.client.finished.contains(id) })
        // The server has made up for the ids that were used.
        #expect(pair.client.connection.migrate(to: Pair.path(port: port), now: pair.now))
    }

    @Test("connections beyond the limit are refused")
    func connectionLimit() throws {
        let pair = try Pair(endpointSettings: settings { $0.maxConnections = 0 })
        pair.run(for: .seconds(1)) { pair.client.closed != nil }
        #expect(pair.client.closed == .transport(code: 2, reason: [], by: .peer))
        #expect(pair.endpoint.connectionCount == 0)
        #expect(pair.endpoint.refusedCount == 1 && pair.endpoint.limited[.connections] == 1)
    }

    @Test("connections of one address beyond the limit are refused, until one of them is over")
    func addressLimit() throws {
        let pair = try Pair(endpointSettings: settings { $0.maxConnectionsPerAddress = 2 })
        let here = Pair.ipv4(10, 0, 0, 1), there = Pair.ipv4(10, 0, 0, 2)
        guard case .created(let first) = receive(firstDatagram(pair), pair) else { throw OtherAnswer() }
        #expect(try isTaken(pair, from: SocketAddress(family: .ipv4, address: here, port: 1)))
        #expect(try !isTaken(pair, from: SocketAddress(family: .ipv4, address: here, port: 2)))
        #expect(try isTaken(pair, from: SocketAddress(family: .ipv4, address: there, port: 2)))
        #expect(pair.endpoint.limited[.connectionsPerAddress] == 1 && pair.endpoint.limited[.connections] == 0)
        pair.endpoint.remove(first)
        #expect(try isTaken(pair, from: SocketAddress(family: .ipv4, address: here, port: 2)))
        #expect(try !isTaken(pair, from: SocketAddress(family: .ipv4, address: here, port: 3)))
    }

    @Test("half an IPv6 address counts as one, an IPv4 address in IPv6 by itself")
    func networkLimit() throws {
        let pair = try Pair(endpointSettings: settings { $0.maxConnectionsPerAddress = 1 })
        #expect(try isTaken(pair, from: ipv6(0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 1)))
        #expect(try !isTaken(pair, from: ipv6(0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 2)))
        #expect(try isTaken(pair, from: ipv6(0x20, 1, 0xd, 0xb8, 0, 0, 0, 2, 1)))
        #expect(try isTaken(pair, from: ipv6(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1)))
        #expect(try isTaken(pair, from: ipv6(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 2)))
        let same = SocketAddress(family: .ipv4, address: Pair.ipv4(10, 0, 0, 1), port: 1)
        #expect(try !isTaken(pair, from: same))
    }

    @Test("handshakes beyond the limit are refused, on all loops together, until one is over")
    func handshakeLimit() throws {
        let shared = settings { $0.maxHandshakes = 1 }
        let pair = try Pair(endpointSettings: shared), other = try Pair(endpointSettings: shared)
        guard case .created(let first) = receive(firstDatagram(pair), pair) else { throw OtherAnswer() }
        let remote = Pair.path(port: 6000).local
        #expect(try !isTaken(pair, from: remote))
        #expect(try !isTaken(other, from: remote))
        #expect(pair.endpoint.limited[.handshakes] == 1 && other.endpoint.limited[.handshakes] == 1)
        first.close(code: 0, reason: "")
        #expect(try isTaken(other, from: remote))
    }

    @Test("garbage and cut packets never trap", arguments: 1...20 as ClosedRange<UInt64>)
    func garbage(_ seed: UInt64) throws {
        let pair = try Pair()
        var generator = SeededGenerator(seed: seed)
        let first = firstDatagram(pair)
        for index in 0..<200 {
            var bytes =
                index % 2 == 0
                ? first : pattern(Int.random(in: 0...1500, using: &generator), seed: seed + UInt64(index))
            for _ in 0..<Int.random(in: 0...3, using: &generator) where !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            if Bool.random(using: &generator) {
                bytes = Array(bytes.prefix(Int.random(in: 0...1500, using: &generator)))
            }
            _ = receive(bytes, pair)
            bytes.withUnsafeBytes {
                pair.client.connection.received($0, on: pair.clientPath, ecn: .notCapable, now: pair.now)
            }
        }
        _ = pair.client.connection.nextEvent()
    }

    @Test("every prefix of a first datagram is harmless")
    func truncation() throws {
        let pair = try Pair()
        let first = firstDatagram(pair)
        for count in 0..<first.count {
            if case .created = receive(Array(first.prefix(count)), pair) { Issue.record("created from \(count) bytes") }
        }
        #expect(pair.endpoint.connectionCount == 0)
    }
}
