package import CommandLine
internal import EventLoop

extension FetchCommand {
    /// Fetches, and writes until the range is complete.
    package static func run(_ settings: FetchSettings, _ output: Output) -> ExitStatus {
        Signals.block()
        guard let url = settings.url else { return .usage }
        do {
            let run = try ClientRun(settings.connection, url, output)
            return run.run(try FetchRun(settings, run, try settings.written.makePump()))
        } catch let error as WriteError {
            output.error("\(settings.written.path.printable()): \(error)")
            return .unusableInput
        } catch {
            output.error("\(error)")
            return .failed
        }
    }
}
