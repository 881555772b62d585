public import Wire

/// Reads a subgroup stream, from its type on, however its bytes are split.
///
/// ```
/// header ─ object ─ payload* ─ objectEnd ─ object ─ …
/// ```
/// Payloads are passed on as slices of the input. After an error the decoder is of no more use.
public struct SubgroupStreamDecoder: Sendable {
    /// What is on the stream, in order.
    public enum Event: Hashable, Sendable {
        case header(SubgroupHeader)
        case object(SubgroupObject)
        /// The next bytes of the object's payload, never empty; a slice of the input.
        case payload(Bytes)
        /// The payload is complete; comes for empty ones too.
        case objectEnd
    }

    private let profile: Profile
    private var stream: ObjectStreamReader
    private var objects: SubgroupObjectReader
    /// nil until it has come.
    public private(set) var header: SubgroupHeader?
    /// nil until known: when it is the first object's ID, until that object has come.
    public private(set) var subgroupID: UInt64?

    /// For the start of a stream.
    public init(profile: Profile, limits: DataLimits = DataLimits()) {
        self.init(profile: profile, limits: limits, isTracing: false)
    }

    /// - Parameter isTracing: keep ``fields``.
    package init(profile: Profile, limits: DataLimits = DataLimits(), isTracing: Bool) {
        self.profile = profile
        stream = ObjectStreamReader(profile.integers, isTracing: isTracing)
        objects = SubgroupObjectReader(profile: profile, limits: limits)
    }

    /// Bytes of the stream that events have been given for.
    public var offset: UInt64 { stream.offset }

    /// The fields of the last header or object, up to where it broke a rule; empty unless tracing.
    package var fields: [Field] { stream.fields }

    /// Takes bytes from the front of `input` and returns the next event; nil when more bytes are needed, `input` being
    /// empty then.
    ///
    /// - Throws: ``CodecError`` of scope `session` or `track`.
    public mutating func next(_ input: inout Bytes) throws(CodecError) -> Event? {
        switch stream.phase {
        case .header: return try nextHeader(&input)
        case .object: return try nextObject(&input)
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

    private mutating func nextHeader(_ input: inout Bytes) throws(CodecError) -> Event? {
        guard let header = try stream.read(SubgroupHeaderReader(profile: profile), &input) else { return nil }
        self.header = header
        objects.passed(header)
        switch header.subgroup {
        case .zero: subgroupID = 0
        case .firstObject: break
        case .explicit(let id): subgroupID = id
        }
        stream.phase = .object
        return .header(header)
    }

    private mutating func nextObject(_ input: inout Bytes) throws(CodecError) -> Event? {
        guard let element = try stream.read(objects, &input) else { return nil }
        objects.passed(element)
        if subgroupID == nil { subgroupID = element.object.id }
        stream.phase = .payload(remaining: element.object.payloadLength)
        return .object(element.object)
    }
}
