package import CommandLine
internal import EventLoop
internal import Wire

extension InteropCommand {
    /// Plays the cases and reports each.
    package static func run(_ settings: InteropSettings, _ output: Output) -> ExitStatus {
        if settings.list { return Terminal.show(InteropCase.all.map { $0.name + "\n" }.joined()) }
        let cases = InteropCase.all.filter { settings.test == nil || $0.name == settings.test }
        guard !cases.isEmpty else {
            output.error(
                "--test: \((settings.test ?? "").printable()): there is no such case; -l shows those there are")
            return .unsupportedTest
        }
        Signals.block()
        do {
            return try InteropRun(settings, output).run(cases)
        } catch let error as OptionFileError {
            output.error(error.line)
            return .unusableInput
        } catch let error as WriteError {
            if error != .brokenPipe { output.error("stdout: \(error)") }
            return error.exitStatus
        } catch {
            output.error("\(settings.url?.authority ?? ""): \(error)")
            return .unreachable
        }
    }
}

/// Cases one after the other, until a signal or `--max-time` ends it.
private final class InteropRun {
    private let url: MoQTURL
    private let settings: InteropSettings
    private let stage: InteropStage
    private var report: InteropReport
    private let output: Output
    private var signals: Signals?
    private var ending: (status: ExitStatus, words: String)?

    init(_ settings: InteropSettings, _ output: Output) throws {
        guard let url = settings.url else { throw UsageError.expected("a URL", got: nil) }
        self.url = url
        self.settings = settings
        self.output = output
        let loop = try EventLoop()
        stage = InteropStage(try settings.connection.target(for: url, output), settings.connection, loop)
        report = InteropReport(json: output.json)
        output.logMessages(of: stage.driver)
        try settings.connection.common.record([stage.driver], output)
        signals = try Signals(loop) { [weak self] signal in
            guard signal != .hangup else { return }
            self?.stop(.signal(signal.rawValue), "interrupted")
        }
        if let limit = settings.connection.maximumTime {
            loop.once(at: EventLoop.clock() + limit) { [weak self] in
                self?.stop(.timedOut, "--max-time has passed")
            }
        }
    }

    private func stop(_ status: ExitStatus, _ words: String) {
        ending = (status, words)
        stage.isStopped = true
    }

    func run(_ cases: [InteropCase]) throws -> ExitStatus {
        try report.begin(url, caseCount: cases.count)
        var hasFailed = false
        for test in cases {
            output.log(.info, "case \(test.name)")
            guard let result = stage.play(test) else { return try bailOut() }
            hasFailed = hasFailed || result.hasFailed
            try report.add(result)
        }
        return hasFailed ? .failed : .success
    }

    private func bailOut() throws -> ExitStatus {
        guard let ending else { return .failed }
        try report.bailOut(ending.words)
        if ending.status == .timedOut { output.error(ending.words) }
        return ending.status
    }
}
