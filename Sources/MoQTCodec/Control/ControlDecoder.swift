package import Wire

/// Which half of which stream a ``ControlDecoder`` reads.
package enum ControlStreamKind: Hashable, Sendable {
    /// The peer's control stream; SETUP first.
    case control
    /// A request stream that the peer opened; a request first.
    case request
    /// The peer's half of a request stream that this end opened.
    case reply(to: RequestKind)
}

/// A message with its place in the stream.
package struct DecodedMessage: Hashable, Sendable {
    package var message: ControlMessage
    /// Bytes of the stream before the message.
    package var offset: UInt64
    /// Bytes of the message, header included.
    package var byteCount: Int
}

/// Reads the messages of a control or request stream, however its bytes are split.
///
/// Holds at most one message, 65,535 bytes and its header. Knows which messages may stand where, and what each answers;
/// counting requests against answers is the session's part. After an error it is of no more use.
package struct ControlDecoder: Sendable {
    private let profile: Profile
    private let receiver: EndpointRole
    private let stream: ControlStreamKind
    private let overWebTransport: Bool
    /// The kind of request on this stream; nil on a control stream, and before the first message of the peer's.
    package private(set) var request: RequestKind?
    private var isStarted = false
    /// The peer's answer to the request of this end has come.
    private var isAnswered = false
    private var partial = PartialInput()

    /// - Parameters:
    ///   - receiver: this end's role.
    ///   - overWebTransport: SETUP may then carry no path and no authority.
    package init(
        profile: Profile, receiver: EndpointRole, stream: ControlStreamKind, overWebTransport: Bool = false
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
    package mutating func next(_ input: inout Bytes) throws(CodecError) -> DecodedMessage? {
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
            let message = try decode(header, body, offset)
            partial.take(total, &input)
            return DecodedMessage(message: message, offset: offset, byteCount: total)
        }
        return nil
    }

    /// The stream ended with FIN.
    ///
    /// - Throws: when that was inside a message, or on a control stream (draft-18 "Session initialization").
    package func finish() throws(CodecError) {
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

    private struct Header {
        var layout: MessageLayout
        var context: MessageContext
        /// Bytes of type and length.
        var length: Int
        var bodyLength: Int
    }

    private func neededForHeader(_ view: Bytes) -> Int {
        view.isEmpty ? 1 : profile.integers.length(startingWith: view.span[0]) + 2
    }

    /// The header at the front of `view`, judged; nil while it is incomplete.
    private func header(_ view: Bytes) throws(CodecError) -> Header? {
        var position = 0
        guard let type = profile.integers.read(view.span, at: &position) else { return nil }
        // A message that has no place here is refused before its body is waited for.
        let (layout, context) = try admit(type)
        guard view.count >= position + 2 else { return nil }
        let length = Int(view.span[position]) << 8 | Int(view.span[position + 1])
        return Header(layout: layout, context: context, length: position + 2, bodyLength: length)
    }

    private mutating func decode(_ header: Header, _ body: Bytes, _ offset: UInt64) throws(CodecError) -> ControlMessage
    {
        var reader = FieldReader(
            body, profile: profile, base: offset + UInt64(header.length), section: header.layout.name)
        var message = ControlMessage.blank(header.layout.kind)
        try message.visit(header.layout.fields, &reader, header.context)
        guard reader.atEnd else {
            throw .violation(
                "\(body.count - reader.position) bytes follow the last field", field: "Message Length",
                offset: offset + UInt64(header.length + reader.position), section: "Control Messages")
        }
        isStarted = true
        request = request ?? header.layout.places.opens
        if let request, header.layout.places.answers.contains(request), stream != .request { isAnswered = true }
        return message
    }

    /// Whether a message of this type may come now, and what it then belongs to.
    private func admit(_ type: UInt64) throws(CodecError) -> (MessageLayout, MessageContext) {
        guard let layout = profile.layout(code: type, onControlStream: stream == .control) else {
            let known = profile.layout(code: type, onControlStream: stream != .control) != nil
            throw misplaced(
                known
                    ? "0x\(String(type, radix: 16)) is not for this kind of stream"
                    : "unknown type 0x\(String(type, radix: 16))", "Control Messages")
        }
        let places = layout.places
        switch stream {
        case .control:
            guard (layout.kind == .setup) != isStarted else {
                throw misplaced(isStarted ? "a second SETUP" : "\(layout.name) before SETUP", "Session initialization")
            }
            return (layout, context(.control))
        case .request:
            guard let request else {
                guard let opens = places.opens else {
                    throw misplaced("\(layout.name) cannot open a stream", "Session initialization")
                }
                return (layout, context(.request(opens)))
            }
            guard places.follows.contains(request) else { throw unexpected(layout) }
            let isAnswer = places.answers.contains(request)
            return (layout, context(isAnswer ? .update(request) : .request(request)))
        case .reply(let request):
            let isAnswer = places.answers.contains(request)
            if isAnswered {
                guard places.replies.contains(request) else { throw unexpected(layout) }
                let isUpdateAnswer = layout.kind == .requestOK || layout.kind == .requestError
                return (layout, context(isUpdateAnswer ? .update(request) : .request(request)))
            }
            guard isAnswer || places.precedes.contains(request) else { throw unexpected(layout) }
            return (layout, context(.request(request)))
        }
    }

    private func context(_ place: MessageContext.Place) -> MessageContext {
        MessageContext(
            sender: receiver == .client ? .server : .client, place: place, overWebTransport: overWebTransport)
    }

    private func unexpected(_ layout: MessageLayout) -> CodecError {
        misplaced("\(layout.name) cannot come here", layout.name)
    }

    private func misplaced(_ what: String, _ section: String) -> CodecError {
        .violation(what, field: "Message Type", offset: partial.consumed, section: section)
    }
}
