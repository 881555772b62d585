internal import CommandLine
internal import Credentials
internal import Endpoint
internal import EventLoop
internal import MoQTSession
internal import QUIC
internal import WebTransport
internal import Wire

/// Where and how a command listens: both transports on each port.
struct ListeningSettings {
    /// Port 0 lets the system choose.
    var addresses: [SocketAddress]
    var transport: TransportSettings
    /// Without one, a self-signed certificate is made.
    var identity: IdentitySettings
    var server = ServerSettings()
    /// Path and origins that WebTransport clients may have.
    var webTransport = WebTransportSettings()
    var session = SessionConfiguration()
    /// What a client may open, and how many bytes of its data streams may wait; nil: what ``QUICSettings`` say.
    var streams: (data: Int, requests: Int, bytes: Int)?
    /// Clients are asked for a certificate, which they need not have.
    var asksForCertificates = false
}

/// The listeners of a command, and the certificate that they show.
final class Listening {
    private var settings: ListeningSettings
    private var certificate: Credentials.Identity
    /// Those of the first loop, by address.
    var listeners: [Listener] { loops.first ?? [] }
    /// Those of each loop: every loop has one for each address.
    private(set) var loops: [[Listener]] = []

    /// Listens from now on.
    ///
    /// - Parameter drivers: of the loops that share the clients, 1 through 255.
    /// - Throws: ``OptionFileError``, ``SystemError`` for an address that cannot be had, and others.
    init(_ settings: ListeningSettings, _ drivers: [Driver]) throws {
        self.settings = settings
        certificate =
            try settings.identity.load() ?? CertificateAuthor.selfSigned(names: Self.names(settings.addresses))
        var quic = try settings.transport.quicSettings(role: "server")
        quic.handshakeTimeout = .seconds(10)
        if let streams = settings.streams {
            quic.hold(streams: streams.data, to: streams.bytes)
            quic.bidirectionalStreams = streams.requests
        }
        quic.protocols.append(WebTransportConnection.alpn)
        var session = settings.session
        session.implementation = session.implementation ?? Version.implementation
        var webTransport = settings.webTransport
        webTransport.protocols = settings.transport.drafts
        let credentials = try Self.credentials(certificate, settings)
        loops = drivers.map { _ in [] }
        var server = settings.server
        server.loopCount = drivers.count
        for address in settings.addresses {
            let sockets = try UDPSocket.shared(
                bind: address, count: drivers.count, idLength: ConnectionID.issuedCount)
            for (index, driver) in drivers.enumerated() {
                server.loopIndex = UInt8(index)
                loops[index].append(
                    try Listener(
                        sockets[index], driver: driver, credentials: credentials, quic: quic, server: server,
                        session: session, webTransport: webTransport))
            }
        }
    }

    private static func credentials(
        _ identity: Credentials.Identity, _ settings: ListeningSettings
    ) throws -> ServerCredentials {
        try ServerCredentials(
            QUIC.Identity(chain: identity.chain, key: identity.key), asksForCertificates: settings.asksForCertificates)
    }

    /// Reads certificate and key again, for connections to come; those that are open go on as they are.
    ///
    /// - Returns: what each loop gives to its listeners; nil when there are no files to read: a self-signed certificate
    ///   stays.
    /// - Throws: ``OptionFileError`` and others, and nothing changes.
    func renew() throws -> ServerCredentials? {
        guard let renewed = try settings.identity.load() else { return nil }
        let credentials = try Self.credentials(renewed, settings)
        certificate = renewed
        return credentials
    }

    /// Whether clients to come are asked for a certificate.
    ///
    /// - Returns: what each loop gives to its listeners; nil when it is so already.
    func ask(forCertificates asks: Bool) throws -> ServerCredentials? {
        guard asks != settings.asksForCertificates else { return nil }
        settings.asksForCertificates = asks
        return try Self.credentials(certificate, settings)
    }

    /// What a self-signed certificate is for: this host under its usual names, and the addresses listened on.
    private static func names(_ addresses: [SocketAddress]) -> [String] {
        var names = ["localhost", "127.0.0.1", "::1"]
        for address in addresses where !address.isAny && !names.contains(address.host) { names.append(address.host) }
        return names
    }

    /// What is wrong with an address that cannot be listened on, for one line.
    static func words(_ error: SystemError, of option: String = "--listen") -> String {
        error.isAddressInUse ? "\(option): \(error.subject): the port is in use" : "\(option): \(error)"
    }

    /// SHA-256 of the certificate.
    var fingerprint: Fingerprint { certificate.fingerprint }

    var connections: [Link] { listeners.flatMap(\.connections) }

    /// Prints a line per listener to stdout, with its real port.
    func announce(_ output: Output) throws(WriteError) {
        let writer = ByteWriter.standardOutput
        for listener in listeners {
            if let warning = listener.bufferWarning { output.log(.notice, warning) }
            try write(listener, output, to: writer)
        }
        try writer.flush()
    }

    private func write(_ listener: Listener, _ output: Output, to writer: ByteWriter) throws(WriteError) {
        let drafts = settings.transport.drafts.map { Drafts.number(of: $0) }
        guard output.json else {
            let words = "listening on \(listener.address) (quic, webtransport; drafts \(drafts.joined(separator: " ")))"
            return try writer.write("\(words) fingerprint \(certificate.fingerprint)\n")
        }
        var line = JSONLine()
        line.add("kind", "listening")
        line.add("address", "\(listener.address)")
        line.add("transports", ["quic", "webtransport"])
        line.add("drafts", drafts)
        line.add("fingerprint", "\(certificate.fingerprint)")
        try line.write(to: writer)
    }

    func close() { for listener in loops.joined() { listener.close() } }
}
