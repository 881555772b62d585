import CommandLine
import Commands
import Testing

/// The names of all commands, as a message lists them.
private let commands = String.alternatives(Program.pages.map(\.name))

/// The program as its users meet it, before any command runs.
@Suite struct BinaryTests {
    @Test func helpIsOnStdout() throws {
        for arguments in [["--help"], ["-h"], ["help"]] {
            let finished = try Moqt(arguments).wait()
            #expect(finished.status == 0 && finished.stderr.isEmpty && finished.text == HelpCommand.overview)
        }
        for name in Program.pages.map(\.name) {
            let asked = try Moqt.run(name, "--help"), told = try Moqt.run("help", name)
            #expect(asked.status == 0 && asked.stderr.isEmpty && asked.text.hasPrefix("moqt \(name): "))
            #expect(asked.stdout == told.stdout)
        }
    }

    @Test func versionIsOnStdout() throws {
        for arguments in [["--version"], ["sub", "--version"]] {
            #expect(try Moqt(arguments).wait().text == Version.text + "\n")
        }
    }

    @Test func manPagesAndCompletionsArePrinted() throws {
        #expect(try Moqt.run("help", "--man").text == HelpCommand.manPage)
        #expect(try Moqt.run("help", "--man", "pub").text.hasPrefix(".TH MOQT\\-PUB 1"))
        #expect(try Moqt.run("completions", "fish").text == CompletionsCommand.script(for: .fish))
    }

    @Test(
        "a usage error is one line on stderr and status 2",
        arguments: [
            ([], "moqt: expected a command: \(commands), got nothing; see moqt --help"),
            (["pubb"], "moqt: pubb: unknown command; did you mean pub?"),
            (["xyzzy"], "moqt: xyzzy: unknown command; see moqt --help"),
            (["--hepl"], "moqt: --hepl: unknown option; did you mean --help?"),
            (["\u{1B}[31m"], "moqt: \\u{1B}[31m: unknown command; see moqt --help"),
            (
                ["sub", "moqt://h", "a--b", "--from", "x"],
                "moqt sub: --from: expected now, next, start, -N or GROUP:OBJECT, got 'x'"
            ),
            (["sub", "moqt://h", "a--b", "--grops", "1"], "moqt sub: --grops: unknown option; did you mean --groups?"),
            (["sub"], "moqt sub: URL: expected moqt:// or https://HOST[:PORT][/PATH][?QUERY], got nothing"),
            (
                ["pub", "h:443", "x"],
                "moqt pub: URL: expected moqt:// or https://HOST[:PORT][/PATH][?QUERY], got 'h:443'"
            ),
            (["relay", "x"], "moqt relay: expected no more operands, got 'x'"),
            (["help", "x"], "moqt help: COMMAND: expected \(commands), got 'x'"),
            (["completions"], "moqt completions: SHELL: expected bash, zsh or fish, got nothing"),
        ])
    func usageErrors(_ arguments: [String], _ line: String) throws {
        let finished = try Moqt(arguments).wait()
        #expect(finished.status == 2 && finished.stdout.isEmpty && finished.stderr == line + "\n")
    }

    @Test func aLogFileThatCannotBeOpenedIsUnusable() throws {
        let finished = try Moqt.run("sub", "moqt://h", "a--b", "--log", "/nonexistent/x")
        #expect(
            finished.status == 8 && finished.stderr == "moqt sub: --log: /nonexistent/x: No such file or directory\n")
    }

    @Test func aBrokenPipeIsAQuietSuccess() throws {
        let finished = try Moqt(["help", "--man", "sub"], output: .brokenPipe).wait()
        #expect(finished.status == 0 && finished.stderr.isEmpty)
    }

    @Test func aFullDiskIsNot() throws {
        let finished = try Moqt(["--help"], output: .file("/dev/full")).wait()
        #expect(finished.status == 8 && finished.stderr == "moqt: stdout: No space left on device\n")
    }
}
