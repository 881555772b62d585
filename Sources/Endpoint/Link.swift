internal import EventLoop
package import MoQTCodec
package import MoQTRelay
internal import MoQTSession
package import QUIC
internal import WebTransport
package import Wire

/// One QUIC connection with the sessions on it: carries events up, and bytes and wishes down.
///
/// A client's link has one session; a server's has one on native QUIC, any number on WebTransport.
package final class Link {
    package let connection: Connection
    /// The draft of the session that began last; nil before the first.
    package private(set) var profile: Profile?
    /// Why the link ended: its connection, or a client's session. Nil while it lives.
    package private(set) var cause: CloseCause?
    var isMarked = false

    let driver: Driver
    private(set) var port: Port
    let settings: LinkSettings
    var lanes: [Lane] = []
    /// Sessions that have begun on it, those that are over included.
    package private(set) var sessionCount = 0
    /// Nil on native QUIC, and once the connection is over.
    var web: WebTransportConnection? {
        didSet { webLimited += oldValue?.limited ?? LimitCounts() }
    }
    private var webLimited = LimitCounts()
    /// The session whose data goes first in the next train.
    var turn = 0
    private var timer: TimerID?
    /// Since when the kernel reports that nothing listens at the peer's port.
    private var refusedSince: Instant?
    private let ended: (Link, CloseCause) -> Void
    /// Told of what a client should keep for its next connection to the server.
    var remember: ((Resumption) -> Void)?
    /// Told once, when the handshake is complete and a session can begin.
    var established: ((Link) -> Void)?
    /// Told once, when there is nothing more to say to the peer: an end is repeated for a while to a peer that has not
    /// heard of it (RFC 9000 §10.2.1).
    var silenced: ((Link) -> Void)?
    /// Given up: nothing is sent any more.
    private(set) var isAbandoned = false

    /// How long an established connection survives reports that nothing listens at the peer's port.
    var refusalPatience = Interval.seconds(3)

    /// - Parameter ended: told once, when the link is over.
    init(
        connection: Connection, driver: Driver, port: Port, settings: LinkSettings,
        ended: @escaping (Link, CloseCause) -> Void
    ) {
        self.connection = connection
        self.driver = driver
        self.port = port
        self.settings = settings
        self.ended = ended
    }

    deinit { stopTimer() }

    /// Has the link looked after at the end of this wake.
    package func mark() { driver.mark(self) }

    /// A datagram for the connection arrived.
    func heard() {
        refusedSince = nil
        mark()
    }

    // MARK: - Sessions

    /// Begins a session in a draft, on native QUIC when `session` is nil.
    /// - Parameter isEarly: the handshake is not complete.
    /// - Parameter path: that the client asked for over WebTransport, with its query.
    func begin(
        _ profile: Profile, _ session: SessionID?, path: String? = nil, isEarly: Bool = false, _ now: Instant
    ) {
        self.profile = profile
        var configuration = settings.session
        if session != nil { configuration.transport = .webTransport }
        let peer = Peer(
            number: driver.takeNumber(),
            session: Session(role: connection.role, profile: profile, configuration: configuration), profile: profile,
            kind: settings.kind)
        peer.requestPath = path
        peer.needsFlush = { [weak self] in self?.mark() }
        let lane = Lane(peer, session)
        sessionCount += 1
        lane.witness = driver.witness?(self, peer)
        lanes.append(lane)
        if let watch = driver.watch {
            let role = connection.role
            peer.session.watch = { [weak peer] message, sender, byteCount in
                if let peer { watch(peer, message, sender == role, byteCount) }
            }
        }
        peer.session.transportReady(isEarly: isEarly, now: now)
        if !isEarly { tellEstablished() }
        driver.application?.connected(self, peer)
    }

    func tellEstablished() {
        established?(self)
        established = nil
    }

    /// A session is over.
    func finish(_ lane: Lane, _ cause: CloseCause, _ now: Instant) {
        let (origin, code, reason) = Self.sessionWords(cause, lane.peer.codes)
        lane.peer.session.transportClosed(by: origin, code: code, reason: reason)
        handSessionEvents(lane, now)
        lane.witness = nil
        driver.application?.disconnected(self, lane.peer, cause)
    }

    /// The link is over, and so are its sessions.
    func end(_ cause: CloseCause, _ now: Instant) {
        guard self.cause == nil else { return }
        self.cause = cause
        for lane in lanes { finish(lane, cause, now) }
        ended(self, cause)
    }

    private static func sessionWords(
        _ cause: CloseCause, _ codes: CodeTables
    ) -> (SessionClose.Origin, SessionCode, String) {
        switch cause {
        case .application(let code, let reason, let closer):
            (closer == .local ? .us : .peer, codes.session.code(for: code), String(decoding: reason, as: UTF8.self))
        default: (.transport, .internalError, "\(cause)")
        }
    }

    /// The kernel reported that nothing listens at the peer's port (ICMP port unreachable).
    ///
    /// Such reports can be forged, so an established connection gives them time to be proved wrong.
    func refused(_ error: SystemError, _ now: Instant) {
        guard !lanes.isEmpty, cause == nil else { return }
        let since = refusedSince ?? now
        refusedSince = since
        guard now - since > refusalPatience else { return }
        end(.idleTimeout, now)
        abandon()
    }

    /// The connection goes on over another socket.
    func move(to port: Port) {
        self.port = port
        mark()
    }

    /// Gives way to another link, whose session is not told of before those of this one are over.
    func giveWay(_ now: Instant) {
        connection.close(code: SessionCode.noError.rawValue, reason: "")
        end(.superseded, now)
        mark()
    }

    /// Gives the connection up without a word to the peer.
    func abandon() {
        isAbandoned = true
        stopTimer()
        cause = cause ?? .dropped
    }

    func fallSilent() {
        silenced?(self)
        silenced = nil
    }

    // MARK: - Time

    func setTimer() {
        guard !connection.isClosed, !isAbandoned else { return stopTimer() }
        let deadline = (lanes.map { $0.peer.session.deadline } + [connection.deadline, web?.deadline])
            .compactMap { $0 }.min()
        if let timer {
            driver.loop.reschedule(timer, at: deadline)
        } else {
            timer = driver.loop.schedule(at: deadline) { [weak self] in self?.timeReached() }
        }
    }

    private func stopTimer() {
        if let timer { driver.loop.cancel(timer) }
        timer = nil
    }

    private func timeReached() {
        if let due = connection.deadline, due <= driver.loop.now { connection.timeReached(driver.loop.now) }
        mark()
    }

    // MARK: - For applications

    /// How often the limits of the connection, and of WebTransport on it, were in the peer's way.
    package var limited: LimitCounts {
        connection.limited + webLimited + (web?.limited ?? LimitCounts())
    }

    /// Its sessions, oldest first.
    package var peers: [Peer] { lanes.map(\.peer) }

    /// Everything said and published has reached the peer.
    package var isDelivered: Bool {
        if lanes.isEmpty { return true }
        return connection.statistics.bytesInFlight == 0 && web?.nextSendStream() == nil
            && lanes.allSatisfy { $0.peer.session.nextSendStream() == nil && $0.peer.downlink.isIdle }
    }

    /// Bytes that a datagram of a session may have on the current path; 0 when the peer takes none.
    package var maxDatagramPayload: Int {
        max(connection.maxDatagramPayload - (lanes.map(\.datagramPrefix.count).max() ?? 0), 0)
    }

    /// Asks the peer on WebTransport to bring its sessions to their end soon; MoQT's GOAWAY says it to each session.
    package func drain() {
        web?.drain()
        mark()
    }

    /// Ends its sessions in order, with a code and a reason for people; and the connection, if it has none.
    package func close(_ code: SessionCode = .noError, reason: String = "") {
        for lane in lanes { lane.peer.session.close(code, reason: reason) }
        if lanes.isEmpty {
            connection.close(code: web == nil ? code.rawValue : HTTP3Code.noError.rawValue, reason: reason)
        }
        mark()
    }
}
