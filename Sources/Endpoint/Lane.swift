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

    init(_ peer: Peer, _ session: SessionID?) {
        self.peer = peer
        self.session = session
        datagramPrefix = session.map(WebTransportConnection.datagramPrefix(of:)) ?? Bytes()
    }
}
