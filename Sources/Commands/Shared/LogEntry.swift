package import Wire

/// What a log line says, and of whom.
struct LogEntry {
    var message: String
    /// The session, and the request of it, that it is about; nil: none.
    var session: UInt64?
    var request: UInt64?

    init(_ message: String, session: UInt64? = nil, request: UInt64? = nil) {
        self.message = message
        self.session = session
        self.request = request
    }

    /// `session 3: request 4: message`.
    var text: String {
        (session.map { "session \($0): " } ?? "") + (request.map { "request \($0): " } ?? "") + message
    }
}

/// A session's share of the log: so many lines in a second.
package struct LogBudget: Sendable {
    private var second: UInt64 = 0
    private var used = 0
    /// Lines since the number was told last.
    package private(set) var withheld = 0

    package init() {}

    /// Whether a line may be written now, and how many were withheld until now; told once.
    /// - Parameter limit: lines in a second.
    package mutating func take(_ now: Instant, limit: Int) -> (isLogged: Bool, withheld: Int) {
        let current = now.nanoseconds / 1_000_000_000
        var told = 0
        if current != second {
            told = withheld
            (second, used, withheld) = (current, 0, 0)
        }
        guard used < limit else {
            withheld += 1
            return (false, told)
        }
        used += 1
        return (true, told)
    }
}
