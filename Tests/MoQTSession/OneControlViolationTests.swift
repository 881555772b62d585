import MoQTCodec
import MoQTSession
import Testing
import Wire

/// What a peer may not do up to draft-16, where requests share one control stream, and the code that closes the session
/// for it.
struct OneControlViolationTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var drafts = OneControlStreamTests.drafts
        var role = EndpointRole.server
        var requestLimit = 100
        var isSetUp = true
        var before: @Sendable (inout Session) throws -> Void = { _ in }
        /// Messages of the peer, each with its stream.
        var says: @Sendable (Profile) -> [Said]
        var code = SessionCode.protocolViolation

        var testDescription: String { name }
    }

    /// A message on its stream.
    struct Said: Sendable {
        var stream: UInt64
        var bytes: [UInt8]

        init(_ stream: UInt64, _ bytes: [UInt8]) {
            self.stream = stream
            self.bytes = bytes
        }
    }

    static func setup(_ sender: EndpointRole, _ profile: Profile, _ version: UInt64? = nil) -> [UInt8] {
        var message = Setup()
        message.maxRequestID = 100
        if profile.has(.versions, in: .setup, at: .control) { message.versions = [version ?? profile.version] }
        return encoded(.setup(message), sender, .control, profile)
    }

    static func subscribe(
        _ id: UInt64, _ name: String, _ filter: LocationFilter?, _ profile: Profile
    ) -> [UInt8] {
        var message = Subscribe()
        message.requestID = RequestID(rawValue: id)
        message.track = track(name)
        message.parameters.locationFilter = filter
        return encoded(.subscribe(message), .client, .request(.subscribe), profile)
    }

    static func publish(_ id: UInt64, _ name: String, _ profile: Profile) -> [UInt8] {
        var message = Publish()
        message.requestID = RequestID(rawValue: id)
        message.track = track(name)
        message.trackAlias = TrackAlias(rawValue: 7)
        return encoded(.publish(message), .client, .request(.publish), profile)
    }

    /// A message about the request `id`.
    static func about(
        _ id: UInt64, _ message: ControlMessage, _ place: MessageContext.Place, _ profile: Profile,
        from sender: EndpointRole = .server
    ) -> [UInt8] {
        encoded(message.about(RequestID(rawValue: id)), sender, place, profile)
    }

    static func update(_ id: UInt64, of target: UInt64, _ filter: LocationFilter?, _ profile: Profile) -> [UInt8] {
        var message = RequestUpdate()
        message.requestID = RequestID(rawValue: id)
        message.target = RequestID(rawValue: target)
        message.parameters.locationFilter = filter
        message.parameters.forward = true
        message.parameters.subscriberPriority = 1
        return encoded(.requestUpdate(message), .client, .request(.subscribe), profile)
    }

    static func maximum(_ maximum: UInt64, _ profile: Profile) -> [UInt8] {
        var message = MaxRequestID()
        message.maximum = maximum
        return encoded(.maxRequestID(message), .client, .control, profile)
    }

    static func goAway(_ uri: String) -> [UInt8] {
        // By hand: the codec refuses to write what a client must not send.
        [0x10, 0, UInt8(uri.utf8.count + 1), UInt8(uri.utf8.count)] + Array(uri.utf8)
    }

    static func fetchOK(_ profile: Profile) -> [UInt8] {
        var message = FetchOK()
        message.end = RangeEnd(group: 5, object: 1)
        return about(0, .fetchOK(message), .request(.fetch), profile)
    }

    static func joining(_ id: UInt64, _ target: UInt64, _ profile: Profile) -> [UInt8] {
        var message = Fetch()
        message.requestID = RequestID(rawValue: id)
        message.target = .absoluteJoining(request: RequestID(rawValue: target), group: 0)
        return encoded(.fetch(message), .client, .request(.fetch), profile)
    }

    static let start = LocationFilter.absoluteStart(Location(group: 5, object: 0))

    static let cases: [Case] = [
        // Streams and setup.
        Case(name: "a request before the setup", isSetUp: false, says: { [Said(0, subscribe(0, $0))] }),
        Case(name: "a second CLIENT_SETUP", says: { [Said(0, setup(.client, $0))] }),
        Case(
            name: "versions without the draft", drafts: [.draft14], isSetUp: false,
            says: { [Said(0, setup(.client, $0, 0xFF00_000D))] }, code: .versionNegotiationFailed),
        Case(
            name: "a version that was not offered", drafts: [.draft14], role: .client, isSetUp: false,
            says: { [Said(0, setup(.server, $0, 0xFF00_000D))] }, code: .versionNegotiationFailed),
        Case(name: "SUBSCRIBE on a stream of its own", says: { [Said(4, subscribe(0, $0))] }),
        Case(name: "a control stream each way", says: { _ in [Said(2, [0xAF, 0x00, 0, 0])] }),
        // Request IDs.
        Case(name: "a Request ID of ours", says: { [Said(0, subscribe(1, $0))] }, code: .invalidRequestID),
        Case(
            name: "a Request ID twice", says: { [Said(0, subscribe(0, $0)), Said(0, subscribe(0, "b", $0))] },
            code: .invalidRequestID),
        Case(
            name: "Request IDs that fall", drafts: [.draft16],
            says: { [Said(0, subscribe(2, $0)), Said(0, subscribe(0, "b", $0))] },
            code: .invalidRequestID),
        Case(
            name: "a Request ID left out", drafts: [.draft14, .draft15], says: { [Said(0, subscribe(2, $0))] },
            code: .invalidRequestID),
        Case(
            name: "a Request ID at the limit", requestLimit: 1,
            says: { [Said(0, subscribe(0, $0)), Said(0, subscribe(2, "b", $0))] }, code: .tooManyRequests),
        Case(name: "a limit that does not grow", says: { [Said(0, maximum(100, $0))] }),
        Case(name: "a limit that falls", says: { [Said(0, maximum(102, $0)), Said(0, maximum(101, $0))] }),
        // Answers.
        Case(
            name: "SUBSCRIBE_OK twice", role: .client, before: ViolationTests.subscribeA,
            says: { profile in
                let answer = about(0, .subscribeOK(SubscribeOK()), .request(.subscribe), profile)
                return [Said(0, answer), Said(0, answer)]
            }),
        Case(
            name: "an error twice", role: .client, before: ViolationTests.subscribeA,
            says: { profile in
                let answer = about(0, .requestError(RequestError()), .request(.subscribe), profile)
                return [Said(0, answer), Said(0, answer)]
            }),
        Case(
            name: "FETCH_OK twice", role: .client, before: { _ = try $0.fetch(fetch) },
            says: { profile in
                var ok = FetchOK()
                ok.end = RangeEnd(group: 9)
                let answer = about(0, .fetchOK(ok), .request(.fetch), profile)
                return [Said(0, answer), Said(0, answer)]
            }),
        Case(
            name: "PUBLISH_NAMESPACE accepted twice", role: .client,
            before: { _ = try $0.publishNamespace(namespace(["live"])) },
            says: { profile in
                let answer = about(0, .requestOK(RequestOK()), .request(.publishNamespace), profile)
                return [Said(0, answer), Said(0, answer)]
            }),
        Case(
            name: "an answer to a request that never was", role: .client,
            says: { [Said(0, about(8, .subscribeOK(SubscribeOK()), .request(.subscribe), $0))] }),
        Case(
            name: "PUBLISH_DONE before SUBSCRIBE_OK", role: .client, before: ViolationTests.subscribeA,
            says: { [Said(0, about(0, .publishDone(PublishDone()), .request(.subscribe), $0))] }),
        Case(
            name: "UNSUBSCRIBE from a publisher",
            says: { profile in
                let end = about(0, .unsubscribe(Unsubscribe()), .request(.subscribe), profile, from: .client)
                return [Said(0, publish(0, "a", profile)), Said(0, end)]
            }),
        Case(
            name: "FETCH_OK ends before the start", role: .client, before: ViolationTests.fetchA,
            says: { [Said(0, fetchOK($0))] }),
        Case(
            name: "NAMESPACE_DONE before NAMESPACE", drafts: [.draft16], role: .client,
            before: ViolationTests.subscribeLive,
            says: { profile in
                let answer = about(0, .requestOK(RequestOK()), .request(.subscribeNamespace), profile)
                return [Said(4, answer), Said(4, [0x0E, 0, 3, 1, 1, 97])]
            }),
        // Updates and joining.
        Case(
            name: "an update of a request that never was",
            says: { [Said(0, update(0, of: 8, start, $0))] }),
        Case(
            name: "an update that moves the start back", drafts: [.draft14, .draft15],
            says: { profile in
                let earlier = LocationFilter.absoluteStart(Location(group: 4, object: 9))
                return [Said(0, subscribe(0, "a", start, profile)), Said(0, update(2, of: 0, earlier, profile))]
            }),
        Case(
            name: "an update that moves the end on", drafts: [.draft14],
            says: { profile in
                let from = Location(group: 5, object: 0)
                let narrow = LocationFilter.absoluteRange(start: from, end: RangeEnd(group: 7))
                let wide = LocationFilter.absoluteRange(start: from, end: RangeEnd(group: 8))
                return [Said(0, subscribe(0, "a", narrow, profile)), Said(0, update(2, of: 0, wide, profile))]
            }),
        Case(
            name: "a joining FETCH of a subscription that is not at Largest Object",
            says: { [Said(0, subscribe(0, "a", start, $0)), Said(0, joining(2, 0, $0))] }),
        // Aliases and GOAWAY.
        Case(
            name: "one alias for two tracks", says: { [Said(0, publish(0, "a", $0)), Said(0, publish(2, "b", $0))] },
            code: .duplicateTrackAlias),
        Case(name: "a second GOAWAY", says: { _ in [Said(0, goAway("")), Said(0, goAway(""))] }),
        Case(name: "GOAWAY of a client with a URI", says: { _ in [Said(0, goAway("moqt://a"))] }),
    ]

    static let fetch = Fetch.Target.standalone(track: track("a"), start: .zero, end: RangeEnd(group: 9))

    static func subscribe(_ id: UInt64, _ profile: Profile) -> [UInt8] { subscribe(id, "a", nil, profile) }
    static func subscribe(_ id: UInt64, _ name: String, _ profile: Profile) -> [UInt8] {
        subscribe(id, name, nil, profile)
    }

    @Test(arguments: cases) func `the session closes with the code of the rule`(_ violation: Case) throws {
        for profile in violation.drafts {
            let end = try session(violation, profile)
            for said in violation.says(profile) {
                #expect(end.close == nil, "closed too early in \(profile.name)")
                // Byte by byte: the split makes no difference.
                for byte in said.bytes {
                    end.session.received(Bytes([byte]), on: StreamID(rawValue: said.stream), fin: false, now: Self.now)
                }
                end.drain()
            }
            let close = try #require(end.close, "\(profile.name)")
            #expect(close.code == violation.code, "\(profile.name): \(close.reason)")
            #expect(close.violation?.section.isEmpty == false)
        }
    }

    enum Ending: CaseIterable { case fin, reset, stop }

    /// draft-16 "Session initialization".
    @Test(arguments: OneControlStreamTests.drafts, Ending.allCases)
    func `the control stream must not end`(_ profile: Profile, _ how: Ending) throws {
        let end = try session(Case(name: "", says: { _ in [] }), profile)
        let control = StreamID(rawValue: 0)
        switch how {
        case .fin: end.session.received(Bytes(), on: control, fin: true, now: Self.now)
        case .reset: end.session.peerReset(control, .cancelled)
        case .stop: end.session.peerStopped(control, .cancelled)
        }
        end.drain()
        #expect(end.close?.code == .protocolViolation)
    }

    /// draft-16 "MAX_REQUEST_ID".
    @Test(arguments: OneControlStreamTests.drafts)
    func `without a limit from the peer no request is sent`(_ profile: Profile) throws {
        let end = End(.client, .test, profile)
        end.session.transportReady(now: Self.now)
        _ = try end.session.subscribe(track("a"))
        _ = try end.session.subscribeNamespace(namespace(["live"]))
        end.drain()
        var said: [ControlMessage] = []
        end.session.watch = { message, sender, _ in if sender == .client { said.append(message) } }
        var setup = Setup()
        if profile.has(.versions, in: .setup, at: .control) { setup.versions = [profile.version] }
        let bytes = encoded(.setup(setup), .server, .control, profile)
        end.session.received(Bytes(bytes), on: StreamID(rawValue: 0), fin: false, now: Self.now)
        end.inFlight = [:]
        end.drain()
        #expect(end.inFlight.isEmpty && end.opened(.bidirectional) == 1 && said.isEmpty)
    }

    private static let now = Instant(nanoseconds: 1)

    private func session(_ violation: Case, _ profile: Profile) throws -> End {
        var configuration = SessionConfiguration.test
        configuration.requestLimit = violation.requestLimit
        let end = End(violation.role, configuration, profile)
        end.session.transportReady(now: Self.now)
        end.drain()
        if violation.isSetUp {
            let setup = Self.setup(violation.role == .server ? .client : .server, profile)
            end.session.received(Bytes(setup), on: StreamID(rawValue: 0), fin: false, now: Self.now)
        }
        try violation.before(&end.session)
        end.drain()
        #expect(end.close == nil)
        return end
    }
}
