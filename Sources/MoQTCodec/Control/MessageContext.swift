public import Wire

/// What the bytes of a control message do not say, but their meaning depends on.
public struct MessageContext: Hashable, Sendable {
    /// What the message belongs to, whichever stream carries it.
    public enum Place: Hashable, Sendable {
        /// The session: it is on a control stream and about no request.
        case control
        /// A request of this kind: the request, its answer, an update, or what follows.
        case request(RequestKind)
        /// The same, for the REQUEST_OK or REQUEST_ERROR that answers a REQUEST_UPDATE.
        case update(RequestKind)
        /// Not known: the message is looked at without its stream, or names a request by its ID only.
        case any
    }

    /// Which end of the connection sent or sends the message; nil when unknown, which breaks no rule.
    public var sender: EndpointRole?
    /// What the message belongs to.
    public var place: Place
    /// The session runs over WebTransport, where SETUP carries no path or authority.
    public var overWebTransport: Bool
    /// The versions that CLIENT_SETUP offered, to which SERVER_SETUP is held; empty when unknown.
    public var offeredVersions: [UInt64] = []
    /// It is the first message of the responder's about its request.
    public var isFirstReply = false

    /// A place of which nothing else is known.
    public init(sender: EndpointRole?, place: Place, overWebTransport: Bool = false) {
        self.sender = sender
        self.place = place
        self.overWebTransport = overWebTransport
    }

    /// The kind of request the message belongs to; nil when there is none or it is unknown.
    public var request: RequestKind? {
        switch place {
        case .control, .any: nil
        case .request(let kind), .update(let kind): kind
        }
    }

    /// The same for a message of `layout`, which may tell what it belongs to.
    func settled(by layout: MessageLayout) -> MessageContext {
        var context = self
        context.sender = sender ?? layout.places.sender
        if place == .any { context.place = layout.place }
        return context
    }
}
