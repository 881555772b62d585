package import CommandLine
internal import EventLoop

extension AnnounceCommand {
    /// Connects, and does what the name is for until that is done or a signal comes.
    package static func run(_ settings: AnnounceSettings, _ output: Output) -> ExitStatus {
        Signals.block()
        guard let url = settings.url else { return .usage }
        do {
            let client = try ClientRun(settings.connection, url, output)
            return client.run(AnnounceRun(settings.action, client))
        } catch {
            output.error("\(error)")
            return .failed
        }
    }
}
