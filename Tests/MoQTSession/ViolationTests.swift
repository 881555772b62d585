import MoQTCodec
import MoQTSession
import Testing
import Wire

/// What a peer may not do, and the code that closes the session for it.
struct ViolationTests {
    /// Bytes on streams, in order, given to a session whose peer is wrong.
    struct Case: CustomTestStringConvertible {
        var name: String
        var role = EndpointRole.server
        var transport = SessionConfiguration.Transport.quic
        var isSetUp = true
        var before: @Sendable (inout Session) throws -> Void = { _ in }
        var steps: [Step]
        var code: SessionCode

        var testDescription: String { name }

        /// The case as `profile` has it: without its Request ID, GOAWAY is too long.
        func `in`(_ profile: Profile) -> Case {
            var result = self
            let namesRequest = profile.has(.requestID, in: .goAway, at: .control)
            if namesRequest { return result }
            if name.contains("GOAWAY with a Request ID") {
                result.code = .protocolViolation
            } else {
                result.steps = steps.map { $0.withoutRequestID }
            }
            return result
        }
    }

    enum Step {
        case data(UInt64, [UInt8], fin: Bool)
        case reset(UInt64)
        case stop(UInt64)
        case datagram([UInt8])

        static func data(_ stream: UInt64, _ bytes: [UInt8]) -> Self { .data(stream, bytes, fin: false) }

        /// GOAWAY of the control stream without its last field, of one byte.
        var withoutRequestID: Self {
            guard case .data(2, var bytes, let fin) = self, bytes.first == 0x10 else { return self }
            bytes.removeLast()
            bytes[2] -= 1
            return .data(2, bytes, fin: fin)
        }
    }

    static let setup: [UInt8] = [0xAF, 0x00, 0, 0]

    /// SUBSCRIBE of the client for the track (live, `name`).
    static func subscribe(_ id: UInt64, _ name: String = "a", in field: String = "live") -> [UInt8] {
        var message = Subscribe()
        message.requestID = RequestID(rawValue: id)
        message.track = track(name, in: field)
        return encoded(.subscribe(message), .client, .request(.subscribe))
    }

    static func publish(_ id: UInt64, _ name: String, alias: UInt64, _ sender: EndpointRole = .client) -> [UInt8] {
        var message = Publish()
        message.requestID = RequestID(rawValue: id)
        message.track = track(name)
        message.trackAlias = TrackAlias(rawValue: alias)
        return encoded(.publish(message), sender, .request(.publish))
    }

    static let subscribeOK = encoded(.subscribeOK(SubscribeOK()), .server, .request(.subscribe))
    static let requestOK = encoded(.requestOK(RequestOK()), .server, .request(.publish))
    static let requestError = encoded(.requestError(RequestError()), .server, .request(.subscribe))
    static let publishDone = encoded(.publishDone(PublishDone()), .server, .request(.subscribe))

    static func goAway(_ uri: String, _ id: UInt64, from sender: EndpointRole) -> [UInt8] {
        // By hand: the codec refuses to write what a client must not send.
        var body: [UInt8] = [UInt8(uri.utf8.count)] + Array(uri.utf8) + [0]
        VI64.append(id, to: &body)
        return [0x10, 0, UInt8(body.count)] + body
    }

    static func setup(_ type: UInt8, _ text: String) -> [UInt8] {
        let option = [type, UInt8(text.utf8.count)] + Array(text.utf8)
        return [0xAF, 0x00, 0, UInt8(option.count)] + option
    }

    @Sendable static func subscribeA(_ session: inout Session) throws { _ = try session.subscribe(track("a")) }
    @Sendable static func publishA(_ session: inout Session) throws { _ = try session.publish(track("a")) }
    @Sendable static func subscribeLive(_ session: inout Session) throws {
        _ = try session.subscribeNamespace(namespace(["live"]))
    }
    @Sendable static func fetchA(_ session: inout Session) throws {
        let start = Location(group: 5, object: 3)
        _ = try session.fetch(.standalone(track: track("a"), start: start, end: RangeEnd(group: 9)))
    }

