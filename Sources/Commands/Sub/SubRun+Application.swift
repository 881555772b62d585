internal import CommandLine
internal import Endpoint
internal import EventLoop
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import QUIC
internal import Wire

extension SubRun: ClientApplication {
    func interrupted(_ status: ExitStatus) { endSoon(status) }

    func outOfTime() { endSoon(.timedOut, "--max-time has passed") }

    func lost(_ status: ExitStatus, _ words: String) { end(status, words) }

    func connected(_ link: Link, _ peer: Peer) { payload.connected(peer) }

    func disconnected(_ link: Link, _ peer: Peer, _ cause: CloseCause) {
        run.disconnected(link, isEnding ? nil : cause)
        if peer === self.peer { self.peer = run.peer }
        leaving.removeAll { $0 === peer }
        requests = requests.filter { $0.key.session != peer.number }
        streams = streams.filter { $0.key.session != peer.number }
        payload.disconnected(peer)
        for track in tracks where track.uses(peer) {
            track.disconnected(peer, run.loop.now)
            // One request alone had moved there.
            if case .idle = track.phase, let home = self.peer { subscribe(track, home, run.loop.now) }
            settle(track, run.loop.now)
        }
    }

    func handle(_ event: SessionEvent, from peer: Peer, now: Instant) {
        switch event {
        // Whether the server takes filters, its SETUP tells.
        case .early: if run.mayBeginEarly, settings.filters.isEmpty { begin(peer, now) }
        case .ready: ready(peer, now)
        case .goAway(let away, nil): run.follow(away, of: peer)
        case .goAway(let away, let id?): moveRequest(id, away, peer, now)
        case .subgroupOpened(let stream, let id, _, _), .fetchOpened(let stream, let id, _):
            guard let track = requests[Scoped(peer, id)] else { return refuse(stream, peer) }
            streams[Scoped(peer, stream)] = track
            data(event, peer, track, now)
        case .object(let stream, _, _), .payload(let stream, _), .fetchObject(let stream, _, _),
            .fetchGap(let stream, _, _):
            if let track = streams[Scoped(peer, stream)] { data(event, peer, track, now) }
        case .subgroupEnded(let stream, _, _), .fetchEnded(let stream, _, _):
            guard let track = streams.removeValue(forKey: Scoped(peer, stream)) else { return peer.finishedStream() }
            data(event, peer, track, now)
        case .datagramObject(let id, _):
            if let track = requests[Scoped(peer, id)] { data(event, peer, track, now) }
        default: answered(event, peer, now)
        }
    }

    private func ready(_ peer: Peer, _ now: Instant) {
        let purpose = run.began(peer)
        guard !isEnding else { return }
        switch purpose {
        case .fresh: begin(peer, now)
        case .successor(let old, nil):
            if self.peer === old { self.peer = peer } else { leaving.append(peer) }
            leaving.append(old)
            for track in tracks where track.uses(old) { move(track, to: peer, now) }
        case .successor(let old, let id?):
            leaving.append(peer)
            if let track = requests[Scoped(old, id)] { move(track, to: peer, now) }
        }
    }

    /// Asks for what is wanted, once on each session.
    private func begin(_ peer: Peer, _ now: Instant) {
        guard !isEnding, begun != peer.number else { return }
        begun = peer.number
        self.peer = peer
        guard !tracks.isEmpty else { return output?.start(now) ?? () }
        for track in tracks where !track.isOver { subscribe(track, peer, now) }
    }

    private func move(_ track: TrackReceiver, to peer: Peer, _ now: Instant) {
        logger.log(.info, "moves \(track.name) to session \(peer.number)")
        track.move(to: peer, now)
        settle(track, now)
    }

    /// GOAWAY of one request.
    private func moveRequest(_ id: RequestID, _ away: GoAway, _ peer: Peer, _ now: Instant) {
        guard let track = requests[Scoped(peer, id)] else { return }
        if away.newSessionURI.isEmpty { move(track, to: peer, now) } else { run.follow(away, of: peer, request: id) }
    }

