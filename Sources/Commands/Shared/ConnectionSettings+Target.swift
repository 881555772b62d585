internal import Credentials
internal import Endpoint
internal import EventLoop
internal import MoQTCodec
internal import MoQTSession
internal import QUIC
internal import WebTransport
internal import Wire

extension ConnectionSettings {
    /// Where a client connects to for `url`, and how.
    ///
    /// - Parameters:
    ///   - output: is told what is wrong with files that can be done without.
    ///   - judgesOnly: whatever certificate the server has is accepted, and judged.
    ///   - known: the addresses of the host; nil: they are looked up, which takes its time.
    /// - Throws: ``OptionFileError`` for a file that an option named, otherwise why the host has no address.
    func target(
        for url: MoQTURL, _ output: Output, judgesOnly: Bool = false, at known: [SocketAddress]? = nil
    ) throws -> DialTarget {
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
        session.tokens = try tokens()
        session.requestTokens = session.tokens
        var target = DialTarget(
            addresses: try known ?? addresses(of: url), serverName: serverName ?? url.host,
            credentials: try credentials(judgesOnly),
            quic: quic, session: session)
        target.webTransport.protocols = common.drafts
        target.webTransport.requestTimeout = connectTimeout
        target.memory = try sessionFile.map { path throws(OptionFileError) in
            try SessionFile(path, server: serverKey(url), warn: { output.warning($0) })
        }
        return target
    }

    /// What `--token` says.
    private func tokens() throws(OptionFileError) -> [AuthorizationToken] {
        guard let token else { return [] }
        var bytes = Array(token.utf8)
        if token.hasPrefix("@") {
            do throws(Credentials.CredentialsError) {
                bytes = try FileBytes.read(String(token.dropFirst()), limit: 32 << 10)
            } catch {
                throw OptionFileError(subject: "--token", words: "\(error)")
            }
            while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { bytes.removeLast() }
        }
        return [.useValue(type: tokenType, value: Bytes(bytes))]
    }

    private func addresses(of url: MoQTURL) throws(AddressError) -> [SocketAddress] {
        if let resolution = resolutions.first(where: { $0.name == url.endpoint }) { return [resolution.address] }
        return try url.endpoint.resolve()
    }

    /// Names the server, and why it is trusted: what was trusted for another reason is not gone on from.
    private func serverKey(_ url: MoQTURL) -> String {
        let trust =
            if insecure { "any" } else if let fingerprint { "sha256:\(fingerprint)" } else if let authorityFile {
                "ca:\(authorityFile)"
            } else { "system" }
        let name = serverName ?? url.host
        return "\(url.endpoint) \(name) \(identity.certificateFile ?? "") \(trust)"
    }

    private func credentials(_ judgesOnly: Bool) throws -> ClientCredentials {
        let policy: CertificatePolicy =
            if insecure { .insecure } else if let fingerprint {
                .fingerprint(fingerprint.bytes)
            } else if let authorityFile { .authority(path: authorityFile) } else { .system }
        let identity = try identity.load()
        do {
            return try ClientCredentials(
                policy, identity: identity.map { QUIC.Identity(chain: $0.chain, key: $0.key) }, judgesOnly: judgesOnly)
        } catch {
            throw OptionFileError(subject: authorityFile == nil ? "--cert" : "--cacert", words: "\(error)")
        }
    }
}