    static let cases: [Case] = [
        // Streams and setup.
        Case(name: "unknown stream type", steps: [.data(6, [0x01])], code: .protocolViolation),
        Case(name: "a second control stream", steps: [.data(6, setup)], code: .protocolViolation),
        Case(name: "the control stream ends", steps: [.data(2, [], fin: true)], code: .protocolViolation),
        Case(name: "the control stream is reset", steps: [.reset(2)], code: .protocolViolation),
        Case(name: "our control stream is stopped", steps: [.stop(3)], code: .protocolViolation),
        Case(name: "a second SETUP", steps: [.data(2, setup)], code: .protocolViolation),
        Case(name: "a request on the control stream", steps: [.data(2, subscribe(0))], code: .protocolViolation),
        Case(name: "SETUP on a request stream", steps: [.data(0, setup)], code: .protocolViolation),
        Case(name: "an unknown message", steps: [.data(0, [0x3A, 0, 0])], code: .protocolViolation),
        Case(name: "REQUEST_OK begins a stream", steps: [.data(0, [0x07, 0, 1, 0])], code: .protocolViolation),
        Case(name: "GOAWAY begins a stream", steps: [.data(0, [0x10, 0, 2, 0, 0])], code: .protocolViolation),
        Case(
            name: "a message too long for its fields", steps: [.data(0, [0x03, 0, 8, 0, 1, 1, 97, 1, 98, 0, 0])],
            code: .protocolViolation),
        Case(name: "FIN inside a message", steps: [.data(0, [0x03, 0], fin: true)], code: .protocolViolation),
        Case(
            name: "PATH from a server", role: .client, isSetUp: false, steps: [.data(3, setup(1, "/a"))],
            code: .invalidPath),
        Case(
            name: "AUTHORITY from a server", role: .client, isSetUp: false, steps: [.data(3, setup(5, "a.b"))],
            code: .invalidAuthority),
        Case(
            name: "PATH over WebTransport", transport: .webTransport, isSetUp: false,
            steps: [.data(2, setup(1, "/a"))], code: .invalidPath),
        Case(
            name: "AUTHORITY over WebTransport", transport: .webTransport, isSetUp: false,
            steps: [.data(2, setup(5, "a.b"))], code: .invalidAuthority),
        Case(name: "malformed PATH", isSetUp: false, steps: [.data(2, setup(1, "a b"))], code: .malformedPath),
        Case(
            name: "malformed AUTHORITY", isSetUp: false, steps: [.data(2, setup(5, "a b"))],
            code: .malformedAuthority),
        // Request IDs.
        Case(name: "a Request ID of ours", steps: [.data(0, subscribe(1))], code: .invalidRequestID),
        Case(
            name: "a Request ID twice", steps: [.data(0, subscribe(4)), .data(4, subscribe(4, "b"))],
            code: .invalidRequestID),
        Case(
            name: "a Request ID twice, by an update",
            steps: [.data(0, subscribe(0)), .data(0, [0x02, 0, 2, 0, 0])], code: .invalidRequestID),
        // Answers.
        Case(
            name: "SUBSCRIBE_OK twice", role: .client, before: subscribeA,
            steps: [.data(0, subscribeOK), .data(0, subscribeOK)], code: .protocolViolation),
        Case(
            name: "REQUEST_ERROR twice", role: .client, before: subscribeA,
            steps: [.data(0, requestError), .data(0, requestError)], code: .protocolViolation),
        Case(
            name: "REQUEST_OK without an update", role: .client, before: subscribeA,
            steps: [.data(0, subscribeOK), .data(0, requestOK)], code: .protocolViolation),
        Case(
            name: "REQUEST_OK for SUBSCRIBE", role: .client, before: subscribeA, steps: [.data(0, requestOK)],
            code: .protocolViolation),
        Case(
            name: "SUBSCRIBE_OK for PUBLISH", role: .client, before: publishA, steps: [.data(0, subscribeOK)],
            code: .protocolViolation),
        Case(
            name: "PUBLISH_DONE before SUBSCRIBE_OK", role: .client, before: subscribeA,
            steps: [.data(0, publishDone)], code: .protocolViolation),
        Case(
            name: "PUBLISH_DONE twice", role: .client, before: subscribeA,
            steps: [.data(0, subscribeOK), .data(0, publishDone), .data(0, publishDone)], code: .protocolViolation),
        Case(
            name: "REQUEST_UPDATE from the publisher of a SUBSCRIBE", role: .client, before: subscribeA,
            steps: [.data(0, subscribeOK), .data(0, [0x02, 0, 2, 1, 0])], code: .protocolViolation),
        Case(
            name: "REQUEST_UPDATE before PUBLISH_OK", role: .client, before: publishA,
            steps: [.data(0, [0x02, 0, 2, 1, 0])], code: .protocolViolation),
        Case(
            name: "PUBLISH_DONE from a subscriber", steps: [.data(0, subscribe(0)), .data(0, publishDone)],
            code: .protocolViolation),
        Case(
            name: "NAMESPACE before REQUEST_OK", role: .client, before: subscribeLive,
            steps: [.data(0, [0x08, 0, 1, 0])], code: .protocolViolation),
        Case(
            name: "GOAWAY before the answer to SUBSCRIBE_NAMESPACE", role: .client, before: subscribeLive,
            steps: [.data(0, [0x10, 0, 2, 0, 0])], code: .protocolViolation),
        Case(
            name: "NAMESPACE_DONE before NAMESPACE", role: .client, before: subscribeLive,
            steps: [.data(0, [0x07, 0, 1, 0]), .data(0, [0x0E, 0, 3, 1, 1, 97])], code: .protocolViolation),
        Case(
            name: "PUBLISH_BLOCKED for SUBSCRIBE_NAMESPACE", role: .client, before: subscribeLive,
            steps: [.data(0, [0x07, 0, 1, 0]), .data(0, [0x0F, 0, 2, 0, 0])], code: .protocolViolation),
        Case(
            name: "FETCH_OK ends before the start", role: .client, before: fetchA,
            steps: [.data(0, [0x18, 0, 4, 0, 5, 2, 0])], code: .protocolViolation),
        // Aliases.
        Case(
            name: "one alias for two tracks",
            steps: [.data(0, publish(0, "a", alias: 7)), .data(4, publish(2, "b", alias: 7))],
            code: .duplicateTrackAlias),
        Case(
            name: "one alias for two tracks, by SUBSCRIBE_OK", role: .client, before: subscribeA,
            steps: [.data(1, publish(1, "b", alias: 0, .server)), .data(0, subscribeOK)], code: .duplicateTrackAlias),
        // GOAWAY.
        Case(
            name: "a second GOAWAY",
            steps: [.data(2, goAway("", 1, from: .client)), .data(2, goAway("", 1, from: .client))],
            code: .protocolViolation),
        Case(
            name: "GOAWAY of a client with a URI", steps: [.data(2, goAway("moqt://a", 1, from: .client))],
            code: .protocolViolation),
        Case(
            name: "GOAWAY with a Request ID of the sender", steps: [.data(2, goAway("", 2, from: .client))],
            code: .invalidRequestID),
        Case(
            name: "a second GOAWAY on a request stream",
            steps: [.data(0, subscribe(0)), .data(0, [0x10, 0, 2, 0, 0]), .data(0, [0x10, 0, 2, 0, 0])],
            code: .protocolViolation),
        // Data.
        Case(name: "an invalid subgroup type", steps: [.data(6, [0x16])], code: .protocolViolation),
        Case(name: "FIN inside a subgroup header", steps: [.data(6, [0x10, 1], fin: true)], code: .protocolViolation),
        Case(name: "an unknown datagram type", steps: [.datagram([0x40, 0, 0, 0])], code: .protocolViolation),
        Case(
            name: "a datagram with empty properties", steps: [.datagram([0x01, 0, 0, 0, 0, 0])],
            code: .protocolViolation),
        Case(name: "an empty datagram", steps: [.datagram([])], code: .protocolViolation),
        Case(
            name: "a fetch stream for no fetch of ours", role: .client, before: fetchA, steps: [.data(7, [0x05, 2])],
            code: .protocolViolation),
        Case(
            name: "a fetch stream for the peer's request", role: .client, before: fetchA, steps: [.data(7, [0x05, 1])],
            code: .protocolViolation),
        Case(
            name: "a second fetch stream", role: .client, before: fetchA,
            steps: [.data(7, [0x05, 0]), .data(11, [0x05, 0])], code: .protocolViolation),
        Case(
            name: "a fetch stream for a subscription", role: .client, before: subscribeA,
            steps: [.data(7, [0x05, 0])], code: .protocolViolation),
        Case(
            name: "FIN inside an object", role: .client, before: subscribeA,
            steps: [.data(0, subscribeOK), .data(7, [0x30, 0, 0, 0, 5, 1], fin: true)], code: .protocolViolation),
        Case(
            name: "an undefined object status", role: .client, before: subscribeA,
            steps: [.data(0, subscribeOK), .data(7, [0x30, 0, 0, 0, 0, 1])], code: .protocolViolation),
        Case(
            name: "a fetch object that refers to none", role: .client, before: fetchA,
            steps: [.data(7, [0x05, 0, 0x00])], code: .protocolViolation),
    ]

