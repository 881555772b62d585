package import CommandLine
internal import MoQTCodec

/// `moqt fetch`: its tables.
package enum FetchCommand {
    package static let name = "fetch"
    package static let abstract = "fetch a past range of a track"

    package static var command: Command<FetchSettings> {
        Command(
            name, abstract, description: description,
            groups: [
                OptionGroup("Output", OutputSettings.options(of: name).map { $0.within(\.written) }),
                OptionGroup("Choice", choice),
                ConnectionSettings.group.within(\.connection),
                CommonSettings.group(json: "Print objects and gaps as JSON").within(\.common),
            ],
            operands: operands, examples: examples, initial: { FetchSettings() },
            check: { settings throws(UsageError) in try settings.check() })
    }

    private static let description = [
        """
        Fetches objects that have been published, from the cache of the server at URL or through it, and writes them \
        in ascending order of group and object.
        """,
        """
        NAME is a track (live-cam1--video) in the text form of the MoQT drafts: namespace fields joined by hyphens, \
        then two hyphens and the track name; bytes outside A-Z, a-z, 0-9 and _ are written as a period and two \
        lower-case hex digits.
        """,
        """
        RANGE is one group (7), one object (7:0), or both ends of a range, of which the last belongs to it (7..9, \
        7:5..9:0). What lies behind the track's last object is left out without a word.
        """,
        """
        Gaps, which the server says do not exist, are unknown to it or did not come in time, are reported on stderr, \
        and with --json also as lines of the output; they do not make the command fail.
        """,
        OutputSettings.templateDescription,
        FilterArgument.description,
        "An interrupt finishes the file first.",
    ]

    private static let examples = [
        Example("moqt fetch -k moqt://localhost:4443 test--numbers 0..9 --as lines", "Print ten groups."),
        Example("moqt fetch -k moqt://localhost:4443 test--data 3:0 -o object", "Save one object."),
    ]

    private static var operands: [Operand<FetchSettings>] {
        [
            .value(.url, "Server: moqt:// or https://HOST[:PORT][/PATH][?QUERY]; port 443 by default") { $0.url = $1 },
            .value(
                .name, "Track; left out where --namespace and --name are given",
                when: { !$0.nameSettings.isGivenByOptions }
            ) { $0.nameSettings.operand = $1 },
            .value(.fetchRange, "START or START..END, each GROUP or GROUP:OBJECT") { $0.range = $1 },
        ]
    }

    private static var choice: [Option<FetchSettings>] {
        NameSettings.options.map { $0.within(\.nameSettings) } + [
            .value("priority", .number("N", in: 0...255), "Priority of the fetch, 0 first", default: "128") {
                $0.priority = $1
            },
            .value("filter", .rangeFilter, "Take objects with such numbers only", repeatable: true) {
                $0.filters.append($1)
            },
        ]
    }
}

extension ValueType where Value == FetchSettings.Range {
    fileprivate static var fetchRange: Self {
        let form = "GROUP or GROUP:OBJECT, or two of them as START..END"
        return Self("RANGE", expects: form) { (text) throws(UsageError) in
            guard let range = FetchSettings.Range(text) else { throw .expected(form, got: text) }
            guard !range.end.isBefore(range.start) else {
                throw UsageError("the range ends before it starts, got '\(text.printable())'")
            }
            return range
        }
    }
}

extension FetchSettings.Range {
    /// Nil for what has not the form of a range; one that ends before it starts is given.
    init?(_ text: String) {
        var ends = [Substring(text)]
        if let dots = text.firstRange(of: "..") { ends = [text[..<dots.lowerBound], text[dots.upperBound...]] }
        guard let first = RangeEnd(ends[0]), let last = RangeEnd(ends[ends.count - 1]) else { return nil }
        start = Location(group: first.group, object: first.object ?? 0)
        end = last
    }
}
