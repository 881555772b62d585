internal import CommandLine
package import MoQTCodec

/// What `moqt fetch` was told, checked; nothing has been opened.
package struct FetchSettings: CommandSettings {
    /// From the first location to the last, inclusively.
    package struct Range: Hashable, Sendable {
        package var start: Location
        package var end: RangeEnd
    }

    package var common = CommonSettings()
    package var connection = ConnectionSettings()
    /// Set by the URL operand, which every parsed command line has.
    package var url: MoQTURL?
    package var nameSettings = NameSettings()
    package var track = FullTrackName()
    package var range = Range(start: .zero, end: RangeEnd(group: 0))
    package var written = OutputSettings()
    /// 0 goes first; nil: the draft's default of 128.
    package var priority: UInt8?
    /// What objects are wanted, of different kinds; empty: all.
    package var filters: [RangeFilter] = []

    package init() {}

    /// Settles what depends on several options, and refuses those that exclude each other.
    mutating func check() throws(UsageError) {
        try connection.check()
        let name = try nameSettings.resolved()
        guard case .track(let track) = name else {
            throw .expected("a track (NAMESPACE--TRACK)", got: name.description).about("NAME")
        }
        self.track = track
        try FilterArgument.check(filters)
        try written.check(json: common.json)
    }
}
