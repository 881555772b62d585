internal import Endpoint
internal import EventLoop
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import QUIC
internal import Wire

/// A loop of the relay as other threads see it.
struct ObservedLoop: Sendable {
    let pulse: Pulse
    /// Where it takes questions.
    let inquiries: Mailbox<RelayInquiry>
}

/// A question to every loop of the relay. Each answers under its own number.
enum RelayInquiry: Sendable {
    case figures(Gathering<LoopFigures>, loop: Int)
    case tracks(Gathering<[TrackSnapshot]>, loop: Int)
    case sessions(Gathering<[SessionSnapshot]>, loop: Int)
}

/// A loop's part of the relay in numbers.
struct LoopFigures: Sendable {
    var relay = RelaySnapshot()
    var connections = ConnectionCounts()
    /// Connections to other relays.
    var relays = 0

    static func += (a: inout Self, b: Self) {
        a.relay += b.relay
        a.connections += b.connections
        a.relays += b.relays
    }
}

/// A session as `/sessions` shows it.
struct SessionSnapshot: Sendable {
    var number: UInt64
    var remote: SocketAddress?
    var kind: SessionKind
    /// What the peer calls itself, not escaped; nil when it does not say.
    var implementation: String?
    var roundTrip: Interval
    var subscriptions: Int
    var upstreams: Int
    var traffic: Traffic
}

extension RelayInquiry {
    /// Answers for a loop. Takes time in proportion to what is asked about.
    func answer(_ relay: Relay, _ listeners: [Listener], _ links: [Link]) {
        switch self {
        case .figures(let gathering, let loop):
            var figures = LoopFigures(relay: relay.snapshot)
            for listener in listeners { figures.connections += listener.counts }
            figures.relays = links.count { $0.peers.contains { $0.kind == .relay } }
            gathering.answer(loop, figures)
        case .tracks(let gathering, let loop):
            gathering.answer(loop, relay.trackSnapshots)
        case .sessions(let gathering, let loop):
            gathering.answer(loop, links.flatMap(Self.sessions))
        }
    }

    private static func sessions(_ link: Link) -> [SessionSnapshot] {
        let roundTrip = link.connection.smoothedRoundTrip, remote = link.connection.path?.remote
        return link.peers.map { peer in
            let requests = peer.requestCounts
            return SessionSnapshot(
                number: peer.number, remote: remote, kind: SessionKind(peer),
                implementation: peer.session.peerImplementation, roundTrip: roundTrip,
                subscriptions: requests.subscriptions, upstreams: requests.upstreams, traffic: peer.traffic)
        }
    }
}
