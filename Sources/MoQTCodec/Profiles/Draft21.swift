extension Profile {
    /// draft-ietf-moq-transport-21, which changes nothing on the wire but its own name.
    package static let draft21 = recent("draft-21", "moqt-21", draft20Parameters)
}
