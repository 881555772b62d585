import MoQTCodec
import Testing
import Wire

/// The track whose namespace has the one field "a" and whose name is "b".
let trackAB = try! FullTrackName(namespace: TrackNamespace(utf8: "a"), name: TrackName(utf8: "b"))

/// A draft whose rules are held, and how its bytes are made by hand. Small numbers have one byte in all of them.
enum Draft: Int, Sendable, CaseIterable, CustomTestStringConvertible {
    case draft16 = 16
    case draft18 = 18
    case draft19 = 19

    static let since18: [Draft] = [.draft18, .draft19]

    var testDescription: String { profile.name }

    var profile: Profile {
        switch self {
        case .draft16: .draft16
        case .draft18: .draft18
        case .draft19: .draft19
        }
    }

    /// A variable-length integer.
    func number(_ value: UInt64) -> [UInt8] {
        var out: [UInt8] = []
        profile.integers.append(value, to: &out)
        return out
    }

    /// `count` bytes behind their length.
    func text(_ count: Int) -> [UInt8] {
        number(UInt64(count)) + Array(repeating: 0x61, count: count)
    }

    /// A namespace of fields of these lengths.
    func namespace(_ fields: [Int]) -> [UInt8] { number(UInt64(fields.count)) + fields.flatMap(text) }

    /// Deltas that take a type from 0 to 2^64-1.
    var climb: [UInt64] {
        var left = UInt64.max
        var deltas: [UInt64] = []
        while left > 0 {
            deltas.append(min(left, profile.integers.maximum))
            left -= deltas[deltas.count - 1]
        }
        return deltas
    }

    /// Pairs with these type deltas whose values are 0 or empty, which is the same byte.
    func pairs(_ deltas: [UInt64]) -> [UInt8] { deltas.flatMap { number($0) + [0] } }
}

// MARK: - Messages

extension Draft {
    func message(_ code: UInt64, _ body: [UInt8]) -> [UInt8] {
        number(code) + [UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body
    }

    /// A message of the responder's, which begins with the Request ID 0 where answers tell it.
    func answer(_ code: UInt64, _ body: [UInt8]) -> [UInt8] {
        message(code, (self == .draft16 ? [0] : []) + body)
    }

    /// The setup message of `sender`, with `count` options written in `options`.
    func setup(from sender: EndpointRole = .client, _ count: Int, _ options: [UInt8]) -> [UInt8] {
        guard self == .draft16 else { return message(0x2F00, options) }
        return message(sender == .client ? 0x20 : 0x21, [UInt8(count)] + options)
    }

    /// SUBSCRIBE with `count` parameters written in `parameters`.
    func subscribe(_ count: Int = 0, _ parameters: [UInt8] = []) -> [UInt8] {
        message(0x03, hex("00" + "010161" + "0162") + [UInt8(count)] + parameters)
    }

    /// A standalone FETCH of {2, 0} to the end of group 4.
    func fetch(_ count: Int = 0, _ parameters: [UInt8] = []) -> [UInt8] {
        message(
            0x16, hex("00" + "01" + "010161" + "0162" + "0200" + "0400") + [UInt8(count)] + parameters)
    }

    func publish(_ count: Int = 0, _ parameters: [UInt8] = [], properties: [UInt8] = []) -> [UInt8] {
        message(0x1D, hex("00" + "010161" + "0162" + "07") + [UInt8(count)] + parameters + properties)
    }

    func subscribeOK(properties: [UInt8] = []) -> [UInt8] { answer(0x04, [7, 0] + properties) }

    func fetchOK(properties: [UInt8] = []) -> [UInt8] { answer(0x18, [0, 4, 0, 0] + properties) }

    func publishNamespace(_ namespace: [UInt8]) -> [UInt8] { message(0x06, [0] + namespace + [0]) }

    /// SUBSCRIBE_NAMESPACE, in draft-16 for NAMESPACE messages.
    func subscribeNamespace(_ prefix: [UInt8]) -> [UInt8] {
        self == .draft16 ? message(0x11, [0] + prefix + [1, 0]) : message(0x50, [0] + prefix + [0])
    }

    func requestError(_ code: UInt64 = 0, reason: Int = 0, then rest: [UInt8] = []) -> [UInt8] {
        answer(0x05, number(code) + [0] + text(reason) + rest)
    }

    func publishDone(_ code: UInt64 = 2, reason: Int = 0) -> [UInt8] {
        answer(0x0B, number(code) + [0] + text(reason))
    }

    /// GOAWAY on the control stream.
    func goAway(uri: Int, requestID: UInt64 = 0) -> [UInt8] {
        switch self {
        case .draft16: message(0x10, text(uri))
        case .draft18: message(0x10, text(uri) + [0] + number(requestID))
        case .draft19: message(0x10, text(uri) + [0])
        }
    }
}

// MARK: - Streams

extension Draft {
    /// Where a message stands, whichever stream the draft has for it.
    enum Place {
        /// Behind the setup message of `sender`.
        case control(from: EndpointRole)
        /// First on its stream.
        case setup(from: EndpointRole)
        /// The first message of a request of the client's, and what the client says after it.
        case request(RequestKind)
        /// What the server says about a request of the client's.
        case reply(RequestKind)
    }

