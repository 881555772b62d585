package import MoQTRelay
package import MoQTSession
package import QUIC
package import Wire

/// What runs on a driver's sessions: a relay, a publisher, a subscriber.
///
/// All calls come on the loop's thread. What an application says to a session goes out at the end of the round.
package protocol Application: AnyObject {
    /// A connection has a session; its first event will be `ready` or `closed`, or `early` before either.
    ///
    /// A session that began early may be over before there is a connection: another comes then, on this one or another.
    func connected(_ link: Link, _ peer: Peer)
    func handle(_ event: SessionEvent, from peer: Peer, now: Instant)
    /// A connection that had a session is gone. Its session's `closed` event came before.
    func disconnected(_ link: Link, _ peer: Peer, _ cause: CloseCause)
    /// Connections have something to tell: the time for what came before it by other ways.
    func roundBegins(_ now: Instant)
    /// All that has arrived by now was handled: the time for what is done once per round, such as credit.
    func settle(_ now: Instant)
    /// When ``timeReached(_:)`` is due; nil: not at all. Asked after every round.
    var deadline: Instant? { get }
    func timeReached(_ now: Instant)
}

extension Application {
    package func roundBegins(_ now: Instant) {}
}
