import Endpoint
import EventLoop
import MoQTCodec
import MoQTSession
import QUIC
import Testing
import Wire

/// How a connection ends, and that nothing of it is left.
@Suite struct EndTests {
    /// Whether nothing of any session is held at `end`.
    private func isReleased(_ end: End) -> Bool {
        end.recorder.sessions.allSatisfy { $0.object == nil } && end.recorder.peers.allSatisfy { $0.object == nil }
    }

    @Test func theServersCodeAndReasonReachTheClient() throws {
        let world = try Loopback()
        let listener = try world.listen()
        let dial = try world.connect(to: listener)
        world.server.recorder.link?.close(.goAwayTimeout, reason: "enough")
        #expect(world.run { !world.client.recorder.ends.isEmpty })
        #expect(world.client.recorder.ends == [.application(code: 0x10, reason: Array("enough".utf8), by: .peer)])
        #expect(world.client.recorder.closes.map(\.code) == [.goAwayTimeout])
        #expect(world.client.recorder.closes.map(\.origin) == [.peer])
        #expect(listener.connectionCount == 0)
        #expect(world.run { isReleased(world.server) })
        dial.close()
        #expect(world.client.recorder.events.count { if case .closed = $0 { true } else { false } } == 1)
    }

    @Test func aClientThatClosesIsForgotten() throws {
        let world = try Loopback()
        let listener = try world.listen()
        var dial: Dial? = try world.connect(to: listener)
        world.client.recorder.link?.close()
        #expect(world.run { listener.connectionCount == 0 })
        #expect(world.server.recorder.ends == [.application(code: 0, reason: [], by: .peer)])
        dial?.close()
        dial = nil
        #expect(world.run { isReleased(world.server) && isReleased(world.client) })
    }

    @Test("a server's close is repeated to a client that goes on talking (RFC 9000 §10.2.1)")
    func closeIsRepeated() throws {
        let world = try Loopback()
        let listener = try world.listen()
        let client = try RawClient(listener.address, world.loop)
        #expect(world.run { client.isEstablished && world.server.recorder.sessions.count == 1 })
        // The first word about the end is lost.
        client.isDeaf = true
        world.server.recorder.link?.close(.internalError)
        #expect(world.run { client.ignored > 0 })
        client.isDeaf = false
        client.say([0x2F, 0x00])
        #expect(world.run { client.cause != nil })
        #expect(client.cause == .application(code: 1, reason: [], by: .peer))
        #expect(world.run { isReleased(world.server) })
    }

    @Test func aClientThatVanishesIsForgottenAtTheIdleTimeout() throws {
        let world = try Loopback()
        world.quic.idleTimeout = .seconds(1)
        let listener = try world.listen()
        var dial: Dial? = try world.connect(to: listener)
        dial?.close()
        dial = nil
        #expect(world.run { isReleased(world.client) })
        #expect(world.run { listener.connectionCount == 0 })
        #expect(world.server.recorder.ends == [.idleTimeout])
        #expect(world.server.recorder.closes.map(\.origin) == [.transport])
        #expect(world.run { isReleased(world.server) })
    }

    @Test("a client whose server's port is gone gives up before the idle timeout")
    func portGone() throws {
        let world = try Loopback()
        world.clientQUIC.keepAlive = .milliseconds(50)
        var listener: Listener? = try world.listen()
        let address = try #require(listener?.address)
        let dial = try world.dial(address, patience: .milliseconds(200))
        #expect(world.run { world.client.recorder.isReady && world.server.recorder.isReady })
        listener?.close()
        listener = nil
        let began = EventLoop.clock()
        #expect(world.run { !world.client.recorder.ends.isEmpty })
        #expect(world.client.recorder.ends == [.idleTimeout])
        #expect((.milliseconds(200) ..< .seconds(8)).contains(EventLoop.clock() - began))
        dial.close()
    }

    @Test func aClosedListenerLetsGoOfItsConnections() throws {
        let world = try Loopback()
        var listener: Listener? = try world.listen()
        weak let released = listener
        let dial = try world.connect(to: try #require(listener))
        listener?.close()
        #expect(listener?.connectionCount == 0)
        listener = nil
        world.loop.runOnce(until: EventLoop.clock())
        #expect(released == nil && isReleased(world.server))
        dial.close()
    }

    @Test("no SETUP in time: CONTROL_MESSAGE_TIMEOUT (draft-18 \"Session initialization\")")
    func noSetup() throws {
        let world = try Loopback()
        world.session.setupTimeout = .milliseconds(150)
        let listener = try world.listen()
        let client = try RawClient(listener.address, world.loop)
        #expect(world.run { client.cause != nil })
        guard case .application(let code, _, .peer)? = client.cause else {
            Issue.record("\(String(describing: client.cause))")
            return
        }
        #expect(SessionCode(rawValue: code) == .controlMessageTimeout)
        #expect(listener.connectionCount == 0)
    }

    @Test("connections opened and left: each ends at the handshake timeout, and nothing of it stays")
    func left() throws {
        let world = try Loopback()
        // Long enough for a slow machine to have them all at once.
        world.quic.handshakeTimeout = .seconds(2)
        var settings = ServerSettings()
        settings.retry = .never
        let listener = try world.listen(settings)
        let sender = try UDPSocket(peer: listener.address)
        let flights = try FirstFlights(path: NetworkPath(local: sender.localAddress, remote: listener.address))
        for count in 1...100 {
            flights.next { _ = sender.send($0, segmentSize: $1, flights.path, .notCapable) }
            if count % 10 == 0 { world.loop.runOnce(until: EventLoop.clock()) }
        }
        #expect(world.run { listener.connectionCount > 60 })
        let dial = try world.connect(to: listener)
        #expect(world.run { listener.connectionCount == 1 })
        dial.close()
    }
}
