package import MoQTCodec
package import Wire

/// What one end of a ``Pipe`` tells the other: what QUIC's frames would, but that nothing is lost or overtaken.
package enum PipeMessage: Sendable {
    /// More of a stream, which opens with its first message.
    case data(StreamID, Bytes, fin: Bool)
    case reset(StreamID, StreamResetCode)
    /// STOP_SENDING.
    case stop(StreamID, StreamResetCode)
    /// So many bytes of a data stream are read, and as many more may be sent.
    case credit(StreamID, byteCount: Int)
    case datagram(Bytes)
    /// To be answered by ``pong``, once what was said before it has been heard, and what follows from it said.
    case ping
    case pong
    /// The session is over.
    case closed(SessionCode, reason: String)
}
