internal import Glibc

/// A value that any thread may use, one at a time.
///
/// For what `Synchronization.Mutex` is for. That one waits on a futex inside the standard library, where the thread
/// sanitizer does not see it, and then takes all that threads hand over under it for races.
package final class Guarded<Value: Sendable>: @unchecked Sendable {
    // `value` is touched by the holder of `mutex` only; `mutex` itself is made for sharing.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    package init(_ value: Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` on the value while no other thread does. Not from within itself.
    package func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
