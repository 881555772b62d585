import CommandLine
import Commands
import Testing

extension Page: CustomTestStringConvertible {
    /// A test names the command, not its tables.
    public var testDescription: String { name }
}

/// Rules that hold for the tables of every command.
@Suite struct TablesTests {
    @Test("no two options of a command share a name", arguments: Program.pages)
    func names(_ page: Page) {
        let names = page.options.flatMap(\.names) + page.options.compactMap { $0.short.map(String.init) }
        #expect(Set(names).count == names.count)
    }

    @Test("help is one line of at most 60 columns without a full stop", arguments: Program.pages)
    func help(_ page: Page) {
        for (name, help) in page.options.map({ ($0.long, $0.help) }) + page.operands.map({ ($0.name, $0.help) }) {
            #expect(!help.isEmpty && !help.contains("\n") && !help.hasSuffix("."), "\(name)")
            #expect(help.first?.isUppercase == true, "\(name)")
        }
        for option in page.options { #expect(option.help.count <= 60, "--\(option.long): \(option.help.count)") }
        #expect(page.abstract.first?.isLowercase == true && !page.abstract.hasSuffix("."))
    }

    @Test("everything shown is printable ASCII", arguments: Program.pages)
    func isASCII(_ page: Page) {
        let text =
            HelpPage(page, program: "moqt").text + page.description.joined() + page.examples.map(\.meaning).joined()
        #expect(text.utf8.allSatisfy { (0x20...0x7E).contains($0) || $0 == 10 })
    }

    @Test("values have a name and an expectation; flags have neither", arguments: Program.pages)
    func values(_ page: Page) {
        for option in page.options {
            #expect((option.valueName == nil) == option.expectation.isEmpty, "\(option.long)")
        }
    }

    @Test("every command has help and version", arguments: Program.pages)
    func common(_ page: Page) {
        #expect(page.options.contains { $0.long == "help" && $0.short == "h" && $0.interruption == .help })
        #expect(page.options.contains { $0.long == "version" && $0.interruption == .version })
    }

    @Test("only the last operand repeats, and required ones come first", arguments: Program.pages)
    func operands(_ page: Page) {
        #expect(page.operands.dropLast().allSatisfy { $0.presence != .repeatable })
        let required = page.operands.prefix { $0.presence == .required }
        #expect(page.operands.dropFirst(required.count).allSatisfy { $0.presence != .required })
    }

    @Test("help keeps to 80 columns, but for long terms and examples", arguments: Program.pages)
    func columns(_ page: Page) {
        let text = HelpPage(page, program: "moqt").text
        for line in text.split(separator: "\n").prefix(while: { $0 != "Examples:" }) {
            #expect(line.count <= 80, "\(line)")
        }
    }

    @Test("examples parse", arguments: Program.pages)
    func examples(_ page: Page) throws {
        for example in page.examples { #expect(example.line.contains("moqt \(page.name)"), "\(example.line)") }
    }
}
