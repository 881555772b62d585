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
            let sub = try SubRun(settings, run, try makePump(settings))
            sub.output = makeOutput(settings, sub)
            return run.run(sub)
        } catch let error as WriteError {
            output.error("\(path(settings.destination).printable()): \(error)")
            return .unusableInput
        } catch {
            output.error("\(error)")
            return .failed
        }
    }

    private static func path(_ destination: SubSettings.Destination) -> String {
        switch destination {
        case .standardOutput: "stdout"
        case .file(let path), .directory(let path): path
        }
    }

    private static func makePump(_ settings: SubSettings) throws -> OutputPump {
        switch settings.destination {
        case .standardOutput: return try OutputPump(path: nil)
        case .file(let path): return try OutputPump(path: path)
        case .directory(let path):
            guard mkdir(path, 0o777) == 0 || errno == EEXIST, access(path, W_OK) == 0 else {
                throw WriteError.failed(errno)
            }
            return try OutputPump(path: nil)
        }
    }

    private static func makeOutput(_ settings: SubSettings, _ sub: SubRun) -> any SubOutput {
        switch settings.name {
        case .namespace(let namespace): MovieOutput(sub, namespace)
        case .track(let track): TrackOutput(sub, track, form(settings))
        }
    }

    private static func form(_ settings: SubSettings) -> ObjectSink.Form {
        if case .directory(let path) = settings.destination { return .directory(path) }
        if settings.common.json { return .json }
        if let template = settings.template { return .template(template) }
        switch settings.format {
        case .raw: return .raw
        case .lines: return .lines
        case .frames: return .frames
        }
    }
}
