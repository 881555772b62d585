import CommandLine
import Testing

private struct Settings: Hashable, Sendable {
    var flag = false
    var count = 0
    var size = 1
    var words: [String] = []
    var file: String?
    var operands: [String] = []
}

private let command = Command<Settings>(
    "toy", "a toy",
    groups: [
        OptionGroup(
            "Options",
            [
                .flag("flag", short: "f", "A flag") {
                    $0.flag = true
                } negate: {
                    $0.flag = false
                },
                .flag("verbose", short: "v", "More", environment: "TOY_VERBOSE", repeatable: true) { $0.count += 1 },
                .value("size", aliases: ["old-size"], short: "s", .number("N", in: 1...9), "A size") { $0.size = $1 },
                .value("word", .text("WORD"), "A word", repeatable: true) { $0.words.append($1) },
                .value("file", short: "o", .file, "A file", environment: "TOY_FILE") { $0.file = $1 },
                .flag("help", short: "h", "Help", interrupts: .help),
                .flag("version", "Version", interrupts: .version),
            ])
    ],
    operands: [
        .value(.text("URL"), "Where") { $0.operands.append("url:" + $1) },
        .value(.text("NAME"), "What", when: { $0.words.isEmpty }) { $0.operands.append("name:" + $1) },
        .value(.file, "More", presence: .repeatable) { $0.operands.append("file:" + $1) },
    ],
    initial: { Settings() },
    check: { (settings) throws(UsageError) in
        if settings.flag, settings.size == 9 { throw UsageError("not with --flag", subject: "--size") }
    })

private func parse(_ line: String, environment: [String: String] = [:]) throws -> Settings {
    let words = line.split(separator: " ").map(String.init)
    guard case .run(let settings) = try command.parse(words, environment: { environment[$0] }) else {
        Issue.record("interrupted: \(line)")
        return Settings()
    }
    return settings
}

private func complaint(_ line: String, environment: [String: String] = [:]) -> String? {
    do {
        _ = try parse(line, environment: environment)
        return nil
    } catch {
        return (error as? UsageError)?.line
    }
}

@Suite struct ParserTests {
    @Test(
        "every spelling of an option's value is the same",
        arguments: [
            "u n --size 3", "u n --size=3", "u n -s 3", "u n -s3", "u -fs3 --no-flag n", "--size 3 u n",
            "u --old-size 3 n",
        ])
    func spellings(_ line: String) throws {
        #expect(try parse(line) == Settings(size: 3, operands: ["url:u", "name:n"]))
    }

    @Test func flagsBundleAndRepeat() throws {
        #expect(try parse("-vvf u n -v") == Settings(flag: true, count: 3, operands: ["url:u", "name:n"]))
    }

    @Test func theLastOfASingleValueWins() throws {
        #expect(try parse("u n -s 2 --size=4 -s3").size == 3)
        #expect(try parse("u n --flag --no-flag").flag == false)
        #expect(try parse("u n --no-flag -f").flag)
    }

    @Test func aBundleEndsInAValue() throws {
        #expect(try parse("u n -vfoout").file == "out")
        #expect(try parse("u n -vfo out").file == "out")
        #expect(try parse("u n -o=out").file == "=out")
    }

    @Test func aValueMayLookLikeAnOption() throws {
        #expect(try parse("u n -o --flag").file == "--flag")
        #expect(try parse("u n --file=--flag").file == "--flag")
        #expect(try parse("u n --file=a=b").file == "a=b")
        #expect(try parse("u n -o -").file == "-")
    }

    @Test func aDashIsAnOperandAndTwoEndTheOptions() throws {
        #expect(try parse("u n - a").operands == ["url:u", "name:n", "file:-", "file:a"])
        #expect(try parse("u n -- --size -f --").operands == ["url:u", "name:n", "file:--size", "file:-f", "file:--"])
    }

    @Test func anOptionCanStandForAnOperand() throws {
        #expect(try parse("u a --word x").operands == ["url:u", "file:a"])
        #expect(try parse("u --word x --word y").words == ["x", "y"])
    }

    @Test func theEnvironmentFillsInWhatIsNotGiven() throws {
        #expect(try parse("u n", environment: ["TOY_FILE": "e"]).file == "e")
        #expect(try parse("u n -o x", environment: ["TOY_FILE": "e"]).file == "x")
        #expect(try parse("u n", environment: ["TOY_FILE": ""]).file == nil)
    }

