import MoQTCodec
import Wire

typealias FetchTranscript = Transcript<FetchStreamDecoder.Event>

/// A fetch stream behind its type.
func fuzzFetch(_ choices: FuzzChoices) throws(FuzzFailure) {
    var choices = choices
    var type: [UInt8] = []
    choices.profile.integers.append(choices.profile.streams.fetch, to: &type)
    choices.bytes.insert(contentsOf: type, at: 0)
    try fuzzFetchStream(choices)
}

/// A fetch stream from its type on. The options: bit 0 the order of the groups.
func fuzzFetchStream(_ choices: FuzzChoices) throws(FuzzFailure) {
    let order: GroupOrder = choices.options & 1 == 0 ? .ascending : .descending
    var decoder = FetchStreamDecoder(profile: choices.profile)
    decoder.order = order
    let transcript = try FetchTranscript(decoder, choices, joined: joined)
    try checkPayloads(transcript)
    let encoded = try encode(transcript, choices.profile, order)
    let again = try FetchTranscript(decoder, [Bytes(encoded)], joined: joined)
    try same(again.events, transcript.events, "what was encoded again, decoded")
    try same(try encode(again, choices.profile, order), encoded, "encoded a third time")
}

private func joined(_ a: FetchStreamDecoder.Event, _ b: FetchStreamDecoder.Event) -> FetchStreamDecoder.Event? {
    guard case .payload(let first) = a, case .payload(let second) = b else { return nil }
    return .payload(Bytes(first.array + second.array))
}

/// The slices of a payload add up to its length.
private func checkPayloads(_ transcript: FetchTranscript) throws(FuzzFailure) {
    var remaining: UInt64?
    for event in transcript.events {
        switch event {
        case .header, .gap: break
        case .object(let object): remaining = object.payloadLength
        case .payload(let bytes):
            guard let rest = remaining, rest >= UInt64(bytes.count) else { throw FuzzFailure("too much payload") }
            remaining = rest - UInt64(bytes.count)
        case .objectEnd:
            try same(remaining, 0, "payload missing at the end of an object")
            remaining = nil
        }
    }
}

private func encode(
    _ transcript: FetchTranscript, _ profile: Profile, _ order: GroupOrder
) throws(FuzzFailure) -> [UInt8] {
    var out: [UInt8] = []
    var encoder = FetchObjectEncoder(profile: profile, order: order)
    do {
        for event in transcript.events {
            switch event {
            case .header(let request): try encoder.appendHeader(request, to: &out)
            case .object(let object): try encoder.append(object, to: &out)
            case .payload(let bytes): bytes.append(to: &out)
            case .objectEnd: break
            case .gap(let gap): try encoder.append(gap, to: &out)
            }
        }
    } catch {
        throw FuzzFailure("decoded, and cannot be encoded: \(error)\n\(transcript)")
    }
    return out
}
