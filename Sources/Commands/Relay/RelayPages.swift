internal import EventLoop
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import Operations
internal import Wire

/// What `moqt relay --http` serves. Called on the HTTP server's threads; the loops answer by mailbox.
final class RelayPages: Sendable {
    /// A loop that is in one wake for so long serves nobody.
    static let healthPatience = Interval.seconds(5)
    /// How long a loop may take to answer a question.
    private static let answerPatience = Interval.seconds(1)

    private let loops: [ObservedLoop]
    /// Nil: the relay is of no cluster.
    private let registry: Registry?
    /// Nil: it is not served.
    private let origins: OriginPages?
    /// SHA-256 of the certificate for connections to come, in hexadecimal.
    private let fingerprint: @Sendable () -> String
    private let withheldLines: @Sendable () -> UInt64
    private let clock: @Sendable () -> Instant
    /// The latest figures of each loop: what was counted stays counted while a loop does not answer.
    private let latest: Guarded<[LoopFigures]>

    init(
        _ loops: [ObservedLoop], _ registry: Registry? = nil, _ origins: OriginPages? = nil,
        withheldLines: @escaping @Sendable () -> UInt64 = { 0 },
        clock: @escaping @Sendable () -> Instant = { EventLoop.clock() },
        fingerprint: @escaping @Sendable () -> String
    ) {
        self.loops = loops
        self.registry = registry
        self.origins = origins
        self.fingerprint = fingerprint
        self.withheldLines = withheldLines
        self.clock = clock
        latest = Guarded(loops.map { _ in LoopFigures() })
    }

    /// What is at a path; nil: nothing.
    func page(_ path: String) -> HTTPResponse? {
        switch path {
        case "/metrics": metrics()
        case "/health": health()
        case "/tracks": tracks()
        case "/sessions": sessions()
        case "/certificate.sha256", "/fingerprint": certificate()
        default: origins?.page(path)
        }
    }

    /// What is done by another method than GET and HEAD; nil: nothing is to be.
    func change(_ request: HTTPRequest) -> HTTPResponse? { origins?.change(request) }

    private func health() -> HTTPResponse {
        let now = clock()
        for (number, loop) in loops.enumerated() {
            guard let since = loop.pulse.busySince, loop.pulse.isStalled(now, after: Self.healthPatience) else {
                continue
            }
            let time = Int((now - since).seconds)
            return .text("loop \(number) has made no progress for \(time) s\n", status: 503)
        }
        return .text("ok\n")
    }

    /// Browsers read it before they connect, from pages of any origin; without a newline, since some take every
    /// character for a digit.
    private func certificate() -> HTTPResponse {
        var response = HTTPResponse.text(fingerprint())
        response.isForEveryOrigin = true
        return response
    }

    private func metrics() -> HTTPResponse {
        let answers = ask(RelayInquiry.figures)
        let figures = latest.withLock { latest in
            for (index, answer) in answers.enumerated() {
                if let answer { latest[index] = answer }
            }
            return latest
        }
        let loops = zip(loops, answers).map { LoopState(pulse: $0.pulse, hasAnswered: $1 != nil) }
        var limited = LimitCounts()
        limited.count(.logLines, times: withheldLines())
        return .metrics(RelayMetrics.text(figures, loops, limited, registry?.figures))
    }

    private func tracks() -> HTTPResponse {
        let answers = ask(RelayInquiry.tracks)
        var line = JSONLine()
        line.addArray("tracks") { line in
            for track in TrackSnapshot.merged(answers.compactMap(\.self).flatMap(\.self)) {
                line.add(nil) { $0.add(track) }
            }
        }
        return finished(&line, answers.map { $0 != nil })
    }

    private func sessions() -> HTTPResponse {
        let answers = ask(RelayInquiry.sessions)
        var line = JSONLine()
        line.addArray("sessions") { line in
            for session in answers.compactMap(\.self).flatMap(\.self).sorted(by: { $0.number < $1.number }) {
                line.add(nil) { $0.add(session) }
            }
        }
        return finished(&line, answers.map { $0 != nil })
    }

    /// Names loops whose part is missing.
    private func finished(_ line: inout JSONLine, _ hasAnswered: [Bool]) -> HTTPResponse {
        line.addArray("silent_loops") { line in
            for (number, answered) in hasAnswered.enumerated() where !answered { line.add(nil, number) }
        }
        return .json(line.finished())
    }

    /// Asks every loop; nil stands for one that has not answered in time.
    private func ask<Answer>(_ question: (Gathering<Answer>, Int) -> RelayInquiry) -> [Answer?] {
        // Without a descriptor to wait at nobody can be asked.
        guard let gathering = try? Gathering<Answer>(count: loops.count) else { return loops.map { _ in nil } }
        for (number, loop) in loops.enumerated() { loop.inquiries.post(question(gathering, number)) }
        return gathering.wait(Self.answerPatience)
    }
}
