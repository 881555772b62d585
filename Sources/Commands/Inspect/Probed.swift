internal import CommandLine
internal import Endpoint
internal import MoQTCodec
internal import MoQTSession
internal import QUIC
internal import Wire

/// How MoQT can be carried.
enum ProbedTransport: String, CaseIterable { case quic, webtransport }

/// What one session has shown of its server.
struct ProbedSession {
    var transport: ProbedTransport
    var profile: Profile
    /// What the server said in its SETUP.
    var setup: Setup
    var address: SocketAddress?
    /// From the first packet until the connection could be used.
    var handshake: Interval
    /// The shortest round trip, and the smoothed one at the end of SETUP.
    var roundTrip: (least: Interval, smoothed: Interval)
    var certificate: CertificateDescription?
    /// Why it would not have been trusted; nil: it is.
    var distrust: CertificateFailure?
    var quicVersion: UInt32
    var parameters: TransportParameters?

    init(
        _ transport: ProbedTransport, _ link: Link, _ profile: Profile, _ setup: Setup, handshake: Interval
    ) {
        let connection = link.connection, figures = connection.statistics
        self.transport = transport
        self.profile = profile
        self.setup = setup
        self.handshake = handshake
        address = connection.path?.remote
        roundTrip = (figures.minimumRoundTrip, figures.smoothedRoundTrip)
        certificate = connection.peerCertificate
        distrust = connection.certificateJudgement
        quicVersion = connection.version
        parameters = connection.peerParameters
    }
}

extension Setup {
    /// The options that stand in it, by their names in the drafts, in the order of their types.
    var options: [(name: String, value: SetupOptionValue)] {
        var options: [(name: String, value: SetupOptionValue)] = []
        func add(_ name: String, _ number: UInt64?) {
            if let number { options.append((name, .number(number))) }
        }
        add("MAX_REQUEST_ID", maxRequestID)
        add("MAX_AUTH_TOKEN_CACHE_SIZE", maxAuthTokenCacheSize)
        add("MAX_FILTER_RANGES", maxFilterRanges)
        add("MAX_REQUEST_UPDATES", maxRequestUpdates)
        if let implementation { options.append(("MOQT_IMPLEMENTATION", .text(implementation.string))) }
        if !authorizationTokens.isEmpty { add("AUTHORIZATION_TOKEN", UInt64(authorizationTokens.count)) }
        for option in unknownOptions {
            let name = "0x" + String(option.type, radix: 16)
            switch option.value {
            case .integer(let number): add(name, number)
            case .bytes(let bytes): options.append((name, .bytes(bytes.array)))
            }
        }
        return options
    }
}

/// The value of a setup option, as it is shown. Of AUTHORIZATION_TOKEN it is how many there are.
enum SetupOptionValue {
    case number(UInt64)
    case text(String)
    case bytes([UInt8])

    /// For one line.
    var words: String {
        switch self {
        case .number(let number): "\(number)"
        case .text(let text): "\"\(text.printable())\""
        case .bytes(let bytes): bytes.isEmpty ? "\"\"" : bytes.hex
        }
    }
}
