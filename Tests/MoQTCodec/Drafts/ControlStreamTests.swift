import MoQTCodec
import Testing
import Wire

private func decoder(
    _ profile: Profile, _ stream: ControlStreamKind, receiver: EndpointRole = .server
) -> ControlDecoder { ControlDecoder(profile: profile, receiver: receiver, stream: stream) }

extension ControlDecoder {
    /// The messages in the bytes of `hexadecimal`.
    fileprivate mutating func take(_ hexadecimal: String) throws -> [DecodedMessage] {
        var input = Bytes(hex(hexadecimal))
        var result: [DecodedMessage] = []
        while let message = try next(&input) { result.append(message) }
        return result
    }

    fileprivate mutating func refuses(_ hexadecimal: String) -> CodecError? {
        #expect(throws: CodecError.self) { _ = try take(hexadecimal) }
    }
}

@Suite("which stream carries what")
struct ControlStreamTests {
    private let violation = CodecError.Scope.session(.protocolViolation)

    @Test(
        "one stream carries the setup and all requests (Session initialization)",
        arguments: [Profile.draft14, .draft15])
    func oneStream(_ profile: Profile) throws {
        var client = decoder(profile, .control)
        let isOld = profile === Profile.draft14
        #expect(try client.take(isOld ? "2000020000" : "20000100").map(\.layout.name) == ["CLIENT_SETUP"])
        let messages = try client.take(
            "060005" + "02" + "010161" + "00" + "0a000104" + "15000105")
        #expect(messages.map(\.layout.name) == ["PUBLISH_NAMESPACE", "UNSUBSCRIBE", "MAX_REQUEST_ID"])
        #expect(messages.map(\.context.place) == [.request(.publishNamespace), .any, .control])
        #expect(messages.map(\.offset) == [isOld ? 5 : 4, isOld ? 13 : 12, isOld ? 17 : 16])
    }

    @Test("the setup comes first, from the end it belongs to, and once", arguments: [Profile.draft15, .draft16])
    func setupFirst(_ profile: Profile) throws {
        var early = decoder(profile, .control)
        #expect(early.refuses("0a000104")?.scope == violation)
        var wrongEnd = decoder(profile, .control)
        #expect(wrongEnd.refuses("21000100")?.scope == violation)
        var server = decoder(profile, .control, receiver: .client)
        #expect(try server.take("21000100").map(\.layout.name) == ["SERVER_SETUP"])
        #expect(server.refuses("21000100")?.scope == violation)
    }

    @Test("no other bidirectional stream is for anything in drafts 14 and 15", arguments: [Profile.draft14, .draft15])
    func noRequestStream(_ profile: Profile) throws {
        for layout in profile.messages {
            var bytes: [UInt8] = []
            profile.integers.append(layout.code, to: &bytes)
            var stream = decoder(profile, .request)
            #expect(stream.refuses(hex(bytes) + "0000")?.scope == violation, "\(layout.name)")
        }
    }

    @Test("SUBSCRIBE_NAMESPACE of draft-16 has a stream of its own (SUBSCRIBE_NAMESPACE)")
    func hybrid() throws {
        var request = decoder(.draft16, .request)
        #expect(try request.take("1100040200" + "0200").map(\.context.place) == [.request(.subscribeNamespace)])
        #expect(request.request == .subscribeNamespace)
        #expect(try request.take("020003040200").map(\.layout.name) == ["REQUEST_UPDATE"])

        var reply = decoder(.draft16, .reply(to: .subscribeNamespace), receiver: .client)
        let replies = try reply.take("0700020200" + "08000100" + "0e000100" + "0700020400")
        #expect(replies.map(\.layout.name) == ["REQUEST_OK", "NAMESPACE", "NAMESPACE_DONE", "REQUEST_OK"])
        #expect(replies[0].context.place == .request(.subscribeNamespace))
        #expect(replies[3].context.place == .update(.subscribeNamespace))
    }

