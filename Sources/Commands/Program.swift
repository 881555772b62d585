package import CommandLine
internal import Glibc

/// The program: finds the command and lets it run.
package enum Program {
    static let abstract = "Media over QUIC Transport toolkit"

    static let entries = [
        Entry(RelayCommand.name, RelayCommand.abstract, { RelayCommand.command }, run: RelayCommand.run),
        Entry(PubCommand.name, PubCommand.abstract, { PubCommand.command }, run: PubCommand.run),
        Entry(SubCommand.name, SubCommand.abstract, { SubCommand.command }, run: SubCommand.run),
        Entry(FetchCommand.name, FetchCommand.abstract, { FetchCommand.command }, run: FetchCommand.run),
        Entry(AnnounceCommand.name, AnnounceCommand.abstract, { AnnounceCommand.command }, run: AnnounceCommand.run),
        Entry(InspectCommand.name, InspectCommand.abstract, { InspectCommand.command }, run: InspectCommand.run),
        Entry(InteropCommand.name, InteropCommand.abstract, { InteropCommand.command }, run: InteropCommand.run),
        Entry(HelpCommand.name, HelpCommand.abstract, { HelpCommand.command }, run: HelpCommand.run),
        Entry(
            CompletionsCommand.name, CompletionsCommand.abstract, { CompletionsCommand.command },
            run: CompletionsCommand.run),
    ]

    /// Names of all commands, in the order of the help.
    static let names = [
        RelayCommand.name, PubCommand.name, SubCommand.name, FetchCommand.name, AnnounceCommand.name,
        InspectCommand.name, InteropCommand.name, HelpCommand.name, CompletionsCommand.name,
    ]

    /// What help, man pages and completions show, in the order of the help.
    package static var pages: [Page] { entries.map { $0.page() } }

    /// Runs a command line without the program's name; gives the exit status.
    package static func run(_ arguments: [String]) -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        return status(arguments).rawValue
    }

    private static func status(_ arguments: [String]) -> ExitStatus {
        guard let first = arguments.first else {
            let error = UsageError.expected("a command: " + String.alternatives(names), got: nil)
            return Terminal.fail("\(Version.program): \(error.line); see \(Version.program) --help", .usage)
        }
        switch first {
        case "-h", "--help": return Terminal.show(HelpCommand.overview)
        case "--version": return Terminal.show(Version.text + "\n")
        default: break
        }
        if let entry = entries.first(where: { $0.name == first }) { return entry.run(Array(arguments.dropFirst())) }
        let isOption = first.hasPrefix("-")
        let nearest = first.nearest(of: isOption ? ["--help", "--version"] : names)
        let hint = nearest.map { "; did you mean \($0)?" } ?? "; see \(Version.program) --help"
        return Terminal.fail(
            "\(Version.program): \(first.printable()): unknown \(isOption ? "option" : "command")\(hint)", .usage)
    }
}
