import MoQTCodec
import Testing
import Wire

/// draft-18 messages derived by hand from the draft's text: bytes and value must give each other exactly.
struct ControlVector: Sendable, CustomTestStringConvertible {
    var id: String
    var hex: String
    var message: ControlMessage
    var stage: Stage

    var testDescription: String { id }
}

private let liveVideo = try! FullTrackName(namespace: TrackNamespace(utf8: "live"), name: TrackName(utf8: "video"))

private func filled<Body>(_ body: Body, _ fill: (inout Body) -> Void) -> Body {
    var body = body
    fill(&body)
    return body
}

let controlVectors: [ControlVector] = [
    .init(
        id: "18-01 SETUP (client, raw QUIC)",
        hex: "af00001f01052f6c697665038400010b6578616d706c652e636f6d020664656d6f2f31",
        message: .setup(
            filled(Setup()) {
                $0.path = "/live"
                $0.maxAuthTokenCacheSize = 1024
                $0.authority = "example.com"
                $0.implementation = "demo/1"
            }), stage: .fitting(.setup)),
    .init(
        id: "18-03 SUBSCRIBE with nine typed parameters",
        hex: "03002d0001046c69766505766964656f0902938801050300616263000202050183e802000a0010c80104040503040102",
        message: .subscribe(
            filled(Subscribe()) {
                $0.track = liveVideo
                $0.parameters.objectDeliveryTimeout = 5000
                $0.parameters.authorizationTokens = [.useValue(type: 0, value: Bytes(Array("abc".utf8))), .useAlias(5)]
                $0.parameters.rendezvousTimeout = 1000
                $0.parameters.subgroupDeliveryTimeout = 0
                $0.parameters.forward = false
                $0.parameters.subscriberPriority = 200
                $0.parameters.locationFilter = .absoluteRange(
                    start: Location(group: 5, object: 3), end: RangeEnd(group: 9))
                $0.parameters.groupOrder = .descending
            }), stage: .fitting(.subscribe)),
    .init(
        id: "18-04 SUBSCRIBE_OK: bare Location, 9-byte vi64",
        hex: "04001f070208c0ea6001ffffffffffffffffffff3fffffffffffffff0e6414020e01",
        message: .subscribeOK(
            filled(SubscribeOK()) {
                $0.trackAlias = TrackAlias(rawValue: 7)
                $0.parameters.expires = 60000
                $0.parameters.largestObject = Location(group: .max, object: 1 << 62 - 1)
                $0.trackProperties = Properties(
                    [.init(type: 14, integer: 100), .init(type: 34, integer: 2), .init(type: 48, integer: 1)],
                    profile: draft18)
            }), stage: .fitting(.subscribeOK)),
    .init(
        id: "18-06 TRACK_STATUS_OK: the only REQUEST_OK with Track Properties",
        hex: "07000801090a1404c07530",
        message: .requestOK(
            filled(RequestOK()) {
                $0.parameters.largestObject = Location(group: 10, object: 20)
                $0.trackProperties = Properties([.init(type: 4, integer: 30000)], profile: draft18)
            }), stage: .reply(to: .trackStatus)),
    .init(
        id: "18-07 REQUEST_ERROR REDIRECT",
        hex: "050022340100126d6f71743a2f2f622e6578616d706c652f7801046c69766505766964656f",
        message: .requestError(
            filled(RequestError()) {
                $0.code = .redirect
                $0.retryAfter = 0
                $0.redirect = filled(Redirect()) {
                    $0.connectURI = "moqt://b.example/x"
                    $0.track = liveVideo
                }
            }), stage: .fitting(.requestError)),
    .init(
        id: "18-09 GOAWAY on the control stream", hex: "100004008bb80c",
        message: .goAway(
            filled(GoAway()) {
                $0.timeout = 3000
                $0.requestID = RequestID(rawValue: 12)
            }), stage: .control(receiver: .client)),
    .init(
        id: "18-10 GOAWAY on a request stream", hex: "1000020000", message: .goAway(GoAway()),
        stage: .reply(to: .subscribe)),
    .init(
        id: "18-12 SUBSCRIBE_TRACKS, all namespaces", hex: "5100050400011000",
        message: .subscribeTracks(
            filled(SubscribeTracks()) {
                $0.requestID = RequestID(rawValue: 4)
                $0.parameters.forward = false
            }), stage: .fitting(.subscribeTracks)),
    .init(
        id: "18-13 PUBLISH_BLOCKED", hex: "0f000a0104726f6f6d0363616d",
        message: .publishBlocked(
            filled(PublishBlocked()) {
                $0.suffix = try! TrackNamespace(utf8: "room")
                $0.trackName = TrackName(utf8: "cam")
            }), stage: .fitting(.publishBlocked)),
    .init(
        id: "18-15 FETCH standalone, FILL_TIMEOUT 0, descending",
        hex: "160017080101046c69766505766964656f02000400020a001802",
        message: .fetch(
            filled(Fetch()) {
                $0.requestID = RequestID(rawValue: 8)
                $0.target = .standalone(
                    track: liveVideo, start: Location(group: 2, object: 0), end: RangeEnd(group: 4))
                $0.parameters.fillTimeout = 0
                $0.parameters.groupOrder = .descending
            }), stage: .fitting(.fetch)),
    .init(
        id: "18-16 FETCH relative joining", hex: "1600050a02000300",
        message: .fetch(
            filled(Fetch()) {
                $0.requestID = RequestID(rawValue: 10)
                $0.target = .relativeJoining(request: RequestID(rawValue: 0), groups: 3)
            }), stage: .fitting(.fetch)),
]

