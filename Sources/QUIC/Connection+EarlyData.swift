internal import CNgtcp2
internal import Wire

/// Where a connection's early data stands (RFC 9001 §4.6).
enum EarlyData {
    /// There is none.
    case none
    /// The client sends some, and has heard nothing of it yet.
    case offered
    /// The server has taken it.
    case accepted
    /// The server has not: what was sent counts for nothing.
    case rejected
}

extension Connection {
    /// Streams can be used: the handshake is complete, or early data passes before it is.
    var carriesStreams: Bool {
        switch phase {
        case .established: true
        case .handshaking: earlyData == .offered || earlyData == .accepted
        case .closing, .draining, .closed: false
        }
    }

    /// Datagrams can be sent. None is early data: they carry what must not be replayed.
    var carriesDatagrams: Bool { role == .server ? carriesStreams : phase == .established }

    // MARK: - Client

    /// Whether early data can be sent with what is remembered.
    func offersEarlyData() -> Bool {
        guard let raw, let resumption, resumption.allowsEarlyData, settings.protocols.contains(resumption.alpn),
            settings.earlyProtocols.contains(resumption.alpn)
        else { return false }
        let params = resumption.transportParameters
        return CNgtcp2_conn_set_early_params(raw, params, params.count) == 0
    }

    func offerEarlyData() {
        guard let resumption else { return }
        earlyData = .offered
        events.append(.earlyData(alpn: resumption.alpn))
    }

    /// The handshake has told what became of a client's early data; false when that cannot be.
    func concludeEarlyData(_ alpn: String) -> Bool {
        guard earlyData == .offered else { return true }
        if tls?.tookEarlyData ?? false {
            earlyData = .accepted
            // RFC 8446 §4.2.10: data of another protocol cannot have been understood.
            return alpn == resumption?.alpn
        }
        earlyData = .rejected
        guard CNgtcp2_conn_early_data_rejected(raw) == 0 else { return false }
        streams.removeAll()
        events.append(.earlyDataRejected)
        return true
    }

    /// A ticket has come.
    func received(ticket: [UInt8], allowsEarlyData: Bool) {
        var params = [UInt8](repeating: 0, count: 512)
        let count = CNgtcp2_conn_encode_early_params(raw, &params, params.count)
        guard count > 0, let alpn = tls?.chosenProtocol else { return }
        renewed = Resumption(
            alpn: alpn, ticket: ticket, transportParameters: Array(params.prefix(count)),
            token: renewed?.token ?? token,
            allowsEarlyData: allowsEarlyData)
        tellResumption()
    }

    /// A NEW_TOKEN frame has come.
    func received(token: [UInt8]) {
        self.token = token
        renewed?.token = token
        tellResumption()
    }

    private func tellResumption() {
        if let renewed { events.append(.resumable(renewed)) }
    }

    // MARK: - Server

    /// Something of the client has come before its handshake is complete.
    func noteEarlyData() {
        guard role == .server, phase == .handshaking, earlyData == .none, let alpn = tls?.chosenProtocol else { return }
        earlyData = .accepted
        events.append(.earlyData(alpn: alpn))
    }

    /// Gives the client what it needs to come again: a ticket, and a token that proves its address.
    func giveTickets() {
        tls?.sendTicket()
        guard let raw, let remote = currentPath.held?.remote else { return }
        let token = addressToken(for: remote, secret: resetSecret, now: latest)
        if !token.isEmpty { ngtcp2_conn_submit_new_token(raw, token, token.count) }
    }

    /// What tickets depend on besides the server's secret: with another protocol, or other limits, a ticket counts for
    /// nothing (RFC 8446 §4.2.10, RFC 9000 §7.4.1).
    func ticketContext(_ alpn: String) -> [UInt8] {
        let limits = [
            settings.bidirectionalStreams, settings.unidirectionalStreams, settings.bidirectionalStreamWindow,
            settings.unidirectionalStreamWindow, settings.connectionWindow, settings.maxDatagramFrame,
        ]
        return Array("resumption \(alpn) \(limits)".utf8)
    }
}

/// A token for a NEW_TOKEN frame; empty when none could be made.
func addressToken(for address: SocketAddress, secret: [UInt8], now: Instant) -> [UInt8] {
    var buffer = PathBuffer()
    buffer.set(NetworkPath(local: address, remote: address))
    let remote = buffer.remote
    return [UInt8](unsafeUninitializedCapacity: 256) { bytes, count in
        count = max(
            ngtcp2_crypto_generate_regular_token(
                bytes.baseAddress, secret, secret.count, remote.addr, remote.addrlen, now.nanoseconds), 0)
    }
}
