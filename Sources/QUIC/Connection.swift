internal import CNgtcp2
package import Wire

/// One QUIC connection without a socket or a clock; used by one thread.
///
/// Inputs: ``received(_:on:ecn:now:)``, ``timeReached(_:)``. After each input or command: drain ``nextEvent()``, call
/// ``write(into:from:now:)`` until it returns nil, then wait for a datagram or ``deadline``.
///
///     handshaking → established → closing  → closed
///           └────────────┴──────→ draining ───┘
package final class Connection {
    package enum Phase: Hashable, Sendable {
        case handshaking, established
        /// This end closed; the close is repeated when the peer goes on sending.
        case closing
        /// The peer closed; nothing is sent.
        case draining
        /// Over: the connection may be forgotten.
        case closed
    }

    /// Where the connection stands.
    package internal(set) var phase = Phase.handshaking
    package let role: EndpointRole
    package let settings: QUICSettings
    /// For the owner's use; a server endpoint's connections have distinct ones.
    package internal(set) var number = 0
    /// Where a client came from, whose connections are counted together; nil for this end's own.
    var network: Network?

    // ngtcp2 and TLS
    var raw: OpaquePointer?
    var tls: TLSSession?
    let trust: ClientCredentials?
    let peerName: String?
    /// What a client goes on from; nil: nothing.
    let resumption: Resumption?
    var earlyData = EarlyData.none
    /// Of a client: the server's last NEW_TOKEN, and what the next connection can go on from.
    var token: [UInt8] = []
    var renewed: Resumption?
    // Paths ngtcp2 reads from and writes to.
    @exclusivity(unchecked) var currentPath: PathBuffer
    @exclusivity(unchecked) var receivePath = PathBuffer()
    @exclusivity(unchecked) var writtenPath = PathBuffer()

    // State shared between the parts of this class. One thread and no re-entrance: ngtcp2's callbacks come while none
    // of it is being changed, so that run-time exclusivity checks, a tenth of all time, find nothing.
    @exclusivity(unchecked) var events = EventQueue()
    @exclusivity(unchecked) var streams: [StreamID: Stream] = [:]
    @exclusivity(unchecked) var windows: StreamWindows
    @exclusivity(unchecked) var datagramInbox = Inbox()
    @exclusivity(unchecked) var latest: Instant
    /// When ngtcp2 was last told that time has passed, in its own time; 0 before that.
    var expiryHandled: UInt64 = 0
    /// Of the timers of QUIC (RFC 9002 §6.1.2).
    private static let granularity = Interval.milliseconds(1)
    @exclusivity(unchecked) var sending = SendState()
    @exclusivity(unchecked) var ending = EndState()
    /// What the client's policy holds against the server's certificate; nil: nothing, or it has not come yet.
    package internal(set) var certificateJudgement: CertificateFailure?
    @exclusivity(unchecked) var stops: [StopSending] = []
    @exclusivity(unchecked) var counts = Counts()
    /// How often the limits of streams were in the peer's way.
    @exclusivity(unchecked) package internal(set) var limited = LimitCounts()

    // Connection ids
    /// The destination connection id of the client's first packet, by which both ends and their logs name it.
    package let originalID: ConnectionID
    let loop: UInt8
    let resetSecret: [UInt8]
    // The table holds the connection; the connection must not hold the table.
    weak var routes: RoutingTable?
    var issuedIDs: [ConnectionID] = []

    init(
        role: EndpointRole, settings: QUICSettings, trust: ClientCredentials?, peerName: String?,
        resumption: Resumption? = nil, path: NetworkPath, originalID: ConnectionID, loop: UInt8, resetSecret: [UInt8],
        routes: RoutingTable?, now: Instant
    ) {
        self.role = role
        self.settings = settings
        self.trust = trust
        self.peerName = peerName
        self.resumption = resumption
        self.originalID = originalID
        self.loop = loop
        self.resetSecret = resetSecret
        self.routes = routes
        latest = now
        windows = StreamWindows(settings)
        currentPath = PathBuffer()
        currentPath.set(path)
    }

    deinit {
        if let raw { ngtcp2_conn_del(raw) }
        sending.vectors.deallocate()
    }

    /// The connection that ngtcp2 was given as user data.
    static func of(_ user: UnsafeMutableRawPointer) -> Connection {
        Unmanaged<Connection>.fromOpaque(user).takeUnretainedValue()
    }

    /// When ``timeReached(_:)`` must be called; nil when there is nothing to wait for.
    package var deadline: Instant? {
        switch phase {
        case .handshaking, .established:
            guard let raw else { return nil }
            let expiry = ngtcp2_conn_get_expiry(raw)
            if expiry == .max { return nil }
            // What is overdue even after it was handled cannot be sent yet, as on a path that is not validated:
            // asking again at once would never end.
            let earliest = expiry > expiryHandled ? expiry : expiryHandled + Self.granularity.nanoseconds
            return Instant(nanoseconds: earliest)
        case .closing, .draining: return ending.deadline.nanoseconds == .max ? nil : ending.deadline
        case .closed: return nil
        }
    }

    /// The next thing that happened; nil when all is told.
    package func nextEvent() -> ConnectionEvent? { events.next() }

    /// Nothing more will happen: the owner may forget the connection.
    package var isClosed: Bool { phase == .closed }

    /// Time never goes back for ngtcp2, which asserts it.
    func advance(to now: Instant) -> UInt64 {
        latest = max(latest, now)
        return latest.nanoseconds
    }
}
