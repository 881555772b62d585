package import Wire

/// Visits a message's fields in wire order. Reader and writer conform; so can a printer or a fuzzer.
///
/// A message describes its fields once, to any visitor. A visitor that reads fills the values in; any other takes
/// them as they are. Lists are visited by the extensions, in terms of the primitives here, so that a visitor that
/// wraps another sees every field.
package protocol FieldVisitor {
    /// The visitor fills values in.
    static var reads: Bool { get }
    var profile: Profile { get }
    /// How many fields a Track Namespace Prefix may have.
    var prefixFields: ClosedRange<UInt64> { get }
    /// Title of the section about what is visited, unless a fault says another.
    var section: String { get set }
    /// The frame that is open holds no more bytes. Only for visitors that read.
    var atEnd: Bool { get }
    /// Where the field visited last begins, in bytes from the start of the stream; 0 for visitors that do not read.
    var offset: UInt64 { get }
    /// The integer that comes next, and how many bytes of the open frame follow it; nil when it is not whole, and for
    /// visitors that do not read. It is looked at, not visited.
    var upcoming: (integer: UInt64, bytesBehind: Int)? { get }

    /// A variable-length integer.
    mutating func integer(_ field: StaticString, _ value: inout UInt64) throws(CodecError)
    /// One byte.
    mutating func octet(_ field: StaticString, _ value: inout UInt8) throws(CodecError)
    /// A length of at most `limit` bytes, then the bytes.
    mutating func bytes(_ field: StaticString, _ value: inout [UInt8], limit: UInt64) throws(CodecError)
    /// The same, shared rather than copied where that is good for memory.
    mutating func bytes(_ field: StaticString, _ value: inout Bytes, limit: UInt64) throws(CodecError)
    /// All bytes up to the end of the frame that is open.
    mutating func rest(_ field: StaticString, _ value: inout Bytes) throws(CodecError)

    /// Begins a frame: a length of at most `limit` bytes, then fields that fill it exactly, or `code` closes the session.
    mutating func open(_ field: StaticString, limit: UInt64, code: SessionCode) throws(CodecError) -> Frame
    /// Ends the innermost frame.
    mutating func close(_ frame: Frame, _ field: StaticString) throws(CodecError)

    /// The error of a field visited last, or of the message: a violation when reading, the caller's fault otherwise.
    func fault(_ what: String, _ field: StaticString, code: SessionCode, section: String?) -> CodecError

    /// The fields up to ``end()`` are parts of one. For visitors that show fields; all others ignore it.
    mutating func begin(_ name: StaticString, _ shape: FieldShape)
    /// Ends what ``begin(_:_:)`` began last.
    mutating func end()
    /// Says more of the field visited last. For visitors that show fields; all others ignore it.
    mutating func note(_ note: @autoclosure () -> FieldNote)
}

extension FieldVisitor {
    @inline(__always) package mutating func begin(_ name: StaticString, _ shape: FieldShape) {}
    @inline(__always) package mutating func end() {}
    @inline(__always) package mutating func note(_ note: @autoclosure () -> FieldNote) {}
}

/// What a visitor remembers of the frame around an open one.
package struct Frame {
    var position: Int
    var code: SessionCode
}

/// How the parts of a field belong together.
package enum FieldShape: Hashable, Sendable {
    /// Fields with names of their own.
    case structure
    /// Any number of the same.
    case list
    /// A type, then its value: a parameter, a setup option, a property.
    case pair
}

/// What a field's number or bytes stand for.
package enum FieldNote {
    /// The number in words, such as the name of a code.
    case meaning(String)
    /// It says how much follows, and means nothing else: a length or a count.
    case framing
    /// It is the type of a pair, as written; this is the type.
    case type(UInt64)
    /// It is the type of a pair, whose name this is.
    case pair(String)
    /// The bytes are a list of properties.
    case properties(Properties)
}

extension FieldVisitor {
    mutating func bytes(_ field: StaticString, _ value: inout Bytes, limit: UInt64) throws(CodecError) {
        var array = value.array
        try bytes(field, &array, limit: limit)
        if Self.reads { value = Bytes(array) }
    }

    func fault(_ what: String, _ field: StaticString, section: String? = nil) -> CodecError {
        fault(what, field, code: .protocolViolation, section: section)
    }

    mutating func location(_ group: StaticString, _ object: StaticString, _ value: inout Location) throws(CodecError) {
        try integer(group, &value.group)
        try integer(object, &value.object)
    }

