import Foundation
import Testing

/// The example program, which uses the public products alone.
@Suite struct ExampleTests {
    /// Beside the binary of the commands.
    private static var program: String {
        URL(fileURLWithPath: Moqt.executable).deletingLastPathComponent().appendingPathComponent("moqt-example").path
    }

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private func start(_ arguments: String..., input: Moqt.Input = .none) throws -> Moqt {
        try Moqt(arguments, input: input, program: Self.program)
    }

    @Test("lines go from its publisher to its subscriber through our relay", arguments: [false, true])
    func lines(_ overWebTransport: Bool) throws {
        let relay = try RunningRelay()
        let url = overWebTransport ? relay.webURL : relay.url
        let sub = try start("sub", url, "test--words", relay.fingerprint)
        let pub = try start(
            "pub", url, "test--words", relay.fingerprint, input: .bytes(Array("one\ntwo\nthree\n".utf8)))
        #expect(try sub.wait().text == "{0, 0} one\n{0, 1} two\n{0, 2} three\n")
        #expect(try pub.wait().text.isEmpty)
    }

    @Test("it understands the commands, and they understand it")
    func withCommands() throws {
        let relay = try RunningRelay()
        let sub = try relay.sub("test--words", "--wait", "60", "--as", "lines")
        let pub = try start("pub", relay.url, "test--words", relay.fingerprint, input: .bytes(Array("a\nb\n".utf8)))
        #expect(try sub.wait().text == "a\nb\n")
        #expect(try pub.wait().text.isEmpty)
    }

    @Test("it says why it failed")
    func failures() throws {
        let relay = try RunningRelay()
        #expect(try start("sub", relay.url, "test--words").wait().text.contains("moqt-example: connection: "))
        #expect(try start("sub", "relay", "test--words").wait().text.contains("moqt-example: call: "))
    }

    @Test("it takes a control stream apart, and writes its messages again")
    func messages() throws {
        #expect(
            try start("messages", "af00000010000300000a").wait().text == "SETUP af000000\nGOAWAY 10000300000a\n")
        #expect(try start("messages", "10").wait().text.contains("moqt-example: PROTOCOL_VIOLATION"))
    }

    @Test("it takes a data stream apart")
    func objects() throws {
        #expect(
            try start("objects", "14070501800203616263020000").wait().text
                == "group 5 of track 7\nobject 2: 3 bytes\nabc\nobject 5: 0 bytes\n")
    }

    @Test("what the README shows of the library is this program's source")
    func readme() throws {
        let readme = try String(contentsOf: Self.folder.appendingPathComponent("README.md"), encoding: .utf8)
        let source = try String(
            contentsOf: Self.folder.appendingPathComponent("Tests/Example/Subscriber.swift"), encoding: .utf8)
        let blocks = readme.components(separatedBy: "```swift\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
        let shown = blocks.filter { $0.contains("Session.connect") }
        #expect(!shown.isEmpty)
        for block in shown { #expect(source.contains(block)) }
    }
}
