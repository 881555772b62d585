package import Wire

/// Sees what passes between one session and its transport, to make a record of it: every byte of its streams, from the
/// first on and in order, and every datagram.
///
/// It is told of what arrives before the session acts on it, and of what leaves once the connection has taken it.
package protocol SessionWitness: AnyObject {
    func received(_ bytes: Bytes, on stream: StreamID, fin: Bool, _ now: Instant)
    func received(datagram: Bytes, _ now: Instant)
    /// - Parameter bytes: `byteCount` of them, from the front, were taken.
    func sent(_ bytes: [Bytes], _ byteCount: Int, on stream: StreamID, fin: Bool, _ now: Instant)
    func sent(datagram: Bytes, _ now: Instant)
    /// RESET_STREAM for one half of a stream.
    func reset(_ stream: StreamID, byPeer: Bool)
    /// A round is over: the time to write what was kept.
    func flush()
}
