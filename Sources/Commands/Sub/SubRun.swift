internal import CommandLine
internal import Endpoint
internal import EventLoop
internal import Glibc
internal import MoQTRelay
internal import MoQTCodec
internal import Wire

/// What is done with received tracks: written as they are, or made a movie.
protocol SubOutput: AnyObject {
    /// A session is ready for requests.
    func start(_ now: Instant)
    /// Objects of a track have become whole, or the track has ended.
    func progressed(_ track: TrackReceiver, _ now: Instant)
    /// Nothing more will come: what can be written, is.
    func conclude(_ now: Instant)
}

/// `moqt sub` on its session: hands events to the tracks they belong to, credit to the publisher, bytes to the pump.
final class SubRun {
    let settings: SubSettings
    let run: ClientRun
    private let pump: OutputPump
    var output: (any SubOutput)?

    var peer: Peer?
    private(set) var tracks: [TrackReceiver] = []
    var requests: [RequestID: TrackReceiver] = [:]
    var streams: [StreamID: TrackReceiver] = [:]
    private var backlog = OutputBacklog()

    var statistics: SubStatistics
    /// A terminal shows how far it is, and the payload does not go there.
    let showsProgress: Bool

    private var ending: (status: ExitStatus, words: String?)?
    /// Something was written since this was last looked at.
    private var hasWritten = false
    /// How long output that does not move is waited for when time is up or a signal has come.
    private static let outputPatience = Interval.seconds(2)

    init(_ settings: SubSettings, _ run: ClientRun, _ pump: OutputPump) throws(SystemError) {
        self.settings = settings
        self.run = run
        self.pump = pump
        statistics = SubStatistics(settings.statisticsInterval, EventLoop.clock())
        let isShown = settings.destination == .standardOutput && isatty(STDOUT_FILENO) == 1
        showsProgress = run.output.showsProgress && !isShown
        _ = try pump.reports.attach(to: run.loop) { [weak self] in self?.reported($0) }
    }

    var logger: Output { run.output }

    var isEnding: Bool { ending != nil }

    // MARK: - Tracks

    /// Begins to receive a track; events go to `output`.
    func receive(_ track: TrackReceiver, _ now: Instant) {
        tracks.append(track)
        if let peer { subscribe(track, peer, now) }
    }

    func subscribe(_ track: TrackReceiver, _ peer: Peer, _ now: Instant) {
        logger.log(.info, "subscribes to \(track.name)")
        track.subscribe(on: peer, now)
        if let id = track.requestID { requests[id] = track }
    }

    /// Does what follows from what a track was told.
    func settle(_ track: TrackReceiver, _ now: Instant) {
        if let id = track.requestID { requests[id] = track }
        if !isEnding { output?.progressed(track, now) }
        backlog.hold(track.takeCredit())
        give(backlog.take())
    }

    private func give(_ credit: ReadCredit) {
        for (stream, byteCount) in credit.bytes { peer?.credit(stream, byteCount) }
        for _ in 0..<credit.finishedStreams { peer?.finishedStream() }
    }

    /// The session is gone: nobody wants the credit that waits.
    func dropCredit() { _ = backlog.takeAll() }

    // MARK: - Writing

    func write(_ jobs: [OutputPump.Job]) {
        for job in jobs {
            backlog.handedOver(job.cost)
            pump.post(job)
        }
    }

    func count(_ object: ReceivedObject, of track: Int) { statistics.count(object, of: track) }

    private func reported(_ report: OutputPump.Report) {
        switch report {
        case .wrote(let cost):
            hasWritten = true
            backlog.wrote(cost)
            give(backlog.take())
        case .failed(let error, let path):
            logger.endProgress()
            if error != .brokenPipe { logger.error("\(path.printable()): \(error)") }
            run.finish(error.exitStatus)
        case .finished: finish()
        }
    }

    // MARK: - Ending

    /// Ends the command once everything is written; `words` is the line that goes with a failure.
    func end(_ status: ExitStatus, _ words: String? = nil) {
        guard ending == nil else { return }
        ending = (status, words)
        for track in tracks { track.cancel() }
        output?.conclude(run.loop.now)
        pump.post(.finish(isWhole: status == .success))
    }

    /// Ends the command by the clock or a signal, which a reader that does not read must not prevent.
    func endSoon(_ status: ExitStatus, _ words: String? = nil) {
        end(status, words)
        hasWritten = false
        run.loop.once(at: EventLoop.clock() + Self.outputPatience) { [weak self] in
            guard let self else { return }
            if self.hasWritten { self.endSoon(status, words) } else { self.finish() }
        }
    }

    private func finish() {
        guard let ending else { return }
        logger.endProgress()
        if let words = ending.words { run.fail(ending.status, words) } else { run.finish(ending.status) }
    }
}
