internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import QUIC
internal import WebTransport
internal import Wire

/// One session on a connection.
final class Lane {
    let peer: Peer
    /// Its WebTransport session; nil on native QUIC, where it has the connection to itself.
    let session: SessionID?
    /// Stands before the payload of its datagrams.
    let datagramPrefix: Bytes
    /// Streams opened for data that waited for one, and not used yet, in descending order.
    var openedStreams: [StreamID] = []
    /// Nil: nobody records the session.
    var witness: (any SessionWitness)?

    init(_ peer: Peer, _ session: SessionID?) {
        self.peer = peer
        self.session = session
        datagramPrefix = session.map(WebTransportConnection.datagramPrefix(of:)) ?? Bytes()
    }

    func received(_ bytes: Bytes, on stream: StreamID, fin: Bool, _ now: Instant) {
        if let witness { witness.received(bytes, on: stream, fin: fin, now) }
        peer.session.received(bytes, on: stream, fin: fin, now: now)
    }

    func received(datagram: Bytes, _ now: Instant) {
        if let witness { witness.received(datagram: datagram, now) }
        peer.session.received(datagram: datagram, now: now)
    }

    func peerReset(_ stream: StreamID, _ code: StreamResetCode) {
        if let witness { witness.reset(stream, byPeer: true) }
        peer.session.peerReset(stream, code)
    }

    /// The connection took bytes of a control or request stream.
    func tookControl(_ stream: StreamID, _ byteCount: Int, fin: Bool, _ now: Instant) {
        if let witness {
            var bytes: [Bytes] = []
            _ = peer.session.gather(stream, into: &bytes)
            witness.sent(bytes, byteCount, on: stream, fin: fin, now)
        }
        peer.session.sent(stream, byteCount: byteCount, fin: fin)
    }

    /// The connection took bytes of the data stream that was named last.
    func tookData(_ stream: StreamID, _ byteCount: Int, fin: Bool, _ now: Instant) {
        if let witness {
            var bytes: [Bytes] = []
            _ = peer.downlink.gather(into: &bytes)
            witness.sent(bytes, byteCount, on: stream, fin: fin, now)
        }
        peer.downlink.took(byteCount, fin: fin, now)
    }
}
