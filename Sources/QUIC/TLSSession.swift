internal import CGnuTLS
internal import CNgtcp2

/// One GnuTLS session that speaks TLS 1.3 for a QUIC connection.
final class TLSSession {
    let raw: gnutls_session_t
    /// A client's session goes on from an earlier one, if the server agrees.
    private(set) var resumes = false
    /// Of the last ticket.
    private var ticketAllowsEarlyData = false
    private let reference: UnsafeMutablePointer<ngtcp2_crypto_conn_ref>
    // GnuTLS reads them as long as the session lives.
    private let certificates: CertificateCredentials
    private var replays: ReplayGuard?

    /// AES-GCM first: GnuTLS's ChaCha20 is an order of magnitude slower.
    private static let priorities = Priorities(
        "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:"
            + "-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+GROUP-SECP521R1:"
            + "%SERVER_PRECEDENCE:%DISABLE_TLS13_COMPAT_MODE")

    /// A server's session on behalf of `connection`, which must outlive it.
    /// - Parameter replays: knows the early data that was taken before.
    convenience init(
        server connection: Connection, credentials: ServerCredentials, replays: ReplayGuard
    ) throws(CredentialsError) {
        try self.init(flags: Flags.server, connection: connection, certificates: credentials.certificates)
        self.replays = replays
        ngtcp2_crypto_gnutls_configure_server_session(raw)
        if credentials.asksForCertificates { gnutls_certificate_server_set_request(raw, GNUTLS_CERT_REQUEST) }
        gnutls_db_set_cache_expiration(raw, ReplayGuard.ticketLifetime)
        // RFC 9001 §4.6.1: QUIC's own limits hold.
        gnutls_record_set_max_early_data_size(raw, Int(UInt32.max))
        // RFC 9001 §8.1: a handshake without a common protocol must fail, also when the client offers none.
        gnutls_handshake_set_hook_function(
            raw, UInt32(GNUTLS_HANDSHAKE_CLIENT_HELLO.rawValue), GNUTLS_HOOK_BOTH
        ) { session, _, isPast, _, message in
            guard let session, let message, let connection = Connection.of(session) else {
                return GNUTLS_E_NO_APPLICATION_PROTOCOL
            }
            if isPast == 0 {
                let choice = ProtocolChoice.choose(from: connection.settings.protocols, for: message)
                if let choice { connection.tls?.speak(choice, on: connection) }
                return 0
            }
            var chosen = gnutls_datum_t()
            return gnutls_alpn_get_selected_protocol(session, &chosen) == 0 ? 0 : GNUTLS_E_NO_APPLICATION_PROTOCOL
        }
    }

    /// A server's choice of protocol, before GnuTLS reads the ClientHello.
    private func speak(_ choice: String, on connection: Connection) {
        Self.set([choice], of: raw)
        // Comes twice after a HelloRetryRequest; the first key stays.
        let key = ticketKey(connection.ticketContext(choice), connection.resetSecret)
        key.withUnsafeBufferPointer {
            var key = gnutls_datum_t($0)
            gnutls_session_ticket_enable_server(raw, &key)
        }
        if let replays, connection.settings.earlyProtocols.contains(choice) {
            gnutls_anti_replay_enable(raw, replays.raw)
        }
    }

    /// Sends a client a ticket, once the handshake is complete.
    func sendTicket() { gnutls_session_ticket_send(raw, 1, 0) }

    /// Early data was accepted.
    var tookEarlyData: Bool { gnutls_session_get_flags(raw) & UInt32(GNUTLS_SFLAGS_EARLY_DATA.rawValue) != 0 }

    /// A client's session on behalf of `connection`, which must outlive it. No name is sent when nil.
    /// - Parameters:
    ///   - ticket: of an earlier session to go on from; nil, or unusable: none.
    ///   - sendsEarlyData: the ticket allows early data, and some will be sent.
    convenience init(
        client connection: Connection, credentials: ClientCredentials, serverName: String?, protocols: [String],
        ticket: [UInt8]?, sendsEarlyData: Bool
    ) throws(CredentialsError) {
        try self.init(
            flags: Flags.client | (sendsEarlyData ? Flags.earlyData : 0), connection: connection,
            certificates: credentials.certificates)
        ngtcp2_crypto_gnutls_configure_client_session(raw)
        Self.set(protocols, of: raw)
        if let ticket { resumes = gnutls_session_set_data(raw, ticket, ticket.count) == 0 }
        gnutls_handshake_set_hook_function(
            raw, UInt32(GNUTLS_HANDSHAKE_NEW_SESSION_TICKET.rawValue), GNUTLS_HOOK_BOTH
        ) { session, _, isPast, _, message in
            guard let session, let message, let tls = Connection.of(session)?.tls else { return 0 }
            // Once GnuTLS has read the message, it is no longer whole.
            if isPast == 0 {
                tls.ticketAllowsEarlyData = TicketMessage(message.pointee.array).allowsEarlyData
            } else {
                tls.receivedTicket()
            }
            return 0
        }
        if let serverName {
            let status = gnutls_server_name_set(raw, GNUTLS_NAME_DNS, serverName, serverName.utf8.count)
            guard status == 0 else { throw CredentialsError("server name '\(serverName)'", status) }
        }
        gnutls_session_set_verify_function(raw) { session in
            guard let session, let connection = Connection.of(session) else { return GNUTLS_E_CERTIFICATE_ERROR }
            return connection.acceptsCertificate(of: session) ? 0 : GNUTLS_E_CERTIFICATE_ERROR
        }
    }

