/// One command: its tables, and the settings that a command line fills.
package struct Command<Settings>: Sendable {
    package var name: String
    /// What it does in one line: imperative, lower case, no full stop.
    package var abstract: String
    /// Paragraphs of the man page.
    package var description: [String] = []
    package var groups: [OptionGroup<Settings>]
    /// In their order on the command line; a repeatable one can only be the last.
    package var operands: [Operand<Settings>] = []
    package var examples: [Example] = []
    /// Settings before any option.
    package var initial: @Sendable () -> Settings
    /// What options and operands cannot judge one by one; also fills in what depends on several of them.
    package var check: @Sendable (inout Settings) throws(UsageError) -> Void

    package init(
        _ name: String, _ abstract: String, description: [String] = [], groups: [OptionGroup<Settings>],
        operands: [Operand<Settings>] = [], examples: [Example] = [],
        initial: @escaping @Sendable () -> Settings,
        check: @escaping @Sendable (inout Settings) throws(UsageError) -> Void = { _ in }
    ) {
        self.name = name
        self.abstract = abstract
        self.description = description
        self.groups = groups
        self.operands = operands
        self.examples = examples
        self.initial = initial
        self.check = check
    }

    /// What the renderers show of it.
    package var page: Page {
        Page(
            name: name, abstract: abstract, description: description,
            groups: groups.map { (heading: $0.heading, options: $0.options.map(\.form)) },
            operands: operands.map(\.form), examples: examples)
    }
}

/// A command line that works as it stands, and what it does.
package struct Example: Hashable, Sendable {
    package var line: String
    package var meaning: String

    package init(_ line: String, _ meaning: String) {
        self.line = line
        self.meaning = meaning
    }
}

/// A command as help, man pages and completions show it.
package struct Page: Sendable {
    package var name: String
    package var abstract: String
    package var description: [String]
    package var groups: [(heading: String, options: [OptionForm])]
    package var operands: [OperandForm]
    package var examples: [Example]

    package var options: [OptionForm] { groups.flatMap(\.options) }
}
