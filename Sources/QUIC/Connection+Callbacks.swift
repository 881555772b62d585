internal import CNgtcp2
internal import Wire

private let success: CInt = 0
private var failed: CInt { CInt(NGTCP2_ERR_CALLBACK_FAILURE) }

extension Connection {
    /// What ngtcp2 calls while it reads or writes. Callbacks only record: acting on ngtcp2 comes after.
    static func callbacks(server: Bool) -> ngtcp2_callbacks {
        var callbacks = ngtcp2_callbacks()
        CNgtcp2_callbacks_set_crypto(&callbacks, server ? 1 : 0)
        callbacks.decrypt = scanningDecrypt
        setStreamCallbacks(&callbacks)
        setConnectionCallbacks(&callbacks)
        return callbacks
    }

    private static func setStreamCallbacks(_ callbacks: inout ngtcp2_callbacks) {
        callbacks.stream_open = { _, id, user in
            guard let user else { return failed }
            Connection.of(user).peerOpened(id)
            return success
        }
        callbacks.recv_stream_data = { _, flags, id, _, data, count, user, stream in
            guard let user else { return failed }
            let fin = flags & UInt32(NGTCP2_STREAM_DATA_FLAG_FIN) != 0
            Connection.of(user).receivedData(
                id, stream.map(Stream.of), UnsafeRawBufferPointer(start: data, count: count), fin)
            return success
        }
        callbacks.acked_stream_data_offset = { _, _, _, count, user, stream in
            guard let user else { return failed }
            if let stream { Connection.of(user).acknowledged(Stream.of(stream), Int(clamping: count)) }
            return success
        }
        callbacks.stream_reset = { _, id, _, code, user, _ in
            guard let user else { return failed }
            Connection.of(user).peerReset(StreamID(id), code)
            return success
        }
        callbacks.stream_close = { _, _, id, _, user, _ in
            guard let user else { return failed }
            Connection.of(user).streamEnded(StreamID(id))
            return success
        }
        callbacks.extend_max_stream_data = { _, id, _, user, _ in
            guard let user else { return failed }
            Connection.of(user).events.append(.streamWritable(StreamID(id)))
            return success
        }
        callbacks.extend_max_local_streams_bidi = { _, _, user in
            guard let user else { return failed }
            Connection.of(user).events.append(.streamsAvailable(.bidirectional))
            return success
        }
        callbacks.extend_max_local_streams_uni = { _, _, user in
            guard let user else { return failed }
            Connection.of(user).events.append(.streamsAvailable(.unidirectional))
            return success
        }
    }

    private static func setConnectionCallbacks(_ callbacks: inout ngtcp2_callbacks) {
        callbacks.handshake_completed = { _, user in
            guard let user else { return failed }
            return Connection.of(user).handshakeCompleted() ? success : failed
        }
        callbacks.handshake_confirmed = { _, user in
            guard let user else { return failed }
            Connection.of(user).handshakeConfirmed()
            return success
        }
        CNgtcp2_callbacks_set_new_token(&callbacks) { _, token, count, user in
            guard let user else { return failed }
            Connection.of(user).received(token: Array(UnsafeBufferPointer(start: token, count: count)))
            return success
        }
        callbacks.recv_datagram = { _, _, data, count, user in
            guard let user else { return failed }
            Connection.of(user).receivedDatagram(UnsafeRawBufferPointer(start: data, count: count))
            return success
        }
        callbacks.get_new_connection_id = { _, cid, token, length, user in
            guard let user, let cid, let token else { return failed }
            Connection.of(user).issueID(into: cid, token: token, length: length)
            return success
        }
        callbacks.remove_connection_id = { _, cid, user in
            guard let user, let cid else { return failed }
            Connection.of(user).retire(ConnectionID(cid.pointee))
            return success
        }
        callbacks.recv_stateless_reset = { _, _, user in
            guard let user else { return failed }
            Connection.of(user).ending.isReset = true
            return success
        }
        callbacks.recv_version_negotiation = { _, _, versions, count, user in
            guard let user else { return failed }
            Connection.of(user).ending.offeredVersions = Array(UnsafeBufferPointer(start: versions, count: count))
            return success
        }
    }
}

extension StreamID {
    init(_ raw: Int64) { self.init(rawValue: UInt64(bitPattern: raw)) }

    /// As ngtcp2 numbers it.
    var signed: Int64 { Int64(bitPattern: rawValue) }
}
