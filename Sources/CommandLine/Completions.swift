/// Shells that `completions` can write for.
package enum Shell: String, CaseIterable, Sendable { case bash, zsh, fish }

/// Completion scripts of a program with commands.
package struct Completions: Sendable {
    package var program: String
    package var commands: [Page]

    package init(program: String, commands: [Page]) {
        self.program = program
        self.commands = commands
    }

    /// The script, with a newline at its end.
    package func script(for shell: Shell) -> String {
        switch shell {
        case .bash: bash
        case .zsh: zsh
        case .fish: fish
        }
    }

    var names: [String] { commands.map(\.name) }
}

extension OptionForm {
    /// Every spelling that is offered: `-o`, `--output`, `--no-x`.
    var spellings: [String] {
        (short.map { ["-\($0)"] } ?? []) + ["--" + long] + (isNegatable ? ["--no-" + long] : [])
    }
}

extension String {
    /// In single quotes for a POSIX shell.
    var quoted: String {
        "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
