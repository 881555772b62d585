package import CommandLine
internal import EventLoop

extension PubCommand {
    /// Publishes until everything is acknowledged, refused, lost or interrupted.
    package static func run(_ settings: PubSettings, _ output: Output) -> ExitStatus {
        // Before any thread is started.
        Signals.block()
        do {
            return try PubRun(settings, output).run()
        } catch {
            output.error("\(error)")
            return .failed
        }
    }
}
