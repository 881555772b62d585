internal import CNgtcp2
package import Wire

/// A connection could not be set up: a fault of this end.
package struct SetupError: Error, Hashable, CustomStringConvertible {
    package var description: String
}

extension Connection {
    /// A client's connection, whose first datagram is ready to be written.
    ///
    /// - Parameters:
    ///   - path: this end's address and the server's.
    ///   - serverName: the host name or IP literal that the certificate must be for. Sent to the server unless it is
    ///     an IP literal (RFC 6066 §3). Nil: not sent, not checked.
    ///   - credentials: whom to trust.
    ///   - resumption: what an earlier connection to the same server has left, which was trusted for the same reasons;
    ///     nil: nothing. ``ConnectionEvent/earlyData(alpn:)`` comes at once when early data can be sent.
    package static func client(
        on path: NetworkPath, serverName: String?, credentials: ClientCredentials, settings: QUICSettings,
        resumption: Resumption? = nil, now: Instant
    ) throws(SetupError) -> Connection {
        var secret = [UInt8](repeating: 0, count: 32)
        secret.withUnsafeMutableBytes { fillRandom($0) }
        let connection = Connection(
            role: .client, settings: settings, trust: credentials, peerName: serverName, resumption: resumption,
            path: path,
            originalID: .random(loop: .random(in: 0...255)), loop: 0, resetSecret: secret, routes: nil, now: now)
        let source = ConnectionID.random(loop: connection.loop)
        try connection.makeClient(source, now)
        let sendsEarlyData = connection.offersEarlyData()
        do {
            connection.tls = try TLSSession(
                client: connection, credentials: credentials,
                serverName: serverName.flatMap { isAddressLiteral($0) ? nil : $0 }, protocols: settings.protocols,
                ticket: resumption?.ticket, sendsEarlyData: sendsEarlyData)
        } catch { throw SetupError(description: error.description) }
        connection.start()
        if sendsEarlyData, connection.tls?.resumes ?? false { connection.offerEarlyData() }
        return connection
    }

    private func makeClient(_ source: ConnectionID, _ now: Instant) throws(SetupError) {
        var destination = originalID.raw, scid = source.raw
        var params = transportParameters(), callbacks = Self.callbacks(server: false)
        let status = withOptions(now) { options in
            (resumption?.token ?? []).withUnsafeBufferPointer { token in
                if let base = token.baseAddress, !token.isEmpty {
                    CNgtcp2_settings_set_token(&options, base, token.count, 0)
                }
                return CNgtcp2_conn_client_new(
                    &raw, &destination, &scid, currentPath.pointer, &callbacks, &options, &params,
                    Unmanaged.passUnretained(self).toOpaque())
            }
        }
        guard status == 0 else { throw SetupError(description: String(cString: ngtcp2_strerror(status))) }
        issued(source)
    }

    /// A server's connection for the client whose first packet `opening` describes.
    static func server(_ opening: Opening, credentials: ServerCredentials) throws(SetupError) -> Connection {
        let connection = Connection(
            role: .server, settings: opening.settings, trust: nil, peerName: nil, path: opening.path,
            originalID: opening.originalID, loop: opening.loop, resetSecret: opening.resetSecret,
            routes: opening.routes, now: opening.now)
        try connection.makeServer(opening)
        do {
            connection.tls = try TLSSession(server: connection, credentials: credentials, replays: opening.replays)
        } catch {
            opening.routes.removeIDs(of: connection)
            throw SetupError(description: error.description)
        }
        connection.start()
        return connection
    }

    private func makeServer(_ opening: Opening) throws(SetupError) {
        let source = ConnectionID.random(loop: loop)
        var destination = opening.clientID.raw, scid = source.raw, original = originalID.raw
        var params = transportParameters(), callbacks = Self.callbacks(server: true)
        let token = resetToken(of: source)
        if var retry = opening.retryID?.raw {
            CNgtcp2_transport_params_set_server(&params, &original, &retry, token)
        } else {
            CNgtcp2_transport_params_set_server(&params, &original, nil, token)
        }
        let status = withOptions(opening.now) { options in
            opening.token.withUnsafeBufferPointer { token in
                if let base = token.baseAddress, !token.isEmpty {
                    CNgtcp2_settings_set_token(&options, base, token.count, opening.retryID == nil ? 0 : 1)
                }
                return CNgtcp2_conn_server_new(
                    &raw, &destination, &scid, currentPath.pointer, opening.version, &callbacks, &options, &params,
                    Unmanaged.passUnretained(self).toOpaque())
            }
        }
        guard status == 0 else { throw SetupError(description: String(cString: ngtcp2_strerror(status))) }
        issued(source)
        // Until the client has learned our id it goes on using the one it made up.
        issued(opening.retryID ?? originalID)
    }

