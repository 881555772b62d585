public import MoQTCodec
public import Wire

/// A track that this end publishes; whoever asks for it gets its objects, until it is finished.
///
/// When nobody holds it any more and it was not finished, its subscribers are told that it broke off (PUBLISH_DONE).
public final class TrackPublisher: Sendable {
    /// The session that it is part of.
    public let session: Session
    /// The track's name.
    public let track: FullTrackName
    let ends: PublisherEnds
    private let ticket: Ticket

    init(_ session: Session, _ track: FullTrackName, _ ends: PublisherEnds, _ ticket: Ticket) {
        self.session = session
        self.track = track
        self.ends = ends
        self.ticket = ticket
    }

    deinit { session.core.perform { [ticket] in $0.release(ticket) } }

    /// Returns when somebody has subscribed.
    ///
    /// - Throws: why the session is over; `cancelled`.
    public func subscribed() async throws(MoQTError) {
        guard let result = await ends.subscribed.wait() else { throw .cancelled }
        try result.get()
    }

    /// Publishes an object, and returns when there is room for it: at once, unless subscribers are more than
    /// ``PublishOptions/window`` behind. Without subscribers it goes into the cache alone.
    ///
    /// All objects of a group go on one stream. A group is over when an object of another is sent.
    ///
    /// - Parameters:
    ///   - group: not smaller than that of the object before.
    ///   - object: larger than that of the object before in the same group.
    ///   - priority: publisher priority of the group, 0 first, told by its first object; nil: 128.
    ///   - properties: Object Properties; the first object of a group tells whether its objects have any.
    /// - Throws: scope `call` for a Location that does not follow the last one; why the session is over; `cancelled`,
    ///   and then the object is not published.
    public func send(
        group: UInt64, object: UInt64, _ payload: Bytes, priority: UInt8? = nil, properties: Properties = Properties()
    ) async throws(MoQTError) {
        let outgoing = OutgoingObject(
            location: Location(group: group, object: object), priority: priority, properties: properties,
            payload: payload)
        try await ends.window.send(outgoing, ticket, session.core)
    }

    /// No more objects: the last group is over, subscribers get what is left and PUBLISH_DONE. Returns when all of that
    /// is sent.
    ///
    /// - Throws: why the session is over; `cancelled`, and then the rest is delivered in the background.
    public func finish() async throws(MoQTError) {
        session.core.perform { [ticket] in $0.endPublication(ticket) }
        guard let result = await ends.drained.wait() else { throw .cancelled }
        try result.get()
    }
}
