internal import CommandLine
internal import Endpoint
internal import EventLoop
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
    let payload: PayloadOutput
    var output: (any SubOutput)?

    /// The session for new requests.
    var peer: Peer?
    /// The session on which what is wanted was asked for last.
    var begun: UInt64?
    private(set) var tracks: [TrackReceiver] = []
    var requests: [Scoped<RequestID>: TrackReceiver] = [:]
    var streams: [Scoped<StreamID>: TrackReceiver] = [:]
    /// Sessions that are left as soon as no track needs them.
    var leaving: [Peer] = []

    var statistics: SubStatistics
    /// A terminal shows how far it is, and the payload does not go there.
    let showsProgress: Bool

    init(_ settings: SubSettings, _ run: ClientRun, _ pump: OutputPump) throws(SystemError) {
        self.settings = settings
        self.run = run
        payload = try PayloadOutput(run, pump)
        statistics = SubStatistics(settings.statisticsInterval, EventLoop.clock())
        showsProgress = run.output.showsProgress && !settings.written.isTerminal
    }

    var logger: Output { run.output }

    var isEnding: Bool { payload.isEnding }

    // MARK: - Tracks

    /// Begins to receive a track; events go to `output`.
    func receive(_ track: TrackReceiver, _ now: Instant) {
        tracks.append(track)
        if let peer { subscribe(track, peer, now) }
    }

    func subscribe(_ track: TrackReceiver, _ peer: Peer, _ now: Instant) {
        logger.log(.info, "subscribes to \(track.name)")
        track.subscribe(on: peer, now)
        register(track)
        // The session may have refused at once.
        if track.isOver { settle(track, now) }
    }

    private func register(_ track: TrackReceiver) {
        for request in track.requests { requests[request] = track }
    }

    /// Does what follows from what a track was told.
    func settle(_ track: TrackReceiver, _ now: Instant) {
        track.settleMove(now)
        register(track)
        if !isEnding { output?.progressed(track, now) }
        payload.owe(track.takeCredit())
    }

    // MARK: - Writing

    func write(_ jobs: [OutputPump.Job]) { payload.write(jobs) }

    func count(_ object: ReceivedObject, of track: Int) { statistics.count(object, of: track) }

    // MARK: - Ending

    /// Ends the command once everything is written; `words` is the line that goes with a failure.
    func end(_ status: ExitStatus, _ words: String? = nil) {
        payload.end(status, words) {
            for track in tracks { track.cancel() }
            output?.conclude(run.loop.now)
        }
    }

    /// Ends the command by the clock or a signal, which a reader that does not read must not prevent.
    func endSoon(_ status: ExitStatus, _ words: String? = nil) {
        end(status, words)
        payload.insist()
    }
}
