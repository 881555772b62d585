internal import CNgtcp2
internal import Wire

/// What the callbacks record. Nothing here may read or write packets.
extension Connection {
    func peerOpened(_ id: Int64) {
        noteEarlyData()
        let stream = Stream(StreamID(id))
        streams[stream.id] = stream
        ngtcp2_conn_set_stream_user_data(raw, id, stream.pointer)
        if stream.id.direction == .unidirectional, windows.opened() { limited.count(.streams) }
        events.append(.streamOpened(stream.id))
    }

    func receivedData(_ id: Int64, _ stream: Stream?, _ bytes: UnsafeRawBufferPointer, _ fin: Bool) {
        // Connection credit never waits for a reader: one slow stream must not stop the others.
        ngtcp2_conn_extend_max_offset(raw, UInt64(bytes.count))
        guard let stream = stream ?? streams[StreamID(id)] else { return }
        if stream.id.direction == .unidirectional { widen(stream, id, bytes.count) }
        var rest = bytes
        repeat {
            let piece = rest.isEmpty ? Bytes() : stream.store(rest)
            rest = UnsafeRawBufferPointer(rebasing: rest[piece.count...])
            tell(stream, piece, fin: fin && rest.isEmpty)
        } while !rest.isEmpty
    }

    private func widen(_ stream: Stream, _ id: Int64, _ count: Int) {
        guard let credit = windows.received(count, on: stream) else { return limited.count(.buffer) }
        if credit > 0 { ngtcp2_conn_extend_max_stream_offset(raw, id, UInt64(credit)) }
    }

    private func tell(_ stream: Stream, _ piece: Bytes, fin: Bool) {
        if fin { stream.isInputOver = true }
        if events.extend(stream.dataEvent, data: piece, fin: fin) { return }
        stream.dataEvent = events.append(.streamData(stream.id, piece, fin: fin))
    }

    func acknowledged(_ stream: Stream, _ count: Int) {
        stream.unacknowledged.release(count)
        guard count > 0, !events.extend(stream.acknowledgementEvent, acknowledged: count) else { return }
        stream.acknowledgementEvent = events.append(.acknowledged(stream.id, byteCount: count))
    }

    func peerReset(_ id: StreamID, _ code: UInt64) {
        streams[id]?.isInputOver = true
        events.append(.streamReset(id, code: code))
    }

    private func isPeers(_ id: StreamID) -> Bool { id.isServerInitiated == (role == .client) }

    func streamEnded(_ id: StreamID) {
        // Of a stream that was stopped ngtcp2 tells nothing more, not even that the peer had ended it.
        if let stream = streams.removeValue(forKey: id) {
            if isPeers(id), id.direction == .unidirectional { windows.ended(stream) }
            if let code = stream.stoppedWith, !stream.isInputOver { events.append(.streamReset(id, code: code)) }
        }
        events.append(.streamClosed(id))
    }

    func receivedDatagram(_ bytes: UnsafeRawBufferPointer) {
        noteEarlyData()
        events.append(.datagram(bytes.isEmpty ? Bytes() : datagramInbox.storeWhole(bytes)))
    }

    /// False when the peer agreed on no protocol, or on another than its early data's; which ends the connection.
    func handshakeCompleted() -> Bool {
        guard let name = tls?.chosenProtocol, concludeEarlyData(name) else {
            ending.failure = .noCommonProtocol(by: .local)
            return false
        }
        phase = .established
        endHandshake()
        events.append(.handshakeCompleted(alpn: name))
        // RFC 9001 §4.1.2: a server's handshake is confirmed when it completes.
        if role == .server {
            handshakeConfirmed()
            giveTickets()
        }
        return true
    }

    func handshakeConfirmed() {
        if ending.isConfirmed { return }
        ending.isConfirmed = true
        events.append(.handshakeConfirmed)
    }

    /// Takes the connection off the endpoint's count of handshakes, once.
    func endHandshake() {
        guard !ending.isHandshakeOver else { return }
        ending.isHandshakeOver = true
        if role == .server { routes?.handshakeEnded() }
    }

    // MARK: Connection ids

    func issueID(into cid: UnsafeMutablePointer<ngtcp2_cid>, token: UnsafeMutablePointer<UInt8>, length: Int) {
        let id = ConnectionID.random(loop: loop, count: length)
        cid.pointee = id.raw
        let bytes = resetToken(of: id)
        token.update(from: bytes, count: bytes.count)
        issued(id)
    }

    func issued(_ id: ConnectionID) {
        issuedIDs.append(id)
        routes?.add(id, self)
    }

    func retire(_ id: ConnectionID) {
        issuedIDs.removeAll { $0 == id }
        routes?.remove(id, of: self)
    }

    /// The stateless reset token of one of this end's ids.
    func resetToken(of id: ConnectionID) -> [UInt8] { QUIC.resetToken(of: id, secret: resetSecret) }
}

/// RFC 9000 §10.3.2: the token follows from the id and a secret, so that it outlives the connection's state.
func resetToken(of id: ConnectionID, secret: [UInt8]) -> [UInt8] {
    var token = [UInt8](repeating: 0, count: Int(NGTCP2_STATELESS_RESET_TOKENLEN))
    var cid = id.raw
    let status = ngtcp2_crypto_generate_stateless_reset_token(&token, secret, secret.count, &cid)
    precondition(status == 0, "HKDF failed")
    return token
}
