import CNgtcp2
import QUIC
import Testing
import Wire

@Suite struct StreamTests {
    @Test("streams arrive byte for byte in spite of loss and reordering", arguments: 1...3 as ClosedRange<UInt64>)
    func echo(_ seed: UInt64) throws {
        let pair = try Pair(seed: seed)
        #expect(pair.connect())
        (pair.link.loss, pair.link.reorder, pair.link.duplicate) = (0.05, 0.1, 0.02)
        pair.server.echoes = true
        let data = pattern(3 << 20, seed: seed)
        let bidirectional = try #require(pair.client.connection.openStream(.bidirectional))
        let unidirectional = try #require(pair.client.connection.openStream(.unidirectional))
        for id in [bidirectional, unidirectional] {
            for start in stride(from: 0, to: data.count, by: 50_000) {
                pair.client.outbox.send(Bytes(Array(data[start..<min(start + 50_000, data.count)])), on: id)
            }
            pair.client.outbox.send(Bytes(), on: id, fin: true)
        }
        let done = pair.run(for: .seconds(600)) {
            pair.client.finished.contains(bidirectional) && pair.server.finished.contains(unidirectional)
        }
        #expect(done)
        #expect(pair.client.received[bidirectional] == data)
        #expect(pair.server.received[unidirectional] == data)
        pair.run(for: .seconds(5))
        #expect(pair.client.acknowledged[unidirectional] == data.count)
        #expect(pair.client.count { if case .streamClosed = $0 { true } else { false } } == 2)
    }

    @Test("many small streams share packets")
    func coalesces() throws {
        let pair = try Pair()
        #expect(pair.connect())
        pair.run(for: .seconds(1))
        let before = pair.client.connection.statistics.datagramsSent
        var ids: [StreamID] = []
        for _ in 0..<50 {
            let id = try #require(pair.client.connection.openStream(.unidirectional))
            pair.client.outbox.send(Bytes(pattern(10)), on: id, fin: true)
            ids.append(id)
        }
        #expect(pair.run { pair.server.finished.count == 50 })
        #expect(ids.allSatisfy { pair.server.received[$0] == pattern(10) })
        #expect(pair.client.connection.statistics.datagramsSent - before <= 4)
    }

    @Test("trains hold datagrams of one size")
    func trains() throws {
        let pair = try Pair()
        #expect(pair.connect())
        let id = try #require(pair.client.connection.openStream(.unidirectional))
        pair.client.outbox.send(Bytes(pattern(1 << 20)), on: id, fin: true)
        #expect(pair.run { pair.server.finished.contains(id) })
        let longest = pair.client.transmissions.map { $0.byteCount / $0.segmentSize }.max() ?? 0
        #expect(longest > 5 && longest <= 64)
        #expect(pair.client.transmissions.allSatisfy { $0.byteCount <= 65_507 })
    }

    /// Older versions of ngtcp2 probe up to Ethernet's MTU only.
    @Test("packets grow to what the path carries (RFC 8899)", .enabled(if: NGTCP2_VERSION_NUM >= 0x10B00))
    func largePackets() throws {
        let pair = try Pair { client, server in (client.maxUDPPayload, server.maxUDPPayload) = (9000, 9000) }
        #expect(pair.connect())
        pair.run(for: .seconds(3))
        let id = try #require(pair.client.connection.openStream(.unidirectional))
        pair.client.outbox.send(Bytes(pattern(200_000)), on: id, fin: true)
        #expect(pair.run { pair.server.finished.contains(id) })
        #expect(pair.client.transmissions.contains { $0.segmentSize > 8000 && $0.byteCount > $0.segmentSize })
    }

    @Test("without credit from the reader the sender stops at the window (RFC 9000 §4.1)")
    func flowControl() throws {
        let pair = try Pair { client, server in server.unidirectionalStreamWindow = 100_000 }
        #expect(pair.connect())
        pair.server.credits = false
        let id = try #require(pair.client.connection.openStream(.unidirectional))
        let data = pattern(250_000)
        pair.client.outbox.send(Bytes(data), on: id, fin: true)
        pair.run(for: .seconds(3))
        #expect(pair.server.received[id]?.count == 100_000)
        #expect(pair.client.outbox.blockedCount > 0)
        #expect(pair.client.connection.streamCredit(id) == 0)
        pair.server.connection.extendStreamCredit(id, by: 60_000)
        pair.run(for: .seconds(3))
        #expect(pair.server.received[id]?.count == 160_000)
        pair.server.connection.extendStreamCredit(id, by: 1 << 20)
        pair.run(for: .seconds(3))
        #expect(pair.server.received[id] == data && pair.server.finished.contains(id))
    }

    @Test("a stream that nobody reads does not stop the others")
    func connectionCredit() throws {
        let pair = try Pair { client, server in
            server.unidirectionalStreamWindow = 100_000
            server.connectionWindow = 150_000
        }
        #expect(pair.connect())
        pair.server.credits = false
        let data = pattern(100_000)
        for _ in 0..<20 {
            let id = try #require(pair.client.connection.openStream(.unidirectional))
            pair.client.outbox.send(Bytes(data), on: id, fin: true)
        }
        #expect(pair.run { pair.server.finished.count == 20 })
    }

