internal import Wire

/// One case: what to do at the relay, and how long that may take.
struct InteropCase: Sendable {
    let name: String
    let limit: Interval
    let steps: @Sendable (InteropStage) throws(InteropEnd) -> Void

    init(_ name: String, _ limit: Interval, _ steps: @escaping @Sendable (InteropStage) throws(InteropEnd) -> Void) {
        self.name = name
        self.limit = limit
        self.steps = steps
    }

    /// Those of the interop runner, in its order, then our own.
    static let all = standard + objects + sessions
}

/// Why a case has ended before its last step.
enum InteropEnd: Error {
    /// The relay did something else, or nothing.
    case failed(InteropFailure)
    /// The draft has no words for it.
    case skipped(String)
    /// The whole run is to end.
    case stopped
}

struct InteropFailure: Hashable, Sendable {
    /// What should have come, such as `SUBSCRIBE_OK`.
    var expected: String
    /// What came instead, such as `timeout`.
    var received: String
    /// One line.
    var message: String
}

/// What became of a case.
struct InteropResult {
    enum Verdict {
        case passed
        case failed(InteropFailure)
        case skipped(String)
    }

    var name: String
    var verdict: Verdict
    var duration: Interval
    /// QUIC's name for each connection, with its role where there are several.
    var connections: [(role: String, id: String)]
    /// Such as `draft-18`; nil: no connection was made.
    var draft: String?

    var hasFailed: Bool { if case .failed = verdict { true } else { false } }
}
