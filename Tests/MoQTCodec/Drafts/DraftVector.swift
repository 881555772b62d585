import MoQTCodec
import Testing
import Wire

/// A message of a draft derived by hand from the draft's text: bytes and value must give each other exactly.
struct DraftVector: Sendable, CustomTestStringConvertible {
    var profile: Profile
    var title: String
    var hex: String
    var message: ControlMessage
    var context: MessageContext

    /// - Parameters:
    ///   - place: what the message belongs to, where its type does not say.
    ///   - sender: which end sends it, where it matters.
    init(
        _ profile: Profile, _ title: String, _ hex: String, _ message: ControlMessage,
        at place: MessageContext.Place = .any, from sender: EndpointRole? = nil
    ) {
        self.profile = profile
        self.title = title
        self.hex = hex
        self.message = message
        context = MessageContext(sender: sender, place: place)
    }

    var testDescription: String { "\(profile.name) \(title)" }
}

/// `body` after `fill`.
func made<Body>(_ body: Body, _ fill: (inout Body) -> Void) -> Body {
    var body = body
    fill(&body)
    return body
}

func track(_ fields: String..., name: String) -> FullTrackName {
    try! FullTrackName(
        namespace: TrackNamespace(fields.map { Array($0.utf8) }), name: TrackName(utf8: name))
}

/// Bytes that are not one whole message.
struct NotOneMessage: Error {}

/// The one message that `bytes` are in `context`.
func decode(_ bytes: [UInt8], _ profile: Profile, _ context: MessageContext) throws -> ControlMessage {
    var decoder = ControlDecoder(profile: profile, receiver: .server, stream: .any(context))
    var input = Bytes(bytes)
    guard let decoded = try decoder.next(&input), input.isEmpty else { throw NotOneMessage() }
    return decoded.message
}

func encode(_ message: ControlMessage, _ profile: Profile, _ context: MessageContext) throws -> [UInt8] {
    var out: [UInt8] = []
    try message.append(to: &out, profile: profile, context: context)
    return out
}

/// The error that the bytes of `hex` give.
func fault(
    _ profile: Profile, _ hexadecimal: String, at place: MessageContext.Place = .any, from sender: EndpointRole? = nil
) throws -> CodecError? {
    #expect(throws: CodecError.self) {
        try decode(hex(hexadecimal), profile, MessageContext(sender: sender, place: place))
    }
}
