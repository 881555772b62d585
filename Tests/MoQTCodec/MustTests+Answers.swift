import MoQTCodec
import Testing
import Wire

/// "REQUEST_OK", "REQUEST_ERROR", "FETCH", "PUBLISH_DONE" and what answers what.
@Suite("musts of requests and answers")
struct MustAnswerTests {
    @Test("ANS-1: SUBSCRIBE and PUBLISH have one answer, of their kind", arguments: Draft.since18)
    func subscriptionAnswers(_ draft: Draft) throws {
        let requestOK = draft.message(0x07, [0])
        #expect(try draft.fault(draft.subscribeOK(), .reply(.subscribe)) == nil)
        #expect(try draft.fault(requestOK, .reply(.subscribe)) == .violation)
        #expect(
            try draft.fault(draft.subscribeOK() + draft.subscribeOK(), .reply(.subscribe)) == .violation)
        #expect(try draft.fault(requestOK, .reply(.publish)) == nil)
        #expect(try draft.fault(draft.subscribeOK(), .reply(.publish)) == .violation)
    }

    @Test("ANS-2: FETCH has one answer, of its kind", arguments: Draft.since18)
    func fetchAnswers(_ draft: Draft) throws {
        #expect(try draft.fault(draft.fetchOK(), .reply(.fetch)) == nil)
        #expect(try draft.fault(draft.requestError(), .reply(.fetch)) == nil)
        #expect(try draft.fault(draft.message(0x07, [0]), .reply(.fetch)) == .violation)
        #expect(try draft.fault(draft.subscribeOK(), .reply(.fetch)) == .violation)
        #expect(try draft.fault(draft.fetchOK() + draft.fetchOK(), .reply(.fetch)) == .violation)
    }

    @Test("ANS-3: PUBLISH_NAMESPACE is answered before all else", arguments: Draft.since18)
    func publishNamespaceAnswers(_ draft: Draft) throws {
        let place = Draft.Place.reply(.publishNamespace)
        #expect(try draft.fault(draft.message(0x07, [0]), place) == nil)
        #expect(try draft.fault(draft.requestError(), place) == nil)
        for other in [
            draft.subscribeOK(), draft.fetchOK(), draft.message(0x08, [0]), draft.publishDone(),
        ] {
            #expect(try draft.fault(other, place) == .violation)
        }
    }

    @Test("ANS-4: SUBSCRIBE_NAMESPACE is answered before all else", arguments: Draft.allCases)
    func subscribeNamespaceAnswers(_ draft: Draft) throws {
        let place = Draft.Place.reply(.subscribeNamespace)
        let namespace = draft.message(0x08, draft.namespace([1]))
        #expect(try draft.fault(draft.answer(0x07, [0]) + namespace, place) == nil)
        #expect(try draft.fault(draft.requestError(), place) == nil)
        let others = [
            namespace, draft.message(0x0E, draft.namespace([1])), draft.subscribeOK(), draft.fetchOK(),
        ]
        for other in others { #expect(try draft.fault(other, place) == .violation) }
    }

    @Test("ANS-4: GOAWAY is no answer either", arguments: Draft.since18)
    func goAwayBeforeAnswer(_ draft: Draft) throws {
        let goAway = draft.message(0x10, [0, 0])
        #expect(try draft.fault(goAway, .reply(.subscribeNamespace)) == .violation)
        #expect(try draft.fault(goAway, .reply(.subscribeTracks)) == .violation)
        #expect(try draft.fault(draft.message(0x07, [0]) + goAway, .reply(.subscribeNamespace)) == nil)
    }

    @Test("ANS-5: SUBSCRIBE_TRACKS is answered before all else", arguments: Draft.since18)
    func subscribeTracksAnswers(_ draft: Draft) throws {
        let place = Draft.Place.reply(.subscribeTracks)
        let blocked = draft.message(0x0F, draft.namespace([1]) + draft.text(1))
        #expect(try draft.fault(draft.message(0x07, [0]) + blocked, place) == nil)
        #expect(try draft.fault(draft.requestError(), place) == nil)
        for other in [blocked, draft.subscribeOK(), draft.message(0x08, draft.namespace([1]))] {
            #expect(try draft.fault(other, place) == .violation)
        }
    }

    @Test("ANS-8: updates come from the requester, or from the subscriber of a PUBLISH")
    func updates() throws {
        let draft = Draft.draft19
        let update = draft.message(0x02, [2, 0])
        let requestOK = draft.message(0x07, [0])
        #expect(try draft.fault(draft.subscribe() + update, .request(.subscribe)) == nil)
        #expect(try draft.fault(requestOK + draft.message(0x02, [3, 0]), .reply(.publish)) == nil)
        #expect(try draft.fault(draft.subscribeOK() + update, .reply(.subscribe)) == .violation)
        #expect(try draft.fault(draft.fetchOK() + update, .reply(.fetch)) == .violation)
        for kind in [RequestKind.publishNamespace, .subscribeNamespace, .subscribeTracks] {
            #expect(try draft.fault(requestOK + update, .reply(kind)) == .violation, "\(kind)")
        }
        let trackStatus = draft.message(0x0D, hex("00" + "010161" + "0162" + "00"))
        #expect(try draft.fault(trackStatus + update, .request(.trackStatus)) == .violation)
        #expect(try draft.fault(update, .control(from: .client)) == .violation)
    }

    @Test("ANS-10: only TRACK_STATUS_OK has Track Properties", arguments: Draft.since18)
    func trackProperties(_ draft: Draft) throws {
        let filled = draft.message(0x07, hex("00" + "0409"))
        #expect(try draft.fault(filled, .reply(.trackStatus)) == nil)
        for kind in [RequestKind.publish, .publishNamespace, .subscribeNamespace, .subscribeTracks] {
            #expect(try draft.fault(filled, .reply(kind)) == .violation, "\(kind)")
        }
        // To an update.
        #expect(try draft.fault(draft.subscribeOK() + filled, .reply(.subscribe)) == .violation)
        #expect(try draft.fault(draft.fetchOK() + filled, .reply(.fetch)) == .violation)
    }

    @Test("ANS-11: unknown codes close nothing and stay as they are", arguments: Draft.since18)
    func unknownCodes(_ draft: Draft) throws {
        for code in [0x2F, 0x9D, 0x11C, 1 << 40] as [UInt64] {
            let refusal = draft.requestError(code)
            let error = try #require(try draft.messages(refusal, .reply(.fetch)).first)
            #expect(try draft.encode(error, from: .server, .request(.fetch)) == refusal)
            let ended = draft.publishDone(code)
            let done = try #require(
                try draft.messages(draft.subscribeOK() + ended, .reply(.subscribe)).last)
            #expect(try draft.encode(done, from: .server, .request(.subscribe)) == ended)
        }
        #expect(try draft.fault(draft.requestError(.max), .reply(.fetch)) == nil)
        #expect(try draft.fault(draft.subscribeOK() + draft.publishDone(.max), .reply(.subscribe)) == nil)
    }

    @Test("RED-1: a server that gets a Connect URI closes the session", arguments: Draft.since18)
    func redirectURI(_ draft: Draft) throws {
        let (empty, filled) = (hex("00" + "010161" + "0162"), hex("0175" + "010161" + "0162"))
        for (redirect, fault) in [(empty, nil), (filled, CodecError.Scope.violation)] {
            let message = draft.requestError(0x34, then: redirect)
            var decoder = ControlDecoder(
                profile: draft.profile, receiver: .server, stream: .reply(to: .trackStatus))
            var input = Bytes(message)
            if fault == nil {
                #expect(throws: Never.self) { try decoder.next(&input) }
            } else {
                let error = #expect(throws: CodecError.self) { try decoder.next(&input) }
                #expect(error?.scope == fault)
            }
            #expect(try draft.fault(message, .reply(.trackStatus)) == nil, "a client follows it")
        }
    }

    @Test("RED-2: a redirect of a namespace names no track", arguments: Draft.since18)
    func redirectName(_ draft: Draft) throws {
        let (namespace, track) = (hex("00" + "010161" + "00"), hex("00" + "010161" + "0162"))
        var kinds = [RequestKind.subscribeNamespace, .publishNamespace]
        if draft == .draft19 { kinds.append(.subscribeTracks) }
        var redirected = RequestError()
        redirected.code = .redirect
        redirected.redirect = Redirect()
        redirected.redirect?.track = trackAB
        for kind in kinds {
            #expect(try draft.fault(draft.requestError(0x34, then: namespace), .reply(kind)) == nil)
            #expect(
                try draft.fault(draft.requestError(0x34, then: track), .reply(kind)) == .violation,
                "\(kind)")
            let error = #expect(throws: CodecError.self) {
                try draft.encode(.requestError(redirected), from: .server, .request(kind))
            }
            #expect(error?.scope == .caller)
        }
    }

    @Test("FET-1: a Fetch Type is 1, 2 or 3", arguments: Draft.allCases)
    func fetchTypes(_ draft: Draft) throws {
        #expect(try draft.fault(draft.fetch(), .request(.fetch)) == nil)
        for type in [2, 3] as [UInt8] {
            #expect(try draft.fault(draft.message(0x16, [4, type, 0, 3, 0]), .request(.fetch)) == nil)
        }
        for type in [0, 4, 63] as [UInt8] {
            #expect(
                try draft.fault(draft.message(0x16, [4, type, 0, 3, 0]), .request(.fetch)) == .violation)
        }
    }

    @Test("FET-2: a standalone FETCH that ends before it starts is INVALID_RANGE", arguments: Draft.allCases)
    func fetchRange(_ draft: Draft) throws {
        // The end is the object's number plus 1, and 0 the whole group.
        let ranges: [(String, CodecError.Scope?)] = [
            ("05030504", nil), ("05030500", nil), ("05030601", nil),
            ("05030503", .request(.invalidRange)),
            ("05030409", .request(.invalidRange)), ("05000400", .request(.invalidRange)),
        ]
        for (range, refusal) in ranges {
            let fetch = draft.message(0x16, hex("00" + "01" + "010161" + "0162" + range + "00"))
            #expect(try draft.refusal(fetch, .request(.fetch)) == refusal, "\(range)")
        }
    }

    @Test("PDN-1: an unknown Stream Count is 2^62-1", arguments: Draft.allCases)
    func streamCount(_ draft: Draft) throws {
        var done = PublishDone()
        done.code = .trackEnded
        if draft == .draft16 { done.target = RequestID(rawValue: 0) }
        for (count, bytes) in [(nil, draft.number(1 << 62 - 1)), (0, [0]), (3, [3])]
            as [(UInt64?, [UInt8])]
        {
            done.streamCount = count
            let message = draft.answer(0x0B, [2] + bytes + [0])
            #expect(try draft.encode(.publishDone(done), from: .server, .request(.subscribe)) == message)
            let read = try draft.messages(draft.subscribeOK() + message, .reply(.subscribe)).last
            #expect(read == .publishDone(done))
        }
    }
}
