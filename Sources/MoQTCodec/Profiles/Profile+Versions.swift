extension Profile {
    /// SETUP says the version (draft-14 "Versions"): the transport need not have negotiated the draft by name.
    package var choosesVersionInSetup: Bool {
        messages.contains { $0.kind == .setup && $0.fields.contains(.versions) }
    }
}
