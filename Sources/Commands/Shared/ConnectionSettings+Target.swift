internal import Credentials
internal import Endpoint
internal import EventLoop
internal import MoQTSession
internal import QUIC
internal import WebTransport
internal import Wire

extension ConnectionSettings {
    /// Where a client connects to for `url`, and how.
    ///
    /// - Throws: ``OptionFileError`` for a file that an option named, otherwise why the host has no address.
    func target(for url: MoQTURL) throws -> DialTarget {
        var quic = try common.quicSettings(role: "client")
        quic.handshakeTimeout = connectTimeout
        switch transport ?? (url.isWebTransport ? .webtransport : .quic) {
        case .quic: break
        case .webtransport: quic.protocols = [WebTransportConnection.alpn]
        case .auto: quic.protocols.append(WebTransportConnection.alpn)
        }
        var session = SessionConfiguration()
        session.authority = url.authority
        session.path = url.pathAndQuery.isEmpty ? nil : url.pathAndQuery
        session.implementation = Version.implementation
        var target = DialTarget(
            addresses: try addresses(of: url), serverName: serverName ?? url.host, credentials: try credentials(),
            quic: quic, session: session)
        target.webTransport.protocols = common.drafts
        target.webTransport.requestTimeout = connectTimeout
        return target
    }

    private func addresses(of url: MoQTURL) throws(AddressError) -> [SocketAddress] {
        if let resolution = resolutions.first(where: { $0.name == url.endpoint }) { return [resolution.address] }
        return try url.endpoint.resolve()
    }

    private func credentials() throws -> ClientCredentials {
        let policy: CertificatePolicy =
            if insecure { .insecure } else if let fingerprint {
                .fingerprint(fingerprint.bytes)
            } else if let authorityFile { .authority(path: authorityFile) } else { .system }
        let identity = try identity.load()
        do {
            return try ClientCredentials(policy, identity: identity.map { QUIC.Identity(chain: $0.chain, key: $0.key) })
        } catch {
            throw OptionFileError(subject: authorityFile == nil ? "--cert" : "--cacert", words: "\(error)")
        }
    }
}
