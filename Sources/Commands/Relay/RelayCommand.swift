package import CommandLine
internal import WebTransport
internal import Wire

/// `moqt relay`: its tables.
package enum RelayCommand {
    package static let name = "relay"
    package static let abstract = "pass objects from publishers to subscribers"

    package static var command: Command<RelaySettings> {
        Command(
            name, abstract, description: description,
            groups: [
                OptionGroup("Listening", listening), OptionGroup("Objects", objects), OptionGroup("Access", access),
                OptionGroup("Other relays", relays), OptionGroup("Limits", RelayLimit.all.map(\.asOption)),
                OptionGroup("Operation", operation),
                OptionGroup("Connections", TransportSettings.options.map { $0.within(\.transport) }),
                CommonSettings.group(json: "Print listeners as JSON").within(\.common),
            ],
            examples: examples, initial: { RelaySettings() },
            check: { settings throws(UsageError) in try settings.check() })
    }

    private static let description = [
        """
        Listens for MoQT clients over QUIC and, on the same port, over WebTransport. A track that a client subscribes to is subscribed to once at its \
        publisher, and its objects are passed on as they arrive.
        """,
        """
        Without --cert a self-signed ECDSA P-256 certificate is made, valid for 13 days; clients accept it with \
        --fingerprint. Each listener prints a line to stdout when it is ready, with its port and the SHA-256 \
        fingerprint of the certificate; then the HTTP server of --http prints its URL. SIGHUP reads --cert and --key \
        again for clients to come.
        """,
        """
        With --threads each client is served by one of several loops, wherever its tracks come from. --cache-size is for all of them: \
        each has an equal share for itself, and may use what others leave of theirs. What several hold of a track counts for each.
        """,
        """
        With --upstream the relay is an edge of another: what nobody publishes here is asked for there, once for all; what is \
        published here is published there; a lost connection is made again; GOAWAY is followed. Each loop of --threads has a \
        connection of its own.
        """,
        """
        With --cluster relays find each other by a registry: Redis (redis://, redis+unix://) with the keys of moq-rs's \
        moq-api, or moq-api's HTTP interface (http://). What is published at a relay is registered there with its --node \
        URL, and renewed at half of --cluster-ttl; what is not published here is looked up, and asked for at the relay that \
        has it. While the registry is away all goes on. Its keys name whole namespaces, so that it cannot be searched by a \
        prefix: who subscribes to namespaces or tracks by a prefix hears of what is published at this relay. A Redis \
        server is at redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE] or redis+unix://[[USER]:PASSWORD@]/PATH[?db=N], \
        without TLS. With Redis, --http serves moq-api's /origin, too, which as moq-api's own asks nobody who he is: let \
        only relays reach it, or restrict it by --serve-origins.
        """,
        """
        SIGTERM drains: new connections are refused, clients are told to go away, to --goaway-uri if there is one, and \
        the relay ends with status 0 when they have, or after --drain. Clients are named the URI with the scheme that \
        they have come by.
        """,
        """
        With --auth nobody may do anything but what FILE allows. A statement of it is a line; # begins a comment; files \
        are relative to it. `secret NAME TEXT` (or @FILE), `jwt NAME FILE [under NAMESPACE]`, `cat NAME FILE claim N \
        [revalidation N] [under NAMESPACE]`, `certificate NAME SHA256` and `authority NAME FILE [cn TEXT]` name what \
        clients can show; `audience TEXT` whom tokens may be for; `allow WHO ACTION[,ACTION] NAMESPACE` allows WHO (a \
        NAME, or anyone) to publish, announce, subscribe, fetch or all under NAMESPACE (* for every one). Tokens of jwt \
        and cat allow what they say themselves, too.
        """,
        """
        Each limit holds for what its line says; /metrics counts in moqt_limit_reached_total how often it was in a \
        client's way. \(RelayLimit.answers) New clients are told to prove their address by Retry as soon as the \
        handshakes under way are a sixteenth of --max-handshakes.
        """,
        """
        A service under systemd tells it when it is ready, reloading and stopping, and that it is alive while its event \
        loops make progress (Type=notify, WatchdogSec). A loop that spins for --watchdog seconds ends the process with \
        SIGABRT and a trace of the calls that led there: by name where the program has its symbol table; one that was \
        stripped gives offsets, for addr2line(1) with a copy that was not.
        """,
        """
        Each line of the file of --config is the name of an option without its dashes and its value, with or without an \
        equals sign between them; # begins a comment. The command line and the environment win over the file.
        """,
    ]

    private static let examples = [
        Example("moqt relay", "Listen on every address, port 4443."),
        Example("moqt relay --listen 127.0.0.1:0", "Listen on this host only, on a port that the system chooses."),
        Example("moqt relay --http 127.0.0.1:9090", "Serve metrics for Prometheus, and a health check."),
        Example("moqt relay --cert chain.pem --key key.pem --listen [::]:443", "Serve with a real certificate."),
        Example(
            "moqt relay --upstream moqt://origin.example",
            "Be an edge of another relay: one subscription there serves all subscribers here."),
        Example(
            "moqt relay --cluster redis://registry.example --node moqt://a.example:4443",
            "Be one of several relays with a common registry."),
        Example("moqt relay --auth rules.txt", "Let clients do what rules.txt allows, and nothing else."),
    ]

    private static var listening: [Option<RelaySettings>] {
        [
            .value(
                "listen", .listener, "Where to listen; port 0 picks one", default: RelaySettings.defaultListener,
                repeatable: true
            ) {
                $0.listeners.append($1)
            }
        ] + IdentitySettings.options("Certificate chain, PEM").map { $0.within(\.identity) } + [
            .value("threads", .number("N", in: 1...64), "Loops that share the clients, each on a core", default: "1") {
                $0.threads = $1
            },
            .value("address-validation", .choice, "Answer new clients with Retry; auto: under load", default: "auto") {
                $0.addressValidation = $1
            },
            .value("path", .path, "Serve WebTransport under PATH only", default: "any") { $0.webTransport.path = $1 },
            .value("origin", .text("ORIGIN"), "Serve pages of ORIGIN only", default: "any", repeatable: true) {
                $0.webTransport.origins = ($0.webTransport.origins ?? []).union([$1])
            },
            .value("drain", .interval("SECONDS", zero: true), "Time that SIGTERM leaves to clients", default: "10") {
                $0.drainTime = $1
            },
            .value("goaway-uri", .url, "Where SIGTERM sends clients to", default: "where they are") {
                $0.goAwayURL = $1
            },
        ]
    }

    private static var relays: [Option<RelaySettings>] {
        [
            .value("upstream", .url, "Ask the relay at URL for what nobody publishes here", default: "no relay") {
                $0.upstream = $1
            },
            .value("cluster", .cluster, "Find who publishes what by the registry at URL", default: "no cluster") {
                $0.cluster = $1
            },
            .value("node", .url, "Tell the cluster that this relay is at URL", default: "nothing is told") {
                $0.node = $1
            },
            .value("cluster-ttl", .interval("SECONDS"), "How long that holds unless renewed", default: "600") {
                $0.clusterLifetime = max($1, .seconds(1))
            },
            .value("serve-origins", .choice, "What --http lets anybody do with a Redis registry", default: "write") {
                $0.servedOrigins = $1
            },
            .flag("upstream-insecure", "Accept any certificate of other relays") { $0.peering.insecure = true },
            .value("upstream-cacert", .file, "Trust the certificates in FILE (PEM) for other relays") {
                $0.peering.authorityFile = $1
            },
            .value("upstream-fingerprint", .fingerprint, "Accept only this certificate (SHA-256) of other relays") {
                $0.peering.fingerprint = $1
            },
            .value("upstream-token", .text("TEXT"), "Token to show to other relays; @FILE: what FILE holds") {
                $0.peering.token = $1
            },
            .value("upstream-token-type", .number("N", in: 0...1_000_000), "Type of that token; 1: CAT", default: "0") {
                $0.peering.tokenType = $1
            },
        ]
    }

    private static var operation: [Option<RelaySettings>] {
        [
            .configuration("config", .file, "Take options from FILE; those given here win"),
            .value("http", .listener, "Serve /metrics, /health, /tracks, /sessions over HTTP", default: "nowhere") {
                $0.http = $1
            },
            .value(
                "watchdog", .interval("SECONDS", zero: true), "Abort when a loop spins for this long; 0: never",
                default: "30"
            ) {
                $0.watchdog = $1 == .zero ? nil : $1
            },
        ]
    }

    private static var access: [Option<RelaySettings>] {
        [
            .value("auth", .file, "Who may do what, as FILE says; reread on SIGHUP", default: "anybody anything") {
                $0.accessFile = $1
            }
        ]
    }

    private static var objects: [Option<RelaySettings>] {
        [
            .value(
                "cache-size", .size("BYTES", in: 0...UInt64(1) << 50), "Payload kept for later subscribers",
                default: "256Mi"
            ) {
                $0.cacheSize = $1
            },
            .value(
                "cache-time", .interval("SECONDS"), "How long an object is kept", default: "until its room is needed"
            ) {
                $0.cacheTime = $1
            },
            .value(
                "default-delivery-timeout", .interval("MS", zero: true),
                "Delivery timeout where a publisher sets none; 0: none", default: "0"
            ) {
                $0.defaultDeliveryTimeout = $1 == .zero ? nil : $1
            },
            .value(
                "max-subscriber-lag", .interval("SECONDS"), "How far behind a subscriber may be",
                default: "as far as objects are kept"
            ) {
                $0.maximumSubscriberLag = $1
            },
        ]
    }
}