    mutating func text(_ field: StaticString, _ value: inout WireText, limit: UInt64) throws(CodecError) {
        try bytes(field, &value.bytes, limit: limit)
    }

    /// draft-18 "Reason Phrase Structure".
    mutating func reasonPhrase(_ value: inout WireText) throws(CodecError) {
        let outer = section
        section = "Reason Phrase Structure"
        defer { section = outer }
        try text("Error Reason", &value, limit: profile.limits.reasonPhrase)
    }

    /// A Boolean in one byte, 0 or 1.
    mutating func flag(_ field: StaticString, _ value: inout Bool, section: String?) throws(CodecError) {
        var octet: UInt8 = value ? 1 : 0
        try self.octet(field, &octet)
        guard octet <= 1 else { throw fault("\(octet) is neither 0 nor 1", field, section: section) }
        value = octet == 1
    }

    /// draft-18 "Track Naming".
    /// - Parameter range: how many fields there may be.
    mutating func namespace(
        _ field: StaticString, _ value: inout TrackNamespace, fields range: ClosedRange<UInt64>
    ) throws(CodecError) {
        let whole = value
        begin(field, .list)
        defer { end() }
        var count = UInt64(whole.count)
        try integer("Number of Track Namespace Fields", &count)
        note(.framing)
        guard range.contains(count) else {
            throw fault("\(count) fields, \(range) are allowed", field, section: "Track Naming")
        }
        let mayBeEmpty = profile.behaviours.contains(.emptyNamespaceFields)
        if Self.reads { value = TrackNamespace() }
        // One buffer for all of them.
        var bytes: [UInt8] = []
        var position = 0
        for _ in 0..<Int(count) {
            if !Self.reads { whole.copyField(at: &position, to: &bytes) }
            try self.bytes("Track Namespace Field", &bytes, limit: UInt64(FullTrackName.maximumLength))
            guard mayBeEmpty || !bytes.isEmpty else {
                throw fault("it is empty", "Track Namespace Field", section: "Track Naming")
            }
            guard Self.reads else { continue }
            do { try value.append(bytes, mayBeEmpty: mayBeEmpty) } catch {
                throw fault("\(error)", "Track Namespace Field", section: "Track Naming")
            }
        }
    }

    /// A whole namespace.
    mutating func namespace(_ value: inout TrackNamespace) throws(CodecError) {
        try namespace("Track Namespace", &value, fields: profile.limits.namespaceFields)
    }

    package var prefixFields: ClosedRange<UInt64> { profile.limits.prefixFields }

    /// The first fields of namespaces.
    mutating func namespacePrefix(_ value: inout TrackNamespace) throws(CodecError) {
        try namespace("Track Namespace Prefix", &value, fields: prefixFields)
    }

    mutating func trackName(_ value: inout TrackName) throws(CodecError) {
        try bytes("Track Name", &value.bytes, limit: UInt64(FullTrackName.maximumLength))
    }

    mutating func fullTrackName(_ value: inout FullTrackName) throws(CodecError) {
        var namespace = value.namespace
        var name = value.name
        try self.namespace(&namespace)
        try trackName(&name)
        guard Self.reads else { return }
        do { value = try FullTrackName(namespace: namespace, name: name) } catch {
            throw fault("\(error)", "Track Name", section: "Track Naming")
        }
    }

    mutating func requestID(_ field: StaticString, _ value: inout RequestID) throws(CodecError) {
        try integer(field, &value.rawValue)
    }

    /// The ID of a new request: even when a client makes it, odd when a server does (draft-18 "Request ID").
    mutating func requestID(_ value: inout RequestID, _ context: MessageContext) throws(CodecError) {
        try requestID("Request ID", &value)
        guard Self.reads, let sender = context.sender, value.isServerChosen != (sender == .server) else { return }
        throw fault(
            "\(value) is no ID for a \(sender) to choose", "Request ID", code: .invalidRequestID,
            section: "Request ID")
    }

    /// The type of the next Key-Value-Pair or parameter, `previous` being the one before.
    mutating func type(
        _ field: StaticString, _ value: inout UInt64, after previous: UInt64, isDelta: Bool
    ) throws(CodecError) {
        var written = Self.reads || !isDelta ? value : value - previous
        try integer(field, &written)
        let (sum, overflow) = isDelta ? previous.addingReportingOverflow(written) : (written, false)
        guard !overflow else { throw fault("the type exceeds 2^64-1", field, section: pairSection) }
        value = sum
        note(.type(sum))
    }
}

extension KeyValueCoding {
    var isDelta: Bool {
        switch self {
        case .delta: true
        case .absolute: false
        }
    }
}
