internal import CommandLine
internal import MoQTCodec
package import Wire

/// What `moqt pub` was told, checked; nothing has been opened.
package struct PubSettings: CommandSettings {
    package enum Format: String, CaseIterable, Sendable { case auto, media, lines, frames, raw }
    package enum Input: Hashable, Sendable { case file(String), standardInput }
    package enum Announce: String, CaseIterable, Sendable { case always, wait, never }
    package enum Start: String, CaseIterable, Sendable { case subscriber, now }
    package enum GroupOrder: String, CaseIterable, Sendable { case asc, desc }
    /// When a group ends and the next begins.
    package enum Grouping: Hashable, Sendable {
        /// After this many objects, 1 or more.
        case objects(UInt64)
        /// This long after its first object.
        case interval(Interval)
    }

    package var common = CommonSettings()
    package var connection = ConnectionSettings()
    /// Set by the URL operand; nil exactly when it listens.
    package var url: MoQTURL?
    /// Where to listen instead of connecting to a server; port 0 lets the system choose.
    package var listeners: [SocketAddress] = []
    package var nameSettings = NameSettings()
    /// Track for lines, frames and raw; namespace for media.
    package var name = NameArgument.namespace(TrackNamespace())
    /// In their order, never empty; stdin at most once. Media has exactly one. The others are read one after the other.
    package var inputs: [Input] = []
    /// How inputs become objects; never `auto` in parsed settings.
    package var format = Format.auto
    /// By `--realtime` or `--no-realtime`; nil: neither.
    package var chosenRealtime: Bool?
    /// How often the inputs are sent; nil: for ever.
    package var passes: UInt64? = 1
    /// nil: by default.
    package var chosenGrouping: Grouping?
    /// nil: by default.
    package var chosenObjectSize: Int?
    /// Objects per second; nil: as fast as they are taken (or as their time stamps say).
    package var rate: Double?
    /// Objects go in datagrams instead of subgroup streams.
    package var datagrams = false
    /// Offer each track with PUBLISH.
    package var publish = false
    /// `always`: send PUBLISH_NAMESPACE and go on, a refusal is a warning; `wait`: nothing else until it was
    /// accepted, a
    /// refusal ends the command; `never`: do not send it.
    package var announce = Announce.always
    /// Publisher priority; lower is more urgent.
    package var priority: UInt8 = 128
    package var groupOrder = GroupOrder.asc
    /// By `--delivery-timeout`, zero for none; nil: by default.
    package var chosenDeliveryTimeout: Interval?
    /// nil: 0 for finite input, milliseconds since the epoch when ``isLive``.
    package var firstGroup: UInt64?
    /// By `--start`; nil: by default.
    package var chosenStart: Start?

    package init() {}

    package static let defaultGroupSize: UInt64 = 256
    package static let defaultObjectSize = 64 << 10
    /// What a datagram carries on every path, with room for its header.
    package static let defaultDatagramSize = 1100

    /// Whether objects are sent when their time stamps say: the default for media from a file.
    package var realtime: Bool { chosenRealtime ?? (format == .media && !readsStandardInput) }
    package var readsStandardInput: Bool { inputs.contains(.standardInput) }
    /// Input that cannot be had again, sent as it comes: `--realtime` from stdin.
    package var isLive: Bool { realtime && readsStandardInput }
    /// Ends of groups, for lines, frames and raw.
    package var grouping: Grouping { chosenGrouping ?? .objects(Self.defaultGroupSize) }
    /// Bytes of an object, for raw; 1 or more.
    package var objectSize: Int { chosenObjectSize ?? (datagrams ? Self.defaultDatagramSize : Self.defaultObjectSize) }
    /// nil: none, so that nothing is ever dropped. 30 s for what is sent in real time and was not told otherwise.
    package var deliveryTimeout: Interval? {
        let timeout = chosenDeliveryTimeout ?? (realtime ? .seconds(30) : .zero)
        return timeout == .zero ? nil : timeout
    }
    /// Whether to wait for a subscriber before the first object: the default, but for live input.
    package var start: Start { chosenStart ?? (isLive ? .now : .subscriber) }
}

extension PubSettings {
    /// Nil for a client.
    var listening: ListeningSettings? {
        guard !listeners.isEmpty else { return nil }
        return ListeningSettings(
            addresses: listeners, transport: connection.common, identity: connection.identity)
    }

    /// Settles what depends on several options, and refuses options that would do nothing.
    mutating func check() throws(UsageError) {
        try connection.check()
        if !listeners.isEmpty { try checkListening() }
        name = try nameSettings.resolved()
        if inputs.isEmpty { inputs = [.standardInput] }
        if inputs.count(where: { $0 == .standardInput }) > 1 {
            throw UsageError("expected '-' at most once", subject: "FILE")
        }
        if passes != 1, readsStandardInput { throw UsageError("stdin cannot be read again", subject: "--loop") }
        switch name {
        case .namespace:
            if format == .auto { format = .media }
            guard format == .media else {
                throw .expected("a track (NAMESPACE--TRACK) with --as \(format)", got: name.description).about("NAME")
            }
            try checkMedia()
        case .track:
            if format == .auto { format = inputs[0] == .standardInput ? .lines : .raw }
            guard format != .media else {
                throw .expected("a namespace with --as media", got: name.description).about("NAME")
            }
            try checkObjects()
        }
    }

    private func checkListening() throws(UsageError) {
        let forClients: [(String, Bool)] = [
            ("--announce", announce != .always), ("--transport", connection.transport != nil),
            ("--insecure", connection.insecure), ("--cacert", connection.authorityFile != nil),
            ("--fingerprint", connection.fingerprint != nil), ("--sni", connection.serverName != nil),
            ("--resolve", !connection.resolutions.isEmpty), ("--retry", connection.retries != 0),
            ("--session-file", connection.sessionFile != nil),
        ]
        for (option, isGiven) in forClients where isGiven { throw UsageError("not with --listen", subject: option) }
    }

    private func checkMedia() throws(UsageError) {
        if inputs.count > 1 {
            throw UsageError("expected one input with --as media, got \(inputs.count)", subject: "FILE")
        }
        let unused: [(String, Bool)] = [
            ("--group-size or --group-ms", chosenGrouping != nil), ("--object-size", chosenObjectSize != nil),
            ("--rate", rate != nil), ("--datagrams", datagrams),
        ]
        for (option, isGiven) in unused where isGiven { throw UsageError("not with --as media", subject: option) }
    }

    private func checkObjects() throws(UsageError) {
        if chosenObjectSize != nil, format != .raw { throw UsageError("only with --as raw", subject: "--object-size") }
        if realtime, !readsStandardInput {
            throw UsageError("a file of \(format) has no time stamps; --rate paces it", subject: "--realtime")
        }
    }
}
