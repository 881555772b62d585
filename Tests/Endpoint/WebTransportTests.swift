import Endpoint
import EventLoop
import MoQTCodec
import MoQTSession
import QUIC
import Testing
import WebTransport
import Wire

/// Sessions on WebTransport over real sockets.
@Suite struct WebTransportLinkTests {
    /// Whether nothing of any session is held at `end`.
    private func isReleased(_ end: End) -> Bool {
        end.recorder.sessions.allSatisfy { $0.object == nil } && end.recorder.peers.allSatisfy { $0.object == nil }
    }

    @Test("one port serves both, told apart by ALPN")
    func bothOnOnePort() throws {
        let world = try Loopback(.webTransport)
        let listener = try world.listen()
        let web = try world.connect(to: listener)
        world.clientQUIC.protocols = ["moqt-18"]
        let native = try world.dial(listener.address)
        #expect(world.run { world.server.recorder.sessions.count == 2 })
        world.clientQUIC.protocols = ["moqt-18", "h3"]
        let either = try world.dial(listener.address)
        #expect(world.run { world.outcomes == 3 })
        #expect(world.failure == nil && listener.connectionCount == 3)
        for dial in [web, native, either] { dial.close() }
    }

    @Test func theServersCodeAndReasonReachTheClient() throws {
        let world = try Loopback(.webTransport)
        let listener = try world.listen()
        let dial = try world.connect(to: listener)
        world.server.recorder.link?.close(.goAwayTimeout, reason: "enough")
        #expect(world.run { !world.client.recorder.ends.isEmpty })
        #expect(world.client.recorder.ends == [.application(code: 0x10, reason: Array("enough".utf8), by: .peer)])
        #expect(world.client.recorder.closes.map(\.code) == [.goAwayTimeout])
        #expect(world.server.recorder.closes.map(\.origin) == [.us])
        // The client has no use for the connection any more.
        #expect(world.run { listener.connectionCount == 0 })
        dial.close()
        #expect(world.run { isReleased(world.server) })
    }

    @Test func aClientThatClosesIsForgotten() throws {
        let world = try Loopback(.webTransport)
        let listener = try world.listen()
        var dial: Dial? = try world.connect(to: listener)
        world.client.recorder.link?.close(.noError, reason: "done")
        #expect(world.run { listener.connectionCount == 0 })
        #expect(world.server.recorder.ends == [.application(code: 0, reason: Array("done".utf8), by: .peer)])
        dial?.close()
        dial = nil
        #expect(world.run { isReleased(world.server) && isReleased(world.client) })
    }

    @Test func aPathThatIsNotServedIsRefused() throws {
        let world = try Loopback(.webTransport)
        world.webTransport.path = "/other"
        let listener = try world.listen()
        let dial = try world.dial(listener.address)
        #expect(world.run { world.outcomes > 0 && listener.connectionCount == 0 })
        guard case .closed(.refused(status: 404))? = world.failure else {
            Issue.record("\(String(describing: world.failure))")
            return
        }
        #expect(world.server.recorder.sessions.isEmpty)
        dial.close()
    }

    @Test("no draft in common is told as on native QUIC", arguments: [["moqt-99"], []])
    func noCommonDraft(_ offered: [String]) throws {
        let world = try Loopback(.webTransport)
        world.webProtocols = offered
        let listener = try world.listen()
        let dial = try world.dial(listener.address)
        #expect(world.run { world.outcomes > 0 && listener.connectionCount == 0 })
        guard case .closed(.noCommonProtocol(by: .peer))? = world.failure else {
            Issue.record("\(String(describing: world.failure))")
            return
        }
        dial.close()
    }

    @Test func aServerThatHasNoHTTP3EndsTheHandshake() throws {
        let world = try Loopback(.webTransport)
        world.quic.protocols = ["moqt-18"]
        let listener = try world.listen()
        let dial = try world.dial(listener.address)
        #expect(world.run { world.outcomes > 0 })
        guard case .closed(.noCommonProtocol(by: .peer))? = world.failure else {
            Issue.record("\(String(describing: world.failure))")
            return
        }
        dial.close()
    }

    @Test("a client without a session does not keep a connection")
    func silentClient() throws {
        let world = try Loopback(.webTransport)
        world.webTransport.requestTimeout = .milliseconds(100)
        let listener = try world.listen()
        let client = try RawClient(listener.address, world.loop, protocols: ["h3"])
        #expect(world.run { client.cause != nil })
        #expect(client.cause == .application(code: 0x100, reason: Array("no session".utf8), by: .peer))
        #expect(world.server.recorder.sessions.isEmpty)
    }

    @Test("a client that breaks HTTP/3 is told so")
    func brokenHTTP3() throws {
        let world = try Loopback(.webTransport)
        let listener = try world.listen()
        let client = try RawClient(listener.address, world.loop, protocols: ["h3"])
        #expect(world.run { client.isEstablished })
        // A control stream that begins with GOAWAY.
        client.say([0x00, 0x07, 0x01, 0x00])
        #expect(world.run { client.cause != nil })
        guard case .application(code: 0x10A, _, by: .peer)? = client.cause else {
            Issue.record("\(String(describing: client.cause))")
            return
        }
    }

    @Test("sessions of one connection are ready, and end, apart")
    func severalSessions() throws {
        let world = try Loopback(.webTransport)
        let listener = try world.listen()
        let client = try RawWebClient(listener.address, world.loop)
        for count in 1...2 {
            #expect(world.run { client.web != nil })
            client.connect()
            #expect(world.run { client.sessions.count == count })
            // SETUP without options.
            client.say([0xAF, 0x00, 0x00, 0x00], in: client.sessions[count - 1])
        }
        let ready = { world.server.recorder.events.count { if case .ready = $0 { true } else { false } } }
        #expect(world.run { ready() == 2 })
        #expect(listener.connectionCount == 1 && world.server.recorder.peers.count == 2)
        // A second SETUP breaks the first session, and no other.
        client.say([0xAF, 0x00, 0x00, 0x00], in: client.sessions[0])
        #expect(world.run { !client.ends.isEmpty })
        guard case .closed(code: 3, _, byPeer: true)? = client.ends.first else {
            Issue.record("\(client.ends)")
            return
        }
        #expect(world.server.recorder.ends.count == 1 && listener.connectionCount == 1)
        #expect(world.server.recorder.link?.peers.count == 1)
    }
}
