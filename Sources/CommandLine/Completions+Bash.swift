extension Completions {
    var bash: String {
        """
        # bash completion of \(program)
        _\(program)() {
            local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]} names= values=
            if [[ $word == = ]]; then word=; fi
            if [[ $option == = ]]; then option=${COMP_WORDS[COMP_CWORD-2]}; fi
            if [[ $COMP_CWORD -eq 1 ]]; then
                COMPREPLY=($(compgen -W \((names + ["--help", "--version"]).joined(separator: " ").quoted) -- "$word"))
                return
            fi
            case ${COMP_WORDS[1]} in
        \(commands.map(bashCase).joined(separator: "\n"))
            esac
            case $values in
                file) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
                directory) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
                any) COMPREPLY=(); return ;;
                ?*) COMPREPLY=($(compgen -W "$values" -- "$word")); return ;;
            esac
            COMPREPLY=($(compgen -W "$names" -- "$word"))
        }
        complete -F _\(program) \(program)

        """
    }

    /// Sets `names` to the options of the command, and `values` to what completes the word here.
    private func bashCase(_ page: Page) -> String {
        var lines = ["        \(page.name))"]
        lines.append("            names=\(page.options.flatMap(\.spellings).joined(separator: " ").quoted)")
        lines.append("            case $option in")
        for option in page.options where option.valueName != nil {
            let names = option.spellings.joined(separator: "|")
            lines.append("                \(names)) values=\(option.completion.bash.quoted) ;;")
        }
        let operands = page.operands.map(\.completion).filter { $0 != .none }
        let otherwise = operands.last.map { "if [[ $word != -* ]]; then values=\($0.bash.quoted); fi" } ?? ":"
        lines.append("                *) \(otherwise) ;;")
        lines.append("            esac ;;")
        return lines.joined(separator: "\n")
    }
}

extension Completion {
    fileprivate var bash: String {
        switch self {
        case .none: "any"
        case .file: "file"
        case .directory: "directory"
        case .words(let words): words.joined(separator: " ")
        }
    }
}
