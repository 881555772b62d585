import MoQTCodec
import Testing
import Wire

extension Seeded {
    mutating func namespace() throws -> TrackNamespace {
        try TrackNamespace((0..<Int.random(in: 0...4, using: &self)).map { _ in bytes(1...20) })
    }

    mutating func fullTrackName() throws -> FullTrackName {
        try FullTrackName(namespace: namespace(), name: TrackName(bytes(0...30)))
    }

    mutating func location() -> Location { Location(group: number(), object: number()) }

    mutating func maybe(_ value: UInt64) -> UInt64? { chance() ? value : nil }

    mutating func token() -> AuthorizationToken {
        switch next() % 3 {
        case 0: .useValue(type: number(), value: Bytes(bytes(0...40)))
        case 1: .register(alias: number(), type: number(), value: Bytes(bytes(0...300)))
        default: .useAlias(number())
        }
    }

    mutating func properties() -> Properties {
        Properties(
            (0..<Int.random(in: 0...4, using: &self)).map { _ in
                let type = 0x8000 + next() % 5000
                return type & 1 == 0
                    ? KeyValue(type: type, integer: number()) : KeyValue(type: type, bytes: Bytes(bytes(0...50)))
            }, profile: draft18)
    }

    /// Parameters out of those that `kinds` names.
    mutating func parameters(_ kinds: Set<ParameterKind>) throws -> Parameters {
        var result = Parameters()
        for kind in kinds where chance() {
            switch kind {
            case .authorizationToken:
                result.authorizationTokens = (0...next() % 3).map { _ in token() }
            case .objectDeliveryTimeout: result.objectDeliveryTimeout = number()
            case .subgroupDeliveryTimeout: result.subgroupDeliveryTimeout = number()
            case .rendezvousTimeout: result.rendezvousTimeout = number()
            case .expires: result.expires = number()
            case .largestObject: result.largestObject = location()
            case .fillTimeout: result.fillTimeout = number()
            case .forward: result.forward = chance()
            case .subscriberPriority: result.subscriberPriority = UInt8(next() % 256)
            case .locationFilter: result.locationFilter = filter()
            case .groupOrder: result.groupOrder = chance() ? .ascending : .descending
            case .newGroupRequest: result.newGroupRequest = number()
            case .trackNamespacePrefix: result.trackNamespacePrefix = try namespace()
            case .fill, .subgroupFilter, .objectIDFilter, .priorityFilter, .objectPropertyFilter, .trackPropertyFilter,
                .includeProperties:
                Issue.record("draft-18 has no \(kind)")
            case .maxCacheDuration: result.maxCacheDuration = number()
            case .publisherPriority: result.publisherPriority = UInt8(next() % 256)
            case .dynamicGroups: result.dynamicGroups = chance()
            }
        }
        return result
    }

    mutating func filter() -> LocationFilter {
        switch next() % 4 {
        case 0: return .nextGroup
        case 1: return .nextObject
        case 2: return .absoluteStart(location())
        default:
            let start = Location(group: number() >> 1, object: number())
            return .absoluteRange(start: start, end: RangeEnd(group: start.group + number() >> 1))
        }
    }

    /// From one location to another, or the end of a group, at or behind it.
    mutating func range() -> LocationFilter {
        let start = Location(group: number() >> 1, object: number())
        let end = RangeEnd(group: start.group + 1 + number() >> 1, object: maybe(number() >> 1))
        return .absoluteRange(start: start, end: end)
    }

    mutating func rangeEnd() -> RangeEnd { RangeEnd(group: number(), object: maybe(number() >> 1)) }

