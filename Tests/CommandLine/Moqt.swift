import Foundation

/// One run of the built `moqt` binary: started, talked to, waited for; never longer than its deadlines.
///
///     let finished = try Moqt.run("sub", "--help")
///     let relay = try Moqt("relay", "--listen", "127.0.0.1:0")
///     let line = try relay.waitForLine { $0.hasPrefix("listening on") }
///     relay.send(SIGTERM)
///     #expect(try relay.wait().status == 0)
///
/// A run that is still going when its `Moqt` is released is killed.
final class Moqt: Sendable {
    /// What it reads: nothing, these bytes and then end of file, a file, or what `write` sends until `closeInput`.
    enum Input: Sendable { case none, bytes([UInt8]), file(String), open }
    /// Where its stdout goes: kept in memory, to a file, or to a pipe that nobody reads.
    enum Output: Sendable { case captured, file(String), brokenPipe }
    enum Stream: Int, Sendable { case stdout, stderr }

    /// How a run ended.
    struct Finished: Sendable {
        /// Exit status; 128 + n when signal n ended it, as a shell has it.
        var status: Int32
        /// Signal that ended it, or nil.
        var signal: Int32?
        var stdout: [UInt8]
        var stderr: String
        /// `stdout` as text; ill-formed UTF-8 is repaired.
        var text: String { String(decoding: stdout, as: UTF8.self) }
    }

    struct Failure: Error, CustomStringConvertible { var description: String }

    let arguments: [String]
    private let child: Child

    /// The binary under test: `MOQT_BINARY`, else the `moqt` built beside the test bundle.
    static var executable: String {
        if let path = ProcessInfo.processInfo.environment["MOQT_BINARY"] { return path }
        let bundle = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(fileURLWithPath: bundle ?? "moqt").deletingLastPathComponent().appendingPathComponent("moqt").path
    }

    /// Runs to the end. Throws `Failure` when that takes longer than `deadline` seconds.
    static func run(
        _ arguments: String..., input: Input = .none, output: Output = .captured, environment: [String: String] = [:],
        deadline: TimeInterval = 240
    ) throws -> Finished {
        try Moqt(arguments, input: input, output: output, environment: environment).wait(deadline: deadline)
    }

    convenience init(
        _ arguments: String..., input: Input = .none, output: Output = .captured, environment: [String: String] = [:]
    ) throws {
        try self.init(arguments, input: input, output: output, environment: environment)
    }

    /// Starts `program`, the binary under test unless told otherwise; `environment` is added to the test's own.
    init(
        _ arguments: [String], input: Input = .none, output: Output = .captured, environment: [String: String] = [:],
        program: String = Moqt.executable
    ) throws {
        self.arguments = arguments
        child = try Child(program, arguments, input: input, output: output, environment: environment)
        if case .bytes(let bytes) = input {
            Thread.detachNewThread { [child] in
                child.write(bytes)
                child.closeInput()
            }
        }
    }

    deinit {
        child.send(SIGKILL)
        child.closeInput()
    }

    var process: pid_t { child.process }

    /// Whether memory tells nothing: a sanitizer's own is many times the program's.
    static let isSanitized = !(ProcessInfo.processInfo.environment["MOQT_SANITIZER"] ?? "").isEmpty

    /// The most memory it has had, in KiB (`VmHWM`).
    var peakMemory: Int { get throws { try status("VmHWM:") } }

    private func status(_ name: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
        guard let size = line?.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) }) else {
            throw Failure(description: "no \(name) in its status")
        }
        return size
    }

    /// Whether it has not ended yet.
    var isRunning: Bool { child.locked { $0.exit == nil } }

    /// The next line of `stream`, without its newline, that `matches`; the lines before it are passed over for good.
    func waitForLine(
        on stream: Stream = .stdout, deadline: TimeInterval = 120, matching matches: (String) -> Bool = { _ in true }
    ) throws -> String {
        try wait(deadline: deadline, for: "the awaited line of \(stream)") { state in
            while let line = state.nextLine(of: stream.rawValue) {
                if matches(line) { return line }
            }
            if state.isDone { throw failure("ended before the awaited line of \(stream)", state) }
            return nil
        }
    }

    /// Waits for the end and for everything written before it. Kills and throws `Failure` after `deadline` seconds.
    func wait(deadline: TimeInterval = 240) throws -> Finished {
        do {
            return try wait(deadline: deadline, for: "the end") { state in
                guard state.isDone, let exit = state.exit else { return nil }
                return Finished(
                    status: exit.signal.map { 128 + $0 } ?? exit.status, signal: exit.signal,
                    stdout: state.captured[0], stderr: String(decoding: state.captured[1], as: UTF8.self))
            }
        } catch {
            send(SIGKILL)
            throw error
        }
    }

    /// Sends a signal; does nothing after the end.
    func send(_ signal: Int32) { child.send(signal) }

    /// Writes to its stdin (`Input.open`), waiting while the pipe is full; what it no longer reads is dropped.
    func write(_ bytes: [UInt8]) { child.write(bytes) }

    func write(_ text: String) { child.write(Array(text.utf8)) }

    /// Ends its stdin.
    func closeInput() { child.closeInput() }

    /// Asks `answer` at every change until it gives one.
    private func wait<T>(
        deadline: TimeInterval, for what: String, _ answer: (inout Child.State) throws -> T?
    ) throws -> T {
        let end = Date(timeIntervalSinceNow: deadline)
        child.condition.lock()
        defer { child.condition.unlock() }
        while true {
            if let result = try answer(&child.state) { return result }
            if !child.condition.wait(until: end) { throw failure("\(deadline) s without \(what)", child.state) }
        }
    }

    private func failure(_ what: String, _ state: Child.State) -> Failure {
        let errors = String(decoding: state.captured[1].suffix(4000), as: UTF8.self)
        return Failure(description: "moqt \(arguments.joined(separator: " ")): \(what); stderr: \(errors)")
    }
}
