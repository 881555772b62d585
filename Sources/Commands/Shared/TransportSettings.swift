package import CommandLine
package import Wire

/// How packets are sent and recorded, for clients and servers alike.
package struct TransportSettings: Hashable, Sendable {
    package enum CongestionControl: String, CaseIterable, Sendable { case cubic, bbr, reno }

    /// ALPN identifiers to offer or accept, in order of preference; never empty.
    package var drafts = Drafts.known
    package var congestionControl = CongestionControl.cubic
    /// After this long without a packet from the peer, the connection is lost.
    package var idleTimeout = Interval.seconds(30)
    /// File that TLS secrets are appended to; nil: they are not written.
    package var keylogFile: String?
    /// Directory for one qlog file per connection; nil: none.
    package var qlogDirectory: String?
    /// Directory for one file of MoQT events per session; nil: none.
    package var mlogDirectory: String?

    package static let options = [
        Option<TransportSettings>.value("draft", .drafts, "Drafts to speak, best first", default: "all, newest first") {
            $0.drafts = $1
        },
        .value("cc", .choice, "Congestion control", default: "cubic") { $0.congestionControl = $1 },
        .value("idle-timeout", .interval("SECONDS"), "Give a silent peer up after this long", default: "30") {
            $0.idleTimeout = $1
        },
        .value("keylog", .file, "Append TLS secrets to FILE", environment: "SSLKEYLOGFILE") { $0.keylogFile = $1 },
        .value("qlog", .directory, "Write a qlog file per connection into DIR") { $0.qlogDirectory = $1 },
        .value("mlog", .directory, "Write a file of MoQT events per session into DIR") { $0.mlogDirectory = $1 },
    ]
}

/// A certificate chain and its key, as PEM files: both or neither.
package struct IdentitySettings: Hashable, Sendable {
    package var certificateFile: String?
    package var keyFile: String?

    package static func options(_ certificate: String) -> [Option<IdentitySettings>] {
        [
            .value("cert", .file, certificate) { $0.certificateFile = $1 },
            .value("key", .file, "Private key of --cert, PEM") { $0.keyFile = $1 },
        ]
    }

    package func check() throws(UsageError) {
        if certificateFile != nil, keyFile == nil { throw UsageError("expected --key beside it", subject: "--cert") }
        if certificateFile == nil, keyFile != nil { throw UsageError("expected --cert beside it", subject: "--key") }
    }
}
