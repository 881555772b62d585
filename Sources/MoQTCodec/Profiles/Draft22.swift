extension Profile {
    /// draft-ietf-moq-transport-22: a Location Filter has a type in place of a length, and the encoding of
    /// TRACK_NAMESPACE_PREFIX has a name.
    package static let draft22 = recent("draft-22", "moqt-22", draft22Parameters)

    private static let draft22Parameters = parameters20(filter: .fieldType, prefix: .bare)
}
