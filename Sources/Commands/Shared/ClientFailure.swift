internal import CommandLine
internal import Endpoint
internal import EventLoop
internal import MoQTCodec
internal import QUIC
internal import Wire

/// Why a client has no connection, as an exit status and in words for one line.
enum ClientFailure {
    static func words(_ error: DialError, _ settings: ConnectionSettings) -> (ExitStatus, String) {
        switch error {
        case .system(let error):
            error.isConnectionRefused
                ? (.unreachable, "connection refused: nothing listens there") : (.unreachable, "\(error)")
        case .closed(let cause): words(cause, settings)
        }
    }

    /// - Parameter profile: the draft of the session, whose codes these are; nil: there was none.
    static func words(
        _ cause: CloseCause, _ settings: ConnectionSettings, _ profile: Profile? = nil
    ) -> (ExitStatus, String) {
        switch cause {
        case .noCommonProtocol:
            let offered = settings.common.drafts.joined(separator: ", ")
            return (.noCommonVersion, "no common protocol version: the server speaks none of \(offered)")
        case .versionNegotiation: return (.noCommonVersion, "\(cause)")
        case .certificate(let failure):
            return (.unreachable, "\(failure); trust it with --cacert FILE, --fingerprint HEX or -k (insecure)")
        case .handshakeTimeout:
            return (.unreachable, "no answer within \(seconds(settings.connectTimeout)) s")
        case .idleTimeout: return (.unreachable, "connection lost: nothing was heard any more")
        case .statelessReset: return (.unreachable, "connection lost: \(cause)")
        case .application(let code, let reason, .local):
            let status: ExitStatus = code == SessionCode.noError.rawValue ? .unreachable : .protocolViolation
            return (status, words(code, reason, profile))
        case .application(let code, let reason, .peer):
            return (.unreachable, "closed by the peer: " + words(code, reason, profile))
        case .refused(let status):
            return (.unreachable, "the server refused the WebTransport session: HTTP status \(status)")
        case .http3(_, _, .local): return (.protocolViolation, "\(cause)")
        case .http3, .transport, .tls, .earlyDataRejected, .superseded, .dropped: return (.unreachable, "\(cause)")
        }
    }

    private static func words(_ code: UInt64, _ reason: [UInt8], _ profile: Profile?) -> String {
        let name = (profile?.codes.session.code(for: code) ?? SessionCode(rawValue: code)).description
        return reason.isEmpty ? name : "\(name): \(String(decoding: reason, as: UTF8.self).printable())"
    }

    private static func seconds(_ interval: Interval) -> String {
        let whole = interval.nanoseconds % 1_000_000_000 == 0
        return whole ? String(interval.nanoseconds / 1_000_000_000) : String(interval.seconds)
    }
}
