import MoQTCodec
import Wire

/// Either half of a control or request stream.
func fuzzControl(_ choices: FuzzChoices) throws(FuzzFailure) {
    let decoder = ControlDecoder(choices)
    let transcript = try Transcript(decoder, choices)
    // What came before an error counts too.
    var encoded: [UInt8] = []
    for event in transcript.events {
        try encode(event, of: choices.bytes, choices.profile, to: &encoded)
    }
    let again = try Transcript(decoder, [Bytes(encoded)])
    try same(again.events.map(\.message), transcript.events.map(\.message), "what was encoded again, decoded")
    var canonical: [UInt8] = []
    for event in again.events { try encode(event, of: encoded, choices.profile, to: &canonical) }
    try same(canonical, encoded, "encoded a third time")
}

/// Appends the message that `event` found in `bytes`.
private func encode(
    _ event: DecodedMessage, of bytes: [UInt8], _ profile: Profile, to out: inout [UInt8]
) throws(FuzzFailure) {
    // What is wrong with a request that is to be refused is not kept.
    if event.message.refusal(profile, maxFilterRanges: .max) != nil {
        out += bytes[Int(event.offset)..<Int(event.offset) + event.byteCount]
        return
    }
    do { try event.message.append(to: &out, profile: profile, context: event.context) } catch {
        throw FuzzFailure("\(event) was decoded and cannot be encoded: \(error)")
    }
}

extension ControlDecoder {
    /// The options: bit 0 the role, bit 1 WebTransport, bits 2 to 6 the stream.
    fileprivate init(_ choices: FuzzChoices) {
        let options = choices.options
        let number = Int(options >> 2 & 31)
        let kinds = RequestKind.allCases
        let stream: ControlStreamKind =
            switch number % (kinds.count + 2) {
            case 0: .control
            case 1: .request
            case let reply: .reply(to: kinds[reply - 2])
            }
        self.init(
            profile: choices.profile, receiver: options & 1 == 0 ? .server : .client, stream: stream,
            overWebTransport: options & 2 != 0)
    }
}
