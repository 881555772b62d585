internal import Wire

/// Takes a stream of control messages apart, one after the other, and goes on behind what it cannot read as long as the
/// length of each message says where the next begins.
struct MessageInspector {
    private let profile: Profile
    private let context: InspectionContext
    private let reencodes: Bool
    private let bytes: Bytes
    private var position = 0
    private var order: MessageOrder

    init(
        _ bytes: Bytes, _ source: InspectedSource, profile: Profile, context: InspectionContext, reencodes: Bool
    ) {
        self.bytes = bytes
        self.profile = profile
        self.context = context
        self.reencodes = reencodes
        order = MessageOrder(source, profile: profile, context: context)
    }

    /// What the next message gives, one item or two; none at the end.
    mutating func next() -> [InspectedItem] {
        guard position < bytes.count else { return [] }
        var end = position
        guard let code = profile.integers.read(bytes.span, at: &end), bytes.count - end >= 2 else {
            let isForbidden = profile.integers.forbids(bytes.span[position])
            guard !isForbidden else {
                return [unframed(code: nil, "no integer begins so", section: "Variable-Length Integers")]
            }
            return [unframed(code: nil, "the stream ends inside a message")]
        }
        let length = Int(bytes.span[end]) << 8 | Int(bytes.span[end + 1])
        let header = end + 2 - position
        guard bytes.count - position - header >= length else {
            return [unframed(code: code, "\(length) bytes are claimed, \(bytes.count - position - header) are there")]
        }
        let frame = Frame(
            code: code, offset: UInt64(position), type: end - position, header: header,
            bytes: bytes.slice(from: position, count: header + length))
        position += header + length
        return items(frame)
    }

    /// One message as its header delimits it.
    private struct Frame {
        var code: UInt64
        var offset: UInt64
        /// Bytes of the type, and of type and length.
        var type, header: Int
        var bytes: Bytes

        var fields: [Field] {
            var type = Field("Message Type", at: offset, length: self.type, .number(code))
            var length = Field(
                "Message Length", at: offset + UInt64(self.type), length: 2, .number(UInt64(bytes.count - header)))
            (type.isFraming, length.isFraming) = (true, true)
            return [type, length]
        }
    }

    /// One way to read a message.
    private struct Reading {
        var place: ControlDecoder.Admitted
        var message: ControlMessage
        var fields: [Field]
        var error: CodecError?
    }

    private mutating func items(_ frame: Frame) -> [InspectedItem] {
        let places: [ControlDecoder.Admitted]
        do { places = try order.candidates(of: frame.code, at: frame.offset) } catch {
            order.lost()
            let name = profile.messages.first { $0.code == frame.code }?.name ?? ""
            return [item(.error, name, frame, fields: [], error)]
        }
        // What bytes do not say is tried: the first reading without an error holds, else the one that came farthest.
        var best: Reading?
        for place in places {
            let reading = read(frame, at: place)
            if let error = reading.error, let offset = best?.error?.offset, error.offset <= offset { continue }
            best = reading
            if reading.error == nil { break }
        }
        guard let best else { return [] }
        return items(frame, best)
    }

    private mutating func items(_ frame: Frame, _ reading: Reading) -> [InspectedItem] {
        let name = reading.place.layout.name
        if let error = reading.error {
            order.lost()
            return [item(.error, name, frame, fields: reading.fields, error)]
        }
        order.passed(reading.place)
        var message = item(.message, name, frame, fields: reading.fields, nil)
        if reencodes { message.encoding = encoding(reading) }
        guard let error = refusal(of: reading.message, message) else { return [message] }
        return [message, InspectedItem(.error, name, code: frame.code, at: frame.offset, length: 0, error: error)]
    }

    /// Why the request must be refused though the message could be read; nil when it need not.
    private func refusal(of message: ControlMessage, _ item: InspectedItem) -> CodecError? {
        let ranges = context.maximumFilterRanges ?? .max
        guard var error = message.refusal(profile, maxFilterRanges: ranges) else { return nil }
        // That of properties counts from the first of them.
        let list = item.fields.first { $0.name == "\(profile.trackPropertiesName)" }
        if let list, error.field == "Track Properties" { error.offset += list.offset }
        return error
    }

    private func read(_ frame: Frame, at place: ControlDecoder.Admitted) -> Reading {
        let body = frame.bytes.slice(from: frame.header)
        let base = frame.offset + UInt64(frame.header)
        let reader = FieldReader(body, profile: profile, base: base, section: place.layout.name)
        var recorder = FieldRecorder(reader)
        var message = ControlMessage.blank(place.layout.kind)
        do {
            try message.visit(place.layout, &recorder, place.context)
            guard recorder.atEnd else {
                throw CodecError.violation(
                    "\(body.count - recorder.position) bytes follow the last field", field: "Message Length",
                    offset: base + UInt64(recorder.position), section: "Control Messages")
            }
            return Reading(place: place, message: message, fields: recorder.fields, error: nil)
        } catch {
            return Reading(place: place, message: message, fields: recorder.fields, error: error as? CodecError)
        }
    }

    private func encoding(_ reading: Reading) -> InspectedItem.Encoding {
        var out: [UInt8] = []
        do {
            let place = reading.place
            try reading.message.append(to: &out, profile: profile, layout: place.layout, context: place.context)
            return .bytes(out)
        } catch {
            return .refused(error)
        }
    }

    private func item(
        _ kind: InspectedItem.Kind, _ name: String, _ frame: Frame, fields: [Field], _ error: CodecError?
    ) -> InspectedItem {
        InspectedItem(
            kind, name, code: frame.code, at: frame.offset, length: frame.bytes.count,
            fields: frame.fields + fields, error: error)
    }

    /// Bytes whose end nothing tells: the rest of the stream.
    private mutating func unframed(
        code: UInt64?, _ what: String, section: String = "Control Messages"
    ) -> InspectedItem {
        let error = CodecError.violation(
            what, field: code == nil ? "Message Type" : "Message Length", offset: UInt64(position), section: section)
        let name = profile.messages.first { $0.code == code }?.name ?? ""
        defer { position = bytes.count }
        return InspectedItem(
            .error, name, code: code, at: UInt64(position), length: bytes.count - position, error: error)
    }
}
