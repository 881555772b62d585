internal import CLinux
internal import Glibc
package import Wire

/// Answers of several threads to one question, for a thread that waits for them, but not for ever.
package final class Gathering<Answer: Sendable>: Sendable {
    private let answers: Guarded<[Answer?]>
    private let event: CInt

    /// - Parameter count: how many are asked, 1 or more.
    package init(count: Int) throws(SystemError) {
        answers = Guarded([Answer?](repeating: nil, count: count))
        event = eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK))
        if event < 0 { throw SystemError("eventfd") }
    }

    deinit { close(event) }

    /// The answer of number `index`. Callable from any thread.
    package func answer(_ index: Int, _ answer: Answer) {
        let isLast = answers.withLock { answers in
            answers[index] = answer
            return answers.allSatisfy { $0 != nil }
        }
        guard isLast else { return }
        var one: UInt64 = 1
        _ = write(event, &one, MemoryLayout<UInt64>.size)
    }

    /// Waits until all have answered, at most for `patience`.
    ///
    /// - Returns: the answers by number; nil for those that have not come.
    package func wait(_ patience: Interval) -> [Answer?] {
        let deadline = EventLoop.clock() + patience
        var watched = pollfd(fd: event, events: Int16(POLLIN), revents: 0)
        while true {
            let left = deadline - EventLoop.clock()
            let status = poll(&watched, 1, CInt(clamping: left.millisecondsRoundedUp))
            if status >= 0 || errno != EINTR { break }
        }
        return answers.withLock { $0 }
    }
}
