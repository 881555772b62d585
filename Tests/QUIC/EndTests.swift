import QUIC
import Testing
import Wire

@Suite struct EndTests {
    @Test("an application close arrives with code and reason, and both ends forget (RFC 9000 §10.2)")
    func applicationClose() throws {
        let pair = try Pair()
        #expect(pair.connect())
        pair.run(for: .seconds(1))
        pair.client.connection.close(code: 0x10, reason: "enough")
        pair.run(for: .milliseconds(100)) { pair.server.closed != nil }
        let reason = Array("enough".utf8)
        #expect(pair.client.closed == .application(code: 0x10, reason: reason, by: .local))
        #expect(pair.server.closed == .application(code: 0x10, reason: reason, by: .peer))
        #expect(pair.client.connection.phase == .closing && pair.server.connection.phase == .draining)
        pair.run(for: .seconds(10))
        #expect(pair.client.connection.isClosed && pair.server.connection.isClosed)
        #expect(pair.client.connection.deadline == nil)
    }

    @Test("a reason of 1024 bytes fits; more is cut off")
    func longReason() throws {
        let pair = try Pair()
        #expect(pair.connect())
        pair.server.connection.close(code: 1, reason: String(repeating: "x", count: 5000))
        pair.run { pair.client.closed != nil }
        #expect(
            pair.client.closed
                == .application(
                    code: 1, reason: [UInt8](repeating: 0x78, count: 1024), by: .peer))
    }

    @Test("a close is repeated when the peer goes on sending, ever more rarely (RFC 9000 §10.2.1)")
    func repeatsClose() throws {
        let pair = try Pair()
        #expect(pair.connect())
        pair.run(for: .seconds(1))
        pair.link.isCut = true
        pair.client.connection.close(code: 5, reason: "")
        pair.flush()
        pair.link.isCut = false
        let sent = pair.client.transmissions.count
        let id = try #require(pair.server.connection.openStream(.unidirectional))
        pair.server.outbox.send(Bytes(pattern(100)), on: id)
        #expect(pair.run(for: .seconds(1)) { pair.server.closed != nil })
        #expect(pair.client.transmissions.count == sent + 1)
    }

    @Test("closing before the handshake completes reaches the peer")
    func earlyClose() throws {
        let pair = try Pair()
        pair.run(for: .milliseconds(15))
        pair.client.connection.close(code: 9, reason: "no")
        pair.run(for: .seconds(2))
        // RFC 9000 §10.2.3: application closes become APPLICATION_ERROR in handshake packets.
        #expect(pair.server.closed == .transport(code: 0xC, reason: [], by: .peer))
    }

    @Test("silence ends both ends at the idle timeout (RFC 9000 §10.1)")
    func idleTimeout() throws {
        let pair = try Pair { client, server in client.idleTimeout = .seconds(5) }
        #expect(pair.connect())
        let start = pair.now
        pair.run(for: .seconds(20)) { pair.client.closed != nil && pair.server.closed != nil }
        #expect(pair.client.closed == .idleTimeout && pair.server.closed == .idleTimeout)
        #expect(pair.now - start > .seconds(4) && pair.now - start < .seconds(8))
        #expect(pair.client.connection.isClosed)
    }

    @Test("keep-alive keeps a silent connection")
    func keepAlive() throws {
        let pair = try Pair { client, server in
            client.idleTimeout = .seconds(5)
            client.keepAlive = .seconds(2)
        }
        #expect(pair.connect())
        pair.run(for: .seconds(60))
        #expect(pair.client.closed == nil && pair.server.closed == nil)
        #expect(pair.client.connection.phase == .established)
    }

    @Test("commands after the end do nothing")
    func afterTheEnd() throws {
        let pair = try Pair()
        #expect(pair.connect())
        let id = try #require(pair.client.connection.openStream(.bidirectional))
        pair.client.connection.close(code: 1, reason: "")
        pair.client.connection.close(code: 2, reason: "")
        pair.run(for: .seconds(10))
        let connection = pair.client.connection!
        connection.reset(id, code: 1)
        connection.stopSending(id, code: 1)
        connection.extendStreamCredit(id, by: 10)
        connection.extendStreamLimit(.bidirectional, by: 1)
        #expect(connection.openStream(.bidirectional) == nil)
        guard case .unsupported = connection.send(datagram: [1]) else { Issue.record("sent"); return }
        #expect(pair.client.count { if case .closed = $0 { true } else { false } } == 1)
    }
}

@Suite struct DatagramTests {
    @Test("datagrams arrive, and the limits are told (RFC 9221)")
    func datagrams() throws {
        let pair = try Pair()
        guard case .unsupported = pair.client.connection.send(datagram: [1]) else { Issue.record("early"); return }
        #expect(pair.connect())
        pair.run(for: .seconds(2))
        let most = pair.client.connection.maxDatagramPayload
        #expect(most >= 1100)
        for size in [0, 1, 500, most] {
            guard case .queued = pair.client.connection.send(datagram: Bytes(pattern(size))) else {
                Issue.record("\(size)")
                continue
            }
        }
        guard case .tooLarge = pair.client.connection.send(datagram: Bytes(pattern(most + 1))) else {
            Issue.record("too large")
            return
        }
        pair.run(for: .seconds(1))
        #expect(pair.server.datagrams == [0, 1, 500, most].map { pattern($0) })
    }

    @Test("a peer that takes no datagrams gets none")
    func unsupported() throws {
        let pair = try Pair { client, server in server.maxDatagramFrame = 0 }
        #expect(pair.connect())
        #expect(pair.client.connection.maxDatagramPayload == 0)
        guard case .unsupported = pair.client.connection.send(datagram: [1]) else { Issue.record("sent"); return }
    }

    @Test("the queue is bounded")
    func full() throws {
        let pair = try Pair { client, server in client.datagramQueueLimit = 2 }
        #expect(pair.connect())
        for _ in 0..<2 { _ = pair.client.connection.send(datagram: [1]) }
        guard case .full = pair.client.connection.send(datagram: [1]) else { Issue.record("not full"); return }
    }

    @Test("datagrams go beside streams")
    func beside() throws {
        let pair = try Pair()
        #expect(pair.connect())
        let id = try #require(pair.client.connection.openStream(.unidirectional))
        pair.client.outbox.send(Bytes(pattern(500_000)), on: id, fin: true)
        for index in 0..<100 { _ = pair.client.connection.send(datagram: Bytes([UInt8(index)])) }
        #expect(pair.run { pair.server.finished.contains(id) })
        #expect(pair.server.datagrams.count == 100)
    }
}