    mutating func message(_ kind: MessageKind) throws -> ControlMessage {
        let subscription: Set<ParameterKind> = [
            .objectDeliveryTimeout, .subgroupDeliveryTimeout, .forward, .subscriberPriority, .locationFilter,
            .newGroupRequest,
            .authorizationToken,
        ]
        var message = ControlMessage.blank(kind)
        switch message {
        case .setup(var body):
            body.path = chance() ? "/a?b=c" : nil
            body.authority = chance() ? "[::1]:443" : nil
            body.maxAuthTokenCacheSize = maybe(number())
            body.authorizationTokens = chance() ? [.useValue(type: 0, value: Bytes(bytes(0...9)))] : []
            body.implementation = chance() ? WireText(bytes: bytes(0...40)) : nil
            body.unknownOptions = [
                .init(type: 0x02, integer: number()), .init(type: 0x9D, bytes: Bytes(bytes(0...9))),
                .init(type: 0x9D, bytes: []), .init(type: 0x11C, integer: number()),
            ]
            message = .setup(body)
        case .goAway(var body):
            body.newSessionURI = WireText(bytes: bytes(0...60))
            body.timeout = number()
            body.requestID = RequestID(rawValue: number() & ~1)
            message = .goAway(body)
        case .subscribe(var body):
            body.requestID = RequestID(rawValue: number() & ~1)
            body.track = try fullTrackName()
            body.parameters = try parameters(subscription.union([.rendezvousTimeout, .groupOrder]))
            message = .subscribe(body)
        case .subscribeOK(var body):
            body.trackAlias = TrackAlias(rawValue: number())
            body.parameters = try parameters([.expires, .largestObject])
            body.trackProperties = properties()
            message = .subscribeOK(body)
        case .publish(var body):
            body.requestID = RequestID(rawValue: number() & ~1)
            body.track = try fullTrackName()
            body.trackAlias = TrackAlias(rawValue: number())
            body.parameters = try parameters([.expires, .largestObject, .forward, .authorizationToken])
            body.trackProperties = properties()
            message = .publish(body)
        case .publishDone(var body):
            body.code = PublishDoneCode(rawValue: number())
            body.streamCount = maybe(number() >> 3)
            body.reason = WireText(bytes: bytes(0...1024))
            message = .publishDone(body)
        case .fetch(var body):
            body.requestID = RequestID(rawValue: number() & ~1)
            let joining = RequestID(rawValue: number())
            body.target =
                switch next() % 3 {
                case 0: .standalone(track: try fullTrackName(), range: range())
                case 1: .relativeJoining(request: joining, groups: number())
                default: .absoluteJoining(request: joining, group: number())
                }
            body.parameters = try parameters([.fillTimeout, .subscriberPriority, .groupOrder, .authorizationToken])
            message = .fetch(body)
        case .fetchOK(var body):
            body.endOfTrack = chance()
            body.end = rangeEnd()
            body.trackProperties = properties()
            message = .fetchOK(body)
        case .trackStatus(var body):
            body.requestID = RequestID(rawValue: number() & ~1)
            body.track = try fullTrackName()
            body.parameters = try parameters([.authorizationToken])
            message = .trackStatus(body)
        case .publishNamespace(var body):
            body.requestID = RequestID(rawValue: number() & ~1)
            body.namespace = try namespace()
            body.parameters = try parameters([.authorizationToken])
            message = .publishNamespace(body)
        case .subscribeNamespace(var body):
            body.requestID = RequestID(rawValue: number() & ~1)
            body.prefix = try namespace()
            body.parameters = try parameters([.authorizationToken])
            message = .subscribeNamespace(body)
        case .subscribeTracks(var body):
            body.requestID = RequestID(rawValue: number() & ~1)
            body.prefix = try namespace()
            body.parameters = try parameters([.authorizationToken, .forward])
            message = .subscribeTracks(body)
        case .namespace(var body):
            body.suffix = try namespace()
            message = .namespace(body)
        case .namespaceDone(var body):
            body.suffix = try namespace()
            message = .namespaceDone(body)
        case .publishBlocked(var body):
            body.suffix = try namespace()
            body.trackName = TrackName(bytes(0...20))
            message = .publishBlocked(body)
        case .requestUpdate(var body):
            body.requestID = RequestID(rawValue: number() & ~1)
            body.parameters = try parameters(subscription)
            message = .requestUpdate(body)
        case .requestOK(var body):
            body.parameters = try parameters([.expires, .largestObject])
            body.trackProperties = properties()
            message = .requestOK(body)
        case .requestError(var body):
            body.code = chance() ? .redirect : RequestErrorCode(rawValue: number() | 0x1_0000)
            body.retryAfter = maybe(number() >> 1)
            body.reason = WireText(bytes: bytes(0...100))
            if body.code == .redirect {
                var redirect = Redirect()
                redirect.connectURI = WireText(bytes: bytes(0...90))
                redirect.track = try fullTrackName()
                body.redirect = redirect
            }
            message = .requestError(body)
        case .maxRequestID, .requestsBlocked, .unsubscribe, .fetchCancel, .publishNamespaceDone,
            .publishNamespaceCancel, .unsubscribeNamespace, .publishStateNotify:
            break
        }
        return message
    }
}

