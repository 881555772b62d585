/// How an option looks to its user: all that help, man pages and completions show of it.
package struct OptionForm: Hashable, Sendable {
    /// Name without its dashes.
    package var long: String
    /// Older or other names without dashes; understood, and not shown.
    package var aliases: [String] = []
    package var short: Character?
    /// One line, at most 60 columns, no full stop.
    package var help: String
    /// What stands for its value; nil when it takes none.
    package var valueName: String?
    /// What a right value is, to follow "expected".
    package var expectation = ""
    package var completion = Completion.none
    /// The default as the user would write it; nil when there is none to show.
    package var defaultText: String?
    /// Environment variable that sets it when the command line does not. What takes no value is set by any text but
    /// `0`, `false` and `no`.
    package var environment: String?
    /// Whether every occurrence counts; otherwise the last one wins.
    package var isRepeatable = false
    /// Whether there is a `--no-NAME`.
    package var isNegatable = false
    /// Whether its value is a file that sets what the command line leaves open.
    package var isConfiguration = false
    /// What is shown instead of running the command; nil for most.
    package var interruption: Interruption?

    /// Everything that may follow `--`.
    package var names: [String] { [long] + aliases + (isNegatable ? ["no-" + long] : []) }
}

/// What a command line can ask for instead of running the command.
package enum Interruption: Hashable, Sendable { case help, version }

/// One option of a command. The parser, `--help`, the man pages and the completions read this and nothing else.
package struct Option<Settings>: Sendable {
    package var form: OptionForm
    /// Validates and stores, never acts. The text is empty for an option without a value.
    package var apply: @Sendable (inout Settings, String) throws(UsageError) -> Void
    /// What `--no-NAME` does; nil when there is no such form.
    package var negate: (@Sendable (inout Settings) -> Void)?

    private init(
        _ form: OptionForm, apply: @escaping @Sendable (inout Settings, String) throws(UsageError) -> Void,
        negate: (@Sendable (inout Settings) -> Void)?
    ) {
        self.form = form
        self.apply = apply
        self.negate = negate
        self.form.isNegatable = negate != nil
    }

    /// An option without a value.
    package static func flag(
        _ long: String, aliases: [String] = [], short: Character? = nil, _ help: String, environment: String? = nil,
        repeatable: Bool = false, interrupts: Interruption? = nil,
        apply: @escaping @Sendable (inout Settings) -> Void = { _ in },
        negate: (@Sendable (inout Settings) -> Void)? = nil
    ) -> Self {
        let form = OptionForm(
            long: long, aliases: aliases, short: short, help: help, environment: environment, isRepeatable: repeatable,
            interruption: interrupts)
        return Self(form, apply: { settings, _ in apply(&settings) }, negate: negate)
    }

    /// An option whose value `store` keeps.
    package static func value<Value>(
        _ long: String, aliases: [String] = [], short: Character? = nil, _ type: ValueType<Value>, _ help: String,
        default defaultText: String? = nil, environment: String? = nil, repeatable: Bool = false,
        store: @escaping @Sendable (inout Settings, Value) -> Void
    ) -> Self {
        let form = OptionForm(
            long: long, aliases: aliases, short: short, help: help, valueName: type.name,
            expectation: type.expectation, completion: type.completion, defaultText: defaultText,
            environment: environment, isRepeatable: repeatable)
        let apply: @Sendable (inout Settings, String) throws(UsageError) -> Void = {
            (settings, text) throws(UsageError) in
            store(&settings, try type.parse(text))
        }
        return Self(form, apply: apply, negate: nil)
    }

    /// An option that names a file of further options (``ConfigurationFile``); a command has one at most.
    package static func configuration(_ long: String, _ type: ValueType<String>, _ help: String) -> Self {
        var option = value(long, type, help) { _, _ in }
        option.form.isConfiguration = true
        return option
    }

    /// The same option of a command whose settings hold these at `path`.
    package func within<Outer>(_ path: any WritableKeyPath<Outer, Settings> & Sendable) -> Option<Outer> {
        let apply: @Sendable (inout Outer, String) throws(UsageError) -> Void = {
            [apply] (outer, text) throws(UsageError) in
            try apply(&outer[keyPath: path], text)
        }
        var negation: (@Sendable (inout Outer) -> Void)?
        if let negate { negation = { outer in negate(&outer[keyPath: path]) } }
        return Option<Outer>(form, apply: apply, negate: negation)
    }
}

/// Options under one heading of the help.
package struct OptionGroup<Settings>: Sendable {
    package var heading: String
    package var options: [Option<Settings>]

    package init(_ heading: String, _ options: [Option<Settings>]) {
        self.heading = heading
        self.options = options
    }

    /// The same options of a command whose settings hold these at `path`.
    package func within<Outer>(_ path: any WritableKeyPath<Outer, Settings> & Sendable) -> OptionGroup<Outer> {
        OptionGroup<Outer>(heading, options.map { $0.within(path) })
    }
}
