internal import CommandLine
internal import Endpoint
internal import EventLoop
internal import MoQTRelay
internal import Wire

/// The way out of a receiving command: payload to the pump, credit to the publisher as it is written, and the end of
/// the command once all is.
final class PayloadOutput {
    private let run: ClientRun
    private let pump: OutputPump
    /// Whom the credit is for: the sessions there are, by their numbers.
    private var peers: [UInt64: Peer] = [:]
    private var backlog = OutputBacklog()
    private var ending: (status: ExitStatus, words: String?)?
    /// Something was written since this was last looked at.
    private var hasWritten = false
    /// How long output that does not move is waited for when time is up or a signal has come.
    private static let patience = Interval.seconds(2)

    init(_ run: ClientRun, _ pump: OutputPump) throws(SystemError) {
        self.run = run
        self.pump = pump
        _ = try pump.reports.attach(to: run.loop) { [weak self] in self?.reported($0) }
    }

    var isEnding: Bool { ending != nil }

    func write(_ jobs: [OutputPump.Job]) {
        for job in jobs {
            backlog.handedOver(job.cost)
            pump.post(job)
        }
    }

    // MARK: - Credit

    /// The publisher gets this credit when not too much waits to be written.
    func owe(_ credit: ReadCredit) {
        backlog.hold(credit)
        give(backlog.take())
    }

    func connected(_ peer: Peer) { peers[peer.number] = peer }

    /// The session is gone: nobody wants its credit.
    func disconnected(_ peer: Peer) { peers[peer.number] = nil }

    private func give(_ credit: ReadCredit) {
        for (stream, byteCount) in credit.bytes { peers[stream.session]?.credit(stream.id, byteCount) }
        for (session, count) in credit.finishedStreams {
            for _ in 0..<count { peers[session]?.finishedStream() }
        }
    }

    private func reported(_ report: OutputPump.Report) {
        switch report {
        case .wrote(let cost):
            hasWritten = true
            backlog.wrote(cost)
            give(backlog.take())
        case .failed(let error, let path):
            run.output.endProgress()
            if error != .brokenPipe { run.output.error("\(path.printable()): \(error)") }
            run.finish(error.exitStatus)
        case .finished: finish()
        }
    }

    // MARK: - Ending

    /// Ends the command once everything is written; the first end holds.
    ///
    /// - Parameters:
    ///   - words: the line that goes with a failure.
    ///   - conclude: writes what can still be written.
    func end(_ status: ExitStatus, _ words: String?, _ conclude: () -> Void = {}) {
        guard ending == nil else { return }
        ending = (status, words)
        conclude()
        pump.post(.finish(isWhole: status == .success))
    }

    /// After an end by the clock or a signal: a reader that does not read must not prevent it.
    func insist() {
        hasWritten = false
        run.loop.once(at: EventLoop.clock() + Self.patience) { [weak self] in
            guard let self else { return }
            if self.hasWritten { self.insist() } else { self.finish() }
        }
    }

    private func finish() {
        guard let ending else { return }
        run.output.endProgress()
        if let words = ending.words { run.fail(ending.status, words) } else { run.finish(ending.status) }
    }
}
