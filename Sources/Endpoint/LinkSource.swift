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
            guard let stream = lanes[index].peer.session.nextSendStream(), hasCredit(lanes[index]) else { continue }
            speaker = .control(index)
            return stream
        }
        for offset in lanes.indices {
            let index = (turn + offset) % lanes.count
            let lane = lanes[index]
            guard hasCredit(lane) else { continue }
            // Streams are opened beforehand: the connection must not be called while it writes.
            guard let stream = lane.peer.downlink.nextStream(now, open: { _ in lane.openedStreams.popLast() }) else {
                continue
            }
            speaker = .data(index)
            return stream
        }
        return nil
    }

    /// Whether the session may send anything on its streams, as far as WebTransport has a say.
    private func hasCredit(_ lane: Lane) -> Bool {
        guard let web, let session = lane.session, web.dataCredit(of: session) == 0 else { return true }
        if !lane.peer.downlink.isIdle || lane.peer.session.nextSendStream() != nil { web.dataBlocked(session) }
        return false
    }

    mutating func gather(_ stream: StreamID, into list: inout [Bytes]) -> Bool {
        switch speaker {
        case .web: return web?.gather(stream, into: &list) ?? false
        case .control(let index):
            let fin = lanes[index].peer.session.gather(stream, into: &list)
            return !cut(&list, lanes[index]) && fin
        case .data(let index):
            let fin = lanes[index].peer.downlink.gather(into: &list)
            return !cut(&list, lanes[index]) && fin
        }
    }

    /// Leaves of `list` what the session may send; whether that is less than there was.
    private func cut(_ list: inout [Bytes], _ lane: Lane) -> Bool {
        guard let web, let session = lane.session else { return false }
        var credit = web.dataCredit(of: session)
        for index in list.indices {
            guard list[index].count > credit else {
                credit -= list[index].count
                continue
            }
            list[index] = list[index].slice(from: 0, count: credit)
            list.removeLast(list.count - index - 1)
            return true
        }
        return false
    }

    mutating func sent(_ stream: StreamID, byteCount: Int, fin: Bool) {
        switch speaker {
        case .web: web?.sent(stream, byteCount: byteCount, fin: fin)
        case .control(let index):
            lanes[index].tookControl(stream, byteCount, fin: fin, now)
            spend(byteCount, lanes[index])
        case .data(let index):
            lanes[index].tookData(stream, byteCount, fin: fin, now)
            spend(byteCount, lanes[index])
        }
    }

    private func spend(_ byteCount: Int, _ lane: Lane) {
        if let session = lane.session { web?.sent(byteCount, of: session) }
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
