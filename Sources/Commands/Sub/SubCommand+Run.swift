package import CommandLine
internal import EventLoop
internal import Glibc
internal import Wire

extension SubCommand {
    /// Subscribes, and writes until the publisher is done.
    package static func run(_ settings: SubSettings, _ output: Output) -> ExitStatus {
        Signals.block()
        guard let url = settings.url else { return .usage }
        do {
            let run = try ClientRun(settings.connection, url, output)
            let sub = try SubRun(settings, run, try settings.written.makePump())
            sub.output = makeOutput(settings, sub)
            return run.run(sub)
        } catch let error as WriteError {
            output.error("\(settings.written.path.printable()): \(error)")
            return .unusableInput
        } catch {
            output.error("\(error)")
            return .failed
        }
    }

    private static func makeOutput(_ settings: SubSettings, _ sub: SubRun) -> any SubOutput {
        switch settings.name {
        case .namespace(let namespace): MovieOutput(sub, namespace)
        case .track(let track): TrackOutput(sub, track, settings.written.form(json: settings.common.json))
        }
    }
}
