import Breaches
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// What holds of the setup where requests share one control stream, up to draft-16.
struct OneControlSetupTests {
    private static let now = Instant(nanoseconds: 1)

    /// draft-14 "Versions".
    @Test(arguments: [EndpointRole.server, .client])
    func `a version that the other end does not have fails`(_ role: EndpointRole) throws {
        let end = End(role, .test, .draft14)
        end.session.transportReady(now: Self.now)
        end.drain()
        let words = Words(.draft14, role == .server ? .client : .server)
        let setup = words.setup(version: 0xFF00_000D)
        end.session.received(Bytes(setup), on: StreamID(rawValue: 0), fin: false, now: Self.now)
        end.drain()
        #expect(end.close?.code == .versionNegotiationFailed)
    }

    /// draft-16 "MAX_REQUEST_ID".
    @Test(arguments: OneControlStreamTests.drafts)
    func `without a limit from the peer no request is sent`(_ profile: Profile) throws {
        let end = End(.client, .test, profile)
        end.session.transportReady(now: Self.now)
        _ = try end.session.subscribe(track("a"))
        _ = try end.session.subscribeNamespace(namespace(["live"]))
        end.drain()
        var said: [ControlMessage] = []
        end.session.watch = { message, sender, _ in if sender == .client { said.append(message) } }
        var setup = Setup()
        if profile.has(.versions, in: .setup, at: .control) { setup.versions = [profile.version] }
        let bytes = encoded(.setup(setup), .server, .control, profile)
        end.session.received(Bytes(bytes), on: StreamID(rawValue: 0), fin: false, now: Self.now)
        end.inFlight = [:]
        end.drain()
        #expect(end.inFlight.isEmpty && end.opened(.bidirectional) == 1 && said.isEmpty)
    }
}
