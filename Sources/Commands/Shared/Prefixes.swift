extension Double {
    /// Three digits or so and the prefix of the unit that follows: `1.5 M`.
    var withPrefix: String {
        let (unit, size) = [("G", 1e9), ("M", 1e6), ("k", 1e3)].first { self >= $0.1 } ?? ("", 1)
        return "\((self / size * 10).rounded() / 10) \(unit)"
    }
}
