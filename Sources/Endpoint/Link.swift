internal import EventLoop
package import MoQTCodec
package import MoQTRelay
internal import MoQTSession
package import QUIC
internal import Wire

/// One QUIC connection with the session on it: carries events up, and bytes and wishes down.
package final class Link {
    package let connection: Connection
    /// Nil until the handshake has chosen a draft.
    package private(set) var peer: Peer?
    /// The draft in use; nil until the handshake has chosen one.
    package private(set) var profile: Profile?
    /// Why the connection ended; nil while it lives.
    package private(set) var cause: CloseCause?
    var isMarked = false

    private let driver: Driver
    private let port: Port
    private let configuration: SessionConfiguration
    private var timer: TimerID?
    /// Opened for data that waited for a stream, and not used yet.
    private var openedStreams: [StreamID] = []
    /// Since when the kernel reports that nothing listens at the peer's port.
    private var refusedSince: Instant?
    private let ended: (Link, CloseCause) -> Void
    /// Told once, when the handshake is complete.
    var established: ((Link) -> Void)?
    /// Told once, when there is nothing more to say to the peer: an end is repeated for a while to a peer that has not
    /// heard of it (RFC 9000 §10.2.1).
    var silenced: ((Link) -> Void)?
    /// Given up: nothing is sent any more.
    private var isAbandoned = false

    /// Trains sent per round before other links get their turn.
    private static let trainsPerRound = 32
    /// How long an established connection survives reports that nothing listens at the peer's port.
    var refusalPatience = Interval.seconds(3)

    /// - Parameter ended: told once, when the connection is over.
    init(
        connection: Connection, driver: Driver, port: Port, configuration: SessionConfiguration,
        ended: @escaping (Link, CloseCause) -> Void
    ) {
        self.connection = connection
        self.driver = driver
        self.port = port
        self.configuration = configuration
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

    // MARK: - Up

    /// Hands what happened on the connection to the session, and what the session makes of it to the application.
    func collect(_ now: Instant) {
        guard !isAbandoned else { return }
        while let event = connection.nextEvent() {
            carry(event, now)
            handSessionEvents(now)
        }
        if let peer, let due = peer.session.deadline, due <= now { peer.session.timeReached(now: now) }
        handSessionEvents(now)
    }

    private func handSessionEvents(_ now: Instant) {
        guard let peer else { return }
        while let event = peer.session.nextEvent() { driver.application?.handle(event, from: peer, now: now) }
    }

    private func carry(_ event: ConnectionEvent, _ now: Instant) {
        if case .handshakeCompleted(let alpn) = event { return start(alpn, now) }
        if case .closed(let cause) = event { return end(cause, now) }
        guard let peer else { return }
        switch event {
        case .streamOpened(let stream): peer.session.peerOpened(stream)
        case .streamData(let stream, let bytes, let fin): peer.session.received(bytes, on: stream, fin: fin, now: now)
        case .streamReset(let stream, let code): peer.session.peerReset(stream, peer.codes.streamReset.code(for: code))
        case .stopSending(let stream, let code): stopped(stream, peer.codes.streamReset.code(for: code), peer)
        case .streamWritable(let stream):
            if peer.downlink.owns(stream) { peer.downlink.writable(stream) } else { peer.session.writable(stream) }
        case .acknowledged(let stream, let byteCount): peer.downlink.acknowledged(stream, byteCount, now)
        case .datagram(let bytes): peer.session.received(datagram: bytes, now: now)
        case .streamsAvailable, .streamClosed, .handshakeConfirmed, .pathChanged, .handshakeCompleted, .closed: break
        }
    }

    private func stopped(_ stream: StreamID, _ code: StreamResetCode, _ peer: Peer) {
        if peer.downlink.owns(stream) { peer.downlink.stopped(stream) } else { peer.session.peerStopped(stream, code) }
    }

    private func start(_ alpn: String, _ now: Instant) {
        guard let profile = Profile.named(alpn) else {
            return connection.close(
                code: SessionCode.versionNegotiationFailed.rawValue, reason: "no MoQT draft was agreed on")
        }
        self.profile = profile
        let session = Session(role: connection.role, profile: profile, configuration: configuration)
        let peer = Peer(number: driver.takeNumber(), session: session, profile: profile)
        peer.needsFlush = { [weak self] in self?.mark() }
        self.peer = peer
        if let watch = driver.watch {
            let role = connection.role
            peer.session.watch = { [weak peer] message, sender, byteCount in
                if let peer { watch(peer, message, sender == role, byteCount) }
            }
        }
        peer.session.transportReady(now: now)
        established?(self)
        established = nil
        driver.application?.connected(self, peer)
    }

    private func end(_ cause: CloseCause, _ now: Instant) {
        guard self.cause == nil else { return }
        self.cause = cause
        if let peer {
            let (origin, code, reason) = Self.sessionWords(cause, peer.codes)
            peer.session.transportClosed(by: origin, code: code, reason: reason)
            handSessionEvents(now)
            driver.application?.disconnected(self, peer, cause)
        }
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
        guard error.isConnectionRefused else { return }
        guard peer != nil, cause == nil else { return }
        let since = refusedSince ?? now
        refusedSince = since
        guard now - since > refusalPatience else { return }
        end(.idleTimeout, now)
        abandon()
    }

    /// Gives the connection up without a word to the peer.
    func abandon() {
        isAbandoned = true
        stopTimer()
        cause = cause ?? .dropped
    }

    // MARK: - Down

    /// Does what session and application want of the connection, then fills packets while it may.
    func send(_ now: Instant) {
        guard !isAbandoned else { return }
        if let peer, cause == nil {
            peer.endSubscriptions()
            handSessionEvents(now)
            act(peer)
            sendDatagrams(peer, now)
        }
        writePackets(now)
        // What was sent may have ended streams of the session.
        if let peer, cause == nil { act(peer) }
        // Writing may have ended the connection.
        while let event = connection.nextEvent() { carry(event, now) }
        setTimer()
        if connection.isClosed { fallSilent() }
    }

    private func fallSilent() {
        silenced?(self)
        silenced = nil
    }

    private func act(_ peer: Peer) {
        while let action = peer.session.nextTransportAction() { perform(action, peer.codes) }
        while let direction = peer.session.wantedStream, let stream = connection.openStream(direction) {
            peer.session.opened(stream)
        }
        while let (stream, code) = peer.downlink.nextReset() {
            connection.reset(stream, code: peer.codes.streamReset.nearestNumber(of: code))
        }
        while let credit = peer.nextCredit() { connection.extendStreamCredit(credit.stream, by: credit.byteCount) }
        let finished = peer.takeFinishedStreams()
        if finished > 0 { connection.extendStreamLimit(.unidirectional, by: finished) }
    }

    private func perform(_ action: TransportAction, _ codes: CodeTables) {
        switch action {
        case .reset(let stream, let code): connection.reset(stream, code: codes.streamReset.nearestNumber(of: code))
        case .stopSending(let stream, let code):
            connection.stopSending(stream, code: codes.streamReset.nearestNumber(of: code))
        case .credit(let stream, let bytes): connection.extendStreamCredit(stream, by: bytes)
        case .creditStreams(let direction, let count): connection.extendStreamLimit(direction, by: count)
        case .close(let code, let reason):
            connection.close(code: codes.session.nearestNumber(of: code), reason: reason)
        }
    }

    private func sendDatagrams(_ peer: Peer, _ now: Instant) {
        // QUIC sends datagrams before streams, the draft control messages before objects (draft-18 "Priorities").
        if peer.downlink.nextDatagram != nil, peer.session.nextSendStream() != nil { writePackets(now) }
        while let datagram = peer.downlink.nextDatagram {
            switch connection.send(datagram: datagram) {
            case .queued: peer.downlink.tookDatagram(sent: true)
            case .tooLarge, .unsupported: peer.downlink.tookDatagram(sent: false)
            case .full: return
            }
        }
    }

    private func writePackets(_ now: Instant) {
        for _ in 0..<Self.trainsPerRound {
            // Sending may have shown that nothing listens there.
            if isAbandoned { return }
            if port.isBlocked { return port.wait(self) }
            guard let train = write(now) else {
                guard openStreams() else { return }
                continue
            }
            port.send(
                UnsafeRawBufferPointer(rebasing: driver.sendBuffer[..<train.byteCount]),
                segmentSize: train.segmentSize, train.path, train.ecn)
        }
        mark()
    }

    private func write(_ now: Instant) -> Transmission? {
        guard let peer, cause == nil else {
            var nothing = NothingToSend()
            return connection.write(into: driver.sendBuffer, from: &nothing, now: now)
        }
        var source = LinkSource(peer: peer, opened: openedStreams, now: now)
        defer { openedStreams = source.opened }
        return connection.write(into: driver.sendBuffer, from: &source, now: now)
    }

    /// Opens streams for data that waits for one, as far as the peer allows.
    private func openStreams() -> Bool {
        guard let peer, cause == nil else { return false }
        for _ in openedStreams.count..<max(openedStreams.count, peer.downlink.unopenedCount) {
            guard let stream = connection.openStream(.unidirectional) else { break }
            // Streams are used from the back: the oldest number first.
            openedStreams.insert(stream, at: 0)
        }
        guard !openedStreams.isEmpty, peer.downlink.unopenedCount > 0 else { return false }
        peer.downlink.streamsAvailable()
        return true
    }

    // MARK: - Time

    private func setTimer() {
        guard !connection.isClosed, !isAbandoned else { return stopTimer() }
        let deadline = [connection.deadline, peer?.session.deadline].compactMap { $0 }.min()
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

    /// Everything said and published has reached the peer.
    package var isDelivered: Bool {
        guard let peer else { return true }
        return peer.session.nextSendStream() == nil && peer.downlink.isIdle
            && connection.statistics.bytesInFlight == 0
    }

    /// Ends the session in order, with a code and a reason for people.
    package func close(_ code: SessionCode = .noError, reason: String = "") {
        if let peer {
            peer.session.close(code, reason: reason)
        } else {
            connection.close(code: code.rawValue, reason: reason)
        }
        mark()
    }
}
