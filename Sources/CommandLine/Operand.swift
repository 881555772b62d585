/// How an operand looks to its user.
package struct OperandForm: Hashable, Sendable {
    package enum Presence: Hashable, Sendable { case required, optional, repeatable }

    /// As it stands in the synopsis: `URL`.
    package var name: String
    package var presence: Presence
    package var help: String
    /// What a right value is, to follow "expected".
    package var expectation: String
    package var completion: Completion

    /// `URL`, `[FILE]` or `[FILE]...`.
    package var synopsis: String {
        switch presence {
        case .required: name
        case .optional: "[\(name)]"
        case .repeatable: "[\(name)]..."
        }
    }
}

/// A word of the command line that belongs to no option.
package struct Operand<Settings>: Sendable {
    package var form: OperandForm
    /// Whether the command line has this operand at all, once its options are known.
    package var isExpected: @Sendable (Settings) -> Bool
    /// Validates and stores, never acts.
    package var apply: @Sendable (inout Settings, String) throws(UsageError) -> Void

    package static func value<Value>(
        _ type: ValueType<Value>, _ help: String, presence: OperandForm.Presence = .required,
        when isExpected: @escaping @Sendable (Settings) -> Bool = { _ in true },
        store: @escaping @Sendable (inout Settings, Value) -> Void
    ) -> Self {
        let form = OperandForm(
            name: type.name, presence: presence, help: help, expectation: type.expectation, completion: type.completion)
        return Self(form: form, isExpected: isExpected) { (settings, text) throws(UsageError) in
            store(&settings, try type.parse(text))
        }
    }
}
