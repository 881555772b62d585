/// A man page in the man(7) macros.
package struct ManPage: Sendable {
    /// The source, with a newline at its end.
    package private(set) var text = ""

    /// `program-NAME(1)` of one command.
    package init(_ page: Page, program: String, version: String) {
        let title = "\(program)-\(page.name)"
        head(title, version, page.abstract)
        heading("SYNOPSIS")
        line(".B \("\(program) \(page.name)".roff)")
        line((["[\\fIOPTION\\fR]..."] + page.operands.map(\.roffSynopsis)).joined(separator: " "))
        description(page.description)
        if !page.operands.isEmpty { heading("OPERANDS") }
        for operand in page.operands { entry("\\fI\(operand.name.roff)\\fR", operand.help) }
        heading("OPTIONS")
        for group in page.groups {
            line(".SS " + group.heading.roff)
            for option in group.options { entry(option.roffTerm, option.helpWithNotes) }
        }
        let variables = page.options.filter { $0.environment != nil }
        if !variables.isEmpty { heading("ENVIRONMENT") }
        for option in variables {
            entry("\\fB\((option.environment ?? "").roff)\\fR", "Used where --\(option.long) is not given.")
        }
        exitStatus()
        examples(page.examples)
        seeAlso([program])
    }

    /// `program(1)`: every command in a line.
    package init(
        program: String, version: String, abstract: String, description paragraphs: [String],
        commands: [(name: String, abstract: String)], examples: [Example]
    ) {
        head(program, version, abstract)
        heading("SYNOPSIS")
        line(".B " + program.roff)
        line("\\fICOMMAND\\fR [\\fIOPTION\\fR]... [\\fIOPERAND\\fR]...")
        description(paragraphs)
        heading("COMMANDS")
        for command in commands { entry("\\fB\(command.name.roff)\\fR", command.abstract) }
        exitStatus()
        self.examples(examples)
        seeAlso(commands.map { "\(program)-\($0.name)" })
    }

    private mutating func line(_ text: String) { self.text += text + "\n" }

    private mutating func heading(_ name: String) { line(".SH " + name) }

    private mutating func head(_ title: String, _ version: String, _ abstract: String) {
        line(".TH \(title.uppercased().roff) 1 \"\" \"\(version.roff)\" \"User Commands\"")
        heading("NAME")
        line("\(title.roff) \\- \(abstract.roff)")
    }

    private mutating func description(_ paragraphs: [String]) {
        guard !paragraphs.isEmpty else { return }
        heading("DESCRIPTION")
        for (index, paragraph) in paragraphs.enumerated() {
            if index > 0 { line(".PP") }
            line(paragraph.roff)
        }
    }

    /// `term` is roff already, `meaning` plain text.
    private mutating func entry(_ term: String, _ meaning: String) {
        line(".TP")
        line(term)
        line(meaning.roff)
    }

    private mutating func exitStatus() {
        heading("EXIT STATUS")
        for (status, meaning) in ExitStatus.table { entry("\\fB\(status.roff)\\fR", meaning) }
    }

    private mutating func examples(_ examples: [Example]) {
        if !examples.isEmpty { heading("EXAMPLES") }
        for example in examples { entry("\\fB\(example.line.roff)\\fR", example.meaning) }
    }

    private mutating func seeAlso(_ titles: [String]) {
        heading("SEE ALSO")
        line(titles.map { "\\fB\($0.roff)\\fR(1)" }.joined(separator: ", "))
    }
}

extension OperandForm {
    fileprivate var roffSynopsis: String {
        let name = "\\fI\(name.roff)\\fR"
        switch presence {
        case .required: return name
        case .optional: return "[\(name)]"
        case .repeatable: return "[\(name)]..."
        }
    }
}

extension OptionForm {
    fileprivate var roffTerm: String {
        var names = short.map { ["-\($0)"] } ?? []
        names.append("--" + long)
        if isNegatable { names.append("--no-" + long) }
        let term = names.map { "\\fB\($0.roff)\\fR" }.joined(separator: ", ")
        return valueName.map { "\(term) \\fI\($0.roff)\\fR" } ?? term
    }
}

extension String {
    /// As text of a roff source: escape characters, hyphens that are minus signs, control characters at the start.
    fileprivate var roff: String {
        var text = hasPrefix(".") || hasPrefix("'") ? "\\&" : ""
        for character in self {
            switch character {
            case "\\": text += "\\e"
            case "-": text += "\\-"
            case "'": text += "\\(aq"
            case "\"": text += "\\(dq"
            default: text.append(character)
            }
        }
        return text
    }
}
