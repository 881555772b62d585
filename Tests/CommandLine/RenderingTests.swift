import CommandLine
import Commands
import Foundation
import Testing

private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

private func committed(_ path: String) -> String {
    (try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)) ?? ""
}

/// The files in `man` and `completions` are what the tables render.
@Suite struct RenderingTests {
    @Test("man pages are those of the tables", arguments: Program.pages)
    func manPage(_ page: Page) {
        let isCurrent = HelpCommand.manPage(of: page) == committed("man/moqt-\(page.name).1")
        #expect(isCurrent, "render again: moqt help --man \(page.name) > man/moqt-\(page.name).1")
    }

    @Test func programManPage() {
        let isCurrent = HelpCommand.manPage == committed("man/moqt.1")
        #expect(isCurrent, "render again: moqt help --man > man/moqt.1")
    }

    @Test("completions are those of the tables", arguments: Shell.allCases)
    func completions(_ shell: Shell) {
        let file = ["bash": "moqt.bash", "zsh": "_moqt", "fish": "moqt.fish"][shell.rawValue] ?? ""
        let isCurrent = CompletionsCommand.script(for: shell) == committed("completions/" + file)
        #expect(isCurrent, "render again: moqt completions \(shell) > completions/\(file)")
    }

    @Test func nothingElseIsThere() throws {
        let pages = try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent("man").path)
        #expect(Set(pages) == Set(Program.pages.map { "moqt-\($0.name).1" } + ["moqt.1"]))
    }

    @Test func bashReadsItsCompletions() throws {
        let input = Moqt.Input.bytes(Array(CompletionsCommand.script(for: .bash).utf8))
        let finished = try Moqt(["-n"], input: input, program: "/bin/bash").wait()
        #expect(finished.status == 0 && finished.stderr.isEmpty, "\(finished.stderr)")
    }

    @Test(
        "bash completes commands, options, values and operands",
        arguments: [
            ("moqt r", "relay"), ("moqt sub --fr", "--from"), ("moqt sub --from ", "now next start"),
            ("moqt sub --from=n", "now next"), ("moqt relay --cc b", "bbr"), ("moqt completions z", "zsh"),
            ("moqt pub --group-size ", ""), ("moqt help pu", "pub"), ("moqt pub --no-r", "--no-realtime"),
        ])
    func bashCompletes(_ line: String, _ expected: String) throws {
        // Bash cuts words at "=", as COMP_WORDBREAKS says.
        let words = line.replacing("=", with: " = ").split(separator: " ", omittingEmptySubsequences: false)
        let script = """
            compopt() { :; }
            \(CompletionsCommand.script(for: .bash))
            COMP_WORDS=(\(words.map { "'\($0)'" }.joined(separator: " ")))
            COMP_CWORD=\(words.count - 1)
            _moqt
            echo "${COMPREPLY[*]}"
            """
        let finished = try Moqt(["-c", script], program: "/bin/bash").wait()
        #expect(finished.text == expected + "\n" && finished.stderr.isEmpty, "\(finished.stderr)")
    }

    @Test(
        "man has nothing to say against the pages",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/man")), arguments: Program.pages)
    func manReads(_ page: Page) throws {
        let input = Moqt.Input.bytes(Array(HelpCommand.manPage(of: page).utf8))
        let environment = ["LC_ALL": "C.UTF-8", "MANROFFSEQ": "", "MANWIDTH": "80"]
        let finished = try Moqt(
            ["--warnings", "-l", "-"], input: input, environment: environment, program: "/usr/bin/man"
        ).wait()
        #expect(finished.status == 0 && finished.stderr.isEmpty, "\(finished.stderr)")
        #expect(finished.text.contains("EXIT STATUS"))
    }

    @Test func theManPageHasEveryExitStatus() {
        for (status, _) in ExitStatus.table { #expect(HelpCommand.manPage.contains("\\fB\(status)\\fR\n")) }
    }

    @Test func roffIsEscaped() {
        let command = Command<Int>(
            "x", "it's a-b", description: [".dot first", "back\\slash", "'quote"],
            groups: [
                OptionGroup(
                    "G",
                    [
                        .flag("a-b", short: "a", "Help") {
                            $0 += 1
                        } negate: {
                            $0 -= 1
                        },
                        .value("c", .text("N"), "Help") { $0 += $1.count },
                    ])
            ], initial: { 0 })
        let text = ManPage(command.page, program: "p", version: "p 1").text
        #expect(text.contains("\n\\&.dot first\n.PP\nback\\eslash\n.PP\n\\&\\(aqquote\n"))
        #expect(text.contains("\n\\fB\\-a\\fR, \\fB\\-\\-a\\-b\\fR, \\fB\\-\\-no\\-a\\-b\\fR\n"))
        #expect(text.contains("\n\\fB\\-\\-c\\fR \\fIN\\fR\n"))
        #expect(text.contains("p\\-x \\- it\\(aqs a\\-b\n"))
    }
}
