internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import QUIC
internal import WebTransport
internal import Wire

// HTTP/3 between the connection and the sessions.

extension Link {
    func startWeb(_ now: Instant) {
        let web = WebTransportConnection(role: connection.role, settings: settings.webTransport, now: now)
        self.web = web
        guard connection.role == .client else { return }
        web.connect(
            ConnectRequest(
                authority: settings.session.authority ?? "", path: Self.requestPath(settings.session.path),
                protocols: settings.webTransport.protocols))
    }

    /// draft-18 "WebTransport": an `https` URI has a path.
    private static func requestPath(_ path: String?) -> String {
        guard let path, !path.isEmpty else { return "/" }
        return path.hasPrefix("/") ? path : "/" + path
    }

    func carry(_ event: ConnectionEvent, _ web: WebTransportConnection, _ now: Instant) {
        switch event {
        case .streamOpened(let stream): web.peerOpened(stream)
        case .streamData(let stream, let bytes, let fin): web.received(bytes, on: stream, fin: fin, now: now)
        case .streamReset(let stream, let code): web.peerReset(stream, code: code)
        case .stopSending(let stream, let code): web.peerStopped(stream, code: code)
        case .streamClosed(let stream): web.closed(stream)
        case .datagram(let bytes): web.received(datagram: bytes, now: now)
        case .streamWritable(let stream):
            web.writable(stream)
            if let lane = web.session(of: stream).flatMap(lane) { writable(stream, lane.peer) }
        case .acknowledged(let stream, let byteCount):
            let count = web.acknowledged(stream, byteCount: byteCount)
            if let lane = web.session(of: stream).flatMap(lane) { lane.peer.downlink.acknowledged(stream, count, now) }
        case .streamsAvailable, .handshakeConfirmed, .pathChanged, .earlyData, .earlyDataRejected, .handshakeCompleted,
            .resumable, .closed:
            break
        }
    }

    private func lane(_ session: SessionID) -> Lane? { lanes.first { $0.session == session } }

    /// Tells the sessions what happened to them.
    func handWebEvents(_ now: Instant) {
        while let event = web?.nextEvent() { hand(event, now) }
    }

    private func hand(_ event: WebTransportEvent, _ now: Instant) {
        switch event {
        case .requested(let session, let request): answer(session, request, now)
        case .opened(let session, let name): opened(session, name, now)
        // MoQT's own GOAWAY says the same, and where to go.
        case .draining: break
        case .ended(let session, let end): ended(session, Self.cause(of: end), now)
        case .streamOpened(let stream, let session): lane(session)?.peer.session.peerOpened(stream)
        case .streamData(let stream, let session, let bytes, let fin):
            lane(session)?.received(bytes, on: stream, fin: fin, now)
        case .streamReset(let stream, let session, let code):
            if let lane = lane(session) { lane.peerReset(stream, Self.code(code, lane.peer)) }
        case .streamStopped(let stream, let session, let code):
            if let peer = lane(session)?.peer { stopped(stream, Self.code(code, peer), peer) }
        case .datagram(let session, let bytes): lane(session)?.received(datagram: bytes, now)
        }
    }

    private static func code(_ code: UInt32?, _ peer: Peer) -> StreamResetCode {
        code.map { peer.codes.streamReset.code(for: UInt64($0)) } ?? .internalError
    }

    // MARK: - Beginning

    /// Speaks the newest draft of those that the client offers.
    private func answer(_ session: SessionID, _ request: ConnectRequest, _ now: Instant) {
        guard let web else { return }
        guard let (profile, name) = choose(request.protocols ?? []) else {
            return web.refuse(session, status: Self.noCommonDraft)
        }
        web.accept(session, protocol: name)
        begin(profile, session, path: request.path, now)
    }

    /// HTTP's "Not Acceptable".
    private static let noCommonDraft = 406

    /// The draft for an offer; and its name, when there was one.
    private func choose(_ offered: [String]) -> (Profile, String?)? {
        if offered.isEmpty { return unnamed.map { ($0, nil) } }
        for name in settings.webTransport.protocols where offered.contains(name) {
            if let profile = Profile.named(name) { return (profile, name) }
        }
        return nil
    }

    /// The draft that is spoken where WebTransport chose none; nil: it must not be.
    private var unnamed: Profile? {
        settings.webTransport.protocols.lazy.compactMap { Profile.named($0) }.first { $0.choosesVersionInSetup }
    }

    private func opened(_ session: SessionID, _ name: String?, _ now: Instant) {
        let profile =
            if let name { settings.webTransport.protocols.contains(name) ? Profile.named(name) : nil } else { unnamed }
        guard let profile else {
            web?.close(session, code: UInt32(SessionCode.versionNegotiationFailed.rawValue), reason: "no common draft")
            return end(.noCommonProtocol(by: .local), now)
        }
        begin(profile, session, now)
    }

    // MARK: - Ending

    private func ended(_ session: SessionID, _ cause: CloseCause, _ now: Instant) {
        // A client's link is its session. Nobody waits for what never was one.
        if connection.role == .client {
            if lanes.isEmpty { connection.close(code: HTTP3Code.noError.rawValue, reason: "") }
            end(cause, now)
            lanes = []
        } else if let index = lanes.firstIndex(where: { $0.session == session }) {
            finish(lanes.remove(at: index), cause, now)
        }
    }

    private static func cause(of end: SessionEnd) -> CloseCause {
        switch end {
        case .closed(let code, let reason, let byPeer):
            .application(code: UInt64(code), reason: reason, by: byPeer ? .peer : .local)
        case .aborted(let code): .http3(code: code.rawValue, reason: Array("\(code)".utf8), by: .peer)
        case .refused(noCommonDraft): .noCommonProtocol(by: .peer)
        case .refused(let status): .refused(status: status)
        case .unsupported: .noCommonProtocol(by: .peer)
        case .timedOut: .handshakeTimeout
        }
    }

    // MARK: - Down

    /// Does what HTTP/3 wants of the connection.
    func actWeb(_ now: Instant) {
        guard let web else { return }
        handWebEvents(now)
        while let action = web.nextAction() {
            switch action {
            case .reset(let stream, let code): connection.reset(stream, code: code)
            case .stopSending(let stream, let code): connection.stopSending(stream, code: code)
            case .credit(let stream, let byteCount): connection.extendStreamCredit(stream, by: byteCount)
            case .creditStreams(let direction, let count): connection.extendStreamLimit(direction, by: count)
            case .close(let code, let reason): connection.close(code: code.rawValue, reason: reason)
            }
        }
        while let direction = web.wantedStream, let stream = connection.openStream(direction) { web.opened(stream) }
    }
}
