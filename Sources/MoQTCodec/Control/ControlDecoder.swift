public import Wire

/// Which half of which stream a ``ControlDecoder`` reads.
public enum ControlStreamKind: Hashable, Sendable {
    /// The peer's control stream, or its half of the one there is; SETUP first.
    case control
    /// A request stream that the peer opened; a request first.
    case request
    /// The peer's half of a request stream that this end opened.
    case reply(to: RequestKind)
    /// Messages whose stream is unknown, each judged for itself with what is known of it.
    case any(MessageContext)
}

/// A message with its place in the stream.
public struct DecodedMessage: Hashable, Sendable {
    /// What it says.
    public var message: ControlMessage
    /// The layout it has, which names it.
    package var layout: MessageLayout
    /// What it belongs to, as far as is known.
    public var context: MessageContext
    /// Bytes of the stream before the message.
    public var offset: UInt64
    /// Bytes of the message, header included.
    public var byteCount: Int

    /// Appends the message as `profile`, which it was decoded with, writes it; not minimal integers become so.
    public func append(to out: inout [UInt8], profile: Profile) throws(CodecError) {
        try message.append(to: &out, profile: profile, layout: layout, context: context)
    }
}

/// Reads the messages of a control or request stream, however its bytes are split.
///
/// Holds at most one message, 65,535 bytes and its header. Knows which messages may stand where, and what each answers
/// where the stream tells; counting requests against answers, and finding them by Request ID where they share a stream,
/// is the session's part. After an error it is of no more use.
public struct ControlDecoder: Sendable {
    private let profile: Profile
    private let receiver: EndpointRole?
    let stream: ControlStreamKind
    private let overWebTransport: Bool
    /// The kind of request on this stream; nil on a control stream, and before the first message of the peer's.
    public private(set) var request: RequestKind?
    /// A Track Namespace Prefix of no fields is read whatever the draft says.
    public var takesEmptyPrefix = false
    private var isStarted = false
    /// The peer's answer to the request of this end has come.
    private var isAnswered = false
    private var partial = PartialInput()

    /// - Parameters:
    ///   - receiver: this end's role; nil when unknown, which breaks no rule.
    ///   - overWebTransport: SETUP may then carry no path and no authority.
    public init(
        profile: Profile, receiver: EndpointRole?, stream: ControlStreamKind, overWebTransport: Bool = false
    ) {
        self.profile = profile
        self.receiver = receiver
        self.stream = stream
        self.overWebTransport = overWebTransport
        if case .reply(let kind) = stream { request = kind }
    }

    /// Takes bytes from the front of `input` and returns the next message; nil when more bytes are needed, `input`
    /// being empty then.
    ///
    /// - Throws: ``CodecError``, of scope `session`.
    public mutating func next(_ input: inout Bytes) throws(CodecError) -> DecodedMessage? {
        let offset = partial.consumed
        while let view = partial.view(&input) {
            guard let header = try header(view) else {
                partial.needs(neededForHeader(view), &input)
                continue
            }
            let total = header.length + header.bodyLength
            guard view.count >= total else {
                partial.needs(total, &input)
                continue
            }
            let body = view.slice(from: header.length, count: header.bodyLength)
            let (message, admitted) = try decode(header, body, offset)
            partial.take(total, &input)
            return DecodedMessage(
                message: message, layout: admitted.layout, context: admitted.context, offset: offset, byteCount: total)
        }
        return nil
    }

    /// The stream ended with FIN.
    ///
    /// - Throws: when that was inside a message, or on a control stream (draft-18 "Session initialization").
    public func finish() throws(CodecError) {
        if stream == .control {
            throw .violation(
                "a control stream must not be closed", field: "FIN", offset: partial.consumed,
                section: "Session initialization")
        }
        guard partial.isEmpty else {
            throw .violation(
                "the stream ends inside a message", field: "Message Payload", offset: partial.consumed,
                section: "Control Messages")
        }
    }

    /// A message that may come now, and what it then belongs to.
    struct Admitted {
        var layout: MessageLayout
        var context: MessageContext
    }

    private struct Header {
        /// More than one only where the place is unknown.
        var candidates: [Admitted]
        /// Bytes of type and length.
        var length: Int
        var bodyLength: Int
    }

    private func neededForHeader(_ view: Bytes) -> Int {
        guard !view.isEmpty else { return 1 }
        // The type is judged as soon as it is there.
        let type = profile.integers.length(startingWith: view.span[0])
        return view.count < type ? type : type + 2
    }

    /// The header at the front of `view`, judged; nil while it is incomplete.
    private func header(_ view: Bytes) throws(CodecError) -> Header? {
        var position = 0
        guard let type = profile.integers.read(view.span, at: &position) else {
            guard view.isEmpty || !profile.integers.forbids(view.span[0]) else {
                throw .violation(
                    "no integer begins so", field: "Message Type", offset: partial.consumed,
                    section: "Variable-Length Integers")
            }
            return nil
        }
        // A message that has no place here is refused before its body is waited for.
        let candidates = try admit(type)
        guard view.count >= position + 2 else { return nil }
        let length = Int(view.span[position]) << 8 | Int(view.span[position + 1])
        return Header(candidates: candidates, length: position + 2, bodyLength: length)
    }

