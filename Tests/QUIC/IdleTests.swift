import CNgtcp2
import QUIC
import Testing
import Wire

/// RFC 9000 §10.1.2: a connection on which nothing is said is kept alive.
@Suite struct IdleTests {
    private static let workday = Interval.seconds(8 * 3600)

    /// - Parameter keepers: who keeps alive: the client, the server.
    private func idle(_ keepers: (Bool, Bool), loss: Double = 0) throws -> Pair {
        let pair = try Pair { client, server in
            client.keepAlive = keepers.0 ? .seconds(10) : nil
            server.keepAlive = keepers.1 ? .seconds(10) : nil
        }
        pair.connect()
        pair.run(for: .seconds(1))
        pair.client.transmissions = []
        pair.server.transmissions = []
        pair.link.loss = loss
        return pair
    }

    @Test(arguments: [(true, false), (false, true), (true, true)])
    func `eight idle hours end no connection, and take few packets`(client: Bool, server: Bool) throws {
        let pair = try idle((client, server))
        pair.run(for: Self.workday)
        #expect(pair.client.closed == nil)
        #expect(pair.server.closed == nil)
        let packets = pair.client.transmissions.count + pair.server.transmissions.count
        // A probe every ten seconds, its acknowledgement, and at times that of the acknowledgement.
        #expect(packets <= 3 * 8 * 360)
        // It is as good as new.
        let stream = try #require(pair.client.connection.openStream(.bidirectional))
        pair.client.outbox.send(Bytes(Array("still here".utf8)), on: stream, fin: true)
        pair.run(for: .seconds(1)) { pair.server.finished.contains(stream) }
        #expect(pair.server.received[stream] == Array("still here".utf8))
    }

    /// Up to ngtcp2 0.12 a lost probe is not sent again until the next is due, so that fewer may be lost.
    @Test func `an idle connection outlives lost packets`() throws {
        let pair = try idle((true, false), loss: CNGTCP2_MODERN == 1 ? 0.2 : 0.01)
        pair.run(for: Self.workday)
        #expect(pair.client.closed == nil)
        #expect(pair.server.closed == nil)
    }

    @Test func `what nobody keeps alive ends with the idle timeout`() throws {
        let pair = try idle((false, false))
        pair.run(for: .seconds(40)) { pair.client.closed != nil && pair.server.closed != nil }
        #expect(pair.client.closed == .idleTimeout)
        #expect(pair.server.closed == .idleTimeout)
    }
}
