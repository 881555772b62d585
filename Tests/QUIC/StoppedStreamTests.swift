import CNgtcp2
import QUIC
import Testing
import Wire

/// Streams that the receiver has stopped (RFC 9000 §3.5).
@Suite struct StoppedStreamTests {
    private func isReset(_ event: ConnectionEvent, _ stream: StreamID) -> Bool {
        if case .streamReset(stream, _) = event { true } else { false }
    }

    /// Its place is given back by whoever read it, who has to hear of its end.
    @Test func `a stream that had been ended before it was stopped tells its end once`() throws {
        let pair = try Pair()
        pair.connect()
        let stream = try #require(pair.client.connection.openStream(.unidirectional))
        pair.client.outbox.send(Bytes([1, 2, 3]), on: stream)
        pair.run(for: .seconds(1)) { pair.server.received[stream] != nil }
        pair.client.outbox.send(Bytes([4]), on: stream, fin: true)
        pair.flush()
        pair.server.connection.stopSending(stream, code: 1)
        pair.run(for: .seconds(5))
        #expect(!pair.server.finished.contains(stream))
        #expect(pair.server.count { isReset($0, stream) } == 1)
        // Up to ngtcp2 0.12 it is kept until the connection ends.
        let closed = pair.server.count { if case .streamClosed(stream) = $0 { true } else { false } }
        #expect(closed == (CNGTCP2_MODERN == 1 ? 1 : 0))
    }

    @Test func `a stream that is reset because it was stopped tells its end once`() throws {
        let pair = try Pair()
        pair.connect()
        let stream = try #require(pair.client.connection.openStream(.unidirectional))
        pair.client.outbox.send(Bytes([1, 2, 3]), on: stream)
        pair.run(for: .seconds(1)) { pair.server.received[stream] != nil }
        pair.server.connection.stopSending(stream, code: 1)
        pair.run(for: .seconds(5))
        #expect(pair.server.count { isReset($0, stream) } == 1)
    }

    /// What is thrown away takes nothing from the other streams.
    @Test func `bytes of stopped streams give their connection credit back`() throws {
        let pair = try Pair { _, server in server.connectionWindow = 65_536 }
        pair.connect()
        for _ in 0..<30 {
            let stream = try #require(pair.client.connection.openStream(.unidirectional))
            pair.client.outbox.send(Bytes(pattern(2000)), on: stream)
            pair.run(for: .seconds(1)) { pair.server.received[stream] != nil }
            pair.server.connection.stopSending(stream, code: 1)
            pair.client.outbox.send(Bytes(pattern(8000)), on: stream, fin: true)
            pair.run(for: .seconds(1))
        }
        let last = try #require(pair.client.connection.openStream(.unidirectional))
        pair.client.outbox.send(Bytes(pattern(50_000)), on: last, fin: true)
        #expect(pair.run(for: .seconds(5)) { pair.server.finished.contains(last) })
    }
}
