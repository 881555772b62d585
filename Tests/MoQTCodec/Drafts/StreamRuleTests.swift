import MoQTCodec
import Testing
import Wire

/// Whether a message of `layout` may come next: its type alone is enough to say no.
private func admits(_ decoder: ControlDecoder, _ layout: MessageLayout, _ profile: Profile) -> Bool {
    var decoder = decoder
    var input = Bytes(hex(profile.integer(layout.code)))
    do { return try decoder.next(&input) == nil } catch { return false }
}

/// Drafts where a request of each kind has a stream of its own, and those kinds.
private let requestStreams: [(Profile, RequestKind)] = Profile.all.flatMap { profile in
    RequestKind.allCases.filter { kind in
        profile.requestStreams.contains(kind) && profile.messages.contains { $0.places.opens == kind }
    }.map { (profile, $0) }
}

@Suite("what may come where on a stream")
struct StreamRuleTests {
    private let violation = CodecError.Scope.session(.protocolViolation)

    private func decoder(
        _ profile: Profile, _ stream: ControlStreamKind, receiver: EndpointRole = .server
    ) -> ControlDecoder { ControlDecoder(profile: profile, receiver: receiver, stream: stream) }

    /// A decoder that has read `bytes`.
    private func decoder(
        _ profile: Profile, _ stream: ControlStreamKind, after bytes: String, receiver: EndpointRole = .server
    ) throws -> ControlDecoder {
        var decoder = decoder(profile, stream, receiver: receiver)
        var input = Bytes(hex(bytes))
        _ = try decoder.next(&input)
        return decoder
    }

    @Test("an unknown message type closes the session (Control Messages)", arguments: Profile.all)
    func unknownType(_ profile: Profile) throws {
        #expect(try fault(profile, "3f0000")?.scope == violation)
    }

    @Test("a message of an older or newer draft is an unknown one (Control Messages)")
    func otherDraft() throws {
        // PUBLISH_OK after draft-17, SUBSCRIBE_NAMESPACE_ERROR after 14, MAX_REQUEST_ID after 16, NAMESPACE before.
        for (profile, bytes) in [
            (Profile.draft18, "1e00020100"), (.draft15, "130003020500"), (.draft17, "15000105"), (.draft15, "08000100"),
        ] {
            #expect(try fault(profile, bytes)?.scope == violation, "\(profile.name) \(bytes)")
        }
    }

    @Test("a length that is not the body's closes the session (Control Messages)", arguments: Profile.all)
    func bodyLength(_ profile: Profile) throws {
        #expect(try fault(profile, profile.framed(.goAway, "000000000000"))?.scope == violation)
        #expect(try fault(profile, profile.framed(.goAway, ""))?.scope == violation)
    }

    @Test("nothing precedes the setup, and it comes once (Session initialization)", arguments: Profile.all)
    func setupFirst(_ profile: Profile) throws {
        let setup = profile.setup([])
        let started = try decoder(profile, .control, after: setup)
        for layout in profile.messages {
            let isSetup = layout.kind == .setup && layout.places.sender != .server
            #expect(admits(decoder(profile, .control), layout, profile) == isSetup, "\(layout.name)")
            if layout.kind == .setup { #expect(!admits(started, layout, profile)) }
        }
    }

    @Test("the end of a control stream closes the session (Session initialization)", arguments: Profile.all)
    func controlFIN(_ profile: Profile) throws {
        let started = try decoder(profile, .control, after: profile.setup([]))
        let error = #expect(throws: CodecError.self) { try started.finish() }
        #expect(error?.scope == violation)
    }

    @Test("a stream begins with a request that has one (Session initialization)", arguments: Profile.all)
    func opening(_ profile: Profile) {
        for layout in profile.messages {
            let kinds: [MessageKind] =
                switch profile.name {
                case "draft-14", "draft-15": []
                case "draft-16": [.subscribeNamespace]
                default:
                    [
                        .subscribe, .publish, .fetch, .trackStatus, .publishNamespace, .subscribeNamespace,
                        .subscribeTracks,
                    ]
                }
            #expect(
                admits(decoder(profile, .request), layout, profile) == kinds.contains(layout.kind), "\(layout.name)")
        }
    }

