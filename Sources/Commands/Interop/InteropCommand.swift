package import CommandLine

/// `moqt interop`: its tables.
package enum InteropCommand {
    package static let name = "interop"
    package static let abstract = "test a relay, case by case"

    package static var command: Command<InteropSettings> {
        Command(
            name, abstract, description: description,
            groups: [
                OptionGroup("Test", options), ConnectionSettings.group.within(\.connection), general,
            ],
            examples: examples, initial: { InteropSettings() },
            check: { settings throws(UsageError) in try settings.check() })
    }

    private static let description = [
        """
        Plays publisher and subscriber at the relay at URL, one case after the other, and reports in TAP version 14 on \
        stdout. Every case has connections of its own and a time limit; a case that the draft in use has no words for \
        is skipped with the reason. The newest draft that both ends speak is tested; --draft chooses another.
        """,
        """
        The status is 0 when every case has passed or was skipped, 1 when one has failed, and 127 when there is no \
        case of the name that -t gives. With --json each case is an object instead, with name, ok, skip, draft, \
        duration_ms, connections by role, and expected, received and message of a failure.
        """,
    ]

    private static let examples = [
        Example("moqt interop -r moqt://localhost:4443 --tls-disable-verify", "Run all cases."),
        Example("moqt interop -k -r moqt://localhost:4443 -t fetch --draft 18", "Run one case on one draft."),
        Example("moqt interop -l", "Show which cases there are."),
    ]

    private static var options: [Option<InteropSettings>] {
        [
            .value(
                "relay", short: "r", .url, "Relay to test", default: InteropSettings.defaultURL,
                environment: "RELAY_URL"
            ) { $0.url = $1 },
            .value("test", short: "t", .test, "Run this case alone", environment: "TESTCASE") { $0.test = $1 },
            .flag("list", short: "l", "Print the names of the cases and end") { $0.list = true },
            .flag("tls-disable-verify", "Accept any certificate, as -k does", environment: "TLS_DISABLE_VERIFY") {
                $0.connection.insecure = true
            },
        ]
    }

    /// As everywhere, but that the runner sets a variable for `-v`.
    private static var general: OptionGroup<InteropSettings> {
        var group = CommonSettings.group(json: "Report as JSON, an object for each case").within(
            \InteropSettings.common)
        for index in group.options.indices where group.options[index].form.long == "verbose" {
            group.options[index].form.environment = "VERBOSE"
        }
        return group
    }
}

extension ValueType where Value == String {
    /// A case, which the command itself looks up: one that it does not have is no usage error.
    fileprivate static var test: Self {
        let names = InteropCase.all.map(\.name)
        return Self("NAME", expects: "the name of a case", completion: .words(names)) { $0.isEmpty ? nil : $0 }
    }
}
