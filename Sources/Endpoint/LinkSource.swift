internal import MoQTRelay
internal import MoQTSession
internal import QUIC
internal import Wire

/// What a peer has to send, in the draft's order: control stream, requests, then data (draft-18 "Priorities").
struct LinkSource: SendSource {
    let peer: Peer
    let now: Instant
    /// Streams opened beforehand: the connection must not be called while it writes.
    private(set) var opened: [StreamID]
    private var isControl = false

    init(peer: Peer, opened: [StreamID], now: Instant) {
        self.peer = peer
        self.opened = opened
        self.now = now
    }

    mutating func nextStream() -> StreamID? {
        if let stream = peer.session.nextSendStream() {
            isControl = true
            return stream
        }
        isControl = false
        return peer.downlink.nextStream(now) { opened.popLast() }
    }

    mutating func gather(_ stream: StreamID, into list: inout [Bytes]) -> Bool {
        isControl ? peer.session.gather(stream, into: &list) : peer.downlink.gather(into: &list)
    }

    mutating func sent(_ stream: StreamID, byteCount: Int, fin: Bool) {
        if isControl {
            peer.session.sent(stream, byteCount: byteCount, fin: fin)
        } else {
            peer.downlink.took(byteCount, fin: fin, now)
        }
    }

    mutating func blocked(_ stream: StreamID) {
        if isControl { peer.session.blocked(stream) } else { peer.downlink.blocked() }
    }

    mutating func refused(_ stream: StreamID) {
        if isControl { peer.session.refused(stream) } else { peer.downlink.refused() }
    }
}
