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
            if let requestID { payload.peer?.say { try $0.cancel(requestID) } }
        }
    }

    // MARK: - The request

    private func begin(_ peer: Peer) {
        guard !payload.isEnding, requestID == nil else { return }
        var parameters = Parameters()
        parameters.groupOrder = .ascending
        parameters.subscriberPriority = settings.priority
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
        let reason = error.reason.isEmpty ? "" : ": \"\(error.reason.string.printable())\""
        end(.refused, "refused: \(error.code)\(reason)")
    }

    private func ended(_ end: StreamEnd) {
        switch end {
        case .fin: self.end(.success)
        case .reset(let code), .stopped(let code): self.end(.failed, "the fetch was cut off: \(code)")
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

    private func owe(_ stream: StreamID, _ byteCount: Int) {
        var credit = ReadCredit()
        credit.add(stream, byteCount)
        payload.owe(credit)
    }

    private func finishedStream() {
        var credit = ReadCredit()
        credit.finishedStreams = 1
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

    func connected(_ link: Link, _ peer: Peer) { payload.peer = peer }

    func disconnected(_ link: Link, _ peer: Peer, _ cause: CloseCause) {
        payload.disconnected()
        (requestID, object) = (nil, nil)
        if !payload.isEnding { run.disconnected(cause) }
    }

    func handle(_ event: SessionEvent, from peer: Peer, now: Instant) {
        switch event {
        case .early: begin(peer)
        case .ready:
            run.connectionWorks()
            begin(peer)
        case .fetchAccepted(_, let answer): accepted(answer)
        case .rejected(_, let error): rejected(error)
        case .requestCancelled(_, let code): end(.failed, "the peer cancelled it: \(code)")
        case .malformedTrack(_, let what): end(.failed, "malformed track: \(what.printable())")
        case .fetchOpened(let stream, _, let byteCount): owe(stream, byteCount)
        case .fetchObject(let stream, let object, let byteCount):
            if !payload.isEnding { began(object) }
            owe(stream, byteCount)
        case .payload(let stream, let bytes):
            if !payload.isEnding { append(bytes) }
            owe(stream, bytes.count)
        case .fetchGap(let stream, let gap, let byteCount):
            if !payload.isEnding { missing(gap) }
            owe(stream, byteCount)
        case .fetchEnded(_, let end, _):
            finishedStream()
            ended(end)
        case .goAway(let away, _):
            run.output.log(.info, "the relay is going away\(away.timeout > 0 ? " in \(away.timeout) ms" : "")")
        default: break
        }
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
