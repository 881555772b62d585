internal import Synchronization

/// How many connections there are, over all loops of a server.
package final class ConnectionCount: Sendable {
    private let count = Atomic(0)

    package init() {}

    /// Counts one more, unless there are `limit` of them.
    func add(below limit: Int) -> Bool {
        if count.add(1, ordering: .relaxed).newValue <= limit { return true }
        remove()
        return false
    }

    func remove() { count.subtract(1, ordering: .relaxed) }
}
