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

    func connected(_ link: Link, _ peer: Peer) {
        self.peer = peer
        hasBegun = false
        payload.peer = peer
    }

    func disconnected(_ link: Link, _ peer: Peer, _ cause: CloseCause) {
        self.peer = nil
        requests = [:]
        streams = [:]
        payload.disconnected()
        for track in tracks { track.disconnected(run.loop.now) }
        if !isEnding { run.disconnected(cause) }
    }

    func handle(_ event: SessionEvent, from peer: Peer, now: Instant) {
        switch event {
        case .early: begin(peer, now)
        case .ready:
            run.connectionWorks()
            begin(peer, now)
        case .goAway(let away, _):
            logger.log(.info, "the relay is going away\(away.timeout > 0 ? " in \(away.timeout) ms" : "")")
        case .subgroupOpened(let stream, let id, _, _), .fetchOpened(let stream, let id, _):
            guard let track = requests[id] else { return refuse(stream, peer) }
            streams[stream] = track
            data(event, track, now)
        case .object(let stream, _, _), .payload(let stream, _), .fetchObject(let stream, _, _):
            if let track = streams[stream] { data(event, track, now) }
        case .subgroupEnded(let stream, _, _), .fetchEnded(let stream, _, _):
            guard let track = streams.removeValue(forKey: stream) else { return peer.finishedStream() }
            data(event, track, now)
        case .datagramObject(let id, _):
            if let track = requests[id] { data(event, track, now) }
        default: answered(event, now)
        }
    }

    /// Asks for what is wanted, once on each session.
    private func begin(_ peer: Peer, _ now: Instant) {
        guard !isEnding, !hasBegun else { return }
        hasBegun = true
        guard !tracks.isEmpty else { return output?.start(now) ?? () }
        for track in tracks where !track.isOver { subscribe(track, peer, now) }
    }

    /// What the peer says of a request.
    private func answered(_ event: SessionEvent, _ now: Instant) {
        switch event {
        case .subscribeAccepted(let id, let answer):
            if let track = requests[id] { logger.log(.info, "subscribed to \(track.name)") }
            current(id, now) { $0.accepted(answer, now) }
        case .rejected(let id, let error):
            current(id, now) { $0.rejected(error, now) }
        case .publishDone(let id, let done): current(id, now) { $0.publishDone(done, now) }
        case .requestCancelled(let id, let code):
            current(id, now) { $0.lost("the peer cancelled it: \(code)", now) }
        case .joinEnded(let id, _): current(id, now) { $0.filled(now) }
        case .malformedTrack(let id, let what):
            with(id, now) { $0.finish(.failed("malformed track: \(what.printable())"), now) }
        default: break
        }
    }

    /// What is said of a request that was given up no longer matters.
    private func current(_ id: RequestID, _ now: Instant, _ body: (TrackReceiver) -> Void) {
        with(id, now) { track in
            if id == track.requestID { body(track) }
        }
    }

    private func with(_ id: RequestID, _ now: Instant, _ body: (TrackReceiver) -> Void) {
        guard let track = requests[id] else { return }
        body(track)
        settle(track, now)
    }

    private func data(_ event: SessionEvent, _ track: TrackReceiver, _ now: Instant) {
        track.received(event, now)
        settle(track, now)
    }

    private func refuse(_ stream: StreamID, _ peer: Peer) {
        peer.session.stop(stream, code: .cancelled)
        peer.flush()
    }

    // MARK: - Time

    func settle(_ now: Instant) {
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
