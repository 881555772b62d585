internal import CNgtcp2
internal import Wire

/// What there is to know about how a connection ends.
struct EndState {
    /// Set by a callback that fails, so that the cause is not lost.
    var failure: CloseCause?
    var isReset = false
    var isConfirmed = false
    var isHandshakeOver = false
    var offeredVersions: [UInt32] = []
    /// The server must send a Retry packet and forget the connection.
    var wantsRetry = false
    /// End of the closing or draining period; the former begins when the close is written.
    var deadline = Instant(nanoseconds: .max)

    /// What CONNECTION_CLOSE says.
    var code: UInt64 = 0
    var isApplication = false
    var reason: [UInt8] = []
    /// The packet with it; empty before it is first written.
    var packet: [UInt8] = []
    /// The packet is to be sent.
    var isPacketDue = false
    private var packetsSince = 0
    private var packetsWanted = 1

    /// Each repetition of the close costs the peer twice as many packets (RFC 9000 §10.2.1).
    mutating func peerStillSends() {
        packetsSince += 1
        guard packetsSince >= packetsWanted else { return }
        packetsSince = 0
        packetsWanted = min(packetsWanted * 2, 1 << 20)
        isPacketDue = true
    }
}

extension Connection {
    /// Closes with an application code (CONNECTION_CLOSE 0x1d); what was not sent is dropped.
    ///
    /// - Parameter reason: for people; more than 1024 bytes of UTF-8 are cut off.
    package func close(code: UInt64, reason: String) {
        guard phase == .handshaking || phase == .established else { return }
        let bytes = Array(reason.utf8.prefix(1024))
        ending.isApplication = true
        startClosing(code: code, reason: bytes, .application(code: code, reason: bytes, by: .local))
    }

    /// Ends the connection because ngtcp2 returned `status`.
    func end(_ status: CInt) {
        guard phase == .handshaking || phase == .established else { return }
        switch status {
        case CInt(NGTCP2_ERR_DRAINING), CInt(NGTCP2_ERR_CLOSING):
            startDraining(ending.isReset ? .statelessReset : peersCause())
        case CInt(NGTCP2_ERR_IDLE_CLOSE): finish(phase == .handshaking ? .handshakeTimeout : .idleTimeout)
        case CInt(NGTCP2_ERR_HANDSHAKE_TIMEOUT): finish(.handshakeTimeout)
        case CInt(NGTCP2_ERR_RECV_VERSION_NEGOTIATION):
            finish(.versionNegotiation(offered: ending.offeredVersions))
        case CInt(NGTCP2_ERR_RETRY):
            ending.wantsRetry = true
            finish(.dropped)
        case CInt(NGTCP2_ERR_DROP_CONN): finish(.dropped)
        default: fail(status)
        }
    }

    private func fail(_ status: CInt) {
        let text = Array(String(cString: ngtcp2_strerror(status)).utf8)
        if let failure = ending.failure {
            startClosing(code: Self.cryptoError(CloseCause.noApplicationProtocol), reason: [], failure)
        } else if status == CInt(NGTCP2_ERR_CRYPTO), let raw {
            let code = Self.cryptoError(ngtcp2_conn_get_tls_alert(raw))
            let cause =
                certificateFailure.map(CloseCause.certificate)
                ?? CloseCause(transport: code, reason: text, by: .local)
            startClosing(code: code, reason: [], cause)
        } else {
            let code = ngtcp2_err_infer_quic_transport_error_code(status)
            startClosing(code: code, reason: text, CloseCause(transport: code, reason: text, by: .local))
        }
    }

    /// RFC 9001 §4.8. No alert at all counts as internal_error (80).
    private static func cryptoError(_ alert: UInt8) -> UInt64 { 0x100 + UInt64(alert == 0 ? 80 : alert) }

    private func peersCause() -> CloseCause {
        guard let raw else { return .dropped }
        var code: UInt64 = 0, frame: UInt64 = 0, text: UnsafePointer<UInt8>?, count = 0
        let kind = CNgtcp2_conn_get_ccerr(raw, &code, &frame, &text, &count)
        let reason = Array(UnsafeBufferPointer(start: text, count: text == nil ? 0 : min(count, 1024)))
        return kind == CNGTCP2_CCERR_APPLICATION
            ? .application(code: code, reason: reason, by: .peer)
            : CloseCause(transport: code, reason: reason, by: .peer)
    }

    private func startClosing(code: UInt64, reason: [UInt8], _ cause: CloseCause) {
        ending.code = code
        ending.reason = reason
        ending.isPacketDue = true
        phase = .closing
        endHandshake()
        events.append(.closed(cause))
    }

    private func startDraining(_ cause: CloseCause) {
        phase = .draining
        setEndDeadline()
        endHandshake()
        streams.removeAll()
        events.append(.closed(cause))
    }

    /// RFC 9000 §10.2: at least three times the probe timeout.
    private func setEndDeadline() {
        guard let raw else { return }
        ending.deadline = latest + Interval(nanoseconds: min(ngtcp2_conn_get_pto(raw), 10_000_000_000) * 3)
    }

    /// Over, without a word to the peer.
    func finish(_ cause: CloseCause? = nil) {
        phase = .closed
        endHandshake()
        streams.removeAll()
        if let cause { events.append(.closed(cause)) }
    }

    /// Writes CONNECTION_CLOSE when it is due; nil when it is not, or cannot be sent.
    func writeClose(into buffer: UnsafeMutableRawBufferPointer, _ time: UInt64) -> Transmission? {
        guard ending.isPacketDue else { return nil }
        ending.isPacketDue = false
        if ending.packet.isEmpty { makeClosePacket(buffer, time) }
        guard !ending.packet.isEmpty, ending.packet.count <= buffer.count else {
            finish()
            return nil
        }
        buffer.copyBytes(from: ending.packet)
        counts.sent(ending.packet.count, datagrams: 1)
        return Transmission(
            byteCount: ending.packet.count, segmentSize: ending.packet.count,
            path: NetworkPath(writtenPath.pointer.pointee), ecn: .notCapable)
    }

    private func makeClosePacket(_ buffer: UnsafeMutableRawBufferPointer, _ time: UInt64) {
        guard let raw, let base = buffer.baseAddress else { return }
        var error = CNgtcp2_ccerr(), info = ngtcp2_pkt_info()
        let room = min(buffer.count, ngtcp2_conn_get_max_tx_udp_payload_size(raw))
        let count = ending.reason.withUnsafeBufferPointer { reason in
            if ending.isApplication {
                CNgtcp2_ccerr_set_application(&error, ending.code, reason.baseAddress, reason.count)
            } else {
                CNgtcp2_ccerr_set_transport(&error, ending.code, reason.baseAddress, reason.count)
            }
            return CNgtcp2_conn_write_close(
                raw, writtenPath.pointer, &info, base.assumingMemoryBound(to: UInt8.self), room, &error, time)
        }
        // ngtcp2 touches no stream data from here on.
        streams.removeAll()
        setEndDeadline()
        if count > 0 { ending.packet = Array(UnsafeRawBufferPointer(buffer)[..<count]) }
    }
}