    @Test("where requests have streams, they come nowhere else (Control Messages)", arguments: vi64Drafts)
    func requestsElsewhere(_ profile: Profile) throws {
        let request = try decoder(profile, .request, after: profile.request(.publishNamespace, "01016100"))
        let control = try decoder(profile, .control, after: profile.setup([]))
        for layout in profile.messages where layout.places.opens != nil {
            #expect(!admits(control, layout, profile), "\(layout.name)")
            #expect(!admits(request, layout, profile), "\(layout.name)")
            #expect(!admits(decoder(profile, .reply(to: .publishNamespace)), layout, profile), "\(layout.name)")
        }
    }

    @Test(
        "the first reply is an answer of the request's (SUBSCRIBE_NAMESPACE, Fetch State Management)",
        arguments: requestStreams)
    func firstReply(_ profile: Profile, _ request: RequestKind) {
        let accepting: MessageKind =
            switch request {
            case .subscribe: .subscribeOK
            case .fetch: .fetchOK
            default: .requestOK
            }
        for layout in profile.messages {
            // Since draft-18 a request may be moved before it is answered, but for those that are told of names.
            let isMove = layout.kind == .goAway && profile.behaviours.contains(.goAwayOnRequestStreams)
            let mayMove = request != .subscribeNamespace && request != .subscribeTracks
            let isExpected = layout.kind == accepting || layout.kind == .requestError || isMove && mayMove
            let isOK = admits(decoder(profile, .reply(to: request), receiver: .client), layout, profile)
            // PUBLISH_OK has a type of its own up to draft-17.
            if layout.kind == .requestOK, layout.places.answers.only == .publish {
                #expect(isOK == (request == .publish), "\(layout.name)")
            } else if !(layout.kind == .requestOK && request == .publish && profile === Profile.draft17) {
                #expect(isOK == isExpected, "\(layout.name)")
            }
        }
    }

    @Test("an update of a request gets an answer of its own (REQUEST_UPDATE)", arguments: vi64Drafts)
    func updateAnswers(_ profile: Profile) throws {
        var reply = try decoder(
            profile, .reply(to: .subscribe), after: profile.subscribeOK("00"), receiver: .client)
        var input = Bytes(hex("07000100" + profile.answer(.publishDone, "020000")))
        #expect(try reply.next(&input)?.context.place == .update(.subscribe))
        #expect(try reply.next(&input)?.message.kind == .publishDone)
    }

    @Test(
        "Track Properties come in answer to TRACK_STATUS only (REQUEST_OK)",
        arguments: Profile.all.filter { !isOne($0, of: quicDrafts) && $0 !== Profile.draft17 })
    func answerProperties(_ profile: Profile) throws {
        for kind in RequestKind.allCases where kind != .subscribe && kind != .fetch {
            if kind == .trackStatus {
                _ = try decode(hex("070003000401"), profile, MessageContext(sender: nil, place: .request(kind)))
            } else {
                #expect(try fault(profile, "070003000401", at: .request(kind))?.scope == violation)
            }
            #expect(try fault(profile, "070003000401", at: .update(kind))?.scope == violation)
        }
    }

    @Test(
        "a client redirects to no URI, and a namespace's request to no track (Redirect Structure)",
        arguments: Profile.all.filter { !isOne($0, of: quicDrafts) && $0 !== Profile.draft17 })
    func redirect(_ profile: Profile) throws {
        #expect(try fault(profile, "050007" + "340100" + "0161" + "0000", from: .client)?.scope == violation)
        for kind in [RequestKind.publishNamespace, .subscribeNamespace, .subscribeTracks] {
            #expect(
                try fault(profile, "050008" + "340100" + "00" + "00" + "026869", at: .request(kind))?.scope == violation
            )
            var error = RequestError()
            error.code = .redirect
            error.redirect = made(Redirect()) { $0.track = track(name: "hi") }
            #expect(throws: CodecError.self) {
                try encode(.requestError(error), profile, MessageContext(sender: .server, place: .request(kind)))
            }
        }
    }

    @Test(
        "a Fetch Type is 1, 2 or 3 (FETCH)",
        arguments: Profile.all.filter { $0.messages.contains { $0.fields.contains(.fetchTarget) } })
    func fetchType(_ profile: Profile) throws {
        let fields = profile === Profile.draft14 ? "8000" : ""
        for type in ["00", "04"] {
            #expect(try fault(profile, profile.request(.fetch, fields + type + "0403" + "00"))?.scope == violation)
        }
    }
}
