internal import Endpoint
internal import EventLoop
internal import MoQTSession
internal import QUIC
internal import WebTransport
internal import Wire

/// Where a session goes, and how; what of it can be wrong is known to be right.
struct DialPlan: Sendable {
    let url: MoQTURL
    let options: ConnectOptions
    /// For the whole of connecting.
    let timeout: Interval

    init(_ url: String, _ options: ConnectOptions) throws(MoQTError) {
        do throws(MoQTURL.Malformed) { self.url = try MoQTURL(url) } catch {
            throw MoQTError(.call, reason: "expected \(error.expected)")
        }
        guard !options.drafts.isEmpty else { throw MoQTError(.call, reason: "no draft to speak") }
        guard options.streamLimit > 0, options.streamWindow > 0 else {
            throw MoQTError(.call, reason: "a stream window and a stream limit of at least 1 are needed")
        }
        self.options = options
        timeout = options.connectTimeout.interval
    }

    func target(at addresses: [SocketAddress]) throws -> DialTarget {
        var session = SessionConfiguration()
        session.authority = url.authority
        session.path = url.pathAndQuery.isEmpty ? nil : url.pathAndQuery
        session.implementation = options.implementation
        session.tokens = options.tokens
        session.setupTimeout = timeout
        var target = DialTarget(
            addresses: addresses, serverName: options.serverName ?? url.host, credentials: try credentials,
            quic: quic, session: session)
        target.webTransport.protocols = options.drafts
        target.webTransport.requestTimeout = timeout
        return target
    }

    private var quic: QUICSettings {
        var quic = QUICSettings(protocols: options.drafts)
        switch options.transport {
        case .quic: break
        case .asURL: if url.isWebTransport { quic.protocols = [WebTransportConnection.alpn] }
        case .webTransport: quic.protocols = [WebTransportConnection.alpn]
        case .either: quic.protocols.append(WebTransportConnection.alpn)
        }
        quic.handshakeTimeout = timeout
        quic.idleTimeout = options.idleTimeout.interval
        quic.keepAlive = Interval(nanoseconds: quic.idleTimeout.nanoseconds / 3)
        quic.unidirectionalStreamWindow = options.streamWindow
        quic.unidirectionalStreams = options.streamLimit
        quic.bidirectionalStreams = 256
        return quic
    }

    private var credentials: ClientCredentials {
        get throws {
            let policy: CertificatePolicy =
                switch options.trust {
                case .system: .system
                case .authorities(let path): .authority(path: path)
                case .fingerprint(let digest): .fingerprint(digest)
                case .insecure: .insecure
                }
            let identity = options.identity.map { QUIC.Identity(chain: $0.chain, key: $0.key) }
            return try ClientCredentials(policy, identity: identity)
        }
    }
}
