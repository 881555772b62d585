package import CommandLine
internal import Wire

/// `moqt pub`: its tables.
package enum PubCommand {
    package static let name = "pub"
    package static let abstract = "publish a file or stdin"

    package static var command: Command<PubSettings> {
        Command(
            name, abstract, description: description,
            groups: [
                OptionGroup("Input", input), OptionGroup("Objects", objects), OptionGroup("Publishing", publishing),
                ConnectionSettings.group.within(\.connection),
                CommonSettings.group(json: "Print a summary as JSON at the end").within(\.common),
            ],
            operands: operands, examples: examples, initial: { PubSettings() },
            check: { settings throws(UsageError) in try settings.check() })
    }

    private static let description = [
        """
        Publishes to the server at URL: a movie as a namespace with a catalog and a track per stream, or lines, frames \
        or raw bytes as one track.
        """,
        """
        NAME is a namespace (live-cam1) or a track (live-cam1--video) in the text form of the MoQT drafts: namespace \
        fields joined by hyphens, then two hyphens and the track name; bytes outside A-Z, a-z, 0-9 and _ are written \
        as a period and two lower-case hex digits.
        """,
        """
        Without a delivery timeout nothing is lost: input is read at the pace that its subscribers accept. What is \
        sent in real time has one of 30 seconds, unless --delivery-timeout says otherwise.
        """,
        """
        With --listen the publisher is the server itself, over QUIC and WebTransport, for any number of subscribers; no \
        relay is needed. --cert and --key are then its certificate; without them a self-signed one is made, as by \
        moqt relay. Each listener prints a line to stdout when it is ready.
        """,
        "The command ends when everything sent has been acknowledged.",
    ]

    private static let examples = [
        Example("moqt pub -k moqt://localhost:4443 live-cam1 movie.mp4", "Publish a movie in real time."),
        Example("seq 10 | moqt pub -k moqt://localhost:4443 test--numbers", "Publish each line of stdin as an object."),
        Example("moqt pub -k moqt://localhost:4443 test--data file.bin", "Publish the bytes of a file."),
        Example("moqt pub --listen [::]:4443 live-cam1 movie.mp4", "Serve a movie without a relay."),
    ]

    private static var operands: [Operand<PubSettings>] {
        [
            .value(
                .url, "Server: moqt:// or https://HOST[:PORT][/PATH][?QUERY]; left out with --listen",
                when: { $0.listeners.isEmpty }
            ) { $0.url = $1 },
            .value(
                .name, "Namespace (media) or track (lines, frames, raw); left out where --namespace is given",
                when: { !$0.nameSettings.isGivenByOptions }
            ) { $0.nameSettings.operand = $1 },
            .value(.file, "What to publish; - is stdin, the default", presence: .repeatable) {
                $0.inputs.append($1 == "-" ? .standardInput : .file($1))
            },
        ]
    }

    private static var input: [Option<PubSettings>] {
        [
            .value("as", .choice, "Form of the input; auto goes by NAME and FILE", default: "auto") { $0.format = $1 },
            .flag("realtime", "Send when time stamps say; stdin is then live") {
                $0.chosenRealtime = true
            } negate: {
                $0.chosenRealtime = false
            },
            .value("rate", .rate("N"), "Objects per second", default: "no limit") { $0.rate = $1 },
            .value(
                "loop", ValueType<UInt64?>.passes, "Send the input N times, or for ever", default: "1"
            ) { $0.passes = $1 },
        ]
    }

    private static var objects: [Option<PubSettings>] {
        let groupSize = String(PubSettings.defaultGroupSize)
        return [
            .value("group-size", .number("N", in: 1...UInt64.max), "Objects in a group", default: groupSize) {
                $0.chosenGrouping = .objects($1)
            },
            .value("group-ms", .interval("MS"), "Begin a group this often, not by --group-size") {
                $0.chosenGrouping = .interval($1)
            },
            .value(
                "object-size", .size("BYTES", in: 1...1 << 30), "Size of an object with --as raw",
                default: "64Ki, or 1100 with --datagrams"
            ) {
                $0.chosenObjectSize = Int($1)
            },
            .value(
                "first-group", .number("N", in: 0...UInt64(1) << 62 - 1), "Number of the first group",
                default: "0; live input, ms since 1970"
            ) {
                $0.firstGroup = $1
            },
            .flag("datagrams", "Send objects in datagrams, not in streams") { $0.datagrams = true },
            .value("priority", .number("0..255", in: 0...UInt8.max), "Priority; lower is more urgent", default: "128") {
                $0.priority = $1
            },
            .value("group-order", .choice, "Which group goes first when both could", default: "asc") {
                $0.groupOrder = $1
            },
            .value(
                "delivery-timeout", .interval("MS", zero: true), "Drop what is older; 0 drops nothing",
                default: "0, or 30s in real time"
            ) {
                $0.chosenDeliveryTimeout = $1
            },
        ]
    }

    private static var publishing: [Option<PubSettings>] {
        NameSettings.options.map { $0.within(\.nameSettings) } + [
            .value("announce", .choice, "PUBLISH_NAMESPACE: go on, wait for its OK, or none", default: "always") {
                $0.announce = $1
            },
            .value("listen", .listener, "Be the server, there; no URL then", repeatable: true) {
                $0.listeners.append($1)
            },
            .flag("publish", "Offer each track to the peer with PUBLISH") { $0.publish = true },
            .value("start", .choice, "Begin at the first subscriber, or at once", default: "subscriber; live input now")
            {
                $0.chosenStart = $1
            },
        ]
    }
}

extension ValueType where Value == UInt64? {
    /// A number of passes, or `forever`, which is nil.
    fileprivate static var passes: Self {
        ValueType<UInt64>.number("N", in: 1...UInt64.max).map { .some($0) }.or([("forever", nil)])
    }
}
