internal import CommandLine
internal import EventLoop
internal import Glibc
package import Wire

/// What a command says besides its payload: errors, log lines and a progress line, all on stderr.
///
/// Any thread may use it. Each line is written whole.
package final class Output: Sendable {
    /// Errors are always written; `notice` and above unless `-q`; each `-v` adds a level.
    package enum Level: Int, Comparable, Sendable {
        case error, warning, notice, info, debug, trace
        package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    }

    private struct State {
        var progress = ProgressLine()
        /// Of sessions that have been spoken of, while they last.
        var budgets: [UInt64: LogBudget] = [:]
        /// Lines on each in a second.
        var lineLimit = 10
        var withheld: UInt64 = 0

        /// Whether a line on a session may be written, and how many were withheld before it.
        mutating func take(_ session: UInt64, _ now: Instant) -> (isLogged: Bool, withheld: Int) {
            let taken = budgets[session, default: LogBudget()].take(now, limit: lineLimit)
            if !taken.isLogged { withheld += 1 }
            return taken
        }
    }

    /// Whether stdout is for a program to read.
    package let json: Bool
    private let name: String
    private let threshold: Level
    private let errors: Int32
    private let logFile: Int32?
    private let colored: Bool
    private let format: CommonSettings.LogFormat
    /// Whether there is a terminal for ``progress(at:_:)``.
    package let showsProgress: Bool
    private let state = Guarded(State())

    /// Opens the log file, if any.
    ///
    /// - Parameter name: who speaks: `moqt pub`.
    /// - Throws: `WriteError.failed` when the log file cannot be opened.
    package init(
        name: String, settings: CommonSettings, errors: Int32 = STDERR_FILENO, environment: (String) -> String?
    ) throws(WriteError) {
        let isTerminal = isatty(errors) == 1
        self.name = name
        self.errors = errors
        json = settings.json
        format = settings.logFormat
        threshold =
            settings.quiet ? .error : Level(rawValue: min(2 + settings.verbosity, Level.trace.rawValue)) ?? .trace
        colored =
            switch settings.color {
            case .always: true
            case .never: false
            case .auto: isTerminal && (environment("NO_COLOR") ?? "").isEmpty && environment("TERM") != "dumb"
            }
        showsProgress = isTerminal && !settings.quiet
        if let path = settings.logFile {
            let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw WriteError.failed(errno) }
            logFile = descriptor
        } else {
            logFile = nil
        }
    }

    deinit {
        if let logFile { close(logFile) }
    }

    /// Says why the command fails: the one line that goes with a status other than 0. Always written.
    package func error(_ message: String) {
        write("\(paint(name + ":", .error)) \(Self.oneLine(message))\n", to: errors)
        if let logFile { write(logLine(.error, LogEntry(message)), to: logFile) }
    }

    package func isLogged(_ level: Level) -> Bool { level <= threshold }

    /// Says what happens. `message` is not built unless it will be written; peer text in it must be `printable`.
    package func log(_ level: Level, _ message: @autoclosure () -> String) {
        guard level <= threshold else { return }
        write(level, LogEntry(message()))
    }

    /// Says what happens to a session, and to a request of it. A session has its share of lines in a second, except
    /// where every message is asked for: the others are counted, and their number is told.
    package func log(
        _ level: Level, session: UInt64, request: UInt64? = nil, _ message: @autoclosure () -> String
    ) {
        guard level <= threshold else { return }
        if level < .debug {
            let now = EventLoop.clock()
            let (isLogged, withheld) = state.withLock { $0.take(session, now) }
            if withheld > 0 { tell(withheld, of: session) }
            guard isLogged else { return }
        }
        write(level, LogEntry(message(), session: session, request: request))
    }

    /// Says at most so many lines on a session in a second.
    func limitLines(to limit: Int) { state.withLock { $0.lineLimit = limit } }

    /// Lines that were withheld so far.
    var withheldLines: UInt64 { state.withLock { $0.withheld } }

    /// Nothing more will be said of a session.
    package func endLog(of session: UInt64) {
        let budget = state.withLock { $0.budgets.removeValue(forKey: session) }
        if let budget, budget.withheld > 0 { tell(budget.withheld, of: session) }
    }

    private func tell(_ withheld: Int, of session: UInt64) {
        write(.notice, LogEntry("\(withheld) more lines were withheld", session: session))
    }

    private func write(_ level: Level, _ entry: LogEntry) {
        if let logFile { return write(logLine(level, entry), to: logFile) }
        if format == .json { return write(logLine(level, entry), to: errors) }
        write("\(paint("\(name): \(level):", level)) \(Self.oneLine(entry.text))\n", to: errors)
    }

    package func warning(_ message: @autoclosure () -> String) { log(.warning, message()) }

    /// Shows `text` in the last line of the terminal, twice a second at most; does nothing where there is no terminal.
    ///
    /// - Parameter now: monotonic time; nothing here reads a clock for it.
    package func progress(at now: Instant, _ text: @autoclosure () -> String) {
        guard showsProgress else { return }
        let bytes = state.withLock { $0.progress.update(at: now, text()) }
        if let bytes { Descriptors.write(Array(bytes.utf8), to: errors) }
    }

    /// Takes the progress line off the terminal.
    package func endProgress() {
        state.withLock { state in
            if let bytes = state.progress.erase() { Descriptors.write(Array(bytes.utf8), to: errors) }
        }
    }

    private func write(_ line: String, to descriptor: Int32) {
        state.withLock { state in
            let erased = descriptor == errors ? state.progress.erase() ?? "" : ""
            Descriptors.write(Array((erased + line).utf8), to: descriptor)
        }
    }

    private func paint(_ text: String, _ level: Level) -> String {
        guard colored, level <= .warning else { return text }
        return "\u{1B}[\(level == .error ? "1;31" : "33")m\(text)\u{1B}[0m"
    }

    private static func oneLine(_ message: String) -> String {
        String(message.map { $0.isNewline ? " " : $0 })
    }

    /// `2026-01-31T12:00:00.000Z warning message`, or the same as JSON.
    private func logLine(_ level: Level, _ entry: LogEntry) -> String {
        guard format == .json else { return "\(Self.date()) \(level) \(Self.oneLine(entry.text))\n" }
        var line = JSONLine()
        line.add("time", Self.date())
        line.add("level", "\(level)")
        if let session = entry.session { line.add("session", session) }
        if let request = entry.request { line.add("request", request) }
        line.add("message", entry.message)
        return line.finished()
    }

    /// Now, as RFC 3339 has it.
    private static func date() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var fields = tm()
        gmtime_r(&now.tv_sec, &fields)
        let date = [fields.tm_year + 1900, fields.tm_mon + 1, fields.tm_mday].map(padded).joined(separator: "-")
        let time = [fields.tm_hour, fields.tm_min, fields.tm_sec].map(padded).joined(separator: ":")
        let milliseconds = String(String(1000 + now.tv_nsec / 1_000_000).dropFirst())
        return "\(date)T\(time).\(milliseconds)Z"
    }

    private static func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : String(number) }
}

/// The line at the bottom of a terminal that says how far a command is. Pure: gives the bytes to write.
package struct ProgressLine: Sendable {
    /// Between two updates.
    package static let interval = Interval.milliseconds(500)
    private static let columns = 79

    private var due = Instant(nanoseconds: 0)
    private var isShown = false

    package init() {}

    /// What shows `text`, cut to a line; nil when the last update is less than `interval` ago.
    package mutating func update(at now: Instant, _ text: @autoclosure () -> String) -> String? {
        guard now >= due else { return nil }
        due = now + Self.interval
        isShown = true
        return "\r\u{1B}[K" + text().prefix(Self.columns)
    }

    /// What takes the line away; nil when there is none.
    package mutating func erase() -> String? {
        guard isShown else { return nil }
        isShown = false
        return "\r\u{1B}[K"
    }
}
