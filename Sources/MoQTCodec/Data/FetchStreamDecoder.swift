public import Wire

/// Reads a fetch stream, from its type on, however its bytes are split.
///
/// ```
/// header ─ (object ─ payload* ─ objectEnd | gap) ─ …
/// ```
/// Payloads are passed on as slices of the input. After an error the decoder is of no more use.
public struct FetchStreamDecoder: Sendable {
    /// What is on the stream, in order.
    public enum Event: Hashable, Sendable {
        /// The request that the objects answer: a FETCH, or since draft 20 also the SUBSCRIBE or REQUEST_UPDATE that
        /// asked for a fill.
        case header(RequestID)
        case object(FetchObject)
        /// The next bytes of the object's payload, never empty; a slice of the input.
        case payload(Bytes)
        /// The payload is complete; comes for empty ones too.
        case objectEnd
        case gap(FetchGap)
    }

    private let profile: Profile
    private var stream: ObjectStreamReader
    private var items: FetchItemReader

    /// For the start of a stream.
    public init(profile: Profile, limits: DataLimits = DataLimits()) {
        self.init(profile: profile, limits: limits, isTracing: false)
    }

    /// - Parameter isTracing: keep ``fields``.
    package init(profile: Profile, limits: DataLimits = DataLimits(), isTracing: Bool) {
        self.profile = profile
        stream = ObjectStreamReader(profile.integers, isTracing: isTracing)
        items = FetchItemReader(profile: profile, limits: limits)
    }

    /// The order of the groups, as the request asked; to be set when the header has told which request it is.
    public var order: GroupOrder {
        get { items.order }
        set { items.order = newValue }
    }

    /// Bytes of the stream that events have been given for.
    public var offset: UInt64 { stream.offset }

    /// The fields of the last header, object or gap, up to where it broke a rule; empty unless tracing.
    package var fields: [Field] { stream.fields }

    /// Takes bytes from the front of `input` and returns the next event; nil when more bytes are needed, `input` being
    /// empty then.
    ///
    /// - Throws: ``CodecError`` of scope `session` or `track`.
    public mutating func next(_ input: inout Bytes) throws(CodecError) -> Event? {
        switch stream.phase {
        case .header:
            guard let request = try stream.read(FetchHeaderReader(profile: profile), &input) else { return nil }
            stream.phase = .object
            return .header(request)
        case .object: return try nextItem(&input)
        case .payload(remaining: 0):
            stream.phase = .object
            return .objectEnd
        case .payload(let remaining): return stream.payload(&input, remaining: remaining).map(Event.payload)
        }
    }

    /// The stream ended with FIN.
    ///
    /// - Throws: when that was inside the header or an object (draft-18 "Streams").
    public func finish() throws(CodecError) { try stream.finish() }

    private mutating func nextItem(_ input: inout Bytes) throws(CodecError) -> Event? {
        guard let element = try stream.read(items, &input) else { return nil }
        items.passed(element)
        switch element {
        case .object(let object, _):
            stream.phase = .payload(remaining: object.payloadLength)
            return .object(object)
        case .gap(let gap): return .gap(gap)
        }
    }
}
