package import MoQTCodec
package import Wire

/// What the session wants done to its transport, apart from the bytes of ``Session/gather(_:into:)``.
package enum TransportAction: Hashable, Sendable {
    /// RESET_STREAM on our half of a stream.
    case reset(StreamID, StreamResetCode)
    /// STOP_SENDING on the peer's half of a stream.
    case stopSending(StreamID, StreamResetCode)
    /// The session is done with this many bytes of a stream that no data event stands for.
    case credit(StreamID, bytes: Int)
    /// The peer may open this many more streams of the direction.
    case creditStreams(StreamDirection, Int)
    /// Close the connection; nothing else follows.
    case close(SessionCode, reason: String)
}
