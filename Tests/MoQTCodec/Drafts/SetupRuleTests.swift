import MoQTCodec
import Testing
import Wire

@Suite("what a receiver does about the setup")
struct SetupRuleTests {
    private let violation = CodecError.Scope.session(.protocolViolation)

    @Test("a server has no path and no authority (PATH, AUTHORITY)", arguments: Profile.all)
    func server(_ profile: Profile) throws {
        #expect(
            try fault(profile, profile.setup(["01012f"], from: .server), from: .server)?.scope
                == .session(.invalidPath))
        #expect(
            try fault(profile, profile.setup(["050178"], from: .server), from: .server)?.scope
                == .session(.invalidAuthority))
        for fill in [{ $0.path = "/" }, { $0.authority = "x" }] as [(inout Setup) -> Void] {
            let message = ControlMessage.setup(made(Setup(), fill))
            #expect(throws: CodecError.self) {
                try encode(message, profile, MessageContext(sender: .server, place: .control))
            }
        }
    }

    @Test("nor has a client over WebTransport (PATH, AUTHORITY)", arguments: Profile.all)
    func webTransport(_ profile: Profile) throws {
        let context = MessageContext(sender: .client, place: .control, overWebTransport: true)
        for (option, code) in [("01012f", SessionCode.invalidPath), ("050178", .invalidAuthority)] {
            let error = #expect(throws: CodecError.self) {
                try decode(hex(profile.setup([option])), profile, context)
            }
            #expect(error?.scope == .session(code))
        }
    }

    @Test("both are parts of a URI (PATH, AUTHORITY)", arguments: Profile.all)
    func syntax(_ profile: Profile) throws {
        #expect(try fault(profile, profile.setup(["010161"]), from: .client)?.scope == .session(.malformedPath))
        #expect(try fault(profile, profile.setup(["05012f"]), from: .client)?.scope == .session(.malformedAuthority))
        _ = try decode(
            hex(profile.setup(["01052f613f623d", profile.type(5, after: 1) + "0178"])), profile,
            MessageContext(sender: .client, place: .control))
    }

    @Test("a client refers to no alias since draft-15 (AUTHORIZATION TOKEN Parameter)", arguments: Profile.all)
    func alias(_ profile: Profile) throws {
        for token in ["03020205", "03020005"] {
            let bytes = profile.setup([token])
            if profile === Profile.draft14 {
                _ = try decode(hex(bytes), profile, MessageContext(sender: .client, place: .control))
            } else {
                #expect(try fault(profile, bytes, from: .client)?.scope == violation)
            }
            _ = try decode(
                hex(profile.setup([token], from: .server)), profile, MessageContext(sender: .server, place: .control))
        }
    }

    @Test("a known option is there once (SETUP)", arguments: Profile.all)
    func repeated(_ profile: Profile) throws {
        let bytes = profile.setup(["01012f", profile.type(1, after: 1) + "012f"])
        #expect(try fault(profile, bytes, from: .client)?.scope == violation)
    }

    @Test("unknown options are kept, repeated or not (SETUP)", arguments: Profile.all)
    func unknown(_ profile: Profile) throws {
        // The first two of GREASE, the first of them twice.
        let bytes = profile.setup([
            profile.integer(0x9D) + "0161", profile.type(0x9D, after: 0x9D) + "00",
            profile.type(0x11C, after: 0x9D) + "05",
        ])
        let context = MessageContext(sender: .client, place: .control)
        let message = try decode(hex(bytes), profile, context)
        #expect(hex(try encode(message, profile, context)) == bytes)
        guard case .setup(let setup) = message else {
            Issue.record("no setup")
            return
        }
        #expect(setup.unknownOptions.map(\.type) == [0x9D, 0x9D, 0x11C])
    }

    @Test("a server selects what was offered (Versions)")
    func version() throws {
        var context = MessageContext(sender: .server, place: .control)
        context.offeredVersions = [0xFF00_000E]
        let error = #expect(throws: CodecError.self) {
            try decode(hex("210009" + "c0000000ff00000d" + "00"), .draft14, context)
        }
        #expect(error?.scope == .session(.versionNegotiationFailed))
        _ = try decode(hex("210009" + "c0000000ff00000e" + "00"), .draft14, context)
    }

    @Test("a server selects one version, and a client may offer several (Versions)")
    func versions() throws {
        let several = ControlMessage.setup(made(Setup()) { $0.versions = [1, 2] })
        let client = MessageContext(sender: .client, place: .control)
        #expect(hex(try encode(several, .draft14, client)) == "200004" + "02" + "01" + "02" + "00")
        #expect(throws: CodecError.self) {
            try encode(several, .draft14, MessageContext(sender: .server, place: .control))
        }
    }
}