@Suite("draft-18 control vectors")
struct ControlVectorTests {
    @Test("bytes and value give each other", arguments: controlVectors)
    func exact(_ vector: ControlVector) throws {
        #expect(try decode([hex(vector.hex)], vector.stage) == [vector.message])
        var out: [UInt8] = []
        try vector.message.append(to: &out, profile: draft18, context: vector.stage.context)
        #expect(hex(out) == vector.hex)
    }

    @Test("every split gives the same message", arguments: controlVectors)
    func split(_ vector: ControlVector) throws {
        for chunks in splits(hex(vector.hex)) {
            #expect(try decode(chunks, vector.stage) == [vector.message])
        }
    }

    @Test("every proper prefix is incomplete, and FIN there closes the session", arguments: controlVectors)
    func truncated(_ vector: ControlVector) throws {
        let bytes = hex(vector.hex)
        for count in 1..<bytes.count {
            var decoder = try vector.stage.decoder()
            var input = Bytes(Array(bytes[..<count]))
            #expect(try decoder.next(&input) == nil)
            #expect(throws: CodecError.self) { try decoder.finish() }
        }
    }

    @Test("a body cut short inside its length closes the session", arguments: controlVectors)
    func shortBody(_ vector: ControlVector) throws {
        let bytes = hex(vector.hex)
        let header = bytes[0] == 0xAF ? 4 : 3
        // Cut where a prefix is a message too (an optional end), it may decode.
        for count in 0..<bytes.count - header {
            var cut = Array(bytes[..<(header - 2)]) + [UInt8(count >> 8), UInt8(count & 0xFF)]
            cut += bytes[header..<header + count]
            do {
                #expect(try decode([cut], vector.stage).count == 1)
            } catch let error as CodecError {
                #expect(
                    error.scope == .session(.protocolViolation) || error.scope == .session(.keyValueFormattingError))
                #expect(error.offset <= UInt64(vector.stage.prelude.count + cut.count))
            }
        }
    }

    @Test("a flipped bit decodes or errs, never traps", arguments: controlVectors)
    func flipped(_ vector: ControlVector) throws {
        let bytes = hex(vector.hex)
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            _ = try? decode([changed], vector.stage)
        }
    }
}
