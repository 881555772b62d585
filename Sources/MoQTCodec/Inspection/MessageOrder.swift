internal import Wire

/// Says what a message can be where it stands, from what is known of the stream.
///
/// A stream is taken from where it is given, which need not be its beginning: only of what is said to be a first message
/// the place is judged. Behind an error each message is judged by itself, and by the kind of its stream.
struct MessageOrder {
    private let context: InspectionContext
    /// Knows what follows what; nil where that is not judged.
    private var strict: ControlDecoder?
    private var any: ControlDecoder
    /// Knows what the kind of stream can carry; nil where the kind is not known.
    private var carrier: ControlDecoder?
    private var count = 0

    init(_ source: InspectedSource, profile: Profile, context: InspectionContext) {
        self.context = context
        let sender: EndpointRole? = context.receiver.map { $0 == .client ? .server : .client }
        var hints = MessageContext(sender: sender, place: .any, overWebTransport: context.overWebTransport)
        if let kind = context.answers { hints.place = .request(kind) }
        if let kind = context.updates { hints.place = .update(kind) }
        hints.offeredVersions = context.offeredVersions ?? []
        func decoder(_ stream: ControlStreamKind) -> ControlDecoder {
            ControlDecoder(
                profile: profile, receiver: context.receiver, stream: stream,
                overWebTransport: context.overWebTransport)
        }
        any = decoder(.any(hints))
        switch source {
        case .control:
            strict = decoder(.control)
            carrier = strict
        case .request:
            strict = decoder(context.answers.map(ControlStreamKind.reply) ?? .request)
            carrier = strict
        case .message, .uni, .datagram:
            guard context.isFirstResponse else { break }
            hints.isFirstReply = true
            strict = decoder(.any(hints))
        }
    }

    /// What a message of this type can be, likeliest first; never empty.
    mutating func candidates(of code: UInt64, at offset: UInt64) throws(CodecError) -> [ControlDecoder.Admitted] {
        do throws(CodecError) {
            guard let strict else { return try judged(loose(code)) }
            do throws(CodecError) { return try judged(strict.admit(code)) } catch {
                guard count == 0, !context.isFirst, !context.isFirstResponse else { throw error }
                self.strict = nil
                return try loose(code)
            }
        } catch {
            var error = error
            error.offset = offset
            throw error
        }
    }

    /// What a message of this type can be wherever in the stream it stands.
    private func loose(_ code: UInt64) throws(CodecError) -> [ControlDecoder.Admitted] {
        let candidates = try any.admit(code)
        guard let carrier else { return candidates }
        let carried = candidates.filter { carrier.carries($0.layout) }
        guard !carried.isEmpty else {
            throw .violation(
                "0x\(String(code, radix: 16)) is not for this kind of stream", field: "Message Type", offset: 0,
                section: "Control Messages")
        }
        return carried
    }

    private func judged(_ candidates: [ControlDecoder.Admitted]) throws(CodecError) -> [ControlDecoder.Admitted] {
        guard context.isFirst, count == 0, candidates.allSatisfy({ $0.layout.places.opens == nil }) else {
            return candidates
        }
        let name = candidates.first?.layout.name ?? ""
        throw .violation(
            "\(name) cannot come first", field: "Message Type", offset: 0, section: "Session initialization")
    }

    /// The message was read as `candidate` says.
    mutating func passed(_ candidate: ControlDecoder.Admitted) {
        count += 1
        strict?.note(candidate)
        // What was said of the first message does not hold for those behind it.
        if context.isFirstResponse, case .any? = strict?.stream { strict = nil }
    }

    /// A message could not be read.
    mutating func lost() {
        count += 1
        strict = nil
    }
}
