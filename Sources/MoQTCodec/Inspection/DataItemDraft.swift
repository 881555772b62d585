internal import Wire

/// An item of a stream or datagram while its parts come.
struct DataItemDraft {
    private let start: UInt64
    /// Bytes of the stream from ``start`` on.
    private let rest: Int
    private(set) var fields: [Field] = []
    var payload: [Bytes] = []
    private var encoding: InspectedItem.Encoding?

    init(at start: UInt64, rest: Int) {
        self.start = start
        self.rest = rest
    }

    /// Takes the fields that a decoder read.
    mutating func read(_ fields: [Field], _ profile: Profile) {
        // What is empty takes no byte and says nothing.
        self.fields = fields.filter { $0.length > 0 }
        let fields = self.fields
        let length = "\(profile.objects.names.propertiesLength)"
        for index in fields.indices {
            switch (fields[index].name, fields[index].value) {
            case (length, _): self.fields[index].isFraming = true
            case ("Object Status", .number(let number)): self.fields[index].meaning = Self.statuses[number]
            case ("Serialization Flags", .number(let number)):
                self.fields[index].meaning = "0x" + String(number, radix: 16)
            default: break
            }
        }
    }

    /// draft-18 "Object Status", and draft-15's Does Not Exist.
    private static let statuses: [UInt64: String] = [
        0: "Normal", 1: "Does Not Exist", 3: "End of Group", 4: "End of Track",
    ]

    /// Adds a number that follows from others, unless it is a field itself.
    mutating func derive(_ name: String, _ number: UInt64?) {
        guard let number, !fields.contains(where: { $0.name == name && !$0.isFraming }) else { return }
        let rank = Self.order.firstIndex(of: name) ?? Self.order.count
        let last = fields.lastIndex { field in Self.order.firstIndex { $0 == field.name }.map { $0 < rank } ?? false }
        fields.insert(.derived(name, number, at: start), at: last.map { $0 + 1 } ?? 0)
    }

    /// Fields that can follow from others, between those they stand among in the draft.
    private static let order = [
        "Type", "Type Flags", "Serialization Flags", "Track Alias", "Group ID Delta", "Group ID", "Subgroup ID",
        "Object ID Delta", "Object ID", "Publisher Priority",
    ]

    /// Adds what a delta results in.
    mutating func replaceDelta(_ delta: String, by name: String, _ number: UInt64) {
        for index in fields.indices where fields[index].name == delta { fields[index].isFraming = true }
        derive(name, number)
    }

    /// Says what the number of the last field stands for.
    mutating func explainLast(_ meaning: String) {
        guard let index = fields.indices.last else { return }
        fields[index].meaning = meaning
    }

    /// Says what the bits of the type are.
    mutating func explainType(_ flags: [String]) {
        guard !flags.isEmpty, !fields.isEmpty else { return }
        fields[0].meaning = flags.joined(separator: ", ")
    }

    mutating func encode(_ body: (inout [UInt8]) throws(CodecError) -> Void) {
        var out: [UInt8] = []
        do {
            try body(&out)
            encoding = .bytes(out)
        } catch {
            encoding = .refused(error)
        }
    }

    /// The item that ends before byte `end` of the stream.
    func item(_ kind: InspectedItem.Kind, _ name: String, end: UInt64) -> InspectedItem {
        var fields = self.fields
        var encoding = self.encoding
        if !payload.isEmpty {
            let bytes = payload.count == 1 ? payload[0] : Bytes(payload.flatMap(\.array))
            fields.append(Field("Object Payload", at: end - UInt64(bytes.count), length: bytes.count, .bytes(bytes)))
            if case .bytes(let header) = encoding { encoding = .bytes(header + bytes.array) }
        }
        let code: UInt64? = if kind != .object, case .number(let type)? = fields.first?.value { type } else { nil }
        return InspectedItem(
            kind, name, code: code, at: start, length: Int(end - start), fields: fields, encoding: encoding)
    }

    /// What came was wrong; the rest of the stream cannot be read.
    func failed(_ error: CodecError, _ name: String) -> InspectedItem {
        InspectedItem(.error, name, at: start, length: rest, fields: fields, error: error)
    }
}
