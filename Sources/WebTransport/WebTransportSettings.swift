package import Wire

/// How one end does WebTransport.
package struct WebTransportSettings: Hashable, Sendable {
    /// Application protocols that sessions of this end may speak, best first.
    package var protocols: [String] = []
    /// The drafts to say in SETTINGS.
    package var dialects = HTTP3Settings.Dialects.all
    /// Sessions that a client may have at once, 1 or more; more are refused with H3_REQUEST_REJECTED.
    package var sessionLimit = 16
    /// The path that sessions are served under, query left out; nil: any. Others get 404.
    package var path: String?
    /// Origins whose pages may connect; nil: any. Pages of others get 403; clients that are no browsers say none.
    package var origins: Set<String>?
    /// Streams held because their session has not come yet; more are refused.
    package var heldStreamLimit = 64
    /// Bytes of such streams held in all; the stream that goes beyond is refused.
    package var heldByteLimit = 1 << 18
    /// Datagrams held for sessions to come; more are dropped.
    package var heldDatagramLimit = 64
    /// How long a client waits for the answer to its CONNECT, and a connection lives on a server without a session.
    package var requestTimeout = Interval.seconds(10)
    /// How long a client whose session is over waits for the server to see it.
    package var lingerTime = Interval.seconds(1)

    package init() {}
}

/// A session is named by the stream of its CONNECT.
package typealias SessionID = StreamID

/// What a client asks for with CONNECT (draft-ietf-webtrans-http3 "Creating a New Session").
package struct ConnectRequest: Hashable, Sendable {
    /// Host and port.
    package var authority: String
    /// Path and query.
    package var path: String
    /// Whose page asks; nil: not a browser.
    package var origin: String?
    /// Application protocols on offer, best first; nil: it says nothing of any.
    package var protocols: [String]?

    package init(authority: String, path: String, origin: String? = nil, protocols: [String]? = nil) {
        self.authority = authority
        self.path = path
        self.origin = origin
        self.protocols = protocols
    }
}

/// How a session ended.
package enum SessionEnd: Hashable, Sendable {
    /// By CLOSE_WEBTRANSPORT_SESSION, or by the end of the CONNECT stream, which is code 0 without a reason.
    case closed(code: UInt32, reason: [UInt8], byPeer: Bool)
    /// The peer reset or stopped the CONNECT stream, with this code of HTTP/3.
    case aborted(HTTP3Code)
    /// The server answered CONNECT with this status, which is not of success.
    case refused(status: Int)
    /// The server's SETTINGS don't offer WebTransport.
    case unsupported
    /// The server has not answered.
    case timedOut
}

/// What happened on a connection, in order.
package enum WebTransportEvent: Hashable, Sendable {
    /// A client asks for a session: accept or refuse it.
    case requested(SessionID, ConnectRequest)
    /// The server granted a session, and chose a protocol; nil: it did not say.
    case opened(SessionID, protocol: String?)
    /// The peer wants a session to come to its end soon (WT_DRAIN_SESSION, or GOAWAY of HTTP/3); told once.
    case draining(SessionID)
    /// A session that was asked for or open is over. No event of it follows.
    case ended(SessionID, SessionEnd)
    /// The peer opened a stream of a session.
    case streamOpened(StreamID, SessionID)
    /// Bytes of a session's stream that follow those before; `fin`: there will be no more.
    case streamData(StreamID, SessionID, Bytes, fin: Bool)
    /// The peer gave up sending; the code is nil when it is not one of the application.
    case streamReset(StreamID, SessionID, code: UInt32?)
    /// The peer gave up reading.
    case streamStopped(StreamID, SessionID, code: UInt32?)
    case datagram(SessionID, Bytes)
}

/// What is to be done to the QUIC connection, apart from the bytes of ``WebTransportConnection/gather(_:into:)``.
package enum WebTransportAction: Hashable, Sendable {
    /// RESET_STREAM with a code as on the wire.
    case reset(StreamID, code: UInt64)
    /// STOP_SENDING with a code as on the wire.
    case stopSending(StreamID, code: UInt64)
    /// So many bytes of a stream were consumed here.
    case credit(StreamID, byteCount: Int)
    /// The peer may open this many more streams.
    case creditStreams(StreamDirection, Int)
    /// Close the connection with an application code; nothing else follows.
    case close(HTTP3Code, reason: String)
}