    @Test("streams given up by either end give their connection credit back (RFC 9000 §4.5)", arguments: [true, false])
    func abandonedCredit(_ byReader: Bool) throws {
        let pair = try Pair { client, server in
            server.connectionWindow = 200_000
            server.unidirectionalStreamWindow = 150_000
        }
        #expect(pair.connect())
        pair.link.loss = 0.1
        for _ in 0..<30 {
            let id = try #require(pair.client.connection.openStream(.unidirectional))
            pair.client.outbox.send(Bytes(pattern(140_000)), on: id)
            pair.run(for: .milliseconds(30))
            if byReader {
                pair.server.connection.stopSending(id, code: 1)
            } else {
                pair.client.connection.reset(id, code: 1)
            }
            pair.run(for: .milliseconds(200))
        }
        let last = try #require(pair.client.connection.openStream(.unidirectional))
        pair.client.outbox.send(Bytes(pattern(140_000)), on: last, fin: true)
        #expect(pair.run(for: .seconds(30)) { pair.server.finished.contains(last) })
    }

    @Test("streams beyond the limit wait for the owner to raise it (RFC 9000 §4.6)")
    func streamLimit() throws {
        let pair = try Pair { client, server in
            server.unidirectionalStreams = 3
            server.bidirectionalStreams = 1
        }
        #expect(pair.client.connection.openStream(.unidirectional) == nil)
        #expect(pair.connect())
        for _ in 0..<3 { #expect(pair.client.connection.openStream(.unidirectional) != nil) }
        #expect(pair.client.connection.openStream(.unidirectional) == nil)
        #expect(pair.client.connection.openStream(.bidirectional) != nil)
        #expect(pair.client.connection.openStream(.bidirectional) == nil)
        pair.client.events.removeAll()
        #expect(pair.server.connection.limited[.streams] == 0)
        pair.server.connection.extendStreamLimit(.unidirectional, by: 2)
        pair.run(for: .seconds(1))
        #expect(pair.client.count { if case .streamsAvailable(.unidirectional) = $0 { true } else { false } } == 1)
        for _ in 0..<2 { #expect(pair.client.connection.openStream(.unidirectional) != nil) }
        #expect(pair.client.connection.openStream(.unidirectional) == nil)
    }

    @Test("a reset arrives with its code (RFC 9000 §19.4)")
    func reset() throws {
        let pair = try Pair()
        #expect(pair.connect())
        let id = try #require(pair.client.connection.openStream(.bidirectional))
        pair.client.outbox.send(Bytes(pattern(100)), on: id)
        pair.run(for: .milliseconds(50))
        pair.client.connection.reset(id, code: 0x1234)
        pair.run(for: .seconds(1))
        #expect(pair.server.count { if case .streamReset(id, code: 0x1234) = $0 { true } else { false } } == 1)
        pair.client.outbox.send(Bytes(pattern(100)), on: id)
        pair.run(for: .milliseconds(50))
        #expect(pair.client.outbox.refusals == [id])
    }

    @Test("STOP_SENDING arrives with its code, also when the sender is silent (RFC 9000 §19.5)")
    func stopSending() throws {
        let pair = try Pair()
        #expect(pair.connect())
        let id = try #require(pair.client.connection.openStream(.bidirectional))
        pair.client.outbox.send(Bytes(pattern(100)), on: id)
        pair.run(for: .milliseconds(50))
        pair.server.connection.stopSending(id, code: 0x77)
        pair.run(for: .seconds(1))
        #expect(pair.client.count { if case .stopSending(id, code: 0x77) = $0 { true } else { false } } == 1)
        // RFC 9000 §3.5: the sender answers with a reset of the same code.
        #expect(pair.server.count { if case .streamReset(id, code: 0x77) = $0 { true } else { false } } <= 1)
        pair.client.outbox.send(Bytes(pattern(100)), on: id)
        pair.run(for: .milliseconds(50))
        #expect(pair.client.outbox.refusals == [id])
    }

    @Test("an empty stream ends")
    func emptyStream() throws {
        let pair = try Pair()
        #expect(pair.connect())
        let id = try #require(pair.client.connection.openStream(.unidirectional))
        pair.client.outbox.send(Bytes(), on: id, fin: true)
        pair.run(for: .seconds(1))
        #expect(pair.server.finished == [id] && pair.server.received[id] == [])
        #expect(pair.client.count { if case .streamClosed(id) = $0 { true } else { false } } == 1)
    }

    @Test("sent bytes are kept until they are acknowledged, and no longer")
    func releasesOnAcknowledgement() throws {
        let pair = try Pair()
        #expect(pair.connect())
        weak var slab: Slab?
        let id = try #require(pair.client.connection.openStream(.unidirectional))
        do {
            let bytes = Bytes(pattern(5000))
            slab = bytes.slab
            pair.client.outbox.send(bytes, on: id)
        }
        pair.flush()
        #expect(pair.client.outbox.sentBytes[id] == 5000)
        #expect(slab != nil)
        pair.run(for: .seconds(1)) { pair.client.acknowledged[id] == 5000 }
        pair.client.events.removeAll()
        #expect(slab == nil)
    }
}
