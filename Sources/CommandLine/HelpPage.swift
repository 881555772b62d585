/// `--help` of one command.
package struct HelpPage: Sendable {
    private var lines: [String]

    /// Ends in a newline.
    package var text: String { lines.joined(separator: "\n") + "\n" }

    package init(_ page: Page, program: String) {
        lines = ["\(program) \(page.name): \(page.abstract)", "", "Usage: " + page.synopsis(program: program)]
        if !page.operands.isEmpty {
            lines.append("")
            for operand in page.operands { entry(operand.name, operand.help) }
        }
        for group in page.groups {
            lines += ["", group.heading + ":"]
            for option in group.options { entry(option.term, option.helpWithNotes) }
        }
        if !page.examples.isEmpty { lines += ["", "Examples:"] }
        for example in page.examples { lines.append("  " + example.line) }
    }

    /// A term, and its meaning in a column of its own: beside the term where that fits, else below it.
    private mutating func entry(_ term: String, _ meaning: String) {
        let column = 28
        var wrapped = meaning.wrapped(width: 80 - column)[...]
        let head = "  " + term
        if head.utf8.count + 2 <= column, let first = wrapped.popFirst() {
            lines.append(head + String(repeating: " ", count: column - head.utf8.count) + first)
        } else {
            lines.append(head)
        }
        for line in wrapped { lines.append(String(repeating: " ", count: column) + line) }
    }
}

extension Page {
    /// `moqt pub [OPTION]... URL NAME [FILE]...`
    package func synopsis(program: String) -> String {
        ([program, name, "[OPTION]..."] + operands.map(\.synopsis)).joined(separator: " ")
    }
}

extension OptionForm {
    /// `-o, --output FILE`; the long name stands below the long names of others.
    fileprivate var term: String {
        let name = (short.map { "-\($0), " } ?? "    ") + "--" + (isNegatable ? "[no-]" : "") + long
        return valueName.map { "\(name) \($0)" } ?? name
    }

    /// Help, then what follows from the table: the default, the environment variable, whether it repeats.
    package var helpWithNotes: String {
        var notes: [String] = []
        if let defaultText { notes.append("default " + defaultText) }
        if let environment { notes.append("or " + environment) }
        if isRepeatable { notes.append("repeatable") }
        return notes.isEmpty ? help : "\(help) [\(notes.joined(separator: "; "))]"
    }
}

extension String {
    /// The words in lines of at most `width` columns; a longer word has a line to itself.
    package func wrapped(width: Int) -> [String] {
        var lines: [String] = []
        for word in split(separator: " ") {
            if let last = lines.last, last.utf8.count + 1 + word.utf8.count <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
