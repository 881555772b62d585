/// Why a connection ended.
package enum CloseCause: Hashable, Sendable {
    /// The application closed it (CONNECTION_CLOSE 0x1d): its code and reason phrase.
    case application(code: UInt64, reason: [UInt8], by: Closer)
    /// A transport error (CONNECTION_CLOSE 0x1c, RFC 9000 §20.1).
    case transport(code: UInt64, reason: [UInt8], by: Closer)
    /// TLS failed; `alert` is the alert's number (RFC 8446 §6).
    case tls(alert: UInt8, reason: [UInt8], by: Closer)
    /// The ends have no application protocol in common (TLS alert 120).
    case noCommonProtocol(by: Closer)
    /// The server's certificate was not accepted.
    case certificate(CertificateFailure)
    /// Nothing arrived for the idle timeout.
    case idleTimeout
    /// The handshake did not complete in time.
    case handshakeTimeout
    /// The peer has lost the connection's state (RFC 9000 §10.3).
    case statelessReset
    /// The server speaks none of our QUIC versions, but these.
    case versionNegotiation(offered: [UInt32])
    /// The server took no early data: what was said in it has to be said again, on the same connection.
    case earlyDataRejected
    /// Another connection was made instead.
    case superseded
    /// The first packets were unusable; the connection is dropped without a word.
    case dropped
    /// HTTP/3, on the connection, failed or was given up: its code (RFC 9114 §8.1) and reason phrase.
    case http3(code: UInt64, reason: [UInt8], by: Closer)
    /// The server refused what was asked for with this HTTP status.
    case refused(status: Int)

    /// Who ended it.
    package enum Closer: Hashable, Sendable { case local, peer }

    /// TLS alert no_application_protocol (RFC 7301 §3.2).
    static let noApplicationProtocol: UInt8 = 120
    /// Transport codes from here are 0x100 + a TLS alert (RFC 9001 §4.8).
    private static let cryptoErrors: Range<UInt64> = 0x100..<0x200

    /// A transport-level code, told apart.
    init(transport code: UInt64, reason: [UInt8], by closer: Closer) {
        guard Self.cryptoErrors.contains(code) else {
            self = .transport(code: code, reason: reason, by: closer)
            return
        }
        let alert = UInt8(truncatingIfNeeded: code)
        self =
            alert == Self.noApplicationProtocol
            ? .noCommonProtocol(by: closer) : .tls(alert: alert, reason: reason, by: closer)
    }
}

extension CloseCause: CustomStringConvertible {
    /// Lower case, no full stop; reason phrases have their unprintable characters replaced.
    package var description: String {
        switch self {
        case .application(let code, let reason, let closer):
            "closed by \(closer) with application code 0x\(String(code, radix: 16))\(Self.quoted(reason))"
        case .transport(let code, let reason, let closer):
            "transport error 0x\(String(code, radix: 16)) raised by \(closer)\(Self.quoted(reason))"
        case .tls(let alert, let reason, let closer): "TLS alert \(alert) raised by \(closer)\(Self.quoted(reason))"
        case .noCommonProtocol: "no application protocol in common"
        case .certificate(let failure): "\(failure)"
        case .idleTimeout: "idle timeout"
        case .handshakeTimeout: "no answer: handshake timed out"
        case .statelessReset: "the peer no longer knows the connection (stateless reset)"
        case .versionNegotiation(let offered):
            "no QUIC version in common; the server offers "
                + offered.prefix(8).map { "0x" + String($0, radix: 16) }.joined(separator: ", ")
        case .earlyDataRejected: "the server took no early data"
        case .superseded: "another connection was made instead"
        case .dropped: "unusable first packets"
        case .http3(let code, let reason, let closer):
            "closed by \(closer) with HTTP/3 code 0x\(String(code, radix: 16))\(Self.quoted(reason))"
        case .refused(let status): "refused with HTTP status \(status)"
        }
    }

    private static func quoted(_ reason: [UInt8]) -> String {
        guard !reason.isEmpty else { return "" }
        let text = reason.prefix(1024).map { 0x20..<0x7F ~= $0 ? Character(UnicodeScalar($0)) : "?" }
        return ": \"\(String(text))\""
    }
}

extension CloseCause.Closer: CustomStringConvertible {
    package var description: String { self == .local ? "this end" : "the peer" }
}
