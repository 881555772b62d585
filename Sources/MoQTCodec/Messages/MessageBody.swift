/// A message as its fields: the one description that encoder and decoder share.
///
/// The profile's layout says which fields a draft's message has and in which order; `visit` says what each is.
protocol MessageBody {
    init()
    /// Shows `visitor` the field. Traps when the message has no such field, which is a mistake in a profile.
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError)
}

func misplaced(_ field: MessageField, _ message: Any.Type) -> Never {
    preconditionFailure("a profile gives \(message) a field it does not have: \(field)")
}

extension FieldVisitor {
    /// Properties that fill the rest of the message (draft-18 "Properties").
    mutating func trackProperties(_ value: inout Properties) throws(CodecError) {
        if !Self.reads { value = try value.recoded(for: profile) }
        try rest("Track Properties", &value.raw)
        guard Self.reads else { return }
        value.coding = profile.pairs
        // fault() knows the stream offset of the list, and so of what is in it.
        try value.checkTrack(profile, base: fault("", "Track Properties").offset)
    }
}

extension Properties {
    /// The same properties as `profile` writes them; unchanged bytes when it writes them the same way.
    ///
    /// - Throws: for Immutable Properties, whose bytes must not change, and for values the profile cannot hold.
    package func recoded(for profile: Profile) throws(CodecError) -> Properties {
        if coding == profile.pairs || isEmpty { return self }
        let entries = self.entries
        for entry in entries {
            var fits = entry.type != PropertyType.immutableProperties && entry.type <= profile.integers.maximum
            if case .integer(let value) = entry.value, value > profile.integers.maximum { fits = false }
            guard fits else {
                throw .inexpressible(
                    "property 0x\(String(entry.type, radix: 16)) cannot be written in \(profile.name)",
                    field: "Properties", section: "Properties")
            }
        }
        return Properties(entries, profile: profile)
    }
}
