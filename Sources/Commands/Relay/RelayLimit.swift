package import CommandLine
package import Wire

/// How a relay holds its clients to a ``Limit``: all that options, manual and metrics say of it.
package struct RelayLimit: Sendable {
    package let limit: Limit
    /// Name of its option, without dashes.
    package let option: String
    package let range: ClosedRange<UInt64>
    package let standard: UInt64
    /// It counts bytes.
    package let isSize: Bool
    /// One line for the option.
    package let help: String
    /// What becomes of what goes beyond it: a code, or words.
    package let answer: String

    /// Every limit, in the order of the manual.
    package static let all = Limit.allCases.map { RelayLimit($0) }

    /// The default as the user would write it.
    package var standardText: String {
        guard isSize, standard > 0 else { return "\(standard)" }
        for (unit, size) in [("Gi", UInt64(1) << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)] where standard % size == 0 {
            return "\(standard / size)\(unit)"
        }
        return "\(standard)"
    }
}

extension RelayLimit {
    private init(
        _ limit: Limit, _ option: String, _ range: ClosedRange<UInt64>, _ standard: UInt64, isSize: Bool = false,
        _ help: String, _ answer: String
    ) {
        self.limit = limit
        self.option = option
        self.range = range
        self.standard = standard
        self.isSize = isSize
        self.help = help
        self.answer = answer
    }

    package init(_ limit: Limit) {
        self =
            switch limit {
            case .connections:
                .init(limit, "max-connections", 1...1_000_000, 10_000, "Connections at once", "CONNECTION_REFUSED")
            case .connectionsPerAddress:
                .init(
                    limit, "max-connections-per-address", 1...1_000_000, 10_000, "Connections at once of one address",
                    "CONNECTION_REFUSED")
            case .handshakes:
                .init(limit, "max-handshakes", 1...1_000_000, 4096, "Handshakes at once", "CONNECTION_REFUSED")
            case .sessions:
                .init(
                    limit, "max-sessions", 1...256, 16, "WebTransport sessions of a connection", "H3_REQUEST_REJECTED")
            case .requests:
                .init(
                    limit, "max-requests", 1...1_000_000, 2000, "Open requests of a session",
                    "EXCESSIVE_LOAD, TOO_MANY_REQUESTS")
            case .updates:
                .init(
                    limit, "max-updates", 1...10_000, 256, "Updates of a request without an answer",
                    "EXCESSIVE_LOAD, TOO_MANY_REQUEST_UPDATES")
            case .filterRanges:
                .init(
                    limit, "max-filter-ranges", 0...256, 64, "Ranges in a request's filters; 0: none", "INVALID_FILTER")
            case .subscriptions:
                .init(limit, "max-subscriptions", 1...1_000_000, 1000, "Subscriptions of a session", "EXCESSIVE_LOAD")
            case .namespaces:
                .init(
                    limit, "max-namespaces", 1...1_000_000, 1000, "Namespaces that a session publishes",
                    "EXCESSIVE_LOAD")
            case .tracks:
                .init(limit, "max-tracks", 1...10_000_000, 100_000, "Tracks at once", "EXCESSIVE_LOAD")
            case .streams:
                .init(
                    limit, "max-streams", 16...100_000, 64, "Open data streams of a connection", "waits (MAX_STREAMS)"
                )
            case .heldStreams:
                .init(
                    limit, "max-held-streams", 1...10_000, 256, "Streams of a session held until it is known what for",
                    "EXCESSIVE_LOAD")
            case .heldDatagrams:
                .init(limit, "max-held-datagrams", 0...10_000, 64, "Datagrams held in the same way", "dropped")
            case .buffer:
                .init(
                    limit, "max-buffer", 1 << 20...1 << 40, 64 << 20, isSize: true,
                    "Unread bytes on data streams of a connection", "waits (MAX_STREAM_DATA)")
            case .objectSize:
                .init(
                    limit, "max-object-size", 1...1 << 40, 256 << 20, isSize: true, "Payload of an object",
                    "EXCESSIVE_LOAD")
            case .datagramQueue:
                .init(
                    limit, "max-datagram-queue", 1...1_000_000, 2048, "Datagrams waiting to be sent to a session",
                    "the oldest is dropped")
            case .tokenCache:
                .init(
                    limit, "token-cache-size", 0...1 << 20, 16 << 10, isSize: true,
                    "Tokens that a session may register", "AUTH_TOKEN_CACHE_OVERFLOW")
            case .logLines:
                .init(
                    limit, "max-log-lines", 1...1_000_000, 10, "Log lines on a session in a second",
                    "withheld, and their number told")
            }
    }
}

extension RelayLimit {
    /// Its option.
    package var asOption: Option<RelaySettings> {
        let store: @Sendable (inout RelaySettings, UInt64) -> Void = { [limit] in $0.limits[limit] = $1 }
        let type: ValueType<UInt64> = isSize ? .size("BYTES", in: range) : .number("N", in: range)
        return .value(option, type, help, default: standardText, store: store)
    }

    /// What becomes of what goes beyond each, for the manual.
    package static var answers: String {
        var options: [(answer: String, names: [String])] = []
        for row in all {
            if let index = options.firstIndex(where: { $0.answer == row.answer }) {
                options[index].names.append("--" + row.option)
            } else {
                options.append((row.answer, ["--" + row.option]))
            }
        }
        let words = options.map { "\($0.names.joined(separator: ", ")): \($0.answer)" }
        return "What goes beyond: \(words.joined(separator: "; "))."
    }

    /// What they are and what becomes of what goes beyond them, as a table in Markdown.
    package static var table: String {
        var lines = ["| option | default | limits | beyond it | in `/metrics` |", "|---|---|---|---|---|"]
        for row in all {
            lines.append(
                "| `--\(row.option)` | \(row.standardText) | \(row.help) | \(row.answer) | `\(row.limit.rawValue)` |")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// Which limits a relay has.
package struct RelayLimits: Hashable, Sendable {
    private var changed: [Limit: UInt64] = [:]

    package init() {}

    package subscript(limit: Limit) -> UInt64 {
        get { changed[limit] ?? RelayLimit(limit).standard }
        set { changed[limit] = newValue }
    }

    /// The same as a number to count to.
    func count(_ limit: Limit) -> Int { Int(clamping: self[limit]) }
}
