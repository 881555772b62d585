public import MoQTCodec

/// A namespace that this end has announced, and the peer accepted: it will ask for tracks in it.
///
/// It is withdrawn by ``end()``, when a task in ``hold()`` is cancelled, or when nobody holds it any more.
public final class Announcement: Sendable {
    /// The session that it is part of.
    public let session: Session
    /// What was announced.
    public let namespace: TrackNamespace
    private let given: Latch<MoQTError>
    private let ticket: Ticket

    init(_ session: Session, _ namespace: TrackNamespace, _ given: Latch<MoQTError>, _ ticket: Ticket) {
        self.session = session
        self.namespace = namespace
        self.given = given
        self.ticket = ticket
    }

    deinit { end() }

    /// Withdraws it.
    public func end() { session.core.perform { [ticket] in $0.release(ticket) } }

    /// Waits until it is withdrawn.
    ///
    /// - Throws: why the peer gave it up or the session is over; `cancelled`, and then it is withdrawn.
    public func hold() async throws(MoQTError) {
        guard let error = await given.wait() else {
            end()
            throw .cancelled
        }
        if error.scope != .cancelled { throw error }
    }
}