    /// Drafts whose messages these are.
    static let alike: [Profile] = [.draft18, .draft19]

    @Test(arguments: cases, alike)
    func `the session closes with the code of the rule`(_ violation: Case, _ profile: Profile) throws {
        let session = try run(violation.in(profile), profile, bytewise: false)
        let close = try #require(session.close)
        #expect(close.code == violation.in(profile).code, "\(close.reason)")
        #expect(close.origin == .us)
        let fault = try #require(close.violation)
        #expect(!fault.what.isEmpty && !fault.section.isEmpty && !fault.field.isEmpty)
        #expect(session.actions.last == .close(close.code, reason: close.reason))
    }

    @Test(arguments: cases, alike)
    func `the split of the bytes makes no difference`(_ violation: Case, _ profile: Profile) throws {
        #expect(try run(violation.in(profile), profile, bytewise: true).close?.code == violation.in(profile).code)
    }

    private func run(_ violation: Case, _ profile: Profile, bytewise: Bool) throws -> End {
        var configuration = SessionConfiguration.test
        configuration.transport = violation.transport
        let end = End(violation.role, configuration, profile)
        let now = Instant(nanoseconds: 1)
        end.session.transportReady(now: now)
        if violation.isSetUp {
            let control: UInt64 = violation.role == .server ? 2 : 3
            end.session.received(Bytes(Self.setup), on: StreamID(rawValue: control), fin: false, now: now)
        }
        try violation.before(&end.session)
        end.drain()
        for step in violation.steps {
            #expect(end.close == nil, "closed too early")
            switch step {
            case .data(let stream, let bytes, let fin):
                let pieces = bytewise && !bytes.isEmpty ? bytes.map { [$0] } : [bytes]
                for (index, piece) in pieces.enumerated() {
                    end.session.received(
                        Bytes(piece), on: StreamID(rawValue: stream), fin: fin && index == pieces.count - 1, now: now)
                }
            case .reset(let stream): end.session.peerReset(StreamID(rawValue: stream), .cancelled)
            case .stop(let stream): end.session.peerStopped(StreamID(rawValue: stream), .cancelled)
            case .datagram(let bytes): end.session.received(datagram: Bytes(bytes), now: now)
            }
            end.drain()
        }
        return end
    }
}
