internal import CommandLine
package import MoQTCodec
package import Wire

/// What `moqt sub` was told, checked; nothing has been opened.
package struct SubSettings: CommandSettings {
    /// Where to begin.
    package enum From: Hashable, Sendable {
        /// At the object that comes next; for media, at the start of the group in progress.
        case now
        /// At the next group.
        case next
        /// At the first object of all.
        case start
        /// So many groups before the one in progress.
        case back(UInt64)
        case location(Location)
    }
    /// Which of a catalog's tracks of one kind.
    package enum Selection: Hashable, Sendable {
        case all, none
        /// The one with this number in the catalog's order, from 1.
        case number(Int)
    }

    package var common = CommonSettings()
    package var connection = ConnectionSettings()
    /// Set by the URL operand, which every parsed command line has.
    package var url: MoQTURL?
    package var nameSettings = NameSettings()
    /// One track, or a namespace with a catalog.
    package var name = NameArgument.namespace(TrackNamespace())
    package var written = OutputSettings()
    /// Print the catalog's tracks instead of subscribing to them; only with a namespace.
    package var list = false
    /// Names of catalog tracks to take; empty: all that `video` and `audio` choose. Only with a namespace.
    package var tracks: [String] = []
    /// Only with a namespace.
    package var video = Selection.all
    /// Only with a namespace.
    package var audio = Selection.all
    package var from = From.now
    /// Where to end, inclusively; nil: with the track. Not with `unordered`.
    package var to: RangeEnd?
    /// How many of the last groups to begin with, the one in progress among them; nil: as `from` says.
    package var join: UInt64?
    /// End after this many objects, 1 or more; nil: no limit. Only with a track.
    package var objectLimit: UInt64?
    /// End after this many groups (of each track), 1 or more; nil: no limit. Not with `unordered`.
    package var groupLimit: UInt64?
    /// What objects are wanted, of different kinds; empty: all. Only with a track.
    package var filters: [RangeFilter] = []
    /// How long to wait for a publisher that is not there (yet or any more); nil: an unknown track ends the command.
    package var wait: Interval?
    /// Objects are written as they arrive, not in order of group and object.
    package var unordered = false
    /// How often to print a line of statistics to stderr; nil: never.
    package var statisticsInterval: Interval?

    package init() {}

    /// The same for the catalog, of which all groups from the one in progress on are wanted.
    var ofCatalog: SubSettings {
        var settings = self
        settings.groupLimit = nil
        (settings.from, settings.to, settings.join) = (.now, nil, nil)
        return settings
    }
}

extension SubSettings {
    /// Settles what depends on several options, and refuses options that would do nothing.
    mutating func check() throws(UsageError) {
        try connection.check()
        name = try nameSettings.resolved()
        try checkRange()
        switch name {
        case .track: try checkTrack()
        case .namespace: try checkNamespace()
        }
    }

    private func checkRange() throws(UsageError) {
        if join != nil, from != .now { throw UsageError("not with --from", subject: "--join") }
        if unordered, to != nil { throw UsageError("not with --unordered", subject: "--to") }
        if case .location(let start) = from, let to, to.isBefore(start) {
            throw UsageError("before --from", subject: "--to")
        }
    }

    private func checkTrack() throws(UsageError) {
        let namespaceOnly: [(String, Bool)] = [
            ("--list", list), ("--track", !tracks.isEmpty), ("--video", video != .all), ("--audio", audio != .all),
        ]
        for (option, isGiven) in namespaceOnly where isGiven {
            throw .expected("a namespace with \(option)", got: name.description).about("NAME")
        }
        try FilterArgument.check(filters)
        try written.check(json: common.json)
        if unordered, groupLimit != nil { throw UsageError("not with --unordered", subject: "--groups") }
    }

    private func checkNamespace() throws(UsageError) {
        var trackOnly: [(String, Bool)] = [
            ("--as", written.chosenFormat != nil), ("--template", written.template != nil), ("--unordered", unordered),
            ("--count", objectLimit != nil), ("--filter", !filters.isEmpty),
            ("--json without --list", common.json && !list),
        ]
        if case .directory = written.destination { trackOnly.append(("--output DIR/", true)) }
        for (option, isGiven) in trackOnly where isGiven {
            throw .expected("a track (NAMESPACE--TRACK) with \(option)", got: name.description).about("NAME")
        }
    }
}
