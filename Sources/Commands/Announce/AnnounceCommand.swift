package import CommandLine

/// `moqt announce`: its tables.
package enum AnnounceCommand {
    package static let name = "announce"
    package static let abstract = "hold a namespace, or watch namespaces and tracks"

    package static var command: Command<AnnounceSettings> {
        Command(
            name, abstract, description: description,
            groups: [
                OptionGroup("Action", actions + NameSettings.options.map { $0.within(\.nameSettings) }),
                ConnectionSettings.group.within(\.connection),
                CommonSettings.group(json: "Print what happens as JSON").within(\.common),
            ],
            operands: operands, examples: examples, initial: { AnnounceSettings() },
            check: { settings throws(UsageError) in try settings.check() })
    }

    private static let description = [
        """
        Tells the server at URL that the namespace NAME is published here, and holds it until interrupted. Whoever \
        asks for a track of it is told that there is none.
        """,
        """
        With --watch it prints namespaces under NAME, a prefix, or without NAME all there are: a plus sign and the name \
        when one comes, a minus sign and the name when it goes. With --tracks it prints tracks the same way, as far as \
        publishers offer them; in a name, two hyphens stand between namespace and track.
        """,
        """
        With --status it prints how far the track NAME is: its largest location as GROUP:OBJECT, or a hyphen when \
        nothing was published, what the publisher says of its expiry, and its properties.
        """,
        """
        With --json every line is an object. Its kind is namespace or track, with event and name; or status, with \
        track, largest, expires_ms and properties.
        """,
    ]

    private static let examples = [
        Example("moqt announce -k moqt://localhost:4443 live-cam1", "Hold a namespace."),
        Example("moqt announce -k --watch moqt://localhost:4443", "Watch all namespaces."),
        Example("moqt announce -k --tracks moqt://localhost:4443 live", "Watch namespaces and tracks below live."),
        Example("moqt announce -k --status moqt://localhost:4443 live-cam1--video", "Show how far a track is."),
    ]

    private static var operands: [Operand<AnnounceSettings>] {
        [
            .value(.url, "Server: moqt:// or https://HOST[:PORT][/PATH][?QUERY]; port 443 by default") { $0.url = $1 },
            .value(
                .name, "Namespace, prefix to watch, or track with --status", presence: .optional,
                when: { !$0.nameSettings.isGivenByOptions }
            ) { $0.nameSettings.operand = $1 },
        ]
    }

    private static var actions: [Option<AnnounceSettings>] {
        [
            .flag("watch", "Print namespaces as they come and go") { $0.watch = true },
            .flag("tracks", "Print tracks too as they come and go") { $0.tracks = true },
            .flag("status", "Print how far a track is") { $0.status = true },
        ]
    }
}
