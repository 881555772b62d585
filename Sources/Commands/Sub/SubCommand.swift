package import CommandLine
internal import MoQTCodec
internal import Wire

/// `moqt sub`: its tables.
package enum SubCommand {
    package static let name = "sub"
    package static let abstract = "subscribe, into a file or to stdout"

    package static var command: Command<SubSettings> {
        Command(
            name, abstract, description: description,
            groups: [
                OptionGroup("Output", output), OptionGroup("Choice", choice),
                ConnectionSettings.group.within(\.connection),
                CommonSettings.group(json: "Print objects (or with --list tracks) as JSON").within(\.common),
            ],
            operands: operands, examples: examples, initial: { SubSettings() },
            check: { settings throws(UsageError) in try settings.check() })
    }

    private static let description = [
        """
        Subscribes at the server at URL. The objects of a track are written as they are, one after the other in order; \
        the chosen tracks of a namespace with a catalog are written as one fragmented MP4.
        """,
        """
        NAME is a track (live-cam1--video) or a namespace (live-cam1) in the text form of the MoQT drafts: namespace \
        fields joined by hyphens, then two hyphens and the track name; bytes outside A-Z, a-z, 0-9 and _ are written \
        as a period and two lower-case hex digits.
        """,
        OutputSettings.templateDescription,
        """
        --from now begins with the object that comes next (for media, with the group in progress), next with the next \
        group, start with everything there is, -N with the Nth group before the one in progress, and GROUP:OBJECT there. \
        --join N takes the last N groups, the one in progress among them. What is past comes from the server's cache.
        """,
        FilterArgument.description,
        "The command ends when every chosen track is done. An interrupt finishes the file first.",
    ]

    private static let examples = [
        Example("moqt sub -k moqt://localhost:4443 live-cam1 -o copy.mp4", "Save a movie."),
        Example("moqt sub -k moqt://localhost:4443 live-cam1 | ffplay -", "Watch it."),
        Example("moqt sub -k moqt://localhost:4443 live-cam1 --list", "Show which tracks there are."),
        Example("moqt sub -k moqt://localhost:4443 test--numbers --as lines", "Print each object as a line."),
        Example(
            "moqt sub -k moqt://localhost:4443 test--video --filter object=0", "Take the first object of each group."),
    ]

    private static var operands: [Operand<SubSettings>] {
        [
            .value(.url, "Server: moqt:// or https://HOST[:PORT][/PATH][?QUERY]; port 443 by default") { $0.url = $1 },
            .value(
                .name, "Track, or namespace with a catalog; left out where --namespace is given",
                when: { !$0.nameSettings.isGivenByOptions }
            ) { $0.nameSettings.operand = $1 },
        ]
    }

    private static var output: [Option<SubSettings>] {
        OutputSettings.options(of: name).map { $0.within(\.written) } + [
            .flag("unordered", "Write objects as they arrive") { $0.unordered = true },
            .value("stats", .interval("SECONDS"), "Print statistics to stderr this often") {
                $0.statisticsInterval = $1
            },
        ]
    }

    private static var choice: [Option<SubSettings>] {
        NameSettings.options.map { $0.within(\.nameSettings) } + [
            .flag("list", "Print the tracks of the catalog and end") { $0.list = true },
            .value("track", .text("NAME"), "Take this track of the catalog", repeatable: true) { $0.tracks.append($1) },
            .value("video", .selection, "Take the Nth video track, or none", default: "all") { $0.video = $1 },
            .value("audio", .selection, "Take the Nth audio track, or none", default: "all") { $0.audio = $1 },
            .value("from", .from, "Begin now, at a group or object, or N groups back", default: "now") {
                $0.from = $1
            },
            .value("to", .rangeEnd, "End with this group or object") { $0.to = $1 },
            .value("join", .number("N", in: 1...UInt64.max), "Begin with the last N groups") { $0.join = $1 },
            .value("count", short: "n", .number("N", in: 1...UInt64.max), "End after N objects") {
                $0.objectLimit = $1
            },
            .value("groups", .number("N", in: 1...UInt64.max), "End after N groups") { $0.groupLimit = $1 },
            .value("filter", .rangeFilter, "Take objects with such numbers only", repeatable: true) {
                $0.filters.append($1)
            },
            .value("wait", .interval("SECONDS"), "Wait this long for a publisher, then status 6") { $0.wait = $1 },
        ]
    }
}

extension ValueType where Value == SubSettings.From {
    /// Where to begin, in words or as a place.
    fileprivate static var from: Self {
        let words: [(String, SubSettings.From)] = [("now", .now), ("next", .next), ("start", .start)]
        return Self(
            "now|next|start|-N|GROUP:OBJECT", expects: "now, next, start, -N or GROUP:OBJECT",
            completion: .words(words.map(\.0))
        ) { text in
            if let word = words.first(where: { $0.0 == text }) { return word.1 }
            if text.hasPrefix("-") { return UInt64(digits: text.dropFirst()).map { .back($0) } }
            return Location(text).map { .location($0) }
        }
    }
}

extension ValueType where Value == SubSettings.Selection {
    fileprivate static var selection: Self {
        ValueType<Int>.number("N", in: 1...1_000_000).map { .number($0) }.or([("none", .none)])
    }
}
