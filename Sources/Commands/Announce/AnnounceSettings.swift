internal import CommandLine
package import MoQTCodec

/// What `moqt announce` was told, checked; nothing has been opened.
package struct AnnounceSettings: CommandSettings {
    /// What to do with the name.
    package enum Action: Hashable, Sendable {
        /// Publish the namespace until interrupted.
        case hold(TrackNamespace)
        /// Print namespaces under a prefix, which may be empty, as they come and go; with `tracks`, tracks as well.
        case watch(TrackNamespace, tracks: Bool)
        /// Print how far a track is.
        case status(FullTrackName)
    }

    package var common = CommonSettings()
    package var connection = ConnectionSettings()
    /// Set by the URL operand, which every parsed command line has.
    package var url: MoQTURL?
    package var nameSettings = NameSettings()
    package var watch = false
    /// Implies `watch`.
    package var tracks = false
    package var status = false
    /// What follows from the options and the name.
    package var action = Action.hold(TrackNamespace())

    package init() {}

    /// Settles what depends on several options.
    mutating func check() throws(UsageError) {
        try connection.check()
        let watching = tracks ? "--tracks" : "--watch"
        if status, watch || tracks { throw UsageError("not with --status", subject: watching) }
        let isNamed = nameSettings.operand != nil || nameSettings.isGivenByOptions
        if watch || tracks {
            let prefix = isNamed ? try namespace(watching) : TrackNamespace()
            action = .watch(prefix, tracks: tracks)
        } else if !isNamed {
            throw .expected(status ? "a track" : "a namespace", got: nil).about("NAME")
        } else {
            action = status ? .status(try track()) : .hold(try namespace(nil))
        }
    }

    private func namespace(_ option: String?) throws(UsageError) -> TrackNamespace {
        let name = try nameSettings.resolved()
        if case .namespace(let namespace) = name { return namespace }
        throw .expected("a namespace" + (option.map { " with " + $0 } ?? ""), got: name.description).about("NAME")
    }

    private func track() throws(UsageError) -> FullTrackName {
        let name = try nameSettings.resolved()
        if case .track(let track) = name { return track }
        throw .expected("a track (NAMESPACE--TRACK) with --status", got: name.description).about("NAME")
    }
}
