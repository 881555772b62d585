import MoQTCodec
import Testing
import Wire

/// "SETUP", "Setup Options", "GOAWAY".
@Suite("musts of setup and GOAWAY")
struct MustSetupTests {
    private func setup(_ draft: Draft, _ count: Int, _ options: [UInt8]) throws -> Setup {
        let messages = try draft.messages(draft.setup(count, options), .setup(from: .client))
        guard messages.count == 1, case .setup(let setup) = messages[0] else { throw Unexpected() }
        return setup
    }

    @Test("SET-1: unknown options are ignored", arguments: Draft.allCases)
    func unknown(_ draft: Draft) throws {
        // An unknown number, MAX_AUTH_TOKEN_CACHE_SIZE, and unknown bytes under a type kept for greasing.
        let read = try setup(
            draft, 3, hex("0003" + "0409") + draft.number(0x9D - 0x04) + hex("03616263"))
        #expect(read.maxAuthTokenCacheSize == 9)
    }

    @Test("SET-2: an unknown option may come twice", arguments: Draft.allCases)
    func unknownTwice(_ draft: Draft) throws {
        let grease = draft.number(0x9D - 0x04)
        let read = try setup(
            draft, 5, hex("0003" + "0003" + "0409") + grease + hex("0161") + hex("000162"))
        #expect(read.maxAuthTokenCacheSize == 9)
    }

    @Test("SET-3: a known option but a token comes once", arguments: Draft.allCases)
    func knownTwice(_ draft: Draft) throws {
        #expect(try draft.fault(draft.setup(1, hex("01012f")), .setup(from: .client)) == nil)
        #expect(
            try draft.fault(draft.setup(2, hex("01012f" + "00012f")), .setup(from: .client)) == .violation
        )
        #expect(
            try draft.fault(draft.setup(2, hex("0409" + "0009")), .setup(from: .client)) == .violation)
        #expect(
            try draft.fault(draft.setup(2, hex("0303030061" + "0003030062")), .setup(from: .client))
                == nil)
    }

    @Test("SET-4: AUTHORITY is for a client without WebTransport", arguments: Draft.allCases)
    func authorityPlace(_ draft: Draft) throws {
        let option = hex("0501") + [0x78]
        #expect(try draft.fault(draft.setup(1, option), .setup(from: .client)) == nil)
        let fromServer = draft.setup(from: .server, 1, option)
        #expect(try draft.fault(fromServer, .setup(from: .server)) == .session(.invalidAuthority))
        #expect(
            try draft.fault(draft.setup(1, option), .setup(from: .client), overWebTransport: true)
                == .session(.invalidAuthority))
        try expectUnwritable(draft) { $0.authority = "x" }
    }

    @Test("SET-5: AUTHORITY is a URI's", arguments: Draft.allCases)
    func authoritySyntax(_ draft: Draft) throws {
        for text in ["example.com", "example.com:4433", "[::1]:4433", "a%20b"] {
            #expect(
                try draft.fault(draft.setup(1, option(5, text)), .setup(from: .client)) == nil, "\(text)")
        }
        for text in ["", ":4433", "a b", "a/b", "a:b", "a%2", "[::1", "a\u{e9}"] {
            #expect(
                try draft.fault(draft.setup(1, option(5, text)), .setup(from: .client))
                    == .session(.malformedAuthority), "\(text)")
        }
    }

    @Test("SET-6: PATH is for a client without WebTransport", arguments: Draft.allCases)
    func pathPlace(_ draft: Draft) throws {
        let option = hex("01012f")
        let fromServer = draft.setup(from: .server, 1, option)
        #expect(try draft.fault(fromServer, .setup(from: .server)) == .session(.invalidPath))
        #expect(
            try draft.fault(draft.setup(1, option), .setup(from: .client), overWebTransport: true)
                == .session(.invalidPath))
        try expectUnwritable(draft) { $0.path = "/" }
    }

    @Test("SET-7: PATH is a URI's path, with its query", arguments: Draft.allCases)
    func pathSyntax(_ draft: Draft) throws {
        for text in ["", "/", "/a/b", "/a?b=c", "?b", "/a%20b"] {
            #expect(
                try draft.fault(draft.setup(1, option(1, text)), .setup(from: .client)) == nil, "\(text)")
        }
        for text in ["a", "/a b", "/a#b", "/a%2", "/a\u{e9}", "https://a/"] {
            #expect(
                try draft.fault(draft.setup(1, option(1, text)), .setup(from: .client))
                    == .session(.malformedPath),
                "\(text)")
        }
    }

    private func option(_ type: UInt8, _ text: String) -> [UInt8] {
        [type, UInt8(text.utf8.count)] + text.utf8
    }

    /// A server does not write the option, nor does a client over WebTransport.
    private func expectUnwritable(_ draft: Draft, _ fill: (inout Setup) -> Void) throws {
        var setup = Setup()
        fill(&setup)
        #expect(throws: Never.self) { try draft.encode(.setup(setup), .control) }
        for (sender, overWebTransport) in [(EndpointRole.server, false), (.client, true)] {
            var out: [UInt8] = []
            let context = MessageContext(
                sender: sender, place: .control, overWebTransport: overWebTransport)
            let error = #expect(throws: CodecError.self) {
                try ControlMessage.setup(setup).append(to: &out, profile: draft.profile, context: context)
            }
            #expect(error?.scope == .caller)
        }
    }

    @Test("GOA-1: a client writes no URI in GOAWAY", arguments: Draft.since18)
    func clientURI(_ draft: Draft) throws {
        var goAway = GoAway()
        goAway.requestID = draft == .draft18 ? RequestID(rawValue: 0) : nil
        #expect(throws: Never.self) { try draft.encode(.goAway(goAway), from: .server, .control) }
        goAway.newSessionURI = "moqt://a"
        #expect(throws: Never.self) { try draft.encode(.goAway(goAway), from: .server, .control) }
        goAway.requestID = draft == .draft18 ? RequestID(rawValue: 1) : nil
        let error = #expect(throws: CodecError.self) { try draft.encode(.goAway(goAway), .control) }
        #expect(error?.scope == .caller)
    }

    @Test("GOA-2: a server that gets a URI in GOAWAY closes the session", arguments: Draft.allCases)
    func serverURI(_ draft: Draft) throws {
        #expect(try draft.fault(draft.goAway(uri: 0, requestID: 1), .control(from: .client)) == nil)
        #expect(
            try draft.fault(draft.goAway(uri: 1, requestID: 1), .control(from: .client)) == .violation)
        #expect(try draft.fault(draft.goAway(uri: 1), .control(from: .server)) == nil)
    }

    @Test("GOA-3: a URI of more than 8,192 bytes closes the session", arguments: Draft.allCases)
    func longURI(_ draft: Draft) throws {
        #expect(try draft.fault(draft.goAway(uri: 8192), .control(from: .server)) == nil)
        #expect(try draft.fault(draft.goAway(uri: 8193), .control(from: .server)) == .violation)
    }

    @Test("GOA-5: GOAWAY names a request of the receiver's")
    func goAwayParity() throws {
        let draft = Draft.draft18
        for id in [0, 2, 0x4000] as [UInt64] {
            #expect(try draft.fault(draft.goAway(uri: 0, requestID: id), .control(from: .server)) == nil)
            #expect(
                try draft.fault(draft.goAway(uri: 0, requestID: id), .control(from: .client))
                    == .session(.invalidRequestID))
        }
        #expect(
            try draft.fault(draft.goAway(uri: 0, requestID: 3), .control(from: .server))
                == .session(.invalidRequestID))
    }
}
