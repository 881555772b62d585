/// Who is at the other end of a relay's session.
package enum PeerKind: Sendable {
    /// Somebody who has connected to this relay, or whom a command has connected to.
    case client
    /// Another loop of this relay.
    case loop
    /// A relay that this one has connected to.
    case relay

    /// It relays what others publish, as this end does. What one of them brings is not for another: so nothing goes
    /// round.
    var isSibling: Bool { self != .client }
}
