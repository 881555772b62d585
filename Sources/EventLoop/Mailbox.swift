internal import CLinux
internal import Glibc
package import Wire

/// Messages from any thread to one loop, delivered in the order they were posted.
///
/// Many messages cost one wake. Messages posted before ``attach(to:_:)`` are kept for it.
package final class Mailbox<Message: Sendable>: Sendable {
    private let queue = Guarded<[Message]>([])
    private let event: CInt

    package init() throws(SystemError) {
        event = eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK))
        if event < 0 { throw SystemError("eventfd") }
    }

    deinit { close(event) }

    /// Hands `message` to the loop. Callable from any thread; never waits for the loop.
    package func post(_ message: Message) {
        let first = queue.withLock { queue in
            queue.append(message)
            return queue.count == 1
        }
        guard first else { return }
        var one: UInt64 = 1
        // Cannot fail: the counter is far from full, since it is written once per emptying.
        _ = write(event, &one, MemoryLayout<UInt64>.size)
    }

    /// Calls `handler` in `loop` for each message from now on. The loop keeps the mailbox until the registration is
    /// cancelled.
    package func attach(
        to loop: EventLoop, _ handler: @escaping (Message) -> Void
    ) throws(SystemError) -> Registration {
        var batch: [Message] = []
        return try loop.register(event, .readable) { [self] _ in
            take(into: &batch)
            for message in batch { handler(message) }
            batch.removeAll(keepingCapacity: true)
        }
    }

    /// Calls `arrived` in `loop` when there are messages, which ``take()`` then gives.
    package func attach(
        to loop: EventLoop, arrived: @escaping () -> Void
    ) throws(SystemError) -> Registration {
        try loop.register(event, .readable) { [self] _ in
            var count: UInt64 = 0
            _ = read(event, &count, MemoryLayout<UInt64>.size)
            arrived()
        }
    }

    /// All messages posted by now, in order, as soon as there are some: for a thread that has no loop.
    ///
    /// - Parameter deadline: when it is given up, and there are none; nil: never.
    package func wait(until deadline: Instant?) -> [Message] {
        var watched = pollfd(fd: event, events: Int16(POLLIN), revents: 0)
        let left = deadline.map { CInt(clamping: ($0 - EventLoop.clock()).millisecondsRoundedUp) }
        if poll(&watched, 1, left ?? -1) > 0 {
            var count: UInt64 = 0
            _ = read(event, &count, MemoryLayout<UInt64>.size)
        }
        return take()
    }

    /// All messages posted by now, in order.
    package func take() -> [Message] {
        queue.withLock { queue in
            defer { queue = [] }
            return queue
        }
    }

    /// Swaps the queue with the empty `batch`, so that both keep their memory.
    private func take(into batch: inout [Message]) {
        var count: UInt64 = 0
        // Before the queue is taken: a message posted in between then causes one idle wake, not a lost one.
        _ = read(event, &count, MemoryLayout<UInt64>.size)
        queue.withLock { swap(&$0, &batch) }
    }
}
