internal import CNgtcp2
package import Wire

/// What the peer allows, by its transport parameters (RFC 9000 §18.2).
package struct TransportParameters: Hashable, Sendable {
    /// Silence after which it gives the connection up; nil: never.
    package var idleTimeout: Interval?
    /// Bytes that it takes on the connection before it extends that.
    package var connectionWindow: UInt64
    /// Streams that may be opened before it extends that.
    package var bidirectionalStreams: UInt64
    package var unidirectionalStreams: UInt64
    /// The longest DATAGRAM frame it takes, in bytes; 0: none (RFC 9221).
    package var datagramFrameSize: UInt64
    /// The longest UDP payload it takes, in bytes.
    package var datagramSize: UInt64
    /// Clients may change their address.
    package var allowsMigration: Bool
}

extension Connection {
    /// The peer's transport parameters; nil before the handshake has brought them.
    package var peerParameters: TransportParameters? {
        guard let parameters = raw.flatMap({ ngtcp2_conn_get_remote_transport_params($0) })?.pointee else { return nil }
        return TransportParameters(
            idleTimeout: parameters.max_idle_timeout == 0
                ? nil : Interval(nanoseconds: parameters.max_idle_timeout),
            connectionWindow: parameters.initial_max_data,
            bidirectionalStreams: parameters.initial_max_streams_bidi,
            unidirectionalStreams: parameters.initial_max_streams_uni,
            datagramFrameSize: parameters.max_datagram_frame_size,
            datagramSize: parameters.max_udp_payload_size,
            allowsMigration: parameters.disable_active_migration == 0)
    }

    /// The version of QUIC that is spoken; 0 before it is known.
    package var version: UInt32 { raw.map { ngtcp2_conn_get_negotiated_version($0) } ?? 0 }
}
