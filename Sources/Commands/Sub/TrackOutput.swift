internal import CommandLine
internal import MoQTCodec
internal import Wire

/// Writes one track as its objects are.
final class TrackOutput: SubOutput {
    private unowned let sub: SubRun
    private let name: FullTrackName
    private let sink: ObjectSink
    private var written: UInt64 = 0

    init(_ sub: SubRun, _ name: FullTrackName, _ form: ObjectSink.Form) {
        self.sub = sub
        self.name = name
        sink = ObjectSink(form: form, track: name.description)
    }

    func start(_ now: Instant) {
        sub.receive(TrackReceiver(name, .init(sub.settings, ofMedia: false), sub.settings), now)
    }

    func progressed(_ track: TrackReceiver, _ now: Instant) {
        for object in track.takeReady() where !isCounted {
            sub.count(object, of: 0)
            sub.write(sink.jobs(for: object, latencyMilliseconds: nil))
            if object.status == .normal { written += 1 }
        }
        if isCounted || track.assembler.isComplete { return sub.end(.success) }
        if let end = track.end { sub.end(end.status, end.words.map { "\(name): \($0)" }) }
    }

    /// As many objects as were asked for are written.
    private var isCounted: Bool { sub.settings.objectLimit.map { written >= $0 } ?? false }

    func conclude(_ now: Instant) {}
}

extension TrackReceiver.End {
    var status: ExitStatus {
        switch self {
        case .done: .success
        case .lost: .timedOut
        case .refused: .refused
        case .failed: .failed
        }
    }

    /// Nil when there is nothing to complain about.
    var words: String? {
        switch self {
        case .done: nil
        case .lost(let words), .failed(let words): words.printable()
        case .refused(let error):
            "refused: \(error.code)\(error.reason.isEmpty ? "" : ": \"\(error.reason.string.printable())\"")"
        }
    }
}
