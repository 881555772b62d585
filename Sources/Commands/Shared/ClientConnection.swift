internal import Endpoint
internal import EventLoop
internal import MoQTCodec
internal import MoQTRelay
internal import Wire

/// A connection that a command asked for, and what it is for.
final class ClientConnection {
    /// What its session is for, once it is ready.
    enum Purpose {
        /// Everything is asked for anew.
        case fresh
        /// It takes over from a session that goes away, or one request of it.
        case successor(of: Peer, request: RequestID?)
    }

    let url: MoQTURL
    let purpose: Purpose
    let target: DialTarget
    var dial: Dial?
    /// Nil until it is connected.
    var link: Link?
    /// When its session was ready; nil: not yet.
    var readySince: Instant?
    /// How many servers in a row have sent us on without being of use.
    var detours = 0
    /// How often it was tried in vain, and when the next try begins.
    var failures = 0
    var retry: TimerID?

    init(_ url: MoQTURL, _ purpose: Purpose, _ target: DialTarget) {
        self.url = url
        self.purpose = purpose
        self.target = target
    }

    var isFresh: Bool { if case .fresh = purpose { true } else { false } }

    /// It takes over one request only.
    var isSide: Bool { if case .successor(_, _?) = purpose { true } else { false } }

    func has(_ peer: Peer) -> Bool { link?.peers.contains { $0 === peer } ?? false }

    /// Whether it is to take over from that session, or from the request of it.
    func follows(_ peer: Peer, _ request: RequestID?) -> Bool {
        guard case .successor(let old, let moved) = purpose else { return false }
        return old === peer && moved == request
    }
}
