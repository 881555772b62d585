import MoQTCodec
import Testing
import Wire

/// A message that a draft cannot express.
struct Inexpressible: Sendable, CustomTestStringConvertible {
    var profile: Profile
    var title: String
    var message: ControlMessage
    var place: MessageContext.Place

    init(_ profile: Profile, _ title: String, _ message: ControlMessage, at place: MessageContext.Place) {
        self.profile = profile
        self.title = title
        self.message = message
        self.place = place
    }

    var testDescription: String { "\(profile.name) \(title)" }
}

private let backwards = ControlMessage.fetch(
    made(Fetch()) {
        $0.target = .standalone(
            track: track("a", name: ""), start: Location(group: 5, object: 3), end: RangeEnd(group: 5, object: 2))
    })

private let messages: [Inexpressible] = [
    .init(
        .draft15, "a Retry Interval",
        .requestError(
            made(RequestError()) {
                $0.target = RequestID(rawValue: 0)
                $0.retryAfter = 5
            }), at: .request(.subscribe)),
    .init(
        .draft17, "a Redirect",
        .requestError(
            made(RequestError()) {
                $0.code = .redirect
                $0.redirect = Redirect()
            }), at: .request(.subscribe)),
    .init(
        .draft17, "REDIRECT without one", .requestError(made(RequestError()) { $0.code = .redirect }),
        at: .request(.subscribe)),
    .init(
        .draft15, "DUPLICATE_SUBSCRIPTION",
        .requestError(
            made(RequestError()) {
                $0.target = RequestID(rawValue: 0)
                $0.code = .duplicateSubscription
            }), at: .request(.subscribe)),
    .init(
        .draft14, "PREFIX_OVERLAP of a subscription",
        .requestError(
            made(RequestError()) {
                $0.target = RequestID(rawValue: 0)
                $0.code = .prefixOverlap
            }), at: .request(.subscribe)),
    .init(
        .draft15, "Track Properties",
        .subscribeOK(
            made(SubscribeOK()) {
                $0.target = RequestID(rawValue: 0)
                $0.trackProperties = Properties([.init(type: 4, integer: 1)], profile: .draft15)
            }), at: .request(.subscribe)),
    .init(.draft16, "GOAWAY with a Timeout", .goAway(made(GoAway()) { $0.timeout = 1 }), at: .control),
    .init(
        .draft17, "GOAWAY with a Request ID", .goAway(made(GoAway()) { $0.requestID = RequestID(rawValue: 0) }),
        at: .control),
    .init(.draft17, "GOAWAY on a request stream", .goAway(GoAway()), at: .request(.subscribe)),
    .init(.draft16, "an answer to nothing", .subscribeOK(SubscribeOK()), at: .request(.subscribe)),
    .init(
        .draft17, "an answer that names what it answers",
        .subscribeOK(made(SubscribeOK()) { $0.target = RequestID(rawValue: 0) }), at: .request(.subscribe)),
    .init(.draft15, "versions", .setup(made(Setup()) { $0.versions = [1] }), at: .control),
    .init(.draft17, "MAX_REQUEST_ID in the setup", .setup(made(Setup()) { $0.maxRequestID = 1 }), at: .control),
    .init(.draft17, "MAX_REQUEST_ID", .maxRequestID(MaxRequestID()), at: .control),
    .init(.draft18, "UNSUBSCRIBE", .unsubscribe(Unsubscribe()), at: .request(.subscribe)),
    .init(.draft17, "SUBSCRIBE_TRACKS", .subscribeTracks(SubscribeTracks()), at: .request(.subscribeTracks)),
    .init(
        .draft16, "SUBSCRIBE_NAMESPACE without options", .subscribeNamespace(SubscribeNamespace()),
        at: .request(.subscribeNamespace)),
    .init(
        .draft18, "SUBSCRIBE_NAMESPACE with options",
        .subscribeNamespace(made(SubscribeNamespace()) { $0.options = .both }), at: .request(.subscribeNamespace)),
    .init(
        .draft15, "a prefix without fields", .subscribeNamespace(SubscribeNamespace()),
        at: .request(.subscribeNamespace)),
    .init(
        .draft16, "an empty namespace field",
        .publishNamespace(
            made(PublishNamespace()) { try! $0.namespace.append([], mayBeEmpty: true) }),
        at: .request(.publishNamespace)),
    .init(
        .draft16, "a number of 63 bits",
        .subscribeOK(
            made(SubscribeOK()) {
                $0.target = RequestID(rawValue: 0)
                $0.trackAlias = TrackAlias(rawValue: 1 << 62)
            }), at: .request(.subscribe)),
    .init(
        .draft18, "a required request",
        .publishNamespace(
            made(PublishNamespace()) {
                $0.requestID = RequestID(rawValue: 4)
                $0.requiredRequestID = RequestID(rawValue: 2)
            }), at: .request(.publishNamespace)),
    .init(
        .draft17, "a required request of the other end",
        .publishNamespace(
            made(PublishNamespace()) {
                $0.requestID = RequestID(rawValue: 4)
                $0.requiredRequestID = RequestID(rawValue: 1)
            }), at: .request(.publishNamespace)),
    .init(
        .draft14, "an update that leaves FORWARD as it is",
        .requestUpdate(
            made(RequestUpdate()) {
                $0.target = RequestID(rawValue: 0)
                $0.parameters.subscriberPriority = 1
                $0.parameters.locationFilter = .absoluteStart(.zero)
            }), at: .request(.subscribe)),
    .init(
        .draft14, "an update that starts at the largest object",
        .requestUpdate(
            made(RequestUpdate()) {
                $0.target = RequestID(rawValue: 0)
                $0.parameters.subscriberPriority = 1
                $0.parameters.forward = true
                $0.parameters.locationFilter = .nextObject
            }), at: .request(.subscribe)),
    .init(
        .draft16, "a filter that ends before it starts",
        .subscribe(
            made(Subscribe()) {
                $0.track = track("a", name: "")
                $0.parameters.locationFilter = .absoluteRange(
                    start: Location(group: 5, object: 0), end: RangeEnd(group: 4))
            }), at: .request(.subscribe)),
    .init(
        .draft14, "an update that ends before it starts",
        .requestUpdate(
            made(RequestUpdate()) {
                $0.target = RequestID(rawValue: 0)
                $0.parameters.subscriberPriority = 1
                $0.parameters.forward = true
                $0.parameters.locationFilter = .absoluteRange(
                    start: Location(group: 5, object: 0), end: RangeEnd(group: 4))
            }), at: .request(.subscribe)),
    .init(.draft16, "a FETCH that ends before it starts", backwards, at: .request(.fetch)),
    .init(.draft18, "a FETCH that ends before it starts", backwards, at: .request(.fetch)),
    .init(.draft19, "a FETCH that ends before it starts", backwards, at: .request(.fetch)),
    .init(
        .draft14, "parameters of PUBLISH_NAMESPACE_OK",
        .requestOK(
            made(RequestOK()) {
                $0.target = RequestID(rawValue: 0)
                $0.parameters.expires = 1
            }), at: .request(.publishNamespace)),
    .init(
        .draft14, "EXPIRES of PUBLISH",
        .publish(
            made(Publish()) {
                $0.track = track("a", name: "")
                $0.parameters.expires = 1
            }), at: .request(.publish)),
    .init(
        .draft16, "an unknown parameter",
        .subscribe(
            made(Subscribe()) {
                $0.track = track("a", name: "")
                $0.parameters.unknown = [.init(type: 0x2A, integer: 1)]
            }), at: .request(.subscribe)),
    .init(
        .draft17, "a misplaced parameter",
        .publishNamespace(made(PublishNamespace()) { $0.parameters.unknown = [.init(type: 2, integer: 1)] }),
        at: .request(.publishNamespace)),
    .init(
        .draft16, "no delivery timeout at all",
        .subscribe(
            made(Subscribe()) {
                $0.track = track("a", name: "")
                $0.parameters.objectDeliveryTimeout = 0
            }), at: .request(.subscribe)),
    .init(
        .draft15, "PUBLISH_NAMESPACE_DONE by Request ID",
        .publishNamespaceDone(made(PublishNamespaceDone()) { $0.target = RequestID(rawValue: 0) }),
        at: .request(.publishNamespace)),
    .init(
        .draft16, "PUBLISH_NAMESPACE_DONE by namespace",
        .publishNamespaceDone(made(PublishNamespaceDone()) { $0.namespace = try! TrackNamespace(utf8: "a") }),
        at: .request(.publishNamespace)),
]

