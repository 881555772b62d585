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

    package init() {}

    package static func += (a: inout Self, b: Self) {
        a.open += b.open
        a.handshakes += b.handshakes
        a.accepted += b.accepted
        a.refused += b.refused
    }
}