    private func start() {
        guard let raw, let tls = tls?.raw else { return }
        ngtcp2_conn_set_tls_native_handle(raw, UnsafeMutableRawPointer(tls))
        if let keepAlive = settings.keepAlive { ngtcp2_conn_set_keep_alive_timeout(raw, keepAlive.nanoseconds) }
        if settings.keyLog != nil { self.tls?.logKeys() }
    }

    /// Lends the settings, which hold pointers, to `make`.
    private func withOptions(_ now: Instant, _ make: (inout ngtcp2_settings) -> CInt) -> CInt {
        var options = options(now)
        // ngtcp2's own probes go no further than Ethernet.
        guard settings.maxUDPPayload > 1452 else { return make(&options) }
        let sizes: [UInt16] = [1406, 1342, 1232, 1444, UInt16(clamping: options.max_tx_udp_payload_size)]
        return sizes.withUnsafeBufferPointer { sizes in
            CNgtcp2_settings_set_probes(&options, sizes.baseAddress, sizes.count)
            return make(&options)
        }
    }

    private func options(_ now: Instant) -> ngtcp2_settings {
        var options = ngtcp2_settings()
        CNgtcp2_settings_default(&options)
        options.initial_ts = now.nanoseconds
        options.initial_rtt = settings.initialRoundTrip.nanoseconds
        options.handshake_timeout = settings.handshakeTimeout.nanoseconds
        options.max_tx_udp_payload_size = min(max(settings.maxUDPPayload, 1200), 65_527)
        options.no_pmtud = settings.discoversPathMTU ? 0 : 1
        options.cc_algo =
            switch settings.congestionControl {
            case .cubic: NGTCP2_CC_ALGO_CUBIC
            case .bbr: NGTCP2_CC_ALGO_BBR
            case .reno: NGTCP2_CC_ALGO_RENO
            }
        if settings.qlog != nil {
            var original = originalID.raw
            CNgtcp2_settings_set_qlog(&options, &original) { user, flags, data, count in
                guard let user else { return }
                let connection = Connection.of(user)
                connection.settings.qlog?(
                    connection.originalID, UnsafeRawBufferPointer(start: data, count: count),
                    flags & UInt32(NGTCP2_QLOG_WRITE_FLAG_FIN) != 0)
            }
        }
        return options
    }

    private func transportParameters() -> ngtcp2_transport_params {
        var params = ngtcp2_transport_params()
        CNgtcp2_transport_params_default(&params)
        func size(_ value: Int) -> UInt64 { UInt64(max(value, 0)) }
        params.initial_max_stream_data_bidi_local = size(settings.bidirectionalStreamWindow)
        params.initial_max_stream_data_bidi_remote = size(settings.bidirectionalStreamWindow)
        params.initial_max_stream_data_uni = size(settings.unidirectionalStreamWindow)
        params.initial_max_data = size(settings.connectionWindow)
        params.initial_max_streams_bidi = size(settings.bidirectionalStreams)
        params.initial_max_streams_uni = size(settings.unidirectionalStreams)
        params.max_idle_timeout = settings.idleTimeout.nanoseconds
        params.max_datagram_frame_size = size(settings.maxDatagramFrame)
        params.disable_active_migration = settings.allowsMigration ? 0 : 1
        // Room for a few path changes.
        params.active_connection_id_limit = 7
        return params
    }

    /// Whether `text` is an IPv4 or IPv6 address rather than a host name.
    private static func isAddressLiteral(_ text: String) -> Bool {
        if text.utf8.contains(UInt8(ascii: ":")) { return true }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }
}

/// What a server knows of a connection before it exists.
struct Opening {
    var settings: QUICSettings
    var path: NetworkPath
    var version: UInt32
    /// The destination id of the client's very first packet.
    var originalID: ConnectionID
    /// The id the client wants to be called by.
    var clientID: ConnectionID
    /// The id given in a Retry packet that the client answers; nil without Retry.
    var retryID: ConnectionID?
    /// The token that proves the client's address, of a Retry packet or an earlier connection; empty for none.
    var token: [UInt8] = []
    var loop: UInt8
    var resetSecret: [UInt8]
    var replays: ReplayGuard
    var routes: RoutingTable
    var now: Instant
}