@Suite("what a draft cannot express")
struct RefusalTests {
    @Test("a message with several types needs to know what it belongs to")
    func unplaced() throws {
        let error = ControlMessage.requestError(made(RequestError()) { $0.target = RequestID(rawValue: 0) })
        let anywhere = MessageContext(sender: nil, place: .any)
        #expect(throws: CodecError.self) { try encode(error, .draft14, anywhere) }
        #expect(hex(try encode(error, .draft15, anywhere)) == "050003000000")
    }

    @Test("it is refused, and nothing is written", arguments: messages)
    func refused(_ given: Inexpressible) {
        var out: [UInt8] = [7]
        let context = MessageContext(sender: .server, place: given.place)
        let error = #expect(throws: CodecError.self) {
            try given.message.append(to: &out, profile: given.profile, context: context)
        }
        #expect(error?.scope == .caller)
        #expect(out == [7])
    }

    @Test("what may be absent later is written out in draft-14 (SUBSCRIBE)")
    func defaults() throws {
        let message = ControlMessage.subscribe(made(Subscribe()) { $0.track = track("a", name: "b") })
        let context = MessageContext(sender: .client, place: .request(.subscribe))
        // Priority 128, the publisher's order, forward, and everything from {0, 0} on.
        #expect(
            hex(try encode(message, .draft14, context)) == "03000d" + "000101610162" + "80" + "00" + "01" + "030000"
                + "00")
    }
}
