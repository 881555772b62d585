import Testing
import Wire

@testable import WebTransport

/// Ends that are announced (RFC 9114 §5.2, draft-ietf-webtrans-http3-16 "Interaction with the HTTP/3 GOAWAY frame").
@Suite struct DrainTests {
    private func drains(_ end: End) -> [SessionID] {
        end.events.compactMap { if case .draining(let session) = $0 { session } else { nil } }
    }

    @Test("a draining server tells each session once, and sessions go on")
    func server() throws {
        let ends = Ends()
        let sessions = [try ends.connect(), try ends.connect()]
        for _ in 0..<2 { ends.server.connection.drain() }
        ends.run()
        #expect(drains(ends.client) == sessions)
        #expect(ends.server.said[sessions[0]]?.suffix(7) == [0x00, 0x05, 0x80, 0x00, 0x78, 0xAE, 0x00])
        // GOAWAY names the first request that is not served.
        #expect(ends.server.said.contains { $0.value.first == 0 && $0.value.suffix(3) == [0x07, 0x01, 0x08] })
        let stream = ends.client.open(.unidirectional, for: sessions[0])
        ends.client.send([1, 2], on: stream, fin: true)
        ends.run()
        #expect(ends.server.bytes(of: stream) == [1, 2] && ends.client.closed == nil && ends.server.closed == nil)
    }

    @Test func aClientAsksForNoSessionOfAServerThatGoesAway() throws {
        let ends = Ends()
        _ = try ends.connect()
        ends.server.connection.drain()
        ends.run()
        ends.client.connection.connect(ConnectRequest(authority: "a", path: "/"))
        ends.run()
        #expect(ends.client.ends == [.aborted(.requestRejected)] && ends.server.sessions.count == 1)
    }

    @Test func aServerRejectsWhatComesAfterItsGoAway() throws {
        let ends = Ends()
        _ = try ends.connect()
        // This request and GOAWAY pass each other.
        ends.client.connection.connect(ConnectRequest(authority: "a", path: "/"))
        ends.client.pump()
        ends.server.connection.drain()
        ends.run()
        #expect(ends.server.sessions.count == 1)
        #expect(ends.server.resets[StreamID(rawValue: 4)] == HTTP3Code.requestRejected.rawValue)
        #expect(ends.client.ends == [.aborted(.requestRejected)] && ends.client.closed == nil)
    }

    @Test(
        "a request that GOAWAY leaves out has failed; one that it does not is waited for", arguments: [0, 4] as [UInt8])
    func unanswered(_ limit: UInt8) {
        let ends = Ends()
        ends.server.answer = nil
        ends.client.connection.connect(ConnectRequest(authority: "a", path: "/"))
        ends.run()
        let control = ends.server.said.first { $0.value.first == 0 }?.key ?? StreamID(rawValue: 3)
        ends.server.send([0x07, 0x01, limit], on: control)
        ends.run()
        #expect(ends.client.ends == (limit == 0 ? [.aborted(.requestRejected)] : []))
        #expect((ends.client.closed != nil) == (limit == 0))
    }

    @Test("a draining client tells its sessions, and says no GOAWAY: it takes no requests")
    func client() throws {
        let ends = Ends()
        let session = try ends.connect()
        ends.client.connection.drain()
        ends.run()
        #expect(drains(ends.server) == [session])
        #expect(!ends.client.said.contains { $0.value.first == 0 && $0.value.suffix(3).first == 0x07 })
    }
}
