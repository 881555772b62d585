import MoQTCodec
import Testing
import Wire

let draft18 = Profile.draft18
/// The kinds of message that draft-18 has.
let draft18Kinds = MessageKind.allCases.filter { kind in draft18.messages.contains { $0.kind == kind } }

func hex(_ text: String) -> [UInt8] {
    let digits = text.utf8.map { UInt8($0 > 0x39 ? $0 - 0x57 : $0 - 0x30) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }.joined()
}

/// SplitMix64, so that a failing seed can be run again.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func chance() -> Bool { next() & 1 == 0 }

    /// Small, middling and huge numbers alike.
    mutating func number() -> UInt64 { next() >> (next() % 64) }

    mutating func bytes(_ range: ClosedRange<Int>) -> [UInt8] {
        (0..<Int.random(in: range, using: &self)).map { _ in UInt8(truncatingIfNeeded: next()) }
    }
}

/// A stream half on which a message of this kind can come first, and the context it has there.
struct Stage: Sendable {
    var stream: ControlStreamKind
    var receiver: EndpointRole = .server
    /// Sent ahead so that the message may follow.
    var prelude: [UInt8] = []
    var context: MessageContext

    func decoder() throws -> ControlDecoder {
        var decoder = ControlDecoder(profile: draft18, receiver: receiver, stream: stream)
        var input = Bytes(prelude)
        while try decoder.next(&input) != nil {}
        return decoder
    }
}

let setupBytes = hex("af000000")

extension Stage {
    static func reply(to kind: RequestKind, receiver: EndpointRole = .client, after prelude: String = "") -> Stage {
        Stage(
            stream: .reply(to: kind), receiver: receiver, prelude: hex(prelude),
            context: .init(sender: receiver == .client ? .server : .client, place: .request(kind)))
    }

    static func request(_ kind: RequestKind, receiver: EndpointRole = .server, after prelude: String = "") -> Stage {
        Stage(
            stream: .request, receiver: receiver, prelude: hex(prelude),
            context: .init(sender: receiver == .client ? .server : .client, place: .request(kind)))
    }

    static func control(receiver: EndpointRole, after prelude: [UInt8] = setupBytes) -> Stage {
        Stage(
            stream: .control, receiver: receiver, prelude: prelude,
            context: .init(sender: receiver == .client ? .server : .client, place: .control))
    }

    /// Where a message may come in draft-18.
    static func fitting(_ kind: MessageKind) -> Stage {
        switch kind {
        case .setup: .control(receiver: .server, after: [])
        case .goAway: .control(receiver: .client)
        case .subscribe: .request(.subscribe)
        case .publish: .request(.publish)
        case .fetch: .request(.fetch)
        case .trackStatus: .request(.trackStatus)
        case .publishNamespace: .request(.publishNamespace)
        case .subscribeNamespace: .request(.subscribeNamespace)
        case .subscribeTracks: .request(.subscribeTracks)
        case .subscribeOK: .reply(to: .subscribe)
        case .fetchOK: .reply(to: .fetch)
        case .requestOK: .reply(to: .trackStatus)
        case .requestError: .reply(to: .fetch)
        case .publishDone: .reply(to: .subscribe, after: "0400020100")
        case .namespace, .namespaceDone: .reply(to: .subscribeNamespace, after: "07000100")
        case .publishBlocked: .reply(to: .subscribeTracks, after: "07000100")
        case .requestUpdate: .request(.subscribe, after: "030006000101610000")
        case .maxRequestID, .requestsBlocked, .unsubscribe, .fetchCancel, .publishNamespaceDone,
            .publishNamespaceCancel, .unsubscribeNamespace, .publishStateNotify:
            preconditionFailure("draft-18 has no \(kind)")
        }
    }
}

/// Everything that `chunks` decode to.
func decode(_ chunks: [[UInt8]], _ stage: Stage) throws -> [ControlMessage] {
    var decoder = try stage.decoder()
    var result: [ControlMessage] = []
    for chunk in chunks {
        var input = Bytes(chunk)
        while let message = try decoder.next(&input) { result.append(message.message) }
        #expect(input.isEmpty)
    }
    return result
}

func subgroupEvents(_ chunks: [[UInt8]]) throws -> [SubgroupStreamDecoder.Event] {
    var decoder = SubgroupStreamDecoder(profile: draft18)
    var events: [SubgroupStreamDecoder.Event] = []
    for chunk in chunks {
        var input = Bytes(chunk)
        while let event = try decoder.next(&input) { merge(event, into: &events) }
    }
    // An empty payload's end may still be due.
    var none = Bytes()
    while let event = try decoder.next(&none) { merge(event, into: &events) }
    try decoder.finish()
    return events
}

private func merge(_ event: SubgroupStreamDecoder.Event, into events: inout [SubgroupStreamDecoder.Event]) {
    if case .payload(let next) = event, case .payload(let last)? = events.last {
        events[events.count - 1] = .payload(Bytes(last.array + next.array))
    } else {
        events.append(event)
    }
}

func fetchEvents(_ chunks: [[UInt8]], order: GroupOrder = .ascending) throws -> [FetchStreamDecoder.Event] {
    var decoder = FetchStreamDecoder(profile: draft18)
    decoder.order = order
    var events: [FetchStreamDecoder.Event] = []
    for chunk in chunks {
        var input = Bytes(chunk)
        while let event = try decoder.next(&input) {
            if case .payload(let next) = event, case .payload(let last)? = events.last {
                events[events.count - 1] = .payload(Bytes(last.array + next.array))
            } else {
                events.append(event)
            }
        }
    }
    var none = Bytes()
    while let event = try decoder.next(&none) { events.append(event) }
    try decoder.finish()
    return events
}

/// The bytes split in two at every place, and into single bytes.
func splits(_ bytes: [UInt8]) -> [[[UInt8]]] {
    (0...bytes.count).map { [Array(bytes[..<$0]), Array(bytes[$0...])] } + [bytes.map { [$0] }]
}
