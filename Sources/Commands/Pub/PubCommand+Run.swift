package import CommandLine
internal import EventLoop

extension PubCommand {
    /// Publishes until everything is acknowledged, refused, lost or interrupted.
    package static func run(_ settings: PubSettings, _ output: Output) -> ExitStatus {
        // Before any thread is started.
        Signals.block()
        for case .file(let path) in settings.inputs where settings.passes != 1 && PubRun.isPipe(path) {
            output.error("--loop: \(path.printable()): a pipe cannot be read again")
            return .usage
        }
        do {
            return try PubRun(settings, output).run()
        } catch let error as OptionFileError {
            output.error(error.line)
            return .unusableInput
        } catch let error as SystemError where settings.url == nil {
            output.error(Listening.words(error))
            return .failed
        } catch {
            output.error("\(error)")
            return .failed
        }
    }
}
