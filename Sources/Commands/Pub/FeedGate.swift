internal import EventLoop
internal import Glibc
internal import Wire

/// How the loop steers the thread that reads: when it may begin, how far it may go, and that it must stop.
final class FeedGate: @unchecked Sendable {
    // All variables are touched by the holder of `mutex` only; the pthread objects are made for sharing.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var isOpen = false
    private var isStopped = false
    private var limit: UInt64 = 0

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    // MARK: - The loop's side

    /// Reading begins.
    func open() { change { isOpen = true } }

    /// Bytes up to `total` from the start may be posted; never less than what was said before.
    func allow(_ total: UInt64) {
        change { limit = max(limit, total) }
    }

    func stop() { change { isStopped = true } }

    private func change(_ body: () -> Void) {
        pthread_mutex_lock(mutex)
        body()
        pthread_cond_signal(changed)
        pthread_mutex_unlock(mutex)
    }

    // MARK: - The reader's side

    func waitUntilOpen() throws(InputFailure) {
        try wait { isOpen }
    }

    /// Waits until more than `posted` bytes may be posted; returns how many that is.
    func waitForRoom(after posted: UInt64) throws(InputFailure) -> UInt64 {
        try wait { limit > posted }
    }

    /// Waits until `due`.
    func wait(until due: Instant) throws(InputFailure) {
        var time = timespec(tv_sec: Int(due.nanoseconds / 1_000_000_000), tv_nsec: Int(due.nanoseconds % 1_000_000_000))
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !isStopped, EventLoop.clock() < due { pthread_cond_timedwait(changed, mutex, &time) }
        if isStopped { throw .stopped }
    }

    @discardableResult
    private func wait(_ condition: () -> Bool) throws(InputFailure) -> UInt64 {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !isStopped, !condition() { pthread_cond_wait(changed, mutex) }
        if isStopped { throw .stopped }
        return limit
    }
}