    func moveFailed(_ request: RequestID, of peer: Peer) {
        guard let track = requests[Scoped(peer, request)], case .idle = track.phase, let home = self.peer else {
            return
        }
        let now = run.loop.now
        subscribe(track, home, now)
        settle(track, now)
    }

    /// What the peer says of a request.
    private func answered(_ event: SessionEvent, _ peer: Peer, _ now: Instant) {
        guard let id = event.answered else { return }
        let request = Scoped(peer, id)
        guard let track = requests[request] else { return }
        if let successor = track.successor, successor.peer === peer, successor.requestID == id {
            answeredSuccessor(event, track, now)
        } else if case .malformedTrack(_, let what) = event {
            track.finish(.failed("malformed track: \(what.printable())"), now)
        } else if track.peer === peer, track.requestID == id {
            answered(event, track, isMoving: run.isMoving(id, of: peer), now)
        } else {
            // What is said of a request that was given up no longer matters.
            return
        }
        settle(track, now)
    }

    /// - Parameter isMoving: it is to go on in a session that is not there yet.
    private func answered(_ event: SessionEvent, _ track: TrackReceiver, isMoving: Bool, _ now: Instant) {
        switch event {
        case .subscribeAccepted(_, let answer):
            logger.log(.info, "subscribed to \(track.name)")
            track.accepted(answer, now)
        case .rejected(_, let error):
            track.rejected(error, isLeaving: track.peer.map { run.isFollowing(from: $0) } ?? false, now)
        case .publishDone(_, let done) where isMoving && done.code == .goingAway: track.cutOffInMove(now)
        case .publishDone(_, let done): track.publishDone(done, now)
        case .requestCancelled where isMoving: track.cutOffInMove(now)
        case .requestCancelled(_, let code): track.lost("the peer cancelled it: \(code)", now)
        case .joinEnded(_, let isWhole):
            if !track.filled(isWhole: isWhole, now) {
                logger.log(.warning, "\(track.name): of what was published before, some is missing")
            }
        default: break
        }
    }

    private func answeredSuccessor(_ event: SessionEvent, _ track: TrackReceiver, _ now: Instant) {
        switch event {
        case .subscribeAccepted(_, let answer):
            logger.log(.info, "subscribed to \(track.name) in its new session")
            track.successorAccepted(answer, now)
        case .publishDone(_, let done): track.successorDone(done, now)
        case .joinEnded: break
        default: track.successorEnded(now)
        }
    }

    private func data(_ event: SessionEvent, _ peer: Peer, _ track: TrackReceiver, _ now: Instant) {
        track.received(event, from: peer, now)
        settle(track, now)
    }

    private func refuse(_ stream: StreamID, _ peer: Peer) {
        peer.session.stop(stream, code: .cancelled)
        peer.flush()
    }

    /// Closes sessions that have become empty by a move.
    private func leave() {
        for peer in leaving where peer !== self.peer && !tracks.contains(where: { $0.uses(peer) }) {
            leaving.removeAll { $0 === peer }
            run.leave(peer)
        }
    }

    // MARK: - Time

    func settle(_ now: Instant) {
        leave()
        if let line = statistics.line(now, late: tracks.reduce(0) { $0 + $1.assembler.late }) {
            logger.log(.notice, line)
        }
        if showsProgress {
            logger.progress(
                at: now, statistics.progress(now, groups: tracks.reduce(0) { $0 + $1.assembler.groupsDone }))
        }
    }

    var deadline: Instant? {
        let progress = showsProgress ? run.loop.now + ProgressLine.interval : nil
        return (tracks.map(\.deadline) + [statistics.deadline, progress]).compactMap { $0 }.min()
    }

    func timeReached(_ now: Instant) {
        for track in tracks where track.deadline.map({ $0 <= now }) ?? false {
            track.timeReached(now)
            settle(track, now)
        }
    }
}

extension SessionEvent {
    /// The request of ours that it is about, if it answers one.
    fileprivate var answered: RequestID? {
        switch self {
        case .subscribeAccepted(let id, _), .rejected(let id, _), .publishDone(let id, _), .requestCancelled(let id, _),
            .joinEnded(let id, _), .malformedTrack(let id, _):
            id
        default: nil
        }
    }
}
