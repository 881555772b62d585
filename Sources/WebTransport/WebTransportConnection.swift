package import Wire

/// WebTransport over HTTP/3 on one QUIC connection: between the connection's events and the streams and datagrams of
/// sessions. It does no I/O; used by one thread.
///
/// The streams of a session keep the numbers they have in QUIC, so that nothing is translated. Inputs are in the past
/// tense; commands act on sessions. After any of them the owner drains ``nextAction()`` and ``nextEvent()``, opens what
/// ``wantedStream`` says, writes what ``nextSendStream()`` names before anything of a session, and asks for
/// ``deadline``. After an error that ends the connection every input is ignored.
package final class WebTransportConnection {
    /// HTTP/3's ALPN identifier.
    package static let alpn = "h3"

    package let role: EndpointRole
    package let settings: WebTransportSettings

    let coder = FieldCoder()
    var now: Instant
    var isEnded = false
    var events = Fifo<WebTransportEvent>()
    var actions = Fifo<WebTransportAction>()

    // Streams.
    var streams: [StreamID: IncomingStream] = [:]
    var seen = SeenStreams()
    var hasControl = false, hasEncoder = false, hasDecoder = false
    var peerSettings: HTTP3Settings?
    /// The last GOAWAY of the peer; nil: none came.
    var goAwayLimit: UInt64?
    /// Requests from this one on are rejected, because this end has said GOAWAY; nil: it has not.
    var ownGoAwayLimit: UInt64?

    // Sessions.
    var sessions: [SessionID: Session] = [:]
    /// What was refused to the peer because of a limit.
    package internal(set) var limited = LimitCounts()
    /// What the peer lets this end send in sessions that are told of; empty where no flow control was agreed on.
    var limits: [SessionID: SessionLimits] = [:]
    /// A client's request that waits for SETTINGS, or for a stream.
    var pendingRequest: ConnectRequest?
    /// Since when there is no session, and none is asked for.
    var aloneSince: Instant
    /// What is done to the streams of sessions that were closed here, once the peer knows.
    var delayed: [SessionID: [WebTransportAction]] = [:]
    var heldBytes = 0
    var heldStreams = 0
    var heldDatagrams: [(session: SessionID, bytes: Bytes)] = []

    // Output.
    var unopened: [OwnStream] = OwnStream.allCases
    var ownStreams: [StreamID: OwnStream] = [:]
    var outputs: [StreamID: OwnOutput] = [:]
    /// Streams in ``outputs``, in the order in which they were first written to.
    var outputOrder: [StreamID] = []
    /// Bytes that a session's streams begin with, as far as they have not been acknowledged.
    var unacknowledged: [StreamID: Int] = [:]

    /// A session that is asked for or open.
    struct Session {
        var request: ConnectRequest
        var isOpen = false
        /// When a client gives waiting for the answer up, or a server waiting for the client's SETTINGS; nil: never.
        var deadline: Instant?
        /// The client asked in the words of draft 15 and later.
        var isRecent = false
        /// It has been, or can be, told of: the peer's SETTINGS are there.
        var isTold = false
        /// This end has asked for the session's end, or knows that the peer has.
        var isDraining = (here: false, there: false)
        /// Streams of the peer that were handed over and not given back, by direction.
        var owed = (bidirectional: 0, unidirectional: 0)
    }

    /// Unidirectional streams that this end opens for HTTP/3 itself (RFC 9114 §6.2, RFC 9204 §4.2).
    enum OwnStream: UInt8, CaseIterable { case control = 0x00, encoder = 0x02, decoder = 0x03 }

    /// The handshake is complete: SETTINGS go out.
    package init(role: EndpointRole, settings: WebTransportSettings, now: Instant) {
        self.role = role
        self.settings = settings
        self.now = now
        aloneSince = now
    }

    /// The session that a stream belongs to; nil when it is none's, or not known yet.
    package func session(of stream: StreamID) -> SessionID? {
        if case .session(let session) = streams[stream] { session } else { nil }
    }

    /// Whether streams may be opened for a session.
    package func isOpen(_ session: SessionID) -> Bool { sessions[session]?.isOpen ?? false }

    // MARK: - Drains

    /// What happened; nil when all is told.
    package func nextEvent() -> WebTransportEvent? { events.popFirst() }

    /// What to do to the connection; nil when all is said.
    package func nextAction() -> WebTransportAction? { actions.popFirst() }

    /// When ``timeReached(_:)`` is due; nil: never.
    package var deadline: Instant? {
        if isEnded { return nil }
        if sessions.isEmpty, pendingRequest == nil { return aloneSince + patience }
        return sessions.values.compactMap(\.deadline).min() ?? pendingDeadline
    }

    private var pendingDeadline: Instant? { pendingRequest == nil ? nil : aloneSince + settings.requestTimeout }
    private var patience: Interval { role == .client ? settings.lingerTime : settings.requestTimeout }

    /// Safe to call early: before ``deadline`` nothing happens.
    package func timeReached(_ now: Instant) {
        self.now = now
        guard let deadline, deadline <= now else { return }
        if sessions.isEmpty, pendingRequest == nil { return close(.noError, "no session") }
        for (id, session) in sessions where session.deadline.map({ $0 <= now }) ?? false {
            abort(id, .requestCancelled)
            if role == .client { events.append(.ended(id, .timedOut)) }
        }
        guard role == .client else { return }
        if pendingRequest != nil {
            pendingRequest = nil
            events.append(.ended(SessionID(rawValue: 0), .timedOut))
        }
        close(.noError, "no answer")
    }

    // MARK: - Ends

    /// Ends the connection for what the peer did.
    func fail(_ error: HTTP3Error) { close(error.code, error.what) }

    func close(_ code: HTTP3Code, _ reason: String) {
        guard !isEnded else { return }
        isEnded = true
        actions.removeAll()
        actions.append(.close(code, reason: reason))
        streams = [:]
        outputs = [:]
        outputOrder = []
        heldDatagrams = []
    }
}
