extension Completions {
    var zsh: String {
        """
        #compdef \(program)
        # zsh completion of \(program)
        _\(program)() {
            local -a commands
            commands=(
        \(commands.map { "        " + "\($0.name):\($0.abstract)".quoted }.joined(separator: "\n"))
            )
            if (( CURRENT == 2 )); then
                _describe -t commands command commands
                _arguments '--help[Show this help]' '--version[Show the version]'
                return
            fi
            local name=$words[2]
            shift words
            (( CURRENT-- ))
            case $name in
        \(commands.map(zshCase).joined(separator: "\n"))
            esac
        }
        if [ "$funcstack[1]" = "_\(program)" ]; then
            _\(program) "$@"
        else
            compdef _\(program) \(program)
        fi

        """
    }

    private func zshCase(_ page: Page) -> String {
        let specifications = page.options.flatMap(\.zsh) + page.operands.map(\.zsh)
        let lines = specifications.map { "            " + $0.quoted }.joined(separator: " \\\n")
        return "        \(page.name)) _arguments -s \\\n\(lines) ;;"
    }
}

extension OptionForm {
    /// One `_arguments` specification for each spelling.
    fileprivate var zsh: [String] {
        spellings.map { spelling in
            let isLong = spelling.hasPrefix("--")
            let value = valueName.map { ":\($0.zsh):\(completion.zsh)" } ?? ""
            let attachment = valueName == nil ? "" : isLong ? "=" : "+"
            return (isRepeatable ? "*" : "") + spelling + attachment + "[\(help.zsh)]" + value
        }
    }
}

extension OperandForm {
    fileprivate var zsh: String {
        let rest = presence == .repeatable ? "*" : presence == .optional ? ":" : ""
        return "\(rest):\(name.zsh):\(completion.zsh)"
    }
}

extension Completion {
    fileprivate var zsh: String {
        switch self {
        case .none: " "
        case .file: "_files"
        case .directory: "_files -/"
        case .words(let words): "(\(words.joined(separator: " ")))"
        }
    }
}

extension String {
    /// With the characters that end a part of an `_arguments` specification escaped.
    fileprivate var zsh: String {
        map { "[]:\\".contains($0) ? "\\\($0)" : String($0) }.joined()
    }
}
