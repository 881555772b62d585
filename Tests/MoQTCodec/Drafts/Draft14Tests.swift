import MoQTCodec
import Testing
import Wire

let draft14Vectors: [DraftVector] = [
    .init(
        .draft14, "CLIENT_SETUP: one version, PATH, MAX_REQUEST_ID, AUTHORITY",
        "20002101c0000000ff00000e0301052f6c697665024064050b6578616d706c652e636f6d",
        .setup(
            made(Setup()) {
                $0.versions = [0xFF00_000E]
                $0.path = "/live"
                $0.maxRequestID = 100
                $0.authority = "example.com"
            }), from: .client),
    .init(
        .draft14, "SERVER_SETUP", "21000cc0000000ff00000e010240c8",
        .setup(
            made(Setup()) {
                $0.versions = [0xFF00_000E]
                $0.maxRequestID = 200
            }), from: .server),
    .init(
        .draft14, "SUBSCRIBE with fields of its own, and parameters in an order of their own",
        "03001f0401046c69766505617564696f200200040503090203050300616263025388",
        .subscribe(
            made(Subscribe()) {
                $0.requestID = RequestID(rawValue: 4)
                $0.track = track("live", name: "audio")
                $0.parameters.subscriberPriority = 32
                $0.parameters.groupOrder = .descending
                $0.parameters.forward = false
                $0.parameters.locationFilter = .absoluteRange(
                    start: Location(group: 5, object: 3), end: RangeEnd(group: 9))
                $0.parameters.authorizationTokens = [.useValue(type: 0, value: Bytes(Array("abc".utf8)))]
                $0.parameters.objectDeliveryTimeout = 5000
                $0.parameters.order.types = [3, 2]
            })),
    .init(
        .draft14, "SUBSCRIBE leaves the order to the publisher", "03000b0001016101628000010100",
        .subscribe(
            made(Subscribe()) {
                $0.track = track("a", name: "b")
                $0.parameters.subscriberPriority = 128
                $0.parameters.forward = true
                $0.parameters.locationFilter = .nextGroup
            })),
    .init(
        .draft14, "SUBSCRIBE_OK with the largest numbers there are, and MAX_CACHE_DURATION",
        "04001b0407000101ffffffffffffffffffffffffffffffff01048000ea60",
        .subscribeOK(
            made(SubscribeOK()) {
                $0.target = RequestID(rawValue: 4)
                $0.trackAlias = TrackAlias(rawValue: 7)
                $0.parameters.expires = 0
                $0.parameters.groupOrder = .ascending
                $0.parameters.largestObject = Location(group: 1 << 62 - 1, object: 1 << 62 - 1)
                $0.parameters.maxCacheDuration = 60000
            })),
    .init(
        .draft14, "TRACK_STATUS_OK looks as SUBSCRIBE_OK does", "0e000706004064020000",
        .requestOK(
            made(RequestOK()) {
                $0.target = RequestID(rawValue: 6)
                $0.parameters.expires = 100
                $0.parameters.groupOrder = .descending
            }), at: .request(.trackStatus)),
    .init(
        .draft14, "SUBSCRIBE_UPDATE: the end group is one beyond", "0200080604050309200100",
        .requestUpdate(
            made(RequestUpdate()) {
                $0.requestID = RequestID(rawValue: 6)
                $0.target = RequestID(rawValue: 4)
                $0.parameters.locationFilter = .absoluteRange(
                    start: Location(group: 5, object: 3), end: RangeEnd(group: 8))
                $0.parameters.subscriberPriority = 32
                $0.parameters.forward = true
            })),
    .init(
        .draft14, "SUBSCRIBE_UPDATE: end group 0 is open", "0200080604050300200100",
        .requestUpdate(
            made(RequestUpdate()) {
                $0.requestID = RequestID(rawValue: 6)
                $0.target = RequestID(rawValue: 4)
                $0.parameters.locationFilter = .absoluteStart(Location(group: 5, object: 3))
                $0.parameters.subscriberPriority = 32
                $0.parameters.forward = true
            })),
    .init(
        .draft14, "PUBLISH from a server, no content yet", "1d00120101046c6976650463616d31406402000000",
        .publish(
            made(Publish()) {
                $0.requestID = RequestID(rawValue: 1)
                $0.track = track("live", name: "cam1")
                $0.trackAlias = TrackAlias(rawValue: 100)
                $0.parameters.groupOrder = .descending
                $0.parameters.forward = false
            })),
    .init(
        .draft14, "PUBLISH_OK", "1e0006010180010200",
        .requestOK(
            made(RequestOK()) {
                $0.target = RequestID(rawValue: 1)
                $0.parameters.forward = true
                $0.parameters.subscriberPriority = 128
                $0.parameters.groupOrder = .ascending
                $0.parameters.locationFilter = .nextObject
            }), at: .request(.publish)),
    .init(
        .draft14, "FETCH of whole groups", "1600150880010101046c69766505766964656f0200040000",
        .fetch(
            made(Fetch()) {
                $0.requestID = RequestID(rawValue: 8)
                $0.parameters.subscriberPriority = 128
                $0.parameters.groupOrder = .ascending
                $0.target = .standalone(
                    track: track("live", name: "video"), start: Location(group: 2, object: 0),
                    end: RangeEnd(group: 4))
            })),
    .init(
        .draft14, "FETCH joining, the order left to the publisher", "1600070a400002040300",
        .fetch(
            made(Fetch()) {
                $0.requestID = RequestID(rawValue: 10)
                $0.parameters.subscriberPriority = 64
                $0.target = .relativeJoining(request: RequestID(rawValue: 4), groups: 3)
            })),
    .init(
        .draft14, "FETCH_OK names the order", "180006080201040500",
        .fetchOK(
            made(FetchOK()) {
                $0.target = RequestID(rawValue: 8)
                $0.parameters.groupOrder = .descending
                $0.endOfTrack = true
                $0.end = RangeEnd(group: 4, object: 4)
            })),
    .init(
        .draft14, "PUBLISH_DONE, stream count unknown", "0b00100402ffffffffffffffff05656e646564",
        .publishDone(
            made(PublishDone()) {
                $0.target = RequestID(rawValue: 4)
                $0.code = .trackEnded
                $0.streamCount = nil
                $0.reason = "ended"
            })),
    .init(
        .draft14, "PUBLISH_NAMESPACE_DONE names the namespace", "090006010461626364",
        .publishNamespaceDone(made(PublishNamespaceDone()) { $0.namespace = try! TrackNamespace(utf8: "abcd") })),
    .init(
        .draft14, "PUBLISH_NAMESPACE_CANCEL names the namespace", "0c001402046c6976650463616d31010765787069726564",
        .publishNamespaceCancel(
            made(PublishNamespaceCancel()) {
                $0.namespace = try! TrackNamespace(utf8: "live", "cam1")
                $0.code = .unauthorized
                $0.reason = "expired"
            })),
    .init(
        .draft14, "UNSUBSCRIBE_NAMESPACE names the prefix", "140003010161",
        .unsubscribeNamespace(made(UnsubscribeNamespace()) { $0.prefix = try! TrackNamespace(utf8: "a") })),
    .init(
        .draft14, "GOAWAY is a URI and nothing else", "10000b0a6d6f71743a2f2f622f78",
        .goAway(made(GoAway()) { $0.newSessionURI = "moqt://b/x" }), from: .server),
    .init(
        .draft14, "MAX_REQUEST_ID", "1500024064", .maxRequestID(made(MaxRequestID()) { $0.maximum = 100 })),
    .init(
        .draft14, "REQUESTS_BLOCKED", "1a000105",
        .requestsBlocked(made(RequestsBlocked()) { $0.maximum = 5 })),
    .init(
        .draft14, "UNSUBSCRIBE", "0a000104",
        .unsubscribe(made(Unsubscribe()) { $0.target = RequestID(rawValue: 4) })),
    .init(
        .draft14, "FETCH_CANCEL", "17000108",
        .fetchCancel(made(FetchCancel()) { $0.target = RequestID(rawValue: 8) })),
    .init(
        .draft14, "PUBLISH_NAMESPACE_OK is a Request ID and nothing else", "07000102",
        .requestOK(made(RequestOK()) { $0.target = RequestID(rawValue: 2) }), at: .request(.publishNamespace)),
    .init(
        .draft14, "SUBSCRIBE_NAMESPACE_OK likewise", "12000102",
        .requestOK(made(RequestOK()) { $0.target = RequestID(rawValue: 2) }), at: .request(.subscribeNamespace)),
]

