package import CommandLine
internal import MoQTCodec

/// `moqt inspect`: its tables.
package enum InspectCommand {
    package static let name = "inspect"
    package static let abstract = "show what is in messages and streams, or what a server speaks"

    package static var command: Command<InspectSettings> {
        Command(
            name, abstract, description: description,
            groups: [
                OptionGroup("Input", input), OptionGroup("Output", output),
                connecting,
                CommonSettings.group(json: "Print items, or what was found, as JSON").within(\.common),
            ],
            operands: operands, examples: examples, initial: { InspectSettings() },
            check: { settings throws(UsageError) in try settings.check() })
    }

    private static let description = [
        """
        Decodes what FILE holds: hex text, or the bytes of one direction of a stream, or of a datagram. Each line of \
        hex text is a message (or several), a stream or a datagram of its own; spaces, colons and 0x are passed over, \
        and so is what follows #. The lines of a dump by xxd or hexdump -C belong together.
        """,
        """
        Each message, stream header, object and datagram is a line: where it begins, how many bytes it takes, its name \
        and what it says. What breaks the draft is a line that begins with ERROR: the code and the scope (whether the \
        session, a request or a track ends for it), the field, the byte, the reason, and the section of the draft that \
        holds the rule. The exit status is then 7.
        """,
        """
        With --stream message, which hex text is taken for unless told otherwise, control messages are read whichever \
        stream each came on. control and request are one direction of such a stream, uni is a unidirectional stream \
        from its type on, datagram a single datagram. Where --draft or --stream is not given, it is guessed, and said \
        on stderr.
        """,
        """
        --context says what the bytes do not, as KEY=VALUE: i_am=client|server, the end that received them; \
        answers=REQUEST and updates=REQUEST, the kind of request that a response answers or an update changes; \
        first=true and first_response=true for the first message of a stream, or of the answering side; desc=true for \
        a fetch in descending order; fill_of=REQUEST for a stream that fills a subscription; max_ranges=N, the \
        MAX_FILTER_RANGES announced; offered=N,N, the versions that CLIENT_SETUP offered; wt=true over WebTransport; loc=01, 02, 03 or 04, the draft \
        of the Low Overhead Container that objects follow (04, unless the draft names a property itself).
        """,
        serverDescription,
    ]

    private static let serverDescription = """
        With a URL instead of a file, the server there is asked what it speaks, over QUIC and over WebTransport unless \
        --transport says which: a session is set up and ended in each draft (of --draft). Printed are its certificate, \
        also when it is not trusted, which is then said; the round-trip time; what its QUIC allows; the drafts on each \
        transport; and the options of its SETUP. The status is 0 when there was a session, 3 when nobody answered, and \
        4 when no draft is spoken there.
        """

    private static let examples = [
        Example("echo 10000300a710 | moqt inspect --hex --draft 18 -", "Show a message."),
        Example("moqt inspect -V stream.bin", "Show every field of a saved stream."),
        Example("moqt inspect moqt://localhost:4443", "Show what a server speaks."),
        Example("moqt inspect --drafts", "Show what each draft changes."),
        Example("moqt inspect --json --hex datagrams.txt --stream datagram", "Decode datagrams for a program."),
    ]

    private static var operands: [Operand<InspectSettings>] {
        [
            .value(.input, "What to decode; - is stdin; or the URL of a server", when: { !$0.listsDrafts }) {
                $0.input = $1
            }
        ]
    }

    private static var input: [Option<InspectSettings>] {
        [
            .flag("hex", "FILE is hex text; its content tells otherwise") { $0.isHex = true },
            .value("draft", .drafts, "Draft that the bytes follow; those to try with a URL", default: "guessed; all") {
                $0.drafts = $1
            },
            .value("stream", .choice, "Where the bytes are from", default: "message for hex text, else guessed") {
                $0.source = $1
            },
            .value("context", .context, "What the bytes do not say (see man moqt-inspect)", repeatable: true) {
                $1.apply(to: &$0.context)
            },
        ]
    }

    /// How a server is reached; what drafts to try is said by an option that files have, too.
    private static var connecting: OptionGroup<InspectSettings> {
        var group = ConnectionSettings.group.within(\InspectSettings.connection)
        group.options.removeAll { $0.form.long == "draft" }
        return group
    }

    private static var output: [Option<InspectSettings>] {
        [
            .flag("tree", short: "V", "Print every field, with its offset and length") { $0.tree = true },
            .flag("bytes", "Print the bytes too") { $0.bytes = true },
            .flag("reencode", "Print each item encoded again, in hex") { $0.reencode = true },
            .flag("drafts", "Print what each draft changes, and nothing else") { $0.listsDrafts = true },
            .value("count", short: "c", .number("N", in: 1...UInt64.max), "Stop after N items") { $0.limit = $1 },
        ]
    }
}

extension ValueType where Value == InspectSettings.Input {
    /// A file, - for stdin, or a URL.
    fileprivate static var input: Self {
        Self("FILE", expects: "a file, - or a URL", completion: .file) { (text) throws(UsageError) in
            if text.isEmpty { throw .expected("a file, - or a URL", got: text) }
            if text == "-" { return .standardInput }
            return text.contains("://") ? .server(try MoQTURL(text)) : .file(text)
        }
    }
}
