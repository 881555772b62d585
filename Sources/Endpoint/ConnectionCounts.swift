package import Wire

/// Connections of listeners, in numbers.
package struct ConnectionCounts: Hashable, Sendable {
    /// Open now.
    package var open = 0
    /// Those of them whose handshake is under way.
    package var handshakes = 0
    /// Begun by clients so far.
    package var accepted: UInt64 = 0
    /// Refused so far.
    package var refused: UInt64 = 0
    /// Clients that were told to prove their address first, so far.
    package var retries: UInt64 = 0
    /// How often the limits of connections, and of WebTransport on them, were in the way so far.
    package var limited = LimitCounts()

    package init() {}

    package static func += (a: inout Self, b: Self) {
        a.open += b.open
        a.handshakes += b.handshakes
        a.accepted += b.accepted
        a.refused += b.refused
        a.retries += b.retries
        a.limited += b.limited
    }
}
