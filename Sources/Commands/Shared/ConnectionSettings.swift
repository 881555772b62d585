package import CommandLine
package import Credentials
package import Wire

/// How a client reaches its server and knows it.
package struct ConnectionSettings: Hashable, Sendable {
    package enum Transport: String, CaseIterable, Sendable {
        case quic, webtransport
        /// Both are offered, and the server chooses.
        case auto
    }

    /// Nil: what the URL says.
    package var transport: Transport?
    package var common = TransportSettings()
    /// Certificate that the client shows when asked.
    package var identity = IdentitySettings()
    /// Accept any certificate.
    package var insecure = false
    /// PEM file of trusted certificates; nil: the system's.
    package var authorityFile: String?
    /// Accept exactly the server certificate with this digest, whoever signed it; nil: no such rule.
    package var fingerprint: Fingerprint?
    /// Server name for TLS; nil: the host of the URL.
    package var serverName: String?
    /// Addresses to use instead of looking a name up.
    package var resolutions: [Resolution] = []
    /// From the first packet to the end of the MoQT setup.
    package var connectTimeout = Interval.seconds(10)
    /// For the whole command; nil: no limit.
    package var maximumTime: Interval?
    /// File that keeps what later connections to a server can go on from; nil: none.
    package var sessionFile: String?
    /// Authorization token, or `@` and the file that holds it; nil: none.
    package var token: String?
    /// Of the "MOQT Auth Token Type" registry; 0: agreed upon otherwise.
    package var tokenType: UInt64 = 0
    /// How often to connect again after the connection was lost or not made; 0: not at all.
    package var retries: UInt64 = 0

    package func check() throws(UsageError) { try identity.check() }

    package static var group: OptionGroup<ConnectionSettings> {
        OptionGroup("Connection", reaching + trusting + TransportSettings.options.map { $0.within(\.common) })
    }

    private static var reaching: [Option<ConnectionSettings>] {
        [
            .value("transport", .choice, "Transport; auto offers both", default: "what the URL says") {
                $0.transport = $1
            },
            .value("resolve", .resolution, "Use ADDR for HOST and PORT", repeatable: true) {
                $0.resolutions.append($1)
            },
            .value("connect-timeout", .interval("SECONDS"), "Give connecting up after this long", default: "10") {
                $0.connectTimeout = $1
            },
            .value("max-time", .interval("SECONDS"), "End the command after this long, with status 6") {
                $0.maximumTime = $1
            },
            .value("session-file", .file, "Keep sessions in FILE; the next run begins with 0-RTT") {
                $0.sessionFile = $1
            },
            .value("retry", .number("N", in: 0...1_000_000), "Connect again up to N times in a row", default: "0") {
                $0.retries = $1
            },
        ]
    }

    private static var trusting: [Option<ConnectionSettings>] {
        [
            .flag("insecure", short: "k", "Accept any certificate") { $0.insecure = true },
            .value("cacert", .file, "Trust the certificates in FILE (PEM), not the system's") { $0.authorityFile = $1 },
            .value("fingerprint", .fingerprint, "Accept only the certificate with this SHA-256") {
                $0.fingerprint = $1
            },
            .value("sni", .text("NAME"), "Server name for TLS", default: "the host of URL") { $0.serverName = $1 },
            .value("token", .text("TEXT"), "Authorization token; @FILE: what FILE holds") { $0.token = $1 },
            .value("token-type", .number("N", in: 0...1_000_000), "Type of --token; 1: CAT", default: "0") {
                $0.tokenType = $1
            },
        ] + IdentitySettings.options("Certificate to show when asked, PEM").map { $0.within(\.identity) }
    }
}
