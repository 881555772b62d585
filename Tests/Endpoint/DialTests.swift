import Endpoint
import EventLoop
import MoQTCodec
import QUIC
import Testing
import Wire

/// How a connection comes about, or does not.
@Suite struct DialTests {
    @Test func aConnectionBringsASessionAtBothEnds() throws {
        let world = try Loopback()
        let listener = try world.listen()
        let dial = try world.connect(to: listener)
        #expect(world.client.recorder.link?.profile?.alpn == "moqt-18")
        #expect(listener.connectionCount == 1 && world.outcomes == 1)
        dial.close()
    }

    @Test func whereNothingListensItFailsAtOnce() throws {
        let world = try Loopback(), dead = try deadSocket()
        let began = EventLoop.clock()
        let dial = try world.dial(dead.localAddress)
        #expect(world.run { world.outcomes > 0 })
        guard case .system(let error)? = world.failure else {
            Issue.record("\(String(describing: world.failure))")
            return
        }
        #expect(error.isConnectionRefused && EventLoop.clock() - began < world.clientQUIC.handshakeTimeout)
        dial.close()
    }

    @Test func silenceEndsAtTheHandshakeTimeout() throws {
        let world = try Loopback(), deaf = try deafSocket()
        world.clientQUIC.handshakeTimeout = .milliseconds(150)
        let dial = try world.dial(deaf.localAddress)
        #expect(world.run { world.outcomes > 0 })
        guard case .closed(.handshakeTimeout)? = world.failure else {
            Issue.record("\(String(describing: world.failure))")
            return
        }
        dial.close()
    }

    @Test("of several addresses the first that answers is taken", arguments: [true, false])
    func severalAddresses(_ refuses: Bool) throws {
        let world = try Loopback(), deaf = try refuses ? deadSocket() : deafSocket()
        let listener = try world.listen()
        let dial = try world.dial(deaf.localAddress, listener.address)
        #expect(world.run { world.client.recorder.isReady && world.server.recorder.isReady })
        #expect(world.client.recorder.link?.connection.path?.remote == listener.address && world.outcomes == 1)
        dial.close()
    }

    @Test func whenAllAddressesFailItIsToldOnce() throws {
        let world = try Loopback(), dead = try (0..<3).map { _ in try deadSocket() }
        let dial = try world.dial(dead[0].localAddress, dead[1].localAddress, dead[2].localAddress)
        #expect(world.run { world.outcomes > 0 })
        #expect(world.failure != nil && world.outcomes == 1)
        dial.close()
    }

    @Test("no protocol in common ends the handshake at both ends (RFC 7301 §3.2)")
    func noCommonProtocol() throws {
        let world = try Loopback()
        world.clientQUIC.protocols = ["moqt-99"]
        let listener = try world.listen()
        let dial = try world.dial(listener.address)
        #expect(world.run { world.outcomes > 0 && listener.connectionCount == 0 })
        guard case .closed(.noCommonProtocol(by: .peer))? = world.failure else {
            Issue.record("\(String(describing: world.failure))")
            return
        }
        #expect(world.server.recorder.sessions.isEmpty)
        dial.close()
    }

    @Test("a client that does not trust the server tells it so: no connection is left there")
    func untrusted() throws {
        let world = try Loopback()
        world.policy = .fingerprint([UInt8](repeating: 0, count: 32))
        let listener = try world.listen()
        let dial = try world.dial(listener.address)
        #expect(world.run { world.outcomes > 0 })
        guard case .closed(.certificate)? = world.failure else {
            Issue.record("\(String(describing: world.failure))")
            return
        }
        #expect(world.run(.seconds(2)) { listener.connectionCount == 0 })
        dial.close()
    }

    @Test func aDialGivenUpSaysNothingAndIsReleased() throws {
        let world = try Loopback(), deaf = try deafSocket()
        var dial: Dial? = try world.dial(deaf.localAddress, deaf.localAddress)
        weak let released = dial
        world.loop.runOnce(until: EventLoop.clock() + .milliseconds(20))
        dial?.close()
        dial = nil
        world.loop.runOnce(until: EventLoop.clock())
        #expect(released == nil && world.outcomes == 0)
    }
}
