package import EventLoop
package import MoQTCodec
package import MoQTRelay
internal import Wire

/// Runs the connections of one loop: collects what arrived, lets the application act on it, then sends for all.
///
/// A round: the application takes in what came by other ways → every link that has input or wishes hands its events on →
/// the application settles → every such link fills packets. So many datagrams and many subscribers cost one pass.
package final class Driver {
    package let loop: EventLoop
    /// Whose sessions these are; set before the first connection.
    package weak var application: (any Application)?
    /// Told of every control message of every session, and whether this end has sent it; nil: nobody is.
    package var watch: ((_ session: Peer, _ message: ControlMessage, _ isSent: Bool, _ byteCount: Int) -> Void)?
    /// Gives a session that begins on a link its witness; nil: none has one.
    package var witness: ((_ link: Link, _ session: Peer) -> (any SessionWitness)?)?
    /// Filled with one train at a time; shared by all connections of the loop.
    let sendBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 64)

    private var marked: [Link] = []
    private var isScheduled = false
    private var timer: TimerID?
    private var nextNumber: UInt64
    private let numberStep: UInt64

    /// - Parameters:
    ///   - index: which of the process's loops it is, from 0.
    ///   - count: loops whose sessions are to have different numbers.
    package init(loop: EventLoop, index: Int = 0, of count: Int = 1) {
        self.loop = loop
        nextNumber = UInt64(index + 1)
        numberStep = UInt64(count)
    }

    deinit { sendBuffer.deallocate() }

    /// Runs a round at the end of this wake, so that the application's ``Application/settle(_:)`` and deadline are seen.
    package func wake() {
        guard !isScheduled else { return }
        isScheduled = true
        loop.afterEvents { [weak self] in self?.round() }
    }

    func mark(_ link: Link) {
        guard !link.isMarked else { return }
        link.isMarked = true
        marked.append(link)
        wake()
    }

    /// A session's ``Peer/number``.
    package func takeNumber() -> UInt64 {
        defer { nextNumber += numberStep }
        return nextNumber
    }

    private func round() {
        let now = loop.now
        application?.roundBegins(now)
        isScheduled = false
        var next = 0
        while next < marked.count {
            marked[next].collect(now)
            next += 1
        }
        application?.settle(now)
        // Settling gives credit to further links; they have nothing to collect that can't wait.
        let links = marked
        marked.removeAll(keepingCapacity: true)
        for link in links {
            link.isMarked = false
            link.send(now)
        }
        setTimer()
    }

    private func setTimer() {
        let deadline = application?.deadline
        if let timer {
            loop.reschedule(timer, at: deadline)
        } else if let deadline {
            timer = loop.schedule(at: deadline) { [weak self] in self?.timeReached() }
        }
    }

    private func timeReached() {
        application?.timeReached(loop.now)
        wake()
    }
}
