package import CommandLine

/// `moqt help`: help and man pages, rendered from the tables of the commands.
package enum HelpCommand {
    package static let name = "help"
    package static let abstract = "show help, or print a man page"

    package struct Settings: CommandSettings {
        package let common = CommonSettings()
        /// Print the source of the man page instead of the help.
        package var man = false
        /// nil: the program itself.
        package var command: String?
    }

    package static var command: Command<Settings> {
        Command(
            name, abstract,
            description: ["Shows the help of COMMAND, or of the program without one."],
            groups: [
                OptionGroup(
                    "Options",
                    [
                        .flag("man", "Print the man page in roff instead") { $0.man = true },
                        .flag("help", short: "h", "Show this help", interrupts: .help),
                        .flag("version", "Show the version", interrupts: .version),
                    ])
            ],
            operands: [
                .value(.command, "Command to show the help of", presence: .optional) { $0.command = $1 }
            ],
            examples: [
                Example("moqt help pub", "Show the help of moqt pub."),
                Example("moqt help --man pub | man -l -", "Read the man page of moqt pub."),
            ],
            initial: { Settings() })
    }

    package static func run(_ settings: Settings, _ output: Output) -> ExitStatus {
        guard let entry = Program.entries.first(where: { $0.name == settings.command }) else {
            return Terminal.show(settings.man ? manPage : overview)
        }
        let page = entry.page()
        return Terminal.show(settings.man ? manPage(of: page) : HelpPage(page, program: Version.program).text)
    }

    /// Source of `moqt(1)`.
    package static var manPage: String {
        ManPage(
            program: Version.program, version: Version.text, abstract: Program.abstract,
            description: [
                """
                Moves media, files and lines over Media over QUIC Transport (MoQT): a publisher sends objects to a \
                relay, which passes them on to every subscriber. Payload goes to stdout and everything else to stderr; \
                success is silent.
                """,
                """
                Options may stand anywhere on the command line. Durations take ms, s or m; sizes take k, M and G \
                (powers of 1000) or Ki, Mi and Gi (powers of 1024).
                """,
            ],
            commands: Program.entries.map { ($0.name, $0.abstract) }, examples: examples
        ).text
    }

    /// Source of `moqt-COMMAND(1)`.
    package static func manPage(of page: Page) -> String {
        ManPage(page, program: Version.program, version: Version.text).text
    }

    /// What `moqt --help` says.
    package static var overview: String {
        var lines = ["moqt: \(Program.abstract)", "", "Usage: moqt COMMAND [OPTION]... [OPERAND]...", "", "Commands:"]
        for entry in Program.entries {
            lines.append("  \(entry.name)" + String(repeating: " ", count: 14 - entry.name.utf8.count) + entry.abstract)
        }
        lines += ["", "Examples:"] + examples.map { "  " + $0.line }
        lines += ["", "moqt help COMMAND shows the options of a command, moqt --version the version."]
        return lines.joined(separator: "\n") + "\n"
    }

    private static let examples = [
        Example("moqt relay", "Run a relay."),
        Example("moqt pub -k moqt://localhost:4443 live-cam1 movie.mp4", "Publish a movie through it."),
        Example("moqt sub -k moqt://localhost:4443 live-cam1 -o copy.mp4", "Save that movie."),
    ]
}

extension ValueType where Value == String {
    /// The name of a command.
    fileprivate static var command: Self {
        Self("COMMAND", expects: String.alternatives(Program.names), completion: .words(Program.names)) { text in
            Program.names.contains(text) ? text : nil
        }
    }
}
