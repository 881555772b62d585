package import Wire

/// What happened on a connection, in order.
package enum ConnectionEvent: Sendable {
    /// Streams may be used before the handshake is complete (RFC 9001 §4.6); `alpn` is the protocol. A client's early
    /// data may be replayed by somebody else: so it sends what is safe to come again, and a server acts on nothing more.
    case earlyData(alpn: String)
    /// The server took none of it: all streams are gone, and what they carried has to be sent again.
    case earlyDataRejected
    /// Both ends have the keys; streams may be used. `alpn` is the protocol they agreed on.
    case handshakeCompleted(alpn: String)
    /// The peer is known to have completed the handshake as well (RFC 9001 §4.1.2).
    case handshakeConfirmed
    /// The peer opened a stream.
    case streamOpened(StreamID)
    /// Bytes that follow those before; `fin`: there will be no more.
    case streamData(StreamID, Bytes, fin: Bool)
    /// The peer gave up sending, with an application code.
    case streamReset(StreamID, code: UInt64)
    /// The peer gave up reading, with an application code; what was not acknowledged is dropped.
    case stopSending(StreamID, code: UInt64)
    /// Stream credit arrived: the stream may be offered again after ``SendSource/blocked(_:)``.
    case streamWritable(StreamID)
    /// The stream is over in both directions; its id will not be seen again.
    case streamClosed(StreamID)
    /// The peer allows more streams to be opened.
    case streamsAvailable(StreamDirection)
    /// So many more bytes of the stream, in order, have reached the peer.
    case acknowledged(StreamID, byteCount: Int)
    /// A DATAGRAM frame's payload.
    case datagram(Bytes)
    /// What a client should keep for its next connection to this server, instead of what came before.
    indirect case resumable(Resumption)
    /// Packets to the peer take another path from here on.
    indirect case pathChanged(NetworkPath)
    /// The connection has ended. No event follows.
    indirect case closed(CloseCause)
}
