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
    }

    enum Step {
        case data(UInt64, [UInt8], fin: Bool)
        case reset(UInt64)
        case stop(UInt64)
        case datagram([UInt8])

        static func data(_ stream: UInt64, _ bytes: [UInt8]) -> Self { .data(stream, bytes, fin: false) }
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
        Case(name: "SETUP on a request stream", steps: [.data(0, setup)], code: .protocolViolation),
        Case(name: "an unknown message", steps: [.data(0, [0x3A, 0, 0])], code: .protocolViolation),
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
        // Answers.
        Case(
            name: "REQUEST_OK without an update", role: .client, before: subscribeA,
            steps: [.data(0, subscribeOK), .data(0, requestOK)], code: .protocolViolation),
        Case(
            name: "SUBSCRIBE_OK for PUBLISH", role: .client, before: publishA, steps: [.data(0, subscribeOK)],
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
        let session = try run(violation, profile, bytewise: false)
        let close = try #require(session.close)
        #expect(close.code == violation.code, "\(close.reason)")
        #expect(close.origin == .us)
        let fault = try #require(close.violation)
        #expect(!fault.what.isEmpty && !fault.section.isEmpty && !fault.field.isEmpty)
        #expect(session.actions.last == .close(close.code, reason: close.reason))
    }

    @Test(arguments: cases, alike)
    func `the split of the bytes makes no difference`(_ violation: Case, _ profile: Profile) throws {
        #expect(try run(violation, profile, bytewise: true).close?.code == violation.code)
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
