internal import CommandLine
internal import Endpoint
internal import EventLoop
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import QUIC
internal import Wire

/// `moqt fetch` on its session: one FETCH, its objects written as they become whole.
final class FetchRun {
    private let settings: FetchSettings
    private let run: ClientRun
    private let payload: PayloadOutput
    private let sink: ObjectSink
    private let showsProgress: Bool
    private var statistics: SubStatistics
    private var groups: UInt64 = 0

    private var requestID: RequestID?
    /// The session of the request.
    private var peer: Peer?
    /// The server wants the request itself moved.
    private var isToMove = false
    /// Where it goes on when that session ends before it is done; nil: in the next one.
    private var nextPeer: Peer?
    /// The stream that brings the objects.
    private var stream: Scoped<StreamID>?
    /// What comes next: nothing between it and the start is missing any more.
    private var next: Location
    /// The object that is arriving, and how many bytes of it have not come.
    private var object: (received: ReceivedObject, missing: UInt64)?

    init(_ settings: FetchSettings, _ run: ClientRun, _ pump: OutputPump) throws(SystemError) {
        self.settings = settings
        self.run = run
        payload = try PayloadOutput(run, pump)
        sink = ObjectSink(form: settings.written.form(json: run.output.json), track: settings.track.description)
        showsProgress = run.output.showsProgress && !settings.written.isTerminal
        statistics = SubStatistics(nil, EventLoop.clock())
        next = settings.range.start
    }

    private func end(_ status: ExitStatus, _ words: String? = nil) {
        payload.end(status, words.map { "\(settings.track): \($0)" }) {
            if let requestID { peer?.say { try $0.cancel(requestID) } }
        }
    }

    // MARK: - The request

    private func ready(_ peer: Peer) {
        let purpose = run.began(peer)
        guard !payload.isEnding else { return }
        switch purpose {
        case .successor(let old, _) where old === self.peer && requestID != nil && !isToMove:
            // What the old server has begun, it may finish: the new one need not have it all.
            nextPeer = peer
        case .successor(let old, _):
            giveUp()
            fetch(from: peer)
            run.leave(old)
        case .fresh: fetch(from: peer)
        }
    }

    /// Leaves the request and what of an object it has brought.
    private func giveUp() {
        if let requestID { peer?.say { try $0.cancel(requestID) } }
        (requestID, object, stream) = (nil, nil, nil)
    }

    /// Asks for what has not come yet.
    private func fetch(from peer: Peer) {
        // It may have begun before the session was ready.
        guard !payload.isEnding, peer !== self.peer || requestID == nil else { return }
        self.peer = peer
        var parameters = Parameters()
        parameters.groupOrder = .ascending
        parameters.subscriberPriority = settings.priority
        parameters.rangeFilters = settings.filters
        let target = Fetch.Target.standalone(track: settings.track, start: next, end: settings.range.end)
        do {
            requestID = try peer.session.fetch(target, parameters)
            run.output.log(.info, "fetches \(settings.track) from \(next)")
            peer.flush()
        } catch {
            end(.failed, "\(error)")
        }
    }

    private func accepted(_ answer: FetchOK) {
        run.output.log(.info, "the range reaches to \(answer.end)\(answer.endOfTrack ? ", where the track ends" : "")")
    }

    private func rejected(_ error: RequestError) {
        if error.code == .goingAway || peer.map({ run.isFollowing(from: $0) }) ?? false { return goOn() }
        let reason = error.reason.isEmpty ? "" : ": \"\(error.reason.string.printable())\""
        end(.refused, "refused: \(error.code)\(reason)")
    }

    /// The server is going away: the next one is asked, once there is one.
    private func goOn() {
        (requestID, object, stream) = (nil, nil, nil)
        guard let nextPeer else {
            guard !isToMove, let peer else { return }
            return run.askAgain(on: peer) { [weak self, weak peer] in if let peer { self?.fetch(from: peer) } }
        }
        self.nextPeer = nil
        fetch(from: nextPeer)
    }

    private func ended(_ end: StreamEnd) {
        switch end {
        case .fin: self.end(.success)
        case .reset(.goingAway): goOn()
        // The server has not waited until it was moved.
        case .reset where isToMove: goOn()
        case .reset(let code): self.end(.failed, "the fetch was cut off: \(code)")
        // The request has ended: why, its own end says, which follows.
        case .stopped: break
        }
    }

    // MARK: - Objects

    private func began(_ object: FetchObject) {
        guard object.status != .doesNotExist else {
            return missing(FetchGap(reason: .doesNotExist, end: object.location))
        }
        let received = ReceivedObject(
            location: object.location, subgroup: object.subgroup, status: object.status, priority: object.priority,
            properties: object.properties, payload: [])
        self.object = (received, object.payloadLength)
        if object.payloadLength == 0 { finishObject() }
    }

    private func append(_ bytes: Bytes) {
        guard let missing = object?.missing else { return }
        object?.received.append(bytes)
        object?.missing = missing - min(missing, UInt64(bytes.count))
        if object?.missing == 0 { finishObject() }
    }

    private func finishObject() {
        guard let whole = object?.received else { return }
        object = nil
        if groups == 0 || whole.location.group != next.group { groups += 1 }
        next = whole.location.successor
        statistics.count(whole, of: 0)
        payload.write(sink.jobs(for: whole, latencyMilliseconds: nil))
    }

    private func missing(_ gap: FetchGap) {
        guard gap.end >= next else { return }
        let report = GapReport(track: settings.track.description, start: next, gap: gap)
        run.output.warning(report.words)
        if run.output.json { payload.write([.bytes(Bytes(Array(report.json.utf8)))]) }
        next = gap.end.successor
    }

