package import CommandLine
internal import MoQTCodec

/// `moqt inspect`: its tables.
package enum InspectCommand {
    package static let name = "inspect"
    package static let abstract = "show what is in messages, streams and datagrams"

    package static var command: Command<InspectSettings> {
        Command(
            name, abstract, description: description,
            groups: [
                OptionGroup("Input", input), OptionGroup("Output", output),
                CommonSettings.group(json: "Print items as JSON").within(\.common),
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
    ]

    private static let examples = [
        Example("echo 10000300a710 | moqt inspect --hex --draft 18 -", "Show a message."),
        Example("moqt inspect -V stream.bin", "Show every field of a saved stream."),
        Example("moqt inspect --drafts", "Show what each draft changes."),
        Example("moqt inspect --json --hex datagrams.txt --stream datagram", "Decode datagrams for a program."),
    ]

    private static var operands: [Operand<InspectSettings>] {
        [
            .value(.input, "What to decode; - is stdin", when: { !$0.listsDrafts }) {
                $0.input = $1 == "-" ? .standardInput : .file($1)
            }
        ]
    }

    private static var input: [Option<InspectSettings>] {
        [
            .flag("hex", "FILE is hex text; its content tells otherwise") { $0.isHex = true },
            .value("draft", .profile, "Draft that the bytes follow", default: "guessed") { $0.profile = $1 },
            .value("stream", .choice, "Where the bytes are from", default: "message for hex text, else guessed") {
                $0.source = $1
            },
            .value("context", .context, "What the bytes do not say (see man moqt-inspect)", repeatable: true) {
                $1.apply(to: &$0.context)
            },
        ]
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

extension ValueType where Value == String {
    /// A file, or - for stdin.
    fileprivate static var input: Self {
        Self("FILE", expects: "a file or -", completion: .file) { $0.isEmpty ? nil : $0 }
    }
}

extension ValueType where Value == Profile {
    /// One draft, as a number (`18`) or an ALPN identifier (`moqt-18`).
    fileprivate static var profile: Self {
        let numbers = Profile.all.map { String($0.number) }
        return Self("N", expects: "a draft out of " + numbers.joined(separator: ", "), completion: .words(numbers)) {
            text in
            Profile.all.first { text == String($0.number) || text == $0.name || text == $0.alpn }
        }
    }
}
