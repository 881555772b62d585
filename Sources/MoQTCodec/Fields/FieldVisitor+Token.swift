internal import Wire

extension FieldVisitor {
    /// A Token behind its length (draft-18 "AUTHORIZATION TOKEN Parameter").
    /// - Parameter mayRefer: to an alias that was registered before.
    mutating func token(_ value: inout AuthorizationToken, mayRefer: Bool = true) throws(CodecError) {
        let outer = section
        section = "AUTHORIZATION TOKEN Parameter"
        defer { section = outer }
        let frame = try open("AUTHORIZATION_TOKEN", limit: profile.limits.pairValue, code: .keyValueFormattingError)
        var (kind, alias, type, bytes) = value.parts
        try integer("Alias Type", &kind)
        guard kind <= 3 else {
            throw fault("unknown alias type \(kind)", "Alias Type", code: .keyValueFormattingError, section: nil)
        }
        guard mayRefer || kind == 1 || kind == 3 else {
            throw fault("a client's SETUP cannot refer to an alias", "Alias Type")
        }
        if kind != 3 { try integer("Token Alias", &alias) }
        if kind == 1 || kind == 3 {
            try integer("Token Type", &type)
            try rest("Token Value", &bytes)
        }
        if Self.reads { value = AuthorizationToken(kind, alias: alias, type: type, value: bytes) }
        try close(frame, "AUTHORIZATION_TOKEN")
    }
}
