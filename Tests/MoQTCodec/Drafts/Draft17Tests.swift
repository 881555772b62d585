import MoQTCodec
import Testing
import Wire

let draft17Vectors: [DraftVector] = [
    .init(
        .draft17, "SETUP: a two-byte type, and options to the end", "af00001401052f6c697665040b6578616d706c652e636f6d",
        .setup(
            made(Setup()) {
                $0.path = "/live"
                $0.authority = "example.com"
            }), from: .client),
    .init(.draft17, "GOAWAY with a Timeout", "10000300a710", .goAway(made(GoAway()) { $0.timeout = 10000 })),
    .init(
        .draft17, "SUBSCRIBE: 4 must come before 10; each parameter in its encoding, the filter's end a difference",
        "030014" + "0a03" + "0101610162" + "04" + "1000" + "10c8" + "010404050304" + "0102",
        .subscribe(
            made(Subscribe()) {
                $0.requestID = RequestID(rawValue: 10)
                $0.requiredRequestID = RequestID(rawValue: 4)
                $0.track = track("a", name: "b")
                $0.parameters.forward = false
                $0.parameters.subscriberPriority = 200
                $0.parameters.locationFilter = .absoluteRange(
                    start: Location(group: 5, object: 3), end: RangeEnd(group: 9))
                $0.parameters.groupOrder = .descending
            })),
    .init(
        .draft17, "SUBSCRIBE_OK: no Request ID, and a bare Location",
        "04000b" + "07" + "02" + "08c0ea60" + "010a14" + "0e64",
        .subscribeOK(
            made(SubscribeOK()) {
                $0.trackAlias = TrackAlias(rawValue: 7)
                $0.parameters.expires = 60000
                $0.parameters.largestObject = Location(group: 10, object: 20)
                $0.trackProperties = Properties([.init(type: 14, integer: 100)], profile: .draft17)
            })),
    .init(
        .draft17, "PUBLISH_OK has a type of its own", "1e0003" + "01" + "1001",
        .requestOK(made(RequestOK()) { $0.parameters.forward = true }), at: .request(.publish)),
    .init(
        .draft17, "REQUEST_OK to an update of a PUBLISH", "070004" + "01" + "090a14",
        .requestOK(made(RequestOK()) { $0.parameters.largestObject = Location(group: 10, object: 20) }),
        at: .update(.publish)),
    .init(
        .draft17, "REQUEST_ERROR", "050004" + "09" + "83e9" + "00",
        .requestError(
            made(RequestError()) {
                $0.code = .excessiveLoad
                $0.retryAfter = 1000
            })),
    .init(
        .draft17, "REQUEST_UPDATE depends on nothing", "0200050c00011001",
        .requestUpdate(
            made(RequestUpdate()) {
                $0.requestID = RequestID(rawValue: 12)
                $0.parameters.forward = true
            }), at: .request(.subscribe)),
    .init(
        .draft17, "SUBSCRIBE_NAMESPACE: tracks only, after request 0", "1100050201000000",
        .subscribeNamespace(
            made(SubscribeNamespace()) {
                $0.requestID = RequestID(rawValue: 2)
                $0.requiredRequestID = RequestID(rawValue: 0)
                $0.options = .publish
            })),
    .init(
        .draft17, "PUBLISH_BLOCKED", "0f000a0104726f6f6d0363616d",
        .publishBlocked(
            made(PublishBlocked()) {
                $0.suffix = try! TrackNamespace(utf8: "room")
                $0.trackName = TrackName(utf8: "cam")
            })),
    .init(
        .draft17, "PUBLISH_DONE: 0x5 is EXPIRED still", "0b0003050100",
        .publishDone(
            made(PublishDone()) {
                $0.code = .expired
                $0.streamCount = 1
            })),
    .init(
        .draft17, "PUBLISH_DONE, stream count unknown: 2^62-1 in nine bytes", "0b000b02ff3fffffffffffffff00",
        .publishDone(
            made(PublishDone()) {
                $0.code = .trackEnded
                $0.streamCount = nil
            })),
    .init(
        .draft18, "PUBLISH_DONE: 0x5 is TOO_FAR_BEHIND now", "0b0003050100",
        .publishDone(
            made(PublishDone()) {
                $0.code = .tooFarBehind
                $0.streamCount = 1
            })),
]
