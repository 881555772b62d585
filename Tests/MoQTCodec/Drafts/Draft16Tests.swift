import MoQTCodec
import Testing
import Wire

let draft16Vectors: [DraftVector] = [
    .init(
        .draft16, "CLIENT_SETUP: a count, and types as differences",
        "2000200401052f6c697665014064030b6578616d706c652e636f6d020664656d6f2f31",
        .setup(
            made(Setup()) {
                $0.path = "/live"
                $0.maxRequestID = 100
                $0.authority = "example.com"
                $0.implementation = "demo/1"
            }), from: .client),
    .init(
        .draft16, "SUBSCRIBE: a repeated token is difference 0, the filter's end a group number",
        "0300290001046c69766505766964656f0702538801050300616263000202050d001040c80104040503090102",
        .subscribe(
            made(Subscribe()) {
                $0.track = track("live", name: "video")
                $0.parameters.objectDeliveryTimeout = 5000
                $0.parameters.authorizationTokens = [.useValue(type: 0, value: Bytes(Array("abc".utf8))), .useAlias(5)]
                $0.parameters.forward = false
                $0.parameters.subscriberPriority = 200
                $0.parameters.locationFilter = .absoluteRange(
                    start: Location(group: 5, object: 3), end: RangeEnd(group: 9))
                $0.parameters.groupOrder = .descending
            })),
    .init(
        .draft16, "SUBSCRIBE_OK: Track Extensions have differences of their own",
        "040013000702088000ea6001020a140e406414020e01",
        .subscribeOK(
            made(SubscribeOK()) {
                $0.target = RequestID(rawValue: 0)
                $0.trackAlias = TrackAlias(rawValue: 7)
                $0.parameters.expires = 60000
                $0.parameters.largestObject = Location(group: 10, object: 20)
                $0.trackProperties = Properties(
                    [.init(type: 14, integer: 100), .init(type: 34, integer: 2), .init(type: 48, integer: 1)],
                    profile: .draft16)
            })),
    .init(
        .draft16, "REQUEST_ERROR with a Retry Interval", "05000e021043e9096e6f7420666f756e64",
        .requestError(
            made(RequestError()) {
                $0.target = RequestID(rawValue: 2)
                $0.code = .doesNotExist
                $0.retryAfter = 1000
                $0.reason = "not found"
            })),
    .init(
        .draft16, "PUBLISH: no track name, and Immutable Extensions within",
        "1d00180101046c6976650040410110000253880906041e404101ff",
        .publish(
            made(Publish()) {
                $0.requestID = RequestID(rawValue: 1)
                $0.track = track("live", name: "")
                $0.trackAlias = TrackAlias(rawValue: 65)
                $0.parameters.forward = false
                $0.trackProperties = Properties(
                    [.init(type: 2, integer: 5000), .init(type: 11, bytes: Bytes(hex("041e404101ff")))],
                    profile: .draft16)
            })),
    .init(
        .draft16, "REQUEST_UPDATE", "0200050604011000",
        .requestUpdate(
            made(RequestUpdate()) {
                $0.requestID = RequestID(rawValue: 6)
                $0.target = RequestID(rawValue: 4)
                $0.parameters.forward = false
            }), at: .request(.subscribe)),
    .init(
        .draft16, "NAMESPACE", "0800090204726f6f6d023432",
        .namespace(made(Namespace()) { $0.suffix = try! TrackNamespace(utf8: "room", "42") })),
    .init(.draft16, "NAMESPACE_DONE of the prefix itself", "0e000100", .namespaceDone(NamespaceDone())),
    .init(
        .draft16, "FETCH_OK with a Track Extension", "18000706010a15000e00",
        .fetchOK(
            made(FetchOK()) {
                $0.target = RequestID(rawValue: 6)
                $0.endOfTrack = true
                $0.end = RangeEnd(group: 10, object: 20)
                $0.trackProperties = Properties([.init(type: 14, integer: 0)], profile: .draft16)
            })),
    .init(
        .draft16, "PUBLISH_NAMESPACE_CANCEL names the request", "0c0003082000",
        .publishNamespaceCancel(
            made(PublishNamespaceCancel()) {
                $0.target = RequestID(rawValue: 8)
                $0.code = .uninterested
            })),
    .init(
        .draft16, "PUBLISH_NAMESPACE_DONE names the request", "09000108",
        .publishNamespaceDone(made(PublishNamespaceDone()) { $0.target = RequestID(rawValue: 8) })),
    .init(
        .draft16, "PUBLISH_NAMESPACE: a misplaced parameter stays", "060007" + "02010161" + "01" + "1001",
        .publishNamespace(
            made(PublishNamespace()) {
                $0.requestID = RequestID(rawValue: 2)
                $0.namespace = try! TrackNamespace(utf8: "a")
                $0.parameters.unknown = [.init(type: 0x10, integer: 1)]
            })),
    .init(
        .draft16, "SUBSCRIBE_NAMESPACE: all namespaces, and both of what there is", "110006" + "020002" + "01" + "1000",
        .subscribeNamespace(
            made(SubscribeNamespace()) {
                $0.requestID = RequestID(rawValue: 2)
                $0.options = .both
                $0.parameters.forward = false
            })),
    .init(
        .draft16, "PUBLISH_DONE: 0x5 is EXPIRED", "0b000404050100",
        .publishDone(
            made(PublishDone()) {
                $0.target = RequestID(rawValue: 4)
                $0.code = .expired
                $0.streamCount = 1
            })),
    .init(
        .draft16, "PUBLISH_DONE: 0x12 is MALFORMED_TRACK", "0b000404120100",
        .publishDone(
            made(PublishDone()) {
                $0.target = RequestID(rawValue: 4)
                $0.code = .malformedTrack
                $0.streamCount = 1
            })),
    .init(
        .draft16, "REQUEST_OK to TRACK_STATUS", "070006" + "06" + "01" + "09020a14",
        .requestOK(
            made(RequestOK()) {
                $0.target = RequestID(rawValue: 6)
                $0.parameters.largestObject = Location(group: 10, object: 20)
            }), at: .request(.trackStatus)),
]
