package import Wire

// Streams and datagrams of sessions, some of which come before their session does.

extension WebTransportConnection {
    /// The stream says which session it belongs to.
    func claim(_ stream: StreamID, for session: SessionID) throws(HTTP3Error) {
        switch standing(session) {
        case .open: handOver(stream, to: session)
        case .gone: refuse(stream, .sessionGone)
        case .coming:
            guard heldStreams < settings.heldStreamLimit else { return refuseToHold(stream) }
            heldStreams += 1
            streams[stream] = .held(HeldStream(session: session))
        }
    }

    private func handOver(_ stream: StreamID, to session: SessionID) {
        streams[stream] = .session(session)
        if stream.direction == .bidirectional {
            sessions[session]?.owed.bidirectional += 1
        } else {
            sessions[session]?.owed.unidirectional += 1
        }
        events.append(.streamOpened(stream, session))
    }

    /// Wants nothing of a stream of the peer.
    private func refuse(_ stream: StreamID, _ code: HTTP3Code) {
        actions.append(.stopSending(stream, code: code.rawValue))
        if stream.direction == .bidirectional { actions.append(.reset(stream, code: code.rawValue)) }
        streams[stream] = .discarded(isOwed: true)
    }

    private func refuseToHold(_ stream: StreamID) {
        limited.count(.heldStreams)
        refuse(stream, .bufferedStreamRejected)
    }

    func hold(_ bytes: Bytes, _ fin: Bool, _ held: HeldStream, on stream: StreamID) {
        guard heldBytes + bytes.count <= settings.heldByteLimit else {
            forget(held)
            return refuseToHold(stream)
        }
        var held = held
        heldBytes += bytes.count
        if !bytes.isEmpty { held.bytes.append(bytes.compact) }
        held.hasFin = fin
        streams[stream] = .held(held)
    }

    private func forget(_ held: HeldStream) {
        heldStreams -= 1
        heldBytes -= held.bytes.reduce(0) { $0 + $1.count }
    }

    private func held(of session: SessionID) -> [(StreamID, HeldStream)] {
        guard heldStreams > 0 else { return [] }
        var found: [(StreamID, HeldStream)] = []
        for (stream, kind) in streams {
            if case .held(let held) = kind, held.session == session { found.append((stream, held)) }
        }
        return found.sorted { $0.0 < $1.0 }
    }

    /// The session is open: what came before it is told.
    func releaseHeld(of session: SessionID) {
        for (stream, held) in held(of: session) {
            forget(held)
            handOver(stream, to: session)
            for (index, bytes) in held.bytes.enumerated() {
                let isLast = index == held.bytes.count - 1
                events.append(.streamData(stream, session, bytes, fin: held.hasFin && isLast))
            }
            if held.bytes.isEmpty, held.hasFin { events.append(.streamData(stream, session, Bytes(), fin: true)) }
            if let code = held.resetCode {
                events.append(.streamReset(stream, session, code: StreamCode.application(code)))
            }
            if let code = held.stopCode {
                events.append(.streamStopped(stream, session, code: StreamCode.application(code)))
            }
            if held.isOver { streams[stream] = nil }
        }
        for datagram in heldDatagrams where datagram.session == session {
            events.append(.datagram(session, datagram.bytes))
        }
        heldDatagrams.removeAll { $0.session == session }
    }

    /// The session will not come.
    func dropHeld(of session: SessionID) {
        for (stream, held) in held(of: session) {
            forget(held)
            if held.isOver {
                streams[stream] = nil
                actions.append(.creditStreams(stream.direction, 1))
            } else {
                refuse(stream, .sessionGone)
            }
        }
        heldDatagrams.removeAll { $0.session == session }
    }

    // MARK: - Datagrams

    /// The payload of a QUIC DATAGRAM frame.
    package func received(datagram: Bytes, now: Instant) {
        guard !isEnded else { return }
        self.now = now
        var offset = 0
        guard let quarter = QUICVarint.read(datagram.span, at: &offset), quarter < 1 << 60 else {
            return fail(HTTP3Error(.datagramError, "a datagram without a stream"))
        }
        let session = SessionID(rawValue: quarter * 4)
        let payload = datagram.slice(from: offset)
        switch standing(session) {
        case .open: events.append(.datagram(session, payload))
        case .coming:
            guard heldDatagrams.count < settings.heldDatagramLimit else { return limited.count(.heldDatagrams) }
            heldDatagrams.append((session, payload.compact))
        case .gone: break
        }
    }

    // MARK: - Credit

    /// The session lets the peer open so many more streams: those are not owed any more.
    package func credited(_ direction: StreamDirection, _ count: Int, by session: SessionID) {
        if direction == .bidirectional {
            sessions[session]?.owed.bidirectional -= count
        } else {
            sessions[session]?.owed.unidirectional -= count
        }
    }

    /// Gives up all streams of a session that is over, at once or when the peer has seen the end.
    func discardStreams(of id: SessionID, _ session: Session, atOnce: Bool) {
        var owed = session.owed
        var gone: [WebTransportAction] = []
        for (stream, kind) in streams {
            guard case .session(id) = kind else { continue }
            let isPeers = stream.isServerInitiated == (role == .client)
            let isOwed = isPeers && take(&owed, stream.direction)
            if isPeers || stream.direction == .bidirectional {
                gone.append(.stopSending(stream, code: HTTP3Code.sessionGone.rawValue))
            }
            if !isPeers || stream.direction == .bidirectional {
                gone.append(.reset(stream, code: HTTP3Code.sessionGone.rawValue))
            }
            dropOutput(of: stream)
            streams[stream] = .discarded(isOwed: isOwed)
        }
        if atOnce { for action in gone { actions.append(action) } } else { delayed[id] = gone }
        if owed.bidirectional > 0 { actions.append(.creditStreams(.bidirectional, owed.bidirectional)) }
        if owed.unidirectional > 0 { actions.append(.creditStreams(.unidirectional, owed.unidirectional)) }
    }

    private func take(_ owed: inout (bidirectional: Int, unidirectional: Int), _ direction: StreamDirection) -> Bool {
        switch direction {
        case .bidirectional:
            owed.bidirectional -= 1
            return owed.bidirectional >= 0
        case .unidirectional:
            owed.unidirectional -= 1
            return owed.unidirectional >= 0
        }
    }
}
