internal import EventLoop
internal import MoQTCodec
internal import Wire

/// Names a request before the loop has begun it. Unique in its session.
typealias Ticket = UInt64

/// An answer that a task waits for.
typealias Reply<Answer: Sendable> = Latch<Result<Answer, MoQTError>>

/// What tasks want of the loop.
enum Order: Sendable {
    case perform(@Sendable (Engine) -> Void)
    /// A reader has taken something of a request, for which this is owed.
    case taken(Ticket, Owed)
    case object(Ticket, OutgoingObject)
}

/// What the loop of a session and the tasks that use it have in common.
final class Core: Sendable {
    private struct State {
        var lastTicket: Ticket = 0
        var end: MoQTError?
    }

    let mailbox: Mailbox<Order>
    private let state = Guarded(State())
    /// Set once: by GOAWAY, or by the session's end.
    let goAway = Reply<GoAway>()
    /// Set when the session is over.
    let closed = Latch<MoQTError>()

    init() throws(SystemError) { mailbox = try Mailbox() }

    func takeTicket() -> Ticket {
        state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
    }

    /// Hands an order to the loop.
    ///
    /// - Returns: nil, or why there is no loop any more.
    @discardableResult
    func post(_ order: Order) -> MoQTError? {
        state.withLock { state in
            // Under the lock, so that nothing comes after the loop has looked for the last time.
            if state.end == nil { mailbox.post(order) }
            return state.end
        }
    }

    func perform(_ body: @escaping @Sendable (Engine) -> Void) { post(.perform(body)) }

    /// From now on nothing is posted. The loop calls it before it looks for the last time.
    func end(_ error: MoQTError) {
        state.withLock { $0.end = $0.end ?? error }
        goAway.set(.failure(error))
        closed.set(error)
    }

    /// Has the loop begin a request, and waits for what comes of it. The request is given up when the task is cancelled.
    func ask<Answer: Sendable>(
        _ ticket: Ticket, _ begin: @escaping @Sendable (Engine, Reply<Answer>) -> Void
    ) async throws(MoQTError) -> Answer {
        let reply = Reply<Answer>()
        if let end = post(.perform { begin($0, reply) }) { throw end }
        guard let result = await reply.wait() else {
            perform { $0.release(ticket) }
            throw .cancelled
        }
        return try result.get()
    }
}
