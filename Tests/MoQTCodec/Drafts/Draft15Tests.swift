import MoQTCodec
import Testing
import Wire

let draft15Vectors: [DraftVector] = [
    .init(
        .draft15, "CLIENT_SETUP names no version", "20000701" + "01042f616263",
        .setup(made(Setup()) { $0.path = "/abc" }), from: .client),
    .init(
        .draft15, "SUBSCRIBE: parameters by parity, their types in full and in any order",
        "030014" + "000101610162" + "04" + "2202" + "1000" + "210404050309" + "2040c8",
        .subscribe(
            made(Subscribe()) {
                $0.track = track("a", name: "b")
                $0.parameters.groupOrder = .descending
                $0.parameters.forward = false
                $0.parameters.locationFilter = .absoluteRange(
                    start: Location(group: 5, object: 3), end: RangeEnd(group: 9))
                $0.parameters.subscriberPriority = 200
                $0.parameters.order.types = [0x22, 0x10, 0x21, 0x20]
            })),
    .init(
        .draft15, "SUBSCRIBE_OK: what are Track Properties later, and a Location behind its length",
        "040016" + "040706" + "0443e8" + "088000ea60" + "09020a14" + "0e4064" + "2201" + "3001",
        .subscribeOK(
            made(SubscribeOK()) {
                $0.target = RequestID(rawValue: 4)
                $0.trackAlias = TrackAlias(rawValue: 7)
                $0.parameters.maxCacheDuration = 1000
                $0.parameters.expires = 60000
                $0.parameters.largestObject = Location(group: 10, object: 20)
                $0.parameters.publisherPriority = 100
                $0.parameters.groupOrder = .ascending
                $0.parameters.dynamicGroups = true
            })),
    .init(
        .draft15, "PUBLISH_NAMESPACE: unknown and misplaced parameters stay",
        "06000d" + "02010161" + "03" + "2b027879" + "1001" + "2a05",
        .publishNamespace(
            made(PublishNamespace()) {
                $0.requestID = RequestID(rawValue: 2)
                $0.namespace = try! TrackNamespace(utf8: "a")
                $0.parameters.unknown = [
                    .init(type: 0x2B, bytes: Bytes(Array("xy".utf8))), .init(type: 0x10, integer: 1),
                    .init(type: 0x2A, integer: 5),
                ]
                $0.parameters.order.types = [0x2B, 0x10, 0x2A]
            })),
    .init(
        .draft15, "SUBSCRIBE_UPDATE", "020005" + "0604" + "01" + "1000",
        .requestUpdate(
            made(RequestUpdate()) {
                $0.requestID = RequestID(rawValue: 6)
                $0.target = RequestID(rawValue: 4)
                $0.parameters.forward = false
            })),
    .init(
        .draft15, "REQUEST_OK to SUBSCRIBE_UPDATE", "070006" + "04" + "01" + "09020a14",
        .requestOK(
            made(RequestOK()) {
                $0.target = RequestID(rawValue: 4)
                $0.parameters.largestObject = Location(group: 10, object: 20)
            }), at: .update(.subscribe)),
    .init(
        .draft15, "REQUEST_ERROR: 0x33 is UNKNOWN_STATUS_IN_RANGE", "050003083300",
        .requestError(
            made(RequestError()) {
                $0.target = RequestID(rawValue: 8)
                $0.code = .unknownStatusInRange
            })),
    .init(
        .draft15, "UNSUBSCRIBE_NAMESPACE names the request", "14000106",
        .unsubscribeNamespace(made(UnsubscribeNamespace()) { $0.target = RequestID(rawValue: 6) })),
    .init(
        .draft15, "PUBLISH_NAMESPACE_DONE names the namespace", "090006010461626364",
        .publishNamespaceDone(made(PublishNamespaceDone()) { $0.namespace = try! TrackNamespace(utf8: "abcd") })),
    .init(
        .draft15, "PUBLISH", "1d000a" + "01010161016207" + "01" + "0e05",
        .publish(
            made(Publish()) {
                $0.requestID = RequestID(rawValue: 1)
                $0.track = track("a", name: "b")
                $0.trackAlias = TrackAlias(rawValue: 7)
                $0.parameters.publisherPriority = 5
            })),
    .init(
        .draft15, "PUBLISH_OK", "1e0004" + "01" + "01" + "1000",
        .requestOK(
            made(RequestOK()) {
                $0.target = RequestID(rawValue: 1)
                $0.parameters.forward = false
            }), at: .request(.publish)),
    .init(
        .draft15, "FETCH without the fields of draft-14", "16000c" + "0801" + "0101610162" + "02000400" + "00",
        .fetch(
            made(Fetch()) {
                $0.requestID = RequestID(rawValue: 8)
                $0.target = .standalone(
                    track: track("a", name: "b"), start: Location(group: 2, object: 0), end: RangeEnd(group: 4))
            })),
    .init(
        .draft15, "FETCH_OK", "1800050801040500",
        .fetchOK(
            made(FetchOK()) {
                $0.target = RequestID(rawValue: 8)
                $0.endOfTrack = true
                $0.end = RangeEnd(group: 4, object: 4)
            })),
    .init(
        .draft15, "PUBLISH_DONE: 0x7 is MALFORMED_TRACK", "0b000404070100",
        .publishDone(
            made(PublishDone()) {
                $0.target = RequestID(rawValue: 4)
                $0.code = .malformedTrack
                $0.streamCount = 1
            })),
    .init(
        .draft15, "TRACK_STATUS with a priority", "0d0009" + "060101610162" + "01" + "2005",
        .trackStatus(
            made(TrackStatus()) {
                $0.requestID = RequestID(rawValue: 6)
                $0.track = track("a", name: "b")
                $0.parameters.subscriberPriority = 5
            })),
    .init(
        .draft15, "SUBSCRIBE_NAMESPACE with FORWARD", "110007" + "06010161" + "01" + "1000",
        .subscribeNamespace(
            made(SubscribeNamespace()) {
                $0.requestID = RequestID(rawValue: 6)
                $0.prefix = try! TrackNamespace(utf8: "a")
                $0.parameters.forward = false
            })),
]
