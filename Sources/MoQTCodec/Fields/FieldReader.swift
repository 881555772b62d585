internal import Wire

/// Reads the fields of one message body.
struct FieldReader: FieldVisitor {
    static var reads: Bool { true }

    let profile: Profile
    /// A prefix of no fields is read whatever the draft says.
    private let takesEmptyPrefix: Bool
    private let input: Bytes
    /// The message lies in a slab of its own, which its values may share.
    private let isShared: Bool
    /// Where the next field begins.
    private(set) var position = 0
    /// Where the innermost open frame ends.
    private var end: Int
    /// Closes the session when a field does not fit its frame.
    private var code = SessionCode.protocolViolation
    private var fieldStart = 0
    /// Bytes of the stream before `input`.
    let base: UInt64
    var section: String
    /// Frames that are open.
    private var depth = 0

    /// - Parameters:
    ///   - isShared: the message lies in a slab of its own; otherwise in one that was received with more.
    ///   - takesEmptyPrefix: a Track Namespace Prefix of no fields is read whatever the draft says.
    init(
        _ input: Bytes, isShared: Bool = false, profile: Profile, base: UInt64, section: String,
        takesEmptyPrefix: Bool = false
    ) {
        self.input = input
        self.isShared = isShared
        self.takesEmptyPrefix = takesEmptyPrefix
        self.profile = profile
        self.base = base
        self.section = section
        end = input.count
    }

    var prefixFields: ClosedRange<UInt64> {
        let range = profile.limits.prefixFields
        return takesEmptyPrefix ? 0...range.upperBound : range
    }

    var atEnd: Bool { position == end }
    var offset: UInt64 { base + UInt64(fieldStart) }
    /// Bytes left of the frame that is open.
    var remaining: Int { end - position }

    var upcoming: (integer: UInt64, bytesBehind: Int)? {
        var next = position
        guard let integer = profile.integers.read(input.span, at: &next), next <= end else { return nil }
        return (integer, end - next)
    }

    mutating func integer(_ field: StaticString, _ value: inout UInt64) throws(CodecError) {
        fieldStart = position
        var next = position
        guard let read = profile.integers.read(input.span, at: &next), next <= end else {
            guard position >= end || !profile.integers.forbids(input.span[position]) else {
                throw fault(
                    "no integer begins so", field, code: .protocolViolation, section: "Variable-Length Integers")
            }
            throw misfit("the bytes end inside it", field)
        }
        value = read
        position = next
    }

    mutating func octet(_ field: StaticString, _ value: inout UInt8) throws(CodecError) {
        fieldStart = position
        guard position < end else { throw misfit("the bytes end before it", field) }
        value = input.span[position]
        position += 1
    }

    mutating func bytes(_ field: StaticString, _ value: inout [UInt8], limit: UInt64) throws(CodecError) {
        let length = try length(field, limit: limit)
        value.removeAll(keepingCapacity: true)
        input.slice(from: position, count: length).append(to: &value)
        position += length
    }

    mutating func bytes(_ field: StaticString, _ value: inout Bytes, limit: UInt64) throws(CodecError) {
        let length = try length(field, limit: limit)
        value = kept(input.slice(from: position, count: length))
        position += length
    }

    mutating func rest(_ field: StaticString, _ value: inout Bytes) throws(CodecError) {
        fieldStart = position
        value = kept(input.slice(from: position, count: end - position))
        position = end
    }

    mutating func open(_ field: StaticString, limit: UInt64, code: SessionCode) throws(CodecError) -> Frame {
        let length = try length(field, limit: limit)
        let frame = Frame(position: end, code: self.code)
        end = position + length
        self.code = code
        depth += 1
        return frame
    }

    mutating func close(_ frame: Frame, _ field: StaticString) throws(CodecError) {
        fieldStart = position
        guard atEnd else { throw misfit("\(end - position) bytes are left over", field) }
        end = frame.position
        code = frame.code
        depth -= 1
    }

    func fault(_ what: String, _ field: StaticString, code: SessionCode, section: String?) -> CodecError {
        CodecError(.session(code), what, field: "\(field)", offset: offset, section: section ?? self.section)
    }

    /// Values outlive the block of memory their message was received in.
    private func kept(_ slice: Bytes) -> Bytes { isShared ? slice : slice.compact }

    private func misfit(_ what: String, _ field: StaticString) -> CodecError {
        // The message's own length is wrong, or a field's.
        fault(what, field, code: code, section: depth == 0 ? "Control Messages" : nil)
    }

    private mutating func length(_ field: StaticString, limit: UInt64) throws(CodecError) -> Int {
        var length: UInt64 = 0
        try integer(field, &length)
        guard length <= limit else { throw fault("\(length) bytes, at most \(limit) are allowed", field) }
        guard length <= UInt64(end - position) else {
            throw misfit("\(length) bytes are claimed, \(end - position) are left", field)
        }
        return Int(length)
    }
}
