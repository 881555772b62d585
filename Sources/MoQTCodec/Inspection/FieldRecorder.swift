internal import Wire

/// Reads the fields of one message body as ``FieldReader`` does, and keeps what each was and where.
struct FieldRecorder: FieldVisitor {
    static var reads: Bool { true }

    private struct Group {
        var name: String
        var start: Int
        var shape: FieldShape
        var type: UInt64?
        /// Of a pair whose type is known.
        var pairName: String?
        var parts: [Field] = []

        /// A length around a list that is called the same.
        var isEnvelope: Bool {
            guard parts.count == 2, parts[0].isFraming, parts[1].name == name, case .list = parts[1].value else {
                return false
            }
            return true
        }
    }

    private var reader: FieldReader
    /// What is open, outermost first; the message itself is the first.
    private var groups: [Group]

    init(_ reader: FieldReader) {
        self.reader = reader
        groups = [Group(name: "", start: reader.position, shape: .structure)]
    }

    var profile: Profile { reader.profile }
    var section: String {
        get { reader.section }
        set { reader.section = newValue }
    }
    var atEnd: Bool { reader.atEnd }
    var offset: UInt64 { reader.offset }
    var upcoming: (integer: UInt64, bytesBehind: Int)? { reader.upcoming }
    var position: Int { reader.position }

    /// What was read so far. Groups that an error left open are closed where it struck.
    var fields: [Field] {
        var copy = self
        while copy.groups.count > 1 { copy.end() }
        return copy.groups[0].parts
    }

    mutating func integer(_ field: StaticString, _ value: inout UInt64) throws(CodecError) {
        let start = reader.position
        try reader.integer(field, &value)
        add("\(field)", from: start, .number(value))
    }

    mutating func octet(_ field: StaticString, _ value: inout UInt8) throws(CodecError) {
        let start = reader.position
        try reader.octet(field, &value)
        add("\(field)", from: start, .number(UInt64(value)))
    }

    mutating func bytes(_ field: StaticString, _ value: inout [UInt8], limit: UInt64) throws(CodecError) {
        let start = reader.position
        try reader.bytes(field, &value, limit: limit)
        add("\(field)", from: start, .bytes(Bytes(value)))
    }

    mutating func rest(_ field: StaticString, _ value: inout Bytes) throws(CodecError) {
        let start = reader.position
        try reader.rest(field, &value)
        add("\(field)", from: start, .bytes(value))
    }

    mutating func open(_ field: StaticString, limit: UInt64, code: SessionCode) throws(CodecError) -> Frame {
        let start = reader.position
        let frame = try reader.open(field, limit: limit, code: code)
        groups.append(Group(name: "\(field)", start: start, shape: .structure))
        add("Length", from: start, .number(UInt64(reader.remaining)))
        note(.framing)
        return frame
    }

    mutating func close(_ frame: Frame, _ field: StaticString) throws(CodecError) {
        try reader.close(frame, field)
        end()
    }

    func fault(_ what: String, _ field: StaticString, code: SessionCode, section: String?) -> CodecError {
        reader.fault(what, field, code: code, section: section)
    }

    mutating func begin(_ name: StaticString, _ shape: FieldShape) {
        groups.append(Group(name: "\(name)", start: reader.position, shape: shape))
    }

    mutating func end() {
        let group = groups.removeLast()
        let value: Field.Value =
            switch group.shape {
            case .structure where group.isEnvelope: .list([group.parts[0]] + group.parts[1].parts)
            case .structure: .structure(group.parts)
            case .list: .list(group.parts)
            case .pair: .pair(type: group.type, group.parts)
            }
        add(group.shape == .pair ? name(ofPair: group) : group.name, from: group.start, value)
    }

    mutating func note(_ note: @autoclosure () -> FieldNote) {
        let last = groups.count - 1
        guard let index = groups[last].parts.indices.last else { return }
        switch note() {
        case .meaning(let text): groups[last].parts[index].meaning = text
        case .framing: groups[last].parts[index].isFraming = true
        case .type(let type):
            groups[last].parts[index].isFraming = true
            groups[last].parts[index].meaning = "0x" + String(type, radix: 16)
            groups[last].type = type
        case .pair(let name): groups[last].pairName = name
        case .properties(let properties):
            let offset = groups[last].parts[index].offset
            groups[last].parts[index].value = .list(Field.pairs(of: properties, at: offset, profile))
        }
    }

    /// A pair goes by the name of its value, which is "Value" where the type is not known here.
    private func name(ofPair group: Group) -> String {
        if let name = group.pairName { return name }
        guard let name = group.parts.first(where: { !$0.isFraming })?.name else { return group.name }
        guard name == "Value" else { return name }
        return group.type.map { PropertyType.isGrease($0, profile) } == true ? "GREASE" : "UNKNOWN"
    }

    private mutating func add(_ name: String, from start: Int, _ value: Field.Value) {
        let field = Field(name, at: reader.base + UInt64(start), length: reader.position - start, value)
        groups[groups.count - 1].parts.append(field)
    }
}
