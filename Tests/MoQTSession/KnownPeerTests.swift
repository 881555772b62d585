import MoQTCodec
import MoQTSession
import Testing
import Wire

/// A rule that one deployed program is known to break, which costs it nothing, and everybody else the session.
struct KnownPeerTests {
    static let drafts = Profile.spoken.filter { !$0.limits.prefixFields.contains(0) }

    /// SUBSCRIBE_NAMESPACE for all namespaces, by hand: the codec refuses to write it.
    static let all: [UInt8] = [0x11, 0, 3, 0, 0, 0]

    /// A server that was sent the setup of the program of this name, and then ``all``.
    private func server(_ profile: Profile, asked implementation: String?) -> End {
        let now = Instant(nanoseconds: 1)
        let end = End(.server, .test, profile)
        end.session.transportReady(now: now)
        var setup = Setup()
        setup.maxRequestID = 100
        setup.implementation = implementation.map { WireText($0) }
        if profile.has(.versions, in: .setup, at: .control) { setup.versions = [profile.version] }
        let bytes = encoded(.setup(setup), .client, .control, profile) + Self.all
        end.session.received(Bytes(bytes), on: StreamID(rawValue: 0), fin: false, now: now)
        end.drain()
        return end
    }

    @Test(arguments: drafts) func `a prefix of no fields closes`(_ profile: Profile) {
        #expect(server(profile, asked: nil).close?.code == .protocolViolation)
        #expect(server(profile, asked: "moq-lite-rs/2").close?.code == .protocolViolation)
    }

    @Test(arguments: drafts) func `of moq-net it matches every namespace`(_ profile: Profile) throws {
        let end = server(profile, asked: "moq-lite-rs")
        #expect(end.close == nil)
        let asked = end.events.compactMap { event -> SubscribeNamespace? in
            if case .subscribeNamespace(let message) = event { message } else { nil }
        }
        #expect(asked.map(\.prefix.count) == [0])
    }
}
