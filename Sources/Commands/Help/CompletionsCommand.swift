package import CommandLine

/// `moqt completions`: scripts for shells, rendered from the tables of the commands.
package enum CompletionsCommand {
    package static let name = "completions"
    package static let abstract = "print a completion script for a shell"

    package struct Settings: CommandSettings {
        package let common = CommonSettings()
        package var shell = Shell.bash
    }

    package static var command: Command<Settings> {
        Command(
            name, abstract,
            description: ["Prints a script that makes SHELL complete commands, options and values of moqt."],
            groups: [
                OptionGroup(
                    "Options",
                    [
                        .flag("help", short: "h", "Show this help", interrupts: .help),
                        .flag("version", "Show the version", interrupts: .version),
                    ])
            ],
            operands: [.value(.shell, "Shell to write for: bash, zsh or fish") { $0.shell = $1 }],
            examples: [
                Example("source <(moqt completions bash)", "Complete in this bash."),
                Example("moqt completions fish > ~/.config/fish/completions/moqt.fish", "Complete in every fish."),
            ],
            initial: { Settings() })
    }

    package static func run(_ settings: Settings, _ output: Output) -> ExitStatus {
        Terminal.show(script(for: settings.shell))
    }

    package static func script(for shell: Shell) -> String {
        Completions(program: Version.program, commands: Program.pages).script(for: shell)
    }
}

extension ValueType where Value == Shell {
    fileprivate static var shell: Self {
        var type = ValueType<Shell>.choice
        type.name = "SHELL"
        return type
    }
}