    private mutating func decode(
        _ header: Header, _ body: Bytes, _ offset: UInt64
    ) throws(CodecError) -> (ControlMessage, Admitted) {
        let base = offset + UInt64(header.length)
        var first: CodecError?
        for candidate in header.candidates {
            do {
                let message = try decode(candidate, body, base)
                note(candidate)
                return (message, candidate)
            } catch {
                first = first ?? error
            }
        }
        throw first ?? misplaced("nothing can come here", section: "Control Messages")
    }

    private func decode(_ candidate: Admitted, _ body: Bytes, _ base: UInt64) throws(CodecError) -> ControlMessage {
        var reader = FieldReader(
            body, isShared: !partial.isEmpty, profile: profile, base: base, section: candidate.layout.name,
            takesEmptyPrefix: takesEmptyPrefix)
        var message = ControlMessage.blank(candidate.layout.kind)
        try message.visit(candidate.layout, &reader, candidate.context)
        guard reader.atEnd else {
            throw .violation(
                "\(body.count - reader.position) bytes follow the last field", field: "Message Length",
                offset: base + UInt64(reader.position), section: "Control Messages")
        }
        return message
    }

    /// The message was read as `decoded` says.
    mutating func note(_ decoded: Admitted) {
        isStarted = true
        switch stream {
        case .control, .any: break
        case .request: request = request ?? decoded.layout.places.opens
        case .reply(let request): if decoded.layout.places.answers.contains(request) { isAnswered = true }
        }
    }
}

// MARK: - What may come where

extension ControlDecoder {
    /// The layouts that a message of this type may have now; at least one.
    func admit(_ type: UInt64) throws(CodecError) -> [Admitted] {
        let layouts = profile.layouts(code: type)
        guard !layouts.isEmpty else {
            throw misplaced("unknown type 0x\(String(type, radix: 16))", section: "Control Messages")
        }
        var result: [Admitted] = []
        var refusal: CodecError?
        for layout in layouts {
            if case .any(let hints) = stream {
                if let admitted = admit(layout, hints) { result.append(admitted) }
            } else if carries(layout) {
                do {
                    result.append(Admitted(layout: layout, context: try admit(layout)))
                } catch {
                    refusal = refusal ?? error
                }
            }
        }
        guard result.isEmpty else { return result }
        if let refusal { throw refusal }
        if case .any(let hints) = stream, hints.isFirstReply {
            throw misplaced("\(layouts[0].name) cannot come before the answer", section: "Control Messages")
        }
        throw misplaced("0x\(String(type, radix: 16)) is not for this kind of stream", section: "Control Messages")
    }

    /// Whether messages of `layout` stand on this kind of stream, which is known, at all.
    func carries(_ layout: MessageLayout) -> Bool {
        stream == .control ? profile.isForControlStream(layout) : !layout.places.control
    }

    private func admit(_ layout: MessageLayout, _ hints: MessageContext) -> Admitted? {
        var hints = hints
        // What is on a control stream need not be about the session where that stream carries requests too.
        if hints.place == .control, !layout.places.control, profile.isForControlStream(layout) { hints.place = .any }
        guard layout.fits(hints) else { return nil }
        let places = layout.places
        guard !hints.isFirstReply || !places.answers.isEmpty || !places.precedes.isEmpty else { return nil }
        return Admitted(layout: layout, context: hints.settled(by: layout))
    }

    /// Whether a message of this layout may come now, and what it then belongs to.
    private func admit(_ layout: MessageLayout) throws(CodecError) -> MessageContext {
        if let only = layout.places.sender, let sender, only != sender {
            throw misplaced("\(layout.name) is not for a \(sender) to send", section: layout.name)
        }
        switch stream {
        case .control: return try admitOnControl(layout)
        case .request: return try admitOnRequest(layout)
        case .reply(let request): return try admitReply(layout, to: request)
        case .any(let hints): return hints.settled(by: layout)
        }
    }

    private func admitOnControl(_ layout: MessageLayout) throws(CodecError) -> MessageContext {
        guard (layout.kind == .setup) != isStarted else {
            throw misplaced(
                isStarted ? "a second \(layout.name)" : "\(layout.name) before the setup",
                section: "Session initialization")
        }
        return context(layout.place)
    }

    private func admitOnRequest(_ layout: MessageLayout) throws(CodecError) -> MessageContext {
        guard let request else {
            guard let opens = layout.places.opens, profile.requestStreams.contains(opens) else {
                throw misplaced("\(layout.name) cannot open a stream", section: "Session initialization")
            }
            return context(.request(opens))
        }
        guard layout.places.follows.contains(request) else { throw unexpected(layout) }
        return context(layout.kind.isAnswer ? .update(request) : .request(request))
    }

    private func admitReply(_ layout: MessageLayout, to request: RequestKind) throws(CodecError) -> MessageContext {
        let places = layout.places
        if isAnswered {
            guard places.replies.contains(request) else { throw unexpected(layout) }
            return context(layout.kind.isAnswer ? .update(request) : .request(request))
        }
        guard places.answers.contains(request) || places.precedes.contains(request) else { throw unexpected(layout) }
        return context(.request(request))
    }

    private var sender: EndpointRole? { receiver.map { $0 == .client ? .server : .client } }

    private func context(_ place: MessageContext.Place) -> MessageContext {
        MessageContext(sender: sender, place: place, overWebTransport: overWebTransport)
    }

    private func unexpected(_ layout: MessageLayout) -> CodecError {
        misplaced("\(layout.name) cannot come here", section: layout.name)
    }

    private func misplaced(_ what: String, section: String) -> CodecError {
        .violation(what, field: "Message Type", offset: partial.consumed, section: section)
    }
}