    @Test("an environment variable turns a flag on, unless it says no", arguments: ["1", "yes", "0", "false", "No"])
    func flagVariables(_ text: String) throws {
        let isOn = ["1", "yes"].contains(text)
        #expect(try parse("u n", environment: ["TOY_VERBOSE": text]).count == (isOn ? 1 : 0))
        #expect(try parse("u n -vv", environment: ["TOY_VERBOSE": text]).count == 2)
    }

    @Test(
        "help and version stop the reading, whatever follows",
        arguments: [
            (["--help"], Interruption.help), (["-vh", "--nonsense"], .help), (["u", "--version", "a", "b"], .version),
        ])
    func interruptions(_ arguments: [String], _ expected: Interruption) throws {
        guard case .interrupted(expected) = try command.parse(arguments) else {
            Issue.record("not interrupted")
            return
        }
    }

    @Test(
        "errors say what, what was expected and what was got",
        arguments: [
            ("u n --sise 3", "--sise: unknown option; did you mean --size?"),
            ("u n --no-flg", "--no-flg: unknown option; did you mean --no-flag?"),
            ("u n --zzzzzz", "--zzzzzz: unknown option"),
            ("u n -x", "-x: unknown option"),
            ("u n -vx", "-x: unknown option"),
            ("u n --size x", "--size: expected a number from 1 to 9, got 'x'"),
            ("u n --old-size x", "--old-size: expected a number from 1 to 9, got 'x'"),
            ("u n -s10", "-s: expected a number from 1 to 9, got '10'"),
            ("u n -s", "-s: expected a number from 1 to 9, got nothing"),
            ("u n --size", "--size: expected a number from 1 to 9, got nothing"),
            ("u n --size=", "--size: expected a number from 1 to 9, got ''"),
            ("u n --flag=yes", "--flag: expected no value, got 'yes'"),
            ("u n --no-flag=yes", "--no-flag: expected no value, got 'yes'"),
            ("u n --no-size", "--no-size: unknown option"),
            ("", "URL: expected URL, got nothing"),
            ("u", "NAME: expected NAME, got nothing"),
            ("u n -f -s 9", "--size: not with --flag"),
        ])
    func errors(_ line: String, _ message: String) {
        #expect(complaint(line) == message)
    }

    @Test func superfluousOperandsAreRefused() {
        let strict = Command<Settings>("x", "x", groups: [], initial: { Settings() })
        #expect(throws: UsageError("expected no more operands, got 'a\\n'")) { _ = try strict.parse(["a\n"]) }
    }
}

@Suite struct SuggestionTests {
    private let names = ["group-size", "group-order", "from", "version", "verbose"]

    @Test(
        "the nearest name is suggested",
        arguments: [
            ("group-sise", "group-size"), ("gruop-size", "group-size"), ("form", "from"), ("fro", "from"),
            ("vers", "version"), ("group", "group-size"),
        ])
    func near(_ text: String, _ name: String) {
        #expect(text.nearest(of: names) == name)
    }

    @Test("nothing is suggested for what is far from all", arguments: ["", "x", "fr0mm", "certificate", "gr"])
    func far(_ text: String) {
        #expect(text.nearest(of: names) == nil)
    }

    @Test func longTextIsNotCompared() {
        #expect(String(repeating: "a", count: 100_000).nearest(of: names) == nil)
    }
}

@Suite struct PrintableTests {
    @Test(
        "text of others is escaped",
        arguments: [
            ("plain 'text' \"here\"", "plain 'text' \"here\""), ("a\nb\tc", "a\\nb\\tc"), ("\u{1B}[31m", "\\u{1B}[31m"),
            ("\\", "\\\\"), ("\u{e9}\u{202E}", "\\u{00E9}\\u{202E}"), ("", ""),
        ])
    func escapes(_ text: String, _ expected: String) {
        #expect(text.printable() == expected)
    }

    @Test func longTextIsCut() {
        #expect("abcdef".printable(limit: 6) == "abcdef")
        #expect("abcdefg".printable(limit: 6) == "abcdef...")
        #expect("abc".printable(limit: 0) == "...")
    }
}
