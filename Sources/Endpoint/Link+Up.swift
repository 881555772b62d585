internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import QUIC
internal import WebTransport
internal import Wire

// What happened on the connection goes to the sessions, and what they make of it to the application.

extension Link {
    /// Hands everything on that has happened by now.
    func collect(_ now: Instant) {
        guard !isAbandoned else { return }
        carryEvents(now)
        for lane in lanes {
            if let due = lane.peer.session.deadline, due <= now { lane.peer.session.timeReached(now: now) }
            handSessionEvents(lane, now)
        }
        web?.timeReached(now)
        handWebEvents(now)
    }

    func carryEvents(_ now: Instant) {
        while let event = connection.nextEvent() {
            carry(event, now)
            for lane in lanes { handSessionEvents(lane, now) }
        }
    }

    func handSessionEvents(_ lane: Lane, _ now: Instant) {
        while let event = lane.peer.session.nextEvent() {
            driver.application?.handle(event, from: lane.peer, now: now)
        }
    }

    private func carry(_ event: ConnectionEvent, _ now: Instant) {
        switch event {
        case .earlyData(let alpn): start(alpn, isEarly: true, now)
        case .earlyDataRejected: takeBack(now)
        case .handshakeCompleted(let alpn): handshakeCompleted(alpn, now)
        case .resumable(let resumption): remember?(resumption)
        case .closed(let cause): closed(cause, now)
        default:
            if let web {
                carry(event, web, now)
                handWebEvents(now)
            } else if let lane = lanes.first {
                carry(event, lane, now)
            }
        }
    }

    private func handshakeCompleted(_ alpn: String, _ now: Instant) {
        guard let early = lanes.first else { return start(alpn, isEarly: false, now) }
        early.peer.session.handshakeCompleted(now: now)
        tellEstablished()
    }

    /// Whatever was said came to nothing: the session begins anew once the handshake is complete.
    private func takeBack(_ now: Instant) {
        let early = lanes
        lanes = []
        for lane in early { finish(lane, .earlyDataRejected, now) }
    }

    private func start(_ alpn: String, isEarly: Bool, _ now: Instant) {
        if alpn == WebTransportConnection.alpn { return startWeb(now) }
        guard let profile = Profile.named(alpn) else {
            return connection.close(
                code: SessionCode.versionNegotiationFailed.rawValue, reason: "no MoQT draft was agreed on")
        }
        begin(profile, nil, isEarly: isEarly, now)
    }

    private func closed(_ cause: CloseCause, _ now: Instant) {
        let isWeb = web != nil
        web = nil
        guard isWeb, case .application(let code, let reason, let closer) = cause else { return end(cause, now) }
        // On HTTP/3 these codes are not MoQT's.
        end(.http3(code: code, reason: reason, by: closer), now)
    }

    /// Native QUIC: the connection's streams are the session's.
    private func carry(_ event: ConnectionEvent, _ lane: Lane, _ now: Instant) {
        let peer = lane.peer
        switch event {
        case .streamOpened(let stream): peer.session.peerOpened(stream)
        case .streamData(let stream, let bytes, let fin): lane.received(bytes, on: stream, fin: fin, now)
        case .streamReset(let stream, let code): lane.peerReset(stream, peer.codes.streamReset.code(for: code))
        case .stopSending(let stream, let code): stopped(stream, peer.codes.streamReset.code(for: code), peer)
        case .streamWritable(let stream): writable(stream, peer)
        case .acknowledged(let stream, let byteCount): peer.downlink.acknowledged(stream, byteCount, now)
        case .datagram(let bytes): lane.received(datagram: bytes, now)
        case .streamsAvailable, .streamClosed, .handshakeConfirmed, .pathChanged, .earlyData, .earlyDataRejected,
            .handshakeCompleted, .resumable, .closed:
            break
        }
    }

    func stopped(_ stream: StreamID, _ code: StreamResetCode, _ peer: Peer) {
        if peer.downlink.owns(stream) { peer.downlink.stopped(stream) } else { peer.session.peerStopped(stream, code) }
    }

    func writable(_ stream: StreamID, _ peer: Peer) {
        if peer.downlink.owns(stream) { peer.downlink.writable(stream) } else { peer.session.writable(stream) }
    }
}
