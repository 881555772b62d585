import QUIC
import Testing
import Wire

/// What may wait to be read on the peer's unidirectional streams.
@Suite struct StreamWindowTests {
    private static let first = 256 << 10
    private static let largest = 1 << 20

    /// A first window of 256 KiB for each of 8 streams, of which two can have the largest.
    private func pair() throws -> Pair {
        let pair = try Pair { _, server in server.hold(streams: 8, to: 4 << 20) }
        #expect(pair.connect())
        pair.server.credits = false
        return pair
    }

    private func send(_ count: Int, _ pair: Pair, fin: Bool = true) throws -> StreamID {
        let id = try #require(pair.client.connection.openStream(.unidirectional))
        pair.client.outbox.send(Bytes(pattern(count)), on: id, fin: fin)
        return id
    }

    @Test("the bytes of all streams that nobody reads stay within the bound, and none stops another")
    func bound() throws {
        let pair = try pair()
        let streams = try (0..<8).map { _ in try send(3 << 20, pair) }
        pair.run(for: .seconds(20))
        let counts = streams.map { pair.server.received[$0]?.count ?? 0 }
        #expect(counts.allSatisfy { $0 == Self.first || $0 == Self.largest }, "\(counts)")
        #expect(counts.count { $0 == Self.largest } == 2)
        #expect(counts.reduce(0, +) <= 4 << 20)
        #expect(pair.server.connection.limited[.buffer] == 6)
        // The peer has as many streams as it may have.
        #expect(pair.server.connection.limited[.streams] == 1)
    }

    @Test("a stream that brings little takes nothing from the others")
    func shortStreams() throws {
        let pair = try pair()
        for _ in 0..<7 { _ = try send(Self.first / 2 - 1, pair) }
        pair.run(for: .seconds(5))
        let last = try send(3 << 20, pair)
        pair.run(for: .seconds(5))
        #expect(pair.server.received[last]?.count == Self.largest)
        #expect(pair.server.connection.limited[.buffer] == 0)
    }

    @Test("streams that are over leave their windows to others once their places are given back")
    func release() throws {
        let pair = try pair()
        for _ in 0..<2 {
            let id = try send(Self.largest, pair)
            #expect(pair.run { pair.server.finished.contains(id) })
        }
        pair.run(for: .seconds(1))
        let waiting = try send(Self.largest, pair)
        pair.run(for: .seconds(5))
        #expect(pair.server.received[waiting]?.count == Self.first)
        pair.server.connection.extendStreamLimit(.unidirectional, by: 1)
        let next = try send(Self.largest, pair)
        #expect(pair.run { pair.server.finished.contains(next) })
    }

    @Test("whoever is read goes on in a first window as well")
    func reading() throws {
        let pair = try pair()
        for _ in 0..<2 { _ = try send(3 << 20, pair) }
        pair.run(for: .seconds(5))
        pair.server.credits = true
        let id = try send(3 << 20, pair)
        #expect(pair.run(for: .seconds(60)) { pair.server.finished.contains(id) })
    }
}