    private enum Flags {
        // Bits of gnutls_init_flags_t, whose macros take casts that Swift does not import.
        private static let noTickets = UInt32(GNUTLS_NO_TICKETS.rawValue)
        private static let noAutomaticTicket = UInt32(GNUTLS_NO_AUTO_SEND_TICKET.rawValue)
        private static let noEndOfEarlyData = UInt32(GNUTLS_NO_END_OF_EARLY_DATA.rawValue)
        static let earlyData = UInt32(GNUTLS_ENABLE_EARLY_DATA.rawValue)
        static let client = UInt32(GNUTLS_CLIENT.rawValue) | noEndOfEarlyData
        // Tickets come with the choice of a protocol.
        static let server =
            UInt32(GNUTLS_SERVER.rawValue) | noTickets | noAutomaticTicket | noEndOfEarlyData | earlyData
    }

    private init(flags: UInt32, connection: Connection, certificates: CertificateCredentials) throws(CredentialsError) {
        var session: gnutls_session_t?
        let status = gnutls_init(&session, flags)
        guard status == 0, let session else { throw CredentialsError("TLS session", status) }
        raw = session
        self.certificates = certificates
        reference = .allocate(capacity: 1)
        reference.initialize(
            to: ngtcp2_crypto_conn_ref(
                get_conn: { reference in reference?.pointee.user_data.flatMap { Connection.of($0).raw } },
                user_data: Unmanaged.passUnretained(connection).toOpaque()))
        gnutls_session_set_ptr(raw, reference)
        gnutls_priority_set(raw, Self.priorities.raw)
        gnutls_credentials_set(raw, GNUTLS_CRD_CERTIFICATE, UnsafeMutableRawPointer(certificates.raw))
    }

    deinit {
        gnutls_deinit(raw)
        reference.deallocate()
    }

    private static func set(_ protocols: [String], of raw: gnutls_session_t) {
        let bytes = protocols.prefix(ProtocolChoice.limit).map { Array($0.utf8) }
        let joined = bytes.flatMap { $0 }
        joined.withUnsafeBufferPointer { joined in
            var start = 0
            let list = bytes.map { name in
                defer { start += name.count }
                return gnutls_datum_t(UnsafeBufferPointer(rebasing: joined[start..<start + name.count]))
            }
            // GnuTLS copies the names.
            gnutls_alpn_set_protocols(raw, list, UInt32(list.count), UInt32(GNUTLS_ALPN_MANDATORY.rawValue))
        }
    }

    /// A NewSessionTicket message was read.
    private func receivedTicket() {
        var session = gnutls_datum_t()
        guard let connection = Connection.of(raw), gnutls_session_get_data2(raw, &session) == 0 else { return }
        defer { CGnuTLS_free(session.data) }
        connection.received(ticket: session.array, allowsEarlyData: ticketAllowsEarlyData)
    }

    /// Sends key log lines to the connection's settings.
    func logKeys() {
        gnutls_session_set_keylog_function(raw) { session, label, secret in
            guard let session, let label, let secret, let connection = Connection.of(session) else { return 0 }
            var client = gnutls_datum_t()
            gnutls_session_get_random(session, &client, nil)
            connection.settings.keyLog?(
                "\(String(cString: label)) \(hexadecimal(client.array)) \(hexadecimal(secret.pointee.array))")
            return 0
        }
    }

    /// What the peer has proved itself with, in DER, the leaf first; empty: nothing.
    var peerCertificates: [[UInt8]] {
        var count: UInt32 = 0
        guard let chain = gnutls_certificate_get_peers(raw, &count) else { return [] }
        return UnsafeBufferPointer(start: chain, count: Int(min(count, 8))).map(\.array)
    }

    /// The protocol both ends chose; nil before, or when there is none.
    var chosenProtocol: String? {
        var name = gnutls_datum_t()
        guard gnutls_alpn_get_selected_protocol(raw, &name) == 0 else { return nil }
        return String(decoding: UnsafeBufferPointer(start: name.data, count: Int(name.size)), as: UTF8.self)
    }
}

/// A parsed priority string; immutable, and so shared by all threads.
private final class Priorities: @unchecked Sendable {
    let raw: gnutls_priority_t

    init(_ text: String) {
        var raw: gnutls_priority_t?
        let status = gnutls_priority_init(&raw, text, nil)
        guard status == 0, let raw else { preconditionFailure("GnuTLS does not take '\(text)'") }
        self.raw = raw
    }
}

/// The key of tickets that are good in `context` only: 64 bytes, as GnuTLS wants it.
private func ticketKey(_ context: [UInt8], _ secret: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 64) { key, count in
        let status = gnutls_hmac_fast(
            GNUTLS_MAC_SHA512, secret, secret.count, context, context.count, key.baseAddress)
        precondition(status == 0, "HMAC failed")
        count = 64
    }
}

/// Lower-case hexadecimal digits.
func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

extension Connection {
    /// The connection a session belongs to.
    static func of(_ session: gnutls_session_t) -> Connection? {
        guard let pointer = gnutls_session_get_ptr(session) else { return nil }
        let reference = pointer.assumingMemoryBound(to: ngtcp2_crypto_conn_ref.self)
        return reference.pointee.user_data.map { of($0) }
    }
}
