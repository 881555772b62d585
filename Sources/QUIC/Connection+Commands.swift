internal import CNgtcp2
package import Wire

extension Connection {
    /// Opens a stream; nil before the handshake is complete, unless early data passes, and when the peer's limit is
    /// reached: ``ConnectionEvent/streamsAvailable(_:)`` tells of more.
    package func openStream(_ direction: StreamDirection) -> StreamID? {
        guard carriesStreams, let raw else { return nil }
        var id: Int64 = -1
        let status =
            direction == .bidirectional
            ? ngtcp2_conn_open_bidi_stream(raw, &id, nil) : ngtcp2_conn_open_uni_stream(raw, &id, nil)
        guard status == 0 else { return nil }
        let stream = Stream(StreamID(id))
        streams[stream.id] = stream
        ngtcp2_conn_set_stream_user_data(raw, id, stream.pointer)
        return stream.id
    }

    /// Gives up sending on a stream, with an application code (RESET_STREAM). What was not acknowledged is dropped.
    package func reset(_ stream: StreamID, code: UInt64) {
        guard carriesStreams, streams[stream] != nil else { return }
        CNgtcp2_conn_shutdown_write(raw, stream.signed, min(code, QUICVarint.limit))
    }

    /// Gives up reading a stream, with an application code (STOP_SENDING). Bytes that still arrive are dropped.
    package func stopSending(_ stream: StreamID, code: UInt64) {
        guard carriesStreams, streams[stream] != nil else { return }
        streams[stream]?.stoppedWith = code
        CNgtcp2_conn_shutdown_read(raw, stream.signed, min(code, QUICVarint.limit))
    }

    /// Lets the peer send `bytes` more on a stream. Nothing is credited otherwise: credit follows the reader.
    ///
    /// The peer is told once the credit amounts to half the stream's window.
    package func extendStreamCredit(_ stream: StreamID, by bytes: Int) {
        guard carriesStreams, bytes > 0, streams[stream] != nil else { return }
        ngtcp2_conn_extend_max_stream_offset(raw, stream.signed, UInt64(bytes))
    }

    /// Lets the peer open `count` more streams; closed streams do not give their place back otherwise.
    package func extendStreamLimit(_ direction: StreamDirection, by count: Int) {
        guard phase == .handshaking || phase == .established, count > 0, let raw else { return }
        switch direction {
        case .bidirectional: ngtcp2_conn_extend_max_streams_bidi(raw, count)
        case .unidirectional:
            windows.returned(count)
            ngtcp2_conn_extend_max_streams_uni(raw, count)
        }
    }

    /// Queues a datagram of `prefix` and `datagram`; it goes before stream data, once, and may be lost.
    package func send(datagram: Bytes, after prefix: Bytes = Bytes()) -> DatagramDisposition {
        guard carriesDatagrams, maxDatagramPayload > 0 else { return .unsupported }
        guard prefix.count + datagram.count <= maxDatagramPayload else { return .tooLarge }
        guard sending.datagrams.count - sending.datagramHead < settings.datagramQueueLimit else { return .full }
        sending.datagrams.append(OutgoingDatagram(prefix: prefix, bytes: datagram))
        return .queued
    }

    /// What the peer has proved itself with, in DER, the leaf first; empty: nothing, or not yet.
    package var peerCertificates: [[UInt8]] { tls?.peerCertificates ?? [] }

    /// Bytes a datagram may carry on the current path; 0 when the peer takes none or is not known yet.
    package var maxDatagramPayload: Int {
        guard let raw, carriesDatagrams, let params = ngtcp2_conn_get_remote_transport_params(raw) else {
            return 0
        }
        // Frame type and length.
        let header = 3
        let accepted = Int(clamping: params.pointee.max_datagram_frame_size)
        // Short header with a 20-byte id and the longest packet number, and the AEAD's tag.
        let overhead = 1 + 20 + 4 + 16
        let room = ngtcp2_conn_get_path_max_tx_udp_payload_size(raw) - overhead
        return max(min(accepted, room) - header, 0)
    }

    /// Moves a client to another local address at once (RFC 9000 §9); false when that is not possible now.
    package func migrate(to path: NetworkPath, now: Instant) -> Bool {
        guard role == .client, phase == .established, let raw else { return false }
        var buffer = PathBuffer()
        buffer.set(path)
        guard ngtcp2_conn_initiate_immediate_migration(raw, buffer.pointer, advance(to: now)) == 0 else { return false }
        currentPath.set(path)
        return true
    }

    /// The path packets take.
    package var path: NetworkPath? { currentPath.held }

    /// Unsent bytes the peer would take on a stream.
    package func streamCredit(_ stream: StreamID) -> Int {
        guard let raw, streams[stream] != nil else { return 0 }
        return Int(clamping: ngtcp2_conn_get_max_stream_data_left(raw, stream.signed))
    }
}
