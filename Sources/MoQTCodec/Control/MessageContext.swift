package import Wire

/// What the bytes of a control message do not say, but their meaning depends on.
package struct MessageContext: Hashable, Sendable {
    /// Which stream the message is on, and what it belongs to there.
    package enum Place: Hashable, Sendable {
        /// A control stream.
        case control
        /// The stream of a request of this kind: the request, its answer, an update, or what follows.
        case request(RequestKind)
        /// The same, for the REQUEST_OK or REQUEST_ERROR that answers a REQUEST_UPDATE.
        case update(RequestKind)
    }

    /// Which end of the connection sent or sends the message.
    package var sender: EndpointRole
    package var place: Place
    /// The session runs over WebTransport, where SETUP carries no path or authority.
    package var overWebTransport: Bool

    package init(sender: EndpointRole, place: Place, overWebTransport: Bool = false) {
        self.sender = sender
        self.place = place
        self.overWebTransport = overWebTransport
    }

    /// The kind of request the stream is for; nil on a control stream.
    package var request: RequestKind? {
        switch place {
        case .control: nil
        case .request(let kind), .update(let kind): kind
        }
    }
}