    @Test("and no place on the control stream; nor have others a stream (Session initialization)")
    func hybridRefusals() throws {
        var control = decoder(.draft16, .control)
        _ = try control.take("20000100")
        #expect(control.refuses("1100040200" + "0200")?.scope == violation)
        var namespace = decoder(.draft16, .control)
        _ = try namespace.take("20000100")
        #expect(namespace.refuses("08000100")?.scope == violation)
        var subscribe = decoder(.draft16, .request)
        #expect(subscribe.refuses("030007" + "00" + "0101610162" + "00")?.scope == violation)
        var early = decoder(.draft16, .reply(to: .subscribeNamespace), receiver: .client)
        #expect(early.refuses("08000100")?.scope == violation)
    }

    @Test("answers on the shared stream tell their request by its ID, and may be to anything")
    func sharedAnswers() throws {
        var control = decoder(.draft16, .control, receiver: .client)
        _ = try control.take("21000100")
        let messages = try control.take("070006" + "06" + "01" + "09020a14" + "1e00020700" + "02000505020110" + "01")
        #expect(messages.map(\.layout.name) == ["REQUEST_OK", "PUBLISH_OK", "REQUEST_UPDATE"])
        #expect(messages.map(\.context.place) == [.any, .request(.publish), .any])
    }

    @Test("each request has a stream of its own since draft-17 (Session initialization)")
    func streamPerRequest() throws {
        var control = decoder(.draft17, .control)
        _ = try control.take("af000000")
        #expect(try control.take("1000020000").map(\.layout.name) == ["GOAWAY"])
        #expect(control.refuses("0600060200010161" + "00")?.scope == violation)

        var request = decoder(.draft17, .request)
        _ = try request.take("1d0009" + "0000" + "0101610162" + "07" + "00")
        #expect(request.request == .publish)
        // The publisher answers the subscriber's update, and cannot accept its own PUBLISH.
        #expect(try request.take("07000100").map(\.context.place) == [.update(.publish)])
        #expect(request.refuses("1e000100")?.scope == violation)

        var reply = decoder(.draft17, .reply(to: .publish), receiver: .client)
        #expect(try reply.take("1e000100" + "020003030000").count == 2)
    }

    @Test("GOAWAY of draft-17 is for the control stream only (GOAWAY)")
    func goAway() throws {
        var reply = decoder(.draft17, .reply(to: .subscribe), receiver: .client)
        #expect(reply.refuses("1000020000")?.scope == violation)
    }

    @Test("one GOAWAY of draft-18 has two forms, which its length tells apart where the stream does not")
    func unknownStream() throws {
        var any = decoder(.draft18, .any(MessageContext(sender: nil, place: .any)))
        let messages = try any.take("100004008bb80c" + "1000020000")
        #expect(messages.map(\.context.place) == [.control, .any])
        guard case .goAway(let first) = messages[0].message, case .goAway(let second) = messages[1].message else {
            Issue.record("no GOAWAY")
            return
        }
        #expect(first.requestID == RequestID(rawValue: 12))
        #expect(second.requestID == nil)
        var out: [UInt8] = []
        for message in messages { try message.append(to: &out, profile: .draft18) }
        #expect(hex(out) == "100004008bb80c" + "1000020000")
    }

    @Test("known to be on the control stream, a message is about the session or, up to draft-16, about anything")
    func hintedControl() throws {
        let control = MessageContext(sender: nil, place: .control)
        var shared = decoder(.draft15, .any(control))
        #expect(try shared.take("0a000104" + "15000105").map(\.context.place) == [.any, .control])
        var own = decoder(.draft18, .any(control))
        #expect(own.refuses("0600050001016100")?.scope == violation)
    }

    @Test("what is known of a message is held against it")
    func hints() throws {
        var answered = MessageContext(sender: nil, place: .request(.publish))
        var ok = decoder(.draft18, .any(answered))
        #expect(ok.refuses("070003000401")?.scope == violation)
        answered.place = .request(.trackStatus)
        var status = decoder(.draft18, .any(answered))
        #expect(try status.take("070003000401").count == 1)
        var first = MessageContext(sender: nil, place: .any)
        first.isFirstReply = true
        var reply = decoder(.draft18, .any(first))
        #expect(reply.refuses("08000100")?.scope == violation)
    }
}
