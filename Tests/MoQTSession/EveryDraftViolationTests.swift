import MoQTCodec
import MoQTSession
import Testing
import Wire

/// What no draft allows, in the words of each.
struct EveryDraftViolationTests {
    /// Where the peer says something.
    enum Place {
        case control
        /// About the request of the client's with this ID.
        case request(UInt64)
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var role = EndpointRole.server
        var before: @Sendable (inout Session) throws -> Void = { _ in }
        var says: @Sendable (Profile) -> [Said]
        var code = SessionCode.protocolViolation

        var testDescription: String { name }
    }

    struct Said: Sendable {
        var place: Place
        var bytes: [UInt8]

        init(_ place: Place, _ bytes: [UInt8]) {
            self.place = place
            self.bytes = bytes
        }
    }

    typealias Old = OneControlViolationTests

    /// An answer to the request 0, which names it where the draft does.
    static func answer(_ message: ControlMessage, to kind: RequestKind, _ profile: Profile) -> [UInt8] {
        let target = profile.hasOneControlStream ? RequestID(rawValue: 0) : nil
        return encoded(message.about(target), .server, .request(kind), profile)
    }

    static func twice(_ message: ControlMessage, to kind: RequestKind) -> @Sendable (Profile) -> [Said] {
        { profile in
            let said = Said(.request(0), answer(message, to: kind, profile))
            return [said, said]
        }
    }

    static func goAway(_ uri: String, _ profile: Profile) -> [UInt8] {
        // By hand: the codec refuses to write what a client must not send.
        var body: [UInt8] = [UInt8(uri.utf8.count)] + Array(uri.utf8)
        if profile.has(.timeout, in: .goAway, at: .control) { body.append(0) }
        if profile.has(.requestID, in: .goAway, at: .control) { body.append(1) }
        return [0x10, 0, UInt8(body.count)] + body
    }

    static func fetchOK(_ group: UInt64) -> ControlMessage {
        var message = FetchOK()
        message.end = RangeEnd(group: group, object: 1)
        return .fetchOK(message)
    }

    static let cases: [Case] = [
        Case(
            name: "a Request ID of ours", says: { [Said(.request(0), Old.subscribe(1, $0))] }, code: .invalidRequestID),
        Case(
            name: "a Request ID twice",
            says: { [Said(.request(0), Old.subscribe(0, $0)), Said(.request(2), Old.subscribe(0, "b", $0))] },
            code: .invalidRequestID),
        Case(
            name: "one alias for two tracks",
            says: { [Said(.request(0), Old.publish(0, "a", $0)), Said(.request(2), Old.publish(2, "b", $0))] },
            code: .duplicateTrackAlias),
        Case(
            name: "SUBSCRIBE_OK twice", role: .client, before: ViolationTests.subscribeA,
            says: twice(.subscribeOK(SubscribeOK()), to: .subscribe)),
        Case(
            name: "SUBSCRIBE refused twice", role: .client, before: ViolationTests.subscribeA,
            says: twice(.requestError(RequestError()), to: .subscribe)),
        Case(
            name: "FETCH_OK twice", role: .client, before: ViolationTests.fetchA,
            says: twice(fetchOK(9), to: .fetch)),
        Case(
            name: "PUBLISH_NAMESPACE accepted twice", role: .client,
            before: { _ = try $0.publishNamespace(namespace(["live"])) },
            says: twice(.requestOK(RequestOK()), to: .publishNamespace)),
        Case(
            name: "PUBLISH_DONE before SUBSCRIBE_OK", role: .client, before: ViolationTests.subscribeA,
            says: { [Said(.request(0), answer(.publishDone(PublishDone()), to: .subscribe, $0))] }),
        Case(
            name: "FETCH_OK ends before the start", role: .client, before: ViolationTests.fetchA,
            says: { [Said(.request(0), answer(fetchOK(5), to: .fetch, $0))] }),
        Case(
            name: "a second GOAWAY",
            says: { [Said(.control, goAway("", $0)), Said(.control, goAway("", $0))] }),
        Case(name: "GOAWAY of a client with a URI", says: { [Said(.control, goAway("moqt://a", $0))] }),
    ]

    @Test(arguments: Profile.spoken, cases)
    func `the session closes with the code of the rule`(_ profile: Profile, _ violation: Case) throws {
        let now = Instant(nanoseconds: 1)
        let end = End(violation.role, .test, profile)
        let isOld = profile.hasOneControlStream
        let peer: EndpointRole = violation.role == .client ? .server : .client
        let control = StreamID(rawValue: isOld ? 0 : peer == .client ? 2 : 3)
        end.session.transportReady(now: now)
        end.drain()
        let setup = isOld ? Old.setup(peer, profile) : encoded(.setup(Setup()), peer, .control, profile)
        end.session.received(Bytes(setup), on: control, fin: false, now: now)
        try violation.before(&end.session)
        end.drain()
        for said in violation.says(profile) {
            #expect(end.close == nil, "closed too early")
            var stream = control
            if case .request(let id) = said.place, !isOld { stream = StreamID(rawValue: 2 * id) }
            // Byte by byte: the split makes no difference.
            for byte in said.bytes { end.session.received(Bytes([byte]), on: stream, fin: false, now: now) }
            end.drain()
        }
        let close = try #require(end.close)
        #expect(close.code == violation.code, "\(close.reason)")
        #expect(close.violation?.section.isEmpty == false)
    }
}
