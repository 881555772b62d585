internal import MoQTRelay
internal import Wire

/// What one of a command's sessions calls something: other sessions use the same numbers.
struct Scoped<ID: Hashable & Sendable>: Hashable, Sendable {
    /// ``Peer/number`` of the session.
    var session: UInt64
    var id: ID

    init(_ session: UInt64, _ id: ID) {
        self.session = session
        self.id = id
    }

    init(_ peer: Peer, _ id: ID) { self.init(peer.number, id) }
}
