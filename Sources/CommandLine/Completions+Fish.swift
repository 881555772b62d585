extension Completions {
    var fish: String {
        var lines = ["# fish completion of \(program)", "complete -c \(program) -f"]
        let first = "-n '__fish_use_subcommand'"
        for page in commands {
            lines.append("complete -c \(program) \(first) -a \(page.name) -d \(page.abstract.fish)")
        }
        lines.append("complete -c \(program) \(first) -l help -s h -d 'Show this help'")
        lines.append("complete -c \(program) \(first) -l version -d 'Show the version'")
        for page in commands {
            let start = "complete -c \(program) -n '__fish_seen_subcommand_from \(page.name)'"
            for option in page.options { lines += option.fish.map { start + $0 } }
            for operand in page.operands { lines += operand.completion.fishOperand.map { [start + $0] } ?? [] }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension OptionForm {
    fileprivate var fish: [String] {
        let value = valueName == nil ? "" : completion.fishValue
        var line = " -l \(long)"
        if let short { line += " -s \(short)" }
        let description = " -d \(help.fish)"
        return [line + value + description] + (isNegatable ? [" -l no-\(long)\(description)"] : [])
    }
}

extension Completion {
    fileprivate var fishValue: String {
        switch self {
        case .none: " -x"
        case .file: " -rF"
        case .directory: " -xa '(__fish_complete_directories)'"
        case .words(let words): " -xa '\(words.joined(separator: " "))'"
        }
    }

    /// nil: nothing to offer.
    fileprivate var fishOperand: String? {
        switch self {
        case .none: nil
        case .file: " -F"
        case .directory: " -a '(__fish_complete_directories)'"
        case .words(let words): " -a '\(words.joined(separator: " "))'"
        }
    }
}

extension String {
    /// In single quotes for fish, where a backslash escapes.
    fileprivate var fish: String {
        "'" + map { "'\\".contains($0) ? "\\\($0)" : String($0) }.joined() + "'"
    }
}