    func decoder(_ place: Place, overWebTransport: Bool = false) throws -> ControlDecoder {
        let (stream, sender) = stream(place)
        var decoder = ControlDecoder(
            profile: profile, receiver: sender == .client ? .server : .client, stream: stream,
            overWebTransport: overWebTransport)
        if case .setup = place { return decoder }
        guard stream == .control else { return decoder }
        var input = Bytes(setup(from: sender, 0, []))
        _ = try decoder.next(&input)
        return decoder
    }

    private func stream(_ place: Place) -> (ControlStreamKind, EndpointRole) {
        let hasOwn: (RequestKind) -> Bool = { self != .draft16 || $0 == .subscribeNamespace }
        switch place {
        case .control(let sender), .setup(let sender): return (.control, sender)
        case .request(let kind): return (hasOwn(kind) ? .request : .control, .client)
        case .reply(let kind): return (hasOwn(kind) ? .reply(to: kind) : .control, .server)
        }
    }

    /// The messages in `bytes`, which may end inside one.
    func messages(
        _ bytes: [UInt8], _ place: Place, overWebTransport: Bool = false
    ) throws -> [ControlMessage] {
        var decoder = try decoder(place, overWebTransport: overWebTransport)
        var input = Bytes(bytes)
        var messages: [ControlMessage] = []
        while let message = try decoder.next(&input) { messages.append(message.message) }
        return messages
    }

    /// What the messages' first fault ends; nil when the last of them came whole and without one.
    func fault(_ bytes: [UInt8], _ place: Place, overWebTransport: Bool = false) throws -> CodecError
        .Scope?
    {
        var decoder = try decoder(place, overWebTransport: overWebTransport)
        var input = Bytes(bytes)
        var decoded = 0
        do {
            while let message = try decoder.next(&input) {
                decoded = Int(message.offset) + message.byteCount
            }
        } catch { return error.scope }
        #expect(decoded >= bytes.count, "it waits for more bytes")
        return nil
    }

    /// Why the request or the answer in `bytes` is to be refused though the session lives.
    func refusal(_ bytes: [UInt8], _ place: Place, maxFilterRanges: UInt64 = 0) throws -> CodecError
        .Scope?
    {
        try #require(try messages(bytes, place).first).refusal(
            profile, maxFilterRanges: maxFilterRanges)?.scope
    }

    func encode(
        _ message: ControlMessage, from sender: EndpointRole = .client, _ place: MessageContext.Place
    ) throws(CodecError) -> [UInt8] {
        var out: [UInt8] = []
        try message.append(
            to: &out, profile: profile, context: MessageContext(sender: sender, place: place))
        return out
    }
}

// MARK: - Data

extension Draft {
    /// What the first fault of a unidirectional stream ends; nil when it has none, and ends between objects.
    func fault(
        stream bytes: [UInt8], order: GroupOrder = .ascending
    ) throws -> CodecError.Scope? {
        var recognizer = UniStreamRecognizer(profile: profile)
        do {
            guard let (kind, all) = try recognizer.received(Bytes(bytes)) else { return nil }
            switch kind {
            case .subgroup: _ = try subgroupEvents(all)
            case .fetch: _ = try fetchEvents(all, order: order)
            case .control, .padding: break
            }
        } catch let error as CodecError { return error.scope }
        return nil
    }

    func subgroupEvents(_ bytes: Bytes) throws -> [SubgroupStreamDecoder.Event] {
        var decoder = SubgroupStreamDecoder(profile: profile)
        var input = bytes
        var events: [SubgroupStreamDecoder.Event] = []
        while let event = try decoder.next(&input) { events.append(event) }
        try decoder.finish()
        return events
    }

    func fetchEvents(_ bytes: Bytes, order: GroupOrder = .ascending) throws -> [FetchStreamDecoder
        .Event]
    {
        var decoder = FetchStreamDecoder(profile: profile)
        decoder.order = order
        var input = bytes
        var events: [FetchStreamDecoder.Event] = []
        while let event = try decoder.next(&input) { events.append(event) }
        try decoder.finish()
        return events
    }

    func fault(datagram bytes: [UInt8]) -> CodecError.Scope? {
        do { _ = try Datagram(decoding: Bytes(bytes), profile: profile) } catch { return error.scope }
        return nil
    }

    /// A subgroup stream of group 5 with properties, which holds one object with this ID.
    func stream(object id: UInt64 = 0, properties: [UInt8], status: UInt8 = 0) -> [UInt8] {
        hex("110705" + "80") + object(delta: id, properties: properties, status: status)
    }

    /// An empty object of a subgroup stream with properties.
    func object(delta: UInt64, properties: [UInt8], status: UInt8 = 0) -> [UInt8] {
        number(delta) + number(UInt64(properties.count)) + properties + [0, status]
    }

    /// A datagram of the object {5, `id`} with these properties.
    func datagram(object id: UInt64 = 0, properties: [UInt8]) -> [UInt8] {
        hex("010705") + number(id) + [0x80] + number(UInt64(properties.count)) + properties
    }
}

extension CodecError.Scope {
    static let violation = Self.session(.protocolViolation)
    static let formatting = Self.session(.keyValueFormattingError)
}
