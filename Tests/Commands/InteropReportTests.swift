@testable import Commands
import Foundation
import Testing
import Wire

/// What `moqt interop` prints, as harnesses read it (TAP version 14).
@Suite struct InteropReportTests {
    private func printed(json: Bool = false, _ results: [InteropResult]) throws -> [String] {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("report-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let writer = try ByteWriter(path: path)
        var report = InteropReport(json: json, to: writer)
        try report.begin(try MoQTURL("moqt://relay:4443"), caseCount: results.count)
        for result in results { try report.add(result) }
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    private let passed = InteropResult(
        name: "setup-only", verdict: .passed, duration: .milliseconds(24), connections: [("", "84ee")],
        draft: "draft-18")
    private let failed = InteropResult(
        name: "subscribe-error",
        verdict: .failed(InteropFailure(expected: "REQUEST_ERROR", received: "timeout", message: "say \"no\"\n\\")),
        duration: .milliseconds(2001), connections: [("publisher", "ab"), ("subscriber", "cd")], draft: "draft-18")
    private let skipped = InteropResult(
        name: "joining-fetch", verdict: .skipped("draft-22: no #joining"), duration: .zero, connections: [],
        draft: nil)

    @Test func pointsFollowAPlanAndCarryYAML() throws {
        let lines = try printed([passed, failed, skipped])
        #expect(lines[0] == "TAP version 14" && lines[2] == "# Relay: moqt://relay:4443" && lines[3] == "1..3")
        #expect(
            Array(lines[4...]) == [
                "# Draft: draft-18", "ok 1 - setup-only", "  ---", "  duration_ms: 24", "  connection_id: 84ee",
                "  ...",
                "not ok 2 - subscribe-error", "  ---", "  duration_ms: 2001", "  publisher_connection_id: ab",
                "  subscriber_connection_id: cd", "  expected: \"REQUEST_ERROR\"", "  received: \"timeout\"",
                #"  message: "say \"no\"\\n\\\\""#, "  ...",
                "ok 3 - joining-fetch # SKIP draft-22: no #joining", "  ---", "  duration_ms: 0", "  ...",
            ])
    }

    @Test func withoutAConnectionNoDraftIsNamed() throws {
        #expect(try !printed([skipped]).contains { $0.hasPrefix("# Draft") })
    }

    @Test func objectsSayTheSame() throws {
        let lines = try printed(json: true, [passed, failed, skipped])
        #expect(
            lines == [
                #"{"kind":"test","name":"setup-only","ok":true,"skip":null,"draft":"draft-18","duration_ms":24,"#
                    + #""connections":{"client":"84ee"}}"#,
                #"{"kind":"test","name":"subscribe-error","ok":false,"skip":null,"draft":"draft-18","#
                    + #""duration_ms":2001,"connections":{"publisher":"ab","subscriber":"cd"},"#
                    + #""expected":"REQUEST_ERROR","received":"timeout","message":"say \"no\"\n\\"}"#,
                #"{"kind":"test","name":"joining-fetch","ok":true,"skip":"draft-22: no #joining","draft":null,"#
                    + #""duration_ms":0,"connections":{}}"#,
            ])
    }
}
