internal import CommandLine
internal import EventLoop
internal import Glibc
internal import Wire

/// Writes to files on a thread of its own, so that a slow pipe or disk never holds up the connection.
final class OutputPump: Sendable {
    /// What a command wants written.
    enum Job: Sendable {
        case bytes(Bytes)
        /// From here on, bytes go to this file.
        case open(path: String)
        case close
        /// All before this was written, or failed: the pump says so. If nothing was, `isWhole` empties the file.
        case finish(isWhole: Bool)

        /// What it takes of memory, about: a job of few bytes is more than they.
        var cost: Int { if case .bytes(let bytes) = self { bytes.count + 64 } else { 64 } }
    }

    /// What became of it.
    enum Report: Sendable {
        /// Jobs of this cost, in all.
        case wrote(cost: Int)
        case failed(WriteError, path: String)
        case finished
    }

    private struct State {
        var jobs: [Job] = []
        var isStopped = false
    }

    /// Reports come about this often, and at the end of what there was to do.
    private static let reportedCost = 1 << 20

    private let state = Guarded(State())
    private let wakeUp: WakeUp
    let reports: Mailbox<Report>

    /// - Parameter path: the first file; nil: stdout. It is opened at once, and emptied by the first bytes.
    init(path: String?) throws {
        wakeUp = WakeUp()
        reports = try Mailbox<Report>()
        let writer = try path.map { path throws(WriteError) in try ByteWriter(path: path) } ?? .standardOutput
        let handed = Handed(writer: writer)
        try Worker.start("output") { [self] in run(handed, path ?? "stdout") }
    }

    /// Hands the first writer to the thread, which is its only user from then on.
    private final class Handed: @unchecked Sendable {
        let writer: ByteWriter
        init(writer: ByteWriter) { self.writer = writer }
    }

    func post(_ job: Job) {
        let isFirst = state.withLock { state in
            state.jobs.append(job)
            return state.jobs.count == 1
        }
        if isFirst { wakeUp.post() }
    }

    private func run(_ handed: Handed, _ firstPath: String) {
        var writer: ByteWriter? = handed.writer
        var path = firstPath
        var batch: [Job] = []
        while true {
            take(into: &batch)
            do throws(WriteError) {
                if try perform(batch, &writer, &path) { return }
                try writer?.flush()
            } catch {
                reports.post(.failed(error, path: path))
                return
            }
            batch.removeAll(keepingCapacity: true)
        }
    }

    private func take(into batch: inout [Job]) {
        while batch.isEmpty {
            wakeUp.wait()
            state.withLock { swap(&$0.jobs, &batch) }
        }
    }

    /// - Returns: whether it was told to finish.
    private func perform(_ batch: [Job], _ writer: inout ByteWriter?, _ path: inout String) throws(WriteError) -> Bool {
        var cost = 0
        defer { reports.post(.wrote(cost: cost)) }
        for job in batch {
            cost += job.cost
            if cost >= Self.reportedCost {
                reports.post(.wrote(cost: cost))
                cost = 0
            }
            switch job {
            case .bytes(let bytes): try writer?.write(bytes)
            case .open(let next):
                try writer?.finish()
                path = next
                writer = try ByteWriter(path: next)
            case .close:
                try writer?.finish()
                writer = nil
            case .finish(let isWhole):
                if isWhole { try writer?.finish() } else { try writer?.flush() }
                writer = nil
                reports.post(.finished)
                return true
            }
        }
        return false
    }
}

/// Lets one thread wait for another.
private final class WakeUp: @unchecked Sendable {
    // A semaphore is made for use by several threads; it has an address of its own for as long as it lives.
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func post() { sem_post(semaphore) }

    func wait() {
        while sem_wait(semaphore) != 0, errno == EINTR {}
    }
}
