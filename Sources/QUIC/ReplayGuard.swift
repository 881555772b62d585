internal import CGnuTLS
internal import Glibc

/// Remembers the early data that was taken, so that none is taken twice (RFC 8446 §8.2); shared by all loops of a server.
///
/// It remembers for as long as a ticket is good: so it matters not how long ago a client says that it got its ticket.
package final class ReplayGuard: @unchecked Sendable {
    /// Seconds that a ticket is good for.
    static let ticketLifetime: CInt = 6 * 3600

    let raw: gnutls_anti_replay_t
    // Only touched with the lock held.
    private var generations = Generations()
    private let lock: UnsafeMutablePointer<pthread_mutex_t>

    /// - Parameter capacity: first flights remembered at least; when there is no room for more, early data is refused,
    ///   and with it nothing but its speed is lost.
    package init(capacity: Int = 1 << 17) {
        var raw: gnutls_anti_replay_t?
        let status = gnutls_anti_replay_init(&raw)
        guard status == 0, let raw else { preconditionFailure("no memory") }
        self.raw = raw
        lock = .allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
        generations.capacity = capacity
        // GnuTLS's own way of forgetting would refuse every ticket that is older than its last turn.
        gnutls_anti_replay_set_window(raw, .max)
        gnutls_anti_replay_set_ptr(raw, Unmanaged.passUnretained(self).toOpaque())
        gnutls_anti_replay_set_add_function(raw) { context, expiry, key, _ in
            guard let context, let key else { return GNUTLS_E_DB_ERROR }
            let replays = Unmanaged<ReplayGuard>.fromOpaque(context).takeUnretainedValue()
            // GnuTLS adds its window to the time.
            let isNew = replays.add(key.pointee.array, at: Int(expiry) - Int(UInt32.max / 1000))
            return isNew ? 0 : GNUTLS_E_DB_ENTRY_EXISTS
        }
    }

    deinit {
        gnutls_anti_replay_deinit(raw)
        pthread_mutex_destroy(lock)
        lock.deallocate()
    }

    /// False when the first flight named by `key` was seen before, or there is no room to remember it.
    /// - Parameter time: in seconds.
    func add(_ key: [UInt8], at time: Int) -> Bool {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return generations.add(key.suffix(16).reduce(0) { $0 << 8 | UInt128($1) }, at: time)
    }

    /// Keys of the current ticket lifetime and of the one before; a key is part of a MAC that the client has made.
    private struct Generations {
        var capacity = 0
        private var current: Set<UInt128> = []
        private var previous: Set<UInt128> = []
        private var began: Int?

        mutating func add(_ key: UInt128, at time: Int) -> Bool {
            let began = began ?? time
            if time - began >= Int(ReplayGuard.ticketLifetime) {
                previous = time - began < 2 * Int(ReplayGuard.ticketLifetime) ? current : []
                current = []
                self.began = time
            } else {
                self.began = began
            }
            guard current.count < capacity, !previous.contains(key) else { return false }
            return current.insert(key).inserted
        }
    }
}
