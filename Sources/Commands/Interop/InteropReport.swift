internal import CommandLine
internal import Wire

/// What `moqt interop` prints: TAP version 14, or an object for each case.
struct InteropReport {
    private let json: Bool
    private let writer: ByteWriter
    private var count = 0
    private var knowsDraft = false

    init(json: Bool, to writer: ByteWriter = .standardOutput) {
        self.json = json
        self.writer = writer
    }

    /// - Parameter caseCount: of the cases that will be played.
    func begin(_ url: MoQTURL, caseCount: Int) throws(WriteError) {
        guard !json else { return }
        try writer.write("TAP version 14\n# \(Version.text) (swift)\n# Relay: \(url)\n1..\(caseCount)\n")
        try writer.flush()
    }

    mutating func add(_ result: InteropResult) throws(WriteError) {
        count += 1
        if json { try addObject(result) } else { try addPoint(result) }
        try writer.flush()
    }

    /// The run cannot go on.
    func bailOut(_ words: String) throws(WriteError) {
        guard !json else { return }
        try writer.write("Bail out! \(words)\n")
        try writer.flush()
    }

    // MARK: - TAP

    private mutating func addPoint(_ result: InteropResult) throws(WriteError) {
        if let draft = result.draft, !knowsDraft {
            knowsDraft = true
            try writer.write("# Draft: \(draft)\n")
        }
        var lines = ["\(result.hasFailed ? "not ok" : "ok") \(count) - \(result.name)"]
        if case .skipped(let reason) = result.verdict { lines[0] += " # SKIP \(reason.printable())" }
        lines += ["  ---", "  duration_ms: \(result.duration.milliseconds)"]
        for (role, id) in result.connections { lines.append("  \(Self.key(role)): \(id)") }
        if case .failed(let failure) = result.verdict {
            for (name, text) in failure.members { lines.append("  \(name): \(Self.quoted(text))") }
        }
        try writer.write((lines + ["  ...", ""]).joined(separator: "\n"))
    }

    private static func key(_ role: String) -> String { (role.isEmpty ? "" : role + "_") + "connection_id" }

    /// A YAML scalar in double quotes; what is not printable is escaped already.
    private static func quoted(_ text: String) -> String {
        "\"" + text.printable(limit: 1024).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    // MARK: - JSON

    private func addObject(_ result: InteropResult) throws(WriteError) {
        var line = JSONLine()
        line.add("kind", "test")
        line.add("name", result.name)
        line.add("ok", !result.hasFailed)
        if case .skipped(let reason) = result.verdict { line.add("skip", reason) } else { line.addNull("skip") }
        if let draft = result.draft { line.add("draft", draft) } else { line.addNull("draft") }
        line.add("duration_ms", result.duration.milliseconds)
        line.add("connections") { (line: inout JSONLine) in
            for (role, id) in result.connections { line.add(role.isEmpty ? "client" : role, id) }
        }
        if case .failed(let failure) = result.verdict {
            for (name, text) in failure.members { line.add(name, text) }
        }
        try line.write(to: writer)
    }
}

extension InteropFailure {
    fileprivate var members: [(name: String, text: String)] {
        [("expected", expected), ("received", received), ("message", message)].filter { !$0.1.isEmpty }
    }
}

extension Interval {
    /// Whole ones.
    fileprivate var milliseconds: UInt64 { UInt64(nanoseconds) / 1_000_000 }
}
