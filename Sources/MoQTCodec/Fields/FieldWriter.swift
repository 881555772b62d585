internal import Wire

/// Appends the fields of one message body to ``out``.
struct FieldWriter: FieldVisitor {
    static var reads: Bool { false }

    let profile: Profile
    /// The caller's buffer, borrowed while writing.
    var out: [UInt8] = []
    var section: String

    init(profile: Profile, section: String) {
        self.profile = profile
        self.section = section
    }

    var atEnd: Bool { true }
    var offset: UInt64 { 0 }
    var upcoming: (integer: UInt64, bytesBehind: Int)? { nil }

    mutating func integer(_ field: StaticString, _ value: inout UInt64) throws(CodecError) {
        guard value <= profile.integers.maximum else { throw fault("\(value) is too large", field) }
        profile.integers.append(value, to: &out)
    }

    mutating func octet(_ field: StaticString, _ value: inout UInt8) throws(CodecError) { out.append(value) }

    mutating func bytes(_ field: StaticString, _ value: inout [UInt8], limit: UInt64) throws(CodecError) {
        guard value.count <= limit else { throw fault("\(value.count) bytes, at most \(limit) are allowed", field) }
        profile.integers.append(UInt64(value.count), to: &out)
        out += value
    }

    mutating func rest(_ field: StaticString, _ value: inout Bytes) throws(CodecError) { value.append(to: &out) }

    mutating func open(_ field: StaticString, limit: UInt64, code: SessionCode) throws(CodecError) -> Frame {
        Frame(position: out.count, code: code)
    }

    mutating func close(_ frame: Frame, _ field: StaticString) throws(CodecError) {
        let end = out.count
        profile.integers.append(UInt64(end - frame.position), to: &out)
        // Its last byte first, each goes in front of those before.
        for _ in end..<out.count { out.insert(out.removeLast(), at: frame.position) }
    }

    func fault(_ what: String, _ field: StaticString, code: SessionCode, section: String?) -> CodecError {
        .inexpressible(what, field: "\(field)", section: section ?? self.section)
    }
}