@Suite("round trips")
struct RoundTripTests {
    @Test("random messages of every kind come back as they were", arguments: draft18Kinds)
    func messages(_ kind: MessageKind) throws {
        let stage = Stage.fitting(kind)
        for seed in 0..<200 as Range<UInt64> {
            var random = Seeded(seed << 8 | UInt64(kind.rawValue))
            let message = try random.message(kind)
            var out: [UInt8] = [1, 2, 3]
            try message.append(to: &out, profile: draft18, context: stage.context)
            #expect(out.starts(with: [1, 2, 3]))
            let bytes = Array(out.dropFirst(3))
            #expect(try decode([bytes], stage) == [message], "seed \(seed)")
            guard seed < 10 else { continue }
            #expect(try decode(bytes.map { [$0] }, stage) == [message], "seed \(seed), single bytes")
            for bit in 0..<bytes.count * 8 {
                var changed = bytes
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                _ = try? decode([changed], stage)
            }
        }
    }

    @Test("several messages in one chunk keep their offsets")
    func offsets() throws {
        var decoder = ControlDecoder(profile: draft18, receiver: .client, stream: .control)
        var input = Bytes(setupBytes + hex("100004008bb80c"))
        #expect(try decoder.next(&input)?.offset == 0)
        let goAway = try #require(try decoder.next(&input))
        #expect(goAway.offset == 4)
        #expect(goAway.byteCount == 7)
        #expect(try decoder.next(&input) == nil)
    }

    @Test("random bytes never trap", arguments: 0..<200 as Range<UInt64>)
    func noise(_ seed: UInt64) {
        var random = Seeded(seed)
        for kind in draft18Kinds {
            let code = draft18.messages.first { $0.kind == kind }!.code
            var bytes: [UInt8] = []
            VI64.append(code, to: &bytes)
            let body = random.bytes(0...60)
            bytes += [0, UInt8(body.count)] + body
            _ = try? decode([bytes], .fitting(kind))
        }
        let bytes = random.bytes(0...80)
        _ = try? subgroupEvents([[UInt8(0x10 | bytes.count & 0x6F)] + bytes])
        _ = try? fetchEvents([[5, 1] + bytes], order: .descending)
        _ = try? Datagram(decoding: Bytes(bytes), profile: draft18)
    }

    @Test("an update's answer has the update's parameters (Parameter Scope)")
    func updateOK() throws {
        let stage = Stage.reply(to: .subscribe, after: "0400020100")
        let messages = try decode([hex("07000401090a14")], stage)
        var expected = RequestOK()
        expected.parameters.largestObject = Location(group: 10, object: 20)
        #expect(messages == [.requestOK(expected)])
    }

    @Test("a misplaced parameter cannot be encoded (Parameter Scope)")
    func misplacedParameter() {
        var subscribe = Subscribe()
        subscribe.parameters.expires = 1
        var out: [UInt8] = [7]
        let error = #expect(throws: CodecError.self) {
            try ControlMessage.subscribe(subscribe).append(
                to: &out, profile: draft18, context: .init(sender: .client, place: .request(.subscribe)))
        }
        #expect(error?.scope == .caller)
        #expect(out == [7])
    }

    @Test("a GOAWAY on a request stream has no Request ID (GOAWAY)")
    func goAwayRequestID() {
        var goAway = GoAway()
        goAway.requestID = RequestID(rawValue: 0)
        var out: [UInt8] = []
        #expect(throws: CodecError.self) {
            try ControlMessage.goAway(goAway).append(
                to: &out, profile: draft18, context: .init(sender: .server, place: .request(.subscribe)))
        }
    }

    @Test("properties are found in Immutable Properties too, and all bytes stay")
    func immutables() throws {
        let inner = Properties([.init(type: 4, integer: 9)], profile: draft18)
        let all = Properties([.init(type: 0x0B, bytes: inner.raw), .init(type: 0x9D, bytes: [1])], profile: draft18)
        #expect(all.maxCacheDuration == 9)
        #expect(all.bytes(0x9D) == [1])
        #expect(all.integer(0x30) == nil)
        #expect(all.entries.map(\.type) == [0x0B, 0x9D])
        #expect(hex(all.raw.array) == "0b020409" + "8092" + "0101")
    }
}