    private func owe(_ stream: StreamID, _ byteCount: Int, _ peer: Peer) {
        var credit = ReadCredit()
        credit.add(Scoped(peer, stream), byteCount)
        payload.owe(credit)
    }

    private func finishedStream(_ peer: Peer) {
        var credit = ReadCredit()
        credit.addFinishedStream(of: peer.number)
        payload.owe(credit)
    }
}

extension FetchRun: ClientApplication {
    func interrupted(_ status: ExitStatus) {
        end(status)
        payload.insist()
    }

    func outOfTime() {
        end(.timedOut, "--max-time has passed")
        payload.insist()
    }

    func lost(_ status: ExitStatus, _ words: String) { payload.end(status, words) }

    func moveFailed(_ request: RequestID, of peer: Peer) {
        isToMove = false
        if requestID == nil { fetch(from: peer) }
    }

    func connected(_ link: Link, _ peer: Peer) { payload.connected(peer) }

    func disconnected(_ link: Link, _ peer: Peer, _ cause: CloseCause) {
        payload.disconnected(peer)
        run.disconnected(link, payload.isEnding ? nil : cause)
        if peer === nextPeer { nextPeer = nil }
        guard peer === self.peer, !payload.isEnding else { return }
        self.peer = nil
        goOn()
    }

    func handle(_ event: SessionEvent, from peer: Peer, now: Instant) {
        switch event {
        // Whether the server takes filters, its SETUP tells.
        case .early: if run.mayBeginEarly, settings.filters.isEmpty { fetch(from: peer) }
        case .ready: ready(peer)
        case .goAway(let away, let id): wentAway(away, id, peer)
        case .fetchOpened(let stream, let id, let byteCount):
            if peer === self.peer, id == requestID { self.stream = Scoped(peer, stream) }
            owe(stream, byteCount, peer)
        case .fetchObject(let stream, let object, let byteCount):
            if isCurrent(stream, peer) { began(object) }
            owe(stream, byteCount, peer)
        case .payload(let stream, let bytes):
            if isCurrent(stream, peer) { append(bytes) }
            owe(stream, bytes.count, peer)
        case .fetchGap(let stream, let gap, let byteCount):
            if isCurrent(stream, peer) { missing(gap) }
            owe(stream, byteCount, peer)
        case .fetchEnded(let stream, let end, _):
            finishedStream(peer)
            if isCurrent(stream, peer) { ended(end) }
        default: if peer === self.peer { answered(event) }
        }
    }

    private func answered(_ event: SessionEvent) {
        switch event {
        case .fetchAccepted(requestID, let answer): accepted(answer)
        case .rejected(requestID, let error): rejected(error)
        case .requestCancelled(requestID, let code) where code == .goingAway || isToMove: goOn()
        case .requestCancelled(requestID, let code): end(.failed, "the peer cancelled it: \(code)")
        case .malformedTrack(requestID, let what): end(.failed, "malformed track: \(what.printable())")
        default: break
        }
    }

    /// GOAWAY of a session, or of a request.
    private func wentAway(_ away: GoAway, _ id: RequestID?, _ peer: Peer) {
        guard let id else { return run.follow(away, of: peer) }
        guard peer === self.peer, id == requestID else { return }
        guard away.newSessionURI.isEmpty else {
            isToMove = true
            return run.follow(away, of: peer)
        }
        giveUp()
        fetch(from: peer)
    }

    /// Whether the stream belongs to what is fetched now.
    private func isCurrent(_ stream: StreamID, _ peer: Peer) -> Bool {
        !payload.isEnding && Scoped(peer, stream) == self.stream
    }

    func settle(_ now: Instant) {
        if showsProgress { run.output.progress(at: now, statistics.progress(now, groups: groups)) }
    }

    var deadline: Instant? { showsProgress ? run.loop.now + ProgressLine.interval : nil }

    func timeReached(_ now: Instant) {}
}

/// A stretch of the range that did not come.
struct GapReport {
    let track: String
    /// Its first location.
    let start: Location
    let gap: FetchGap

    /// For people.
    var words: String {
        let what =
            switch gap.reason {
            case .doesNotExist: "does not exist"
            case .unknown: "is unknown to the server"
            case .timedOut: "did not come in time"
            }
        let end = reachesEnd ? "the end of group \(gap.end.group)" : "\(gap.end.group):\(gap.end.object)"
        let range = gap.end == start ? "" : " to \(end)"
        return "\(track): \(start.group):\(start.object)\(range) \(what)"
    }

    /// A line of `--json`; an `end_object` of null is the end of its group.
    var json: String {
        var line = JSONLine()
        line.add("kind", "gap")
        line.add("track", track)
        line.add("reason", reason)
        line.add("group", start.group)
        line.add("object", start.object)
        line.add("end_group", gap.end.group)
        if reachesEnd { line.addNull("end_object") } else { line.add("end_object", gap.end.object) }
        return line.finished()
    }

    /// It goes to the end of its last group: drafts differ in what the largest number is.
    private var reachesEnd: Bool { gap.end.object >= QUICVarint.limit }

    private var reason: String {
        switch gap.reason {
        case .doesNotExist: "does-not-exist"
        case .unknown: "unknown"
        case .timedOut: "timed-out"
        }
    }
}

extension Location {
    /// The next object of the group; the next group after the last object there can be.
    fileprivate var successor: Location {
        object < .max
            ? Location(group: group, object: object + 1)
            : Location(group: group < .max ? group + 1 : group, object: 0)
    }
}
