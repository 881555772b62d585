import CommandLine
import Commands
import Foundation
import Testing
import Wire

@Suite struct JSONLineTests {
    @Test func buildsALine() {
        var line = JSONLine()
        line.add("kind", "object")
        line.add("group", UInt64(1) << 53)
        line.add("big", (UInt64(1) << 53) + 1)
        line.add("least", Int64.min)
        line.add("ratio", 0.5)
        line.add("bad", Double.nan)
        line.add("last", true)
        line.addNull("none")
        line.add("list", ["a", "b"])
        line.add(
            "inner",
            object: {
                $0.add("x", 1); $0.add("y", object: { _ in })
            })
        line.add("end", 0)
        #expect(
            line.finished() == """
                {"kind":"object","group":9007199254740992,"big":"9007199254740993","least":"-9223372036854775808",\
                "ratio":0.5,"bad":null,"last":true,"none":null,"list":["a","b"],"inner":{"x":1,"y":{}},"end":0}

                """)
        line.add("again", 1)
        #expect(line.finished() == "{\"again\":1}\n")
        #expect(line.finished() == "{}\n")
    }

    @Test(
        "strings are what a JSON reader gets back",
        arguments: [
            "", "plain", "\"\\/", "\n\t\r\u{0}\u{1F}\u{7F}", "\u{e9}\u{1F600}\u{2028}", "{[,",
        ])
    func strings(_ text: String) throws {
        var line = JSONLine()
        line.add(text, text)
        line.add("z", 1)
        let read = try JSONSerialization.jsonObject(with: Data(line.finished().utf8)) as? [String: Any]
        #expect(read?[text] as? String == text && read?["z"] as? Int == 1)
    }

    @Test("base64 is as RFC 4648 has it", arguments: 0..<10)
    func base64(_ count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 83 &+ 250) }
        var line = JSONLine()
        line.add("p", base64: bytes)
        #expect(line.finished() == "{\"p\":\"\(Data(bytes).base64EncodedString())\"}\n")
    }
}

/// A file of its own for a test, gone with it.
private final class TemporaryFile {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    var bytes: [UInt8] { FileManager.default.contents(atPath: path).map(Array.init) ?? [] }
    var text: String { String(decoding: bytes, as: UTF8.self) }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct ByteWriterTests {
    @Test("keeps the order of small and large pieces", arguments: [1, 1000, 262_143, 262_144, 300_000])
    func keepsOrder(_ size: Int) throws {
        let file = TemporaryFile()
        let writer = try ByteWriter(path: file.path)
        var expected: [UInt8] = []
        for round in 0..<5 {
            let piece = [UInt8](repeating: UInt8(round), count: round % 2 == 0 ? size : 7)
            expected += piece
            try writer.write(Bytes(piece))
        }
        try writer.flush()
        #expect(file.bytes == expected)
    }

    @Test func aMissingDirectoryIsAnError() {
        #expect(throws: WriteError.failed(ENOENT)) { try ByteWriter(path: "/nonexistent/x") }
        #expect(WriteError.failed(ENOENT).exitStatus == .unusableInput)
    }

    @Test func aFullDeviceIsAnError() throws {
        let writer = try ByteWriter(path: "/dev/full")
        try writer.write("x")
        #expect(throws: WriteError.failed(ENOSPC)) { try writer.flush() }
    }
}

@Suite struct FieldTemplateTests {
    @Test(
        "writes what it says",
        arguments: [
            ("%n %g/%o %s %t %p\\n", "live--t 7/8 3 - abc\n"), ("%%\\t\\\\\\r\\0x", "%\t\\\r\0x"), ("", ""),
            ("\u{e9}%g", "\u{e9}7"),
        ])
    func writes(_ template: String, _ expected: String) throws {
        #expect(try written(template, latency: nil) == expected)
    }

    @Test func latencyMayBeNegative() throws {
        #expect(try written("%t", latency: -3) == "-3")
    }

    private func written(_ template: String, latency: Int64?) throws -> String {
        let item = FieldTemplate.Item(
            track: Array("live--t".utf8), group: 7, object: 8, payload: Bytes(Array("abc".utf8)),
            latencyMilliseconds: latency)
        return String(decoding: try FieldTemplate(template).bytes(for: item), as: UTF8.self)
    }
}

@Suite struct OutputTests {
    /// What an output writes to "stderr", which is a file here, and to its log file.
    private func written(
        log: Bool = false, _ body: (Output) -> Void, settings change: (inout CommonSettings) -> Void = { _ in }
    ) throws -> (errors: String, log: String) {
        let errors = TemporaryFile(), logFile = TemporaryFile()
        var settings = CommonSettings()
        change(&settings)
        if log { settings.logFile = logFile.path }
        let descriptor = open(errors.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        body(try Output(name: "moqt toy", settings: settings, errors: descriptor, environment: { _ in nil }))
        return (errors.text, logFile.text)
    }

    private let everyLevel: @Sendable (Output) -> Void = { output in
        output.error("e\nf")
        output.warning("w")
        output.log(.notice, "n")
        output.log(.info, "i")
        output.log(.debug, "d")
        output.log(.trace, "t")
    }

    @Test func noticesAreShownUnlessQuiet() throws {
        #expect(try written(everyLevel).errors == "moqt toy: e f\nmoqt toy: warning: w\nmoqt toy: notice: n\n")
        #expect(try written(everyLevel, settings: { $0.quiet = true }).errors == "moqt toy: e f\n")
    }

    @Test("each -v adds a level", arguments: [(1, 4), (2, 5), (3, 6), (9, 6)])
    func verbosity(_ count: Int, _ lines: Int) throws {
        #expect(
            try written(everyLevel, settings: { $0.verbosity = count }).errors.split(separator: "\n").count == lines)
    }

    @Test func aLogFileTakesAllButErrors() throws {
        let (errors, log) = try written(log: true, everyLevel)
        #expect(errors == "moqt toy: e f\n")
        let lines = log.split(separator: "\n").map { $0.dropFirst("2026-01-31T12:00:00.000Z".count) }
        #expect(lines == [" error e f", " warning w", " notice n"])
    }

    @Test func coloursAreForTerminalsUnlessAskedFor() throws {
        #expect(
            try written({ $0.error("x") }, settings: { $0.color = .always }).errors
                == "\u{1B}[1;31mmoqt toy:\u{1B}[0m x\n")
        #expect(try written({ $0.error("x") }).errors == "moqt toy: x\n")
    }

    @Test func progressIsForTerminals() throws {
        #expect(
            try written({
                $0.progress(at: Instant(nanoseconds: 0), "x"); $0.endProgress()
            }).errors == "")
    }

    @Test func whatIsNotLoggedIsNotBuilt() throws {
        _ = try written { output in
            output.log(
                .trace,
                {
                    Issue.record("built"); return ""
                }())
            #expect(!output.isLogged(.info) && output.isLogged(.notice))
        }
    }

    @Test func progressIsThrottledByTheGivenTime() {
        var line = ProgressLine()
        #expect(line.erase() == nil)
        #expect(line.update(at: Instant(nanoseconds: 0), "a") == "\r\u{1B}[Ka")
        #expect(line.update(at: Instant(nanoseconds: 499_999_999), "b") == nil)
        #expect(line.update(at: Instant(nanoseconds: 500_000_000), String(repeating: "c", count: 200))?.count == 83)
        #expect(line.erase() == "\r\u{1B}[K")
        #expect(line.erase() == nil)
    }
}