@Suite("draft-14 control messages")
struct Draft14Tests {
    @Test("each error message has codes of its own (Error Codes)")
    func errorCodes() throws {
        let expected: [(type: String, number: String, RequestKind, RequestErrorCode)] = [
            ("05", "04", .subscribe, .doesNotExist), ("05", "05", .subscribe, .invalidRange),
            ("05", "10", .subscribe, .malformedAuthToken), ("05", "12", .subscribe, .expiredAuthToken),
            ("0f", "04", .trackStatus, .doesNotExist), ("1f", "04", .publish, .uninterested),
            ("08", "04", .publishNamespace, .uninterested), ("19", "04", .fetch, .doesNotExist),
            ("19", "06", .fetch, .noObjects), ("19", "07", .fetch, .invalidJoiningRequestID),
            ("19", "08", .fetch, .unknownStatusInRange), ("19", "09", .fetch, .malformedTrack),
            ("13", "04", .subscribeNamespace, .doesNotExist), ("13", "05", .subscribeNamespace, .prefixOverlap),
        ]
        for (type, number, request, code) in expected {
            var error = RequestError()
            error.target = RequestID(rawValue: 4)
            error.code = code
            let bytes = hex(type + "000304" + number + "00")
            let context = MessageContext(sender: nil, place: .request(request))
            #expect(try decode(bytes, .draft14, MessageContext(sender: nil, place: .any)) == .requestError(error))
            #expect(try encode(.requestError(error), .draft14, context) == bytes)
        }
    }

    @Test("a number without a meaning is no later draft's code (Error Codes)")
    func unassignedCode() throws {
        // 0x34 is REDIRECT from draft-18 on, which would have a Redirect behind it.
        let context = MessageContext(sender: nil, place: .any)
        let message = try decode(hex("050003043400"), .draft14, context)
        guard case .requestError(let error) = message else {
            Issue.record("it is \(message)")
            return
        }
        #expect(error.code != .redirect)
        #expect(error.code.description == "0x34")
        #expect(
            try encode(message, .draft14, MessageContext(sender: nil, place: .request(.subscribe)))
                == hex("050003043400"))
        #expect(throws: CodecError.self) {
            var later = error
            later.target = nil
            _ = try encode(.requestError(later), .draft18, MessageContext(sender: nil, place: .request(.subscribe)))
        }
    }
}
