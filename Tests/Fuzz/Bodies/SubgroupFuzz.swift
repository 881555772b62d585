import MoQTCodec
import Wire

typealias SubgroupTranscript = Transcript<SubgroupStreamDecoder.Event>

/// A unidirectional stream, whatever it turns out to carry.
func fuzzUniStream(_ choices: FuzzChoices) throws(FuzzFailure) {
    let ways = choices.ways
    let kind = try recognized(ways[0], choices.profile)
    for pieces in ways[1...] { try same(try recognized(pieces, choices.profile), kind, "recognized in pieces") }
    switch kind {
    case .success(.subgroup): try fuzzSubgroup(choices)
    case .success(.fetch): try fuzzFetchStream(choices)
    case .success(.control), .success(.padding), .success(nil), .failure: break
    }
}

/// What the recognizer says, having seen that it keeps every byte; nil for a stream that ends inside its type.
private func recognized(
    _ pieces: [Bytes], _ profile: Profile
) throws(FuzzFailure) -> Result<UniStreamKind?, CodecError> {
    var recognizer = UniStreamRecognizer(profile: profile)
    var given: [UInt8] = []
    for piece in pieces {
        piece.append(to: &given)
        let found: (kind: UniStreamKind, bytes: Bytes)?
        do { found = try recognizer.received(piece) } catch { return .failure(error) }
        guard let found else { continue }
        try same(found.bytes.array, given, "bytes that the recognizer passes on")
        return .success(found.kind)
    }
    return .success(nil)
}

private func fuzzSubgroup(_ choices: FuzzChoices) throws(FuzzFailure) {
    let decoder = SubgroupStreamDecoder(profile: choices.profile)
    let transcript = try SubgroupTranscript(decoder, choices, joined: joined)
    try checkPayloads(transcript)
    let encoded = try encode(transcript, choices.profile)
    let again = try SubgroupTranscript(decoder, [Bytes(encoded)], joined: joined)
    try same(again.events, transcript.events, "what was encoded again, decoded")
    try same(try encode(again, choices.profile), encoded, "encoded a third time")
}

private func joined(
    _ a: SubgroupStreamDecoder.Event, _ b: SubgroupStreamDecoder.Event
) -> SubgroupStreamDecoder.Event? {
    guard case .payload(let first) = a, case .payload(let second) = b else { return nil }
    return .payload(Bytes(first.array + second.array))
}

/// The slices of a payload add up to its length.
private func checkPayloads(_ transcript: SubgroupTranscript) throws(FuzzFailure) {
    var remaining: UInt64?
    for event in transcript.events {
        switch event {
        case .header: break
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

private func encode(_ transcript: SubgroupTranscript, _ profile: Profile) throws(FuzzFailure) -> [UInt8] {
    var out: [UInt8] = []
    var encoder: SubgroupObjectEncoder?
    do {
        for event in transcript.events {
            switch event {
            case .header(let header):
                try header.append(to: &out, profile: profile)
                encoder = SubgroupObjectEncoder(profile: profile, header: header)
            case .object(let object): try encoder?.append(object, to: &out)
            case .payload(let bytes): bytes.append(to: &out)
            case .objectEnd: break
            }
        }
    } catch {
        throw FuzzFailure("decoded, and cannot be encoded: \(error)\n\(transcript)")
    }
    return out
}
