internal import MoQTRelay
internal import MoQTSession
internal import QUIC
internal import WebTransport
internal import Wire

/// What a connection's sessions have to send: HTTP/3's own words, then in the draft's order control stream, requests and
/// data (draft-18 "Priorities"). Sessions take turns with their data.
struct LinkSource: SendSource {
    private let web: WebTransportConnection?
    private let lanes: [Lane]
    private let now: Instant
    /// The session whose data goes first.
    private let turn: Int
    private var speaker = Speaker.web

    /// Who has the stream that was named last.
    private enum Speaker {
        case web
        case control(Int)
        case data(Int)
    }

    init(web: WebTransportConnection?, lanes: [Lane], turn: Int, now: Instant) {
        self.web = web
        self.lanes = lanes
        self.turn = turn
        self.now = now
    }

    mutating func nextStream() -> StreamID? {
        if let stream = web?.nextSendStream() {
            speaker = .web
            return stream
        }
        for index in lanes.indices {
            guard let stream = lanes[index].peer.session.nextSendStream() else { continue }
            speaker = .control(index)
            return stream
        }
        for offset in lanes.indices {
            let index = (turn + offset) % lanes.count
            let lane = lanes[index]
            // Streams are opened beforehand: the connection must not be called while it writes.
            guard let stream = lane.peer.downlink.nextStream(now, open: { lane.openedStreams.popLast() }) else {
                continue
            }
            speaker = .data(index)
            return stream
        }
        return nil
    }

    mutating func gather(_ stream: StreamID, into list: inout [Bytes]) -> Bool {
        switch speaker {
        case .web: web?.gather(stream, into: &list) ?? false
        case .control(let index): lanes[index].peer.session.gather(stream, into: &list)
        case .data(let index): lanes[index].peer.downlink.gather(into: &list)
        }
    }

    mutating func sent(_ stream: StreamID, byteCount: Int, fin: Bool) {
        switch speaker {
        case .web: web?.sent(stream, byteCount: byteCount, fin: fin)
        case .control(let index): lanes[index].peer.session.sent(stream, byteCount: byteCount, fin: fin)
        case .data(let index): lanes[index].peer.downlink.took(byteCount, fin: fin, now)
        }
    }

    mutating func blocked(_ stream: StreamID) {
        switch speaker {
        case .web: web?.blocked(stream)
        case .control(let index): lanes[index].peer.session.blocked(stream)
        case .data(let index): lanes[index].peer.downlink.blocked()
        }
    }

    mutating func refused(_ stream: StreamID) {
        switch speaker {
        case .web: web?.refused(stream)
        case .control(let index): lanes[index].peer.session.refused(stream)
        case .data(let index): lanes[index].peer.downlink.refused()
        }
    }
}
