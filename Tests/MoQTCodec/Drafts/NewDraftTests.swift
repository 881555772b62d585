import MoQTCodec
import Testing
import Wire

/// A draft that only adds messages to draft-18: tables, and no other code.
private let draftAfter = Profile(
    name: "draft-test", alpn: "moqt-test", integers: .vi64, pairs: .delta(.vi64), streams: Profile.draft18.streams,
    datagrams: Profile.draft18.datagrams, objects: Profile.draft18.objects, limits: Profile.draft18.limits,
    behaviours: Profile.draft18.behaviours,
    codes: Profile.draft18.codes,
    parameters: Profile.draft18.parameters
        + [
            .init(
                .maxCacheDuration, 0x40, "MAX CACHE DURATION Parameter", .integer,
                in: [.subscribeOK, .publishStateNotify])
        ],
    setupOptions: Profile.draft18.setupOptions, trackProperties: Profile.draft18.trackProperties,
    messages: Profile.draft18.messages + [
        .init(.publishStateNotify, 0x60, "TRACK_NEWS", [.parameters], .init(replies: .subscribe)),
        .init(.unsubscribe, 0x61, "FORGET", [.targetRequestID], .init(control: true)),
        .init(
            .publishNamespaceCancel, 0x62, "NAMESPACE_REVOKED", [.namespace, .statusCode, .reason],
            .init(follows: .subscribeNamespace)),
    ])

@Suite("a draft that adds messages is tables alone")
struct NewDraftTests {
    private let vectors: [DraftVector] = [
        .init(
            draftAfter, "TRACK_NEWS", "60000301" + "4005",
            .publishStateNotify(made(PublishStateNotify()) { $0.parameters.maxCacheDuration = 5 })),
        .init(
            draftAfter, "FORGET", "61000104", .unsubscribe(made(Unsubscribe()) { $0.target = RequestID(rawValue: 4) })),
        .init(
            draftAfter, "NAMESPACE_REVOKED", "620005" + "010161" + "0100",
            .publishNamespaceCancel(
                made(PublishNamespaceCancel()) {
                    $0.namespace = try! TrackNamespace(utf8: "a")
                    $0.code = .unauthorized
                })),
    ]

    @Test("its messages are read and written")
    func messages() throws {
        for vector in vectors {
            #expect(try decode(hex(vector.hex), vector.profile, vector.context) == vector.message)
            #expect(hex(try encode(vector.message, vector.profile, vector.context)) == vector.hex)
        }
    }

    @Test("they are held to their places")
    func places() throws {
        var control = ControlDecoder(profile: draftAfter, receiver: .server, stream: .control)
        var input = Bytes(hex("af000000" + "61000104"))
        #expect(try control.next(&input)?.layout.name == "SETUP")
        #expect(try control.next(&input)?.layout.name == "FORGET")
        var reply = ControlDecoder(profile: draftAfter, receiver: .client, stream: .reply(to: .subscribe))
        input = Bytes(hex("0400020100" + "600003014005"))
        _ = try reply.next(&input)
        #expect(try reply.next(&input)?.layout.name == "TRACK_NEWS")
        var other = ControlDecoder(profile: draftAfter, receiver: .client, stream: .reply(to: .fetch))
        input = Bytes(hex("600003014005"))
        #expect(throws: CodecError.self) { _ = try other.next(&input) }
    }

    @Test("draft-18 knows none of them")
    func unknown() throws {
        for vector in vectors {
            #expect(throws: CodecError.self) { try decode(hex(vector.hex), .draft18, vector.context) }
        }
    }
}
