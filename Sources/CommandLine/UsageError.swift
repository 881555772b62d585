/// What is wrong with a command line.
package struct UsageError: Error, Hashable, Sendable {
    /// The option or operand it is about, as the user knows it (`--from`, `URL`); nil when it is about no single one.
    package var subject: String?
    /// Lower case, one line, no full stop. Text that the user typed stands in it escaped.
    package var message: String

    package init(_ message: String, subject: String? = nil) {
        self.subject = subject
        self.message = message
    }

    /// `expected WHAT, got 'x'`; nothing was given when `value` is nil.
    package static func expected(_ what: String, got value: String?) -> Self {
        Self("expected \(what), got \(value.map { "'\($0.printable())'" } ?? "nothing")")
    }

    /// The same about `subject`, unless it already says what it is about.
    package func about(_ subject: String) -> Self { Self(message, subject: self.subject ?? subject) }

    /// `--from: expected now or next, got 'x'`.
    package var line: String { subject.map { "\($0): \(message)" } ?? message }
}

extension String {
    /// Text that somebody else chose, safe for logs and terminals: all but printable ASCII is escaped as
    /// `\n`, `\t` or `\u{HEX}`, backslash as `\\`. Longer than `limit` scalars, it is cut and ends in `...`.
    package func printable(limit: Int = 256) -> String {
        var text = ""
        var scalars = unicodeScalars.makeIterator()
        for _ in 0..<max(0, limit) {
            guard let scalar = scalars.next() else { return text }
            text += scalar == "'" || scalar == "\"" ? String(scalar) : scalar.escaped(asASCII: true)
        }
        return scalars.next() == nil ? text : text + "..."
    }

    /// The items as an English enumeration: `a, b or c`.
    package static func alternatives(_ items: [String]) -> String {
        guard let last = items.last, items.count > 1 else { return items.first ?? "" }
        return items.dropLast().joined(separator: ", ") + " or " + last
    }
}
