internal import Wire

/// A message as its fields: the one description that encoder and decoder share.
///
/// The profile's layout says which fields a draft's message has and in which order; `visit` says what each is.
protocol MessageBody {
    init()
    /// Shows `visitor` the field. Traps when the message has no such field, which is a mistake in a profile.
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError)
    /// Fields that not every draft's message has and that hold something; only a layout with all of them can express it.
    var filled: MessageFields { get }
}

extension MessageBody {
    var filled: MessageFields { [] }
}

func misplaced(_ field: MessageField, _ message: Any.Type) -> Never {
    preconditionFailure("a profile gives \(message) a field it does not have: \(field)")
}

extension FieldVisitor {
    /// Properties that fill the rest of the message (draft-18 "Properties").
    mutating func trackProperties(_ value: inout Properties) throws(CodecError) {
        if !Self.reads { value = try value.recoded(for: profile) }
        try rest(profile.trackPropertiesName, &value.raw)
        guard Self.reads else { return }
        // They are kept as long as the track is; the message is not.
        value.raw = value.raw.compact
        value.coding = profile.pairs
        note(.properties(value))
        try value.checkTrack(profile, base: offset)
    }
}

extension FieldVisitor {
    /// The ID of the request a message is about, which up to draft-16 it carries.
    mutating func target(_ field: StaticString, _ value: inout RequestID?) throws(CodecError) {
        guard var id = Self.reads ? RequestID(rawValue: 0) : value else {
            throw fault("the draft needs it", field)
        }
        try requestID(field, &id)
        value = id
    }

    /// The request that must be processed before the request `id` (draft-17 "Required Request ID").
    mutating func requiredRequestID(_ value: inout RequestID?, before id: RequestID) throws(CodecError) {
        let field: StaticString = "Required Request ID Delta"
        let section = "Required Request ID"
        var delta: UInt64 = 0
        if let required = value, !Self.reads {
            guard required < id, required.isServerChosen == id.isServerChosen else {
                throw fault("\(required) is no earlier request of the sender's", field, section: section)
            }
            delta = (id.rawValue - required.rawValue) / 2
        }
        try integer(field, &delta)
        let (difference, overflow) = delta.multipliedReportingOverflow(by: 2)
        guard !overflow, difference <= id.rawValue else {
            throw fault("\(delta) reaches below 0", field, code: .invalidRequiredRequestID, section: section)
        }
        value = delta == 0 ? nil : RequestID(rawValue: id.rawValue - difference)
    }

    /// A code in the draft's numbers.
    mutating func code<Code: WireCode>(
        _ field: StaticString, _ value: inout Code, _ table: CodeTable<Code>
    ) throws(CodecError) {
        var number: UInt64 = 0
        if !Self.reads {
            guard let known = table.number(of: value) else { throw fault("\(profile.name) lacks \(value)", field) }
            number = known
        }
        try integer(field, &number)
        if let name = table.name(of: number) { note(.meaning(name)) }
        value = table.code(for: number)
    }
}
