internal import Synchronization

/// What several caches may hold together, one for each loop of a relay.
///
/// Each has an equal share for itself. What others leave of theirs it may use, too, until they need it: who lacks room
/// says so, and makes do with what there is until those give back who have more than their share, when they settle next.
package final class CacheBudget: Sendable {
    /// Bytes held at most by all together, unless readers of lossless tracks need more.
    package let limit: Int
    /// Bytes that each may hold whatever the others do.
    package let share: Int
    private let held = Atomic<Int>(0)
    private let isCrowded = Atomic<Bool>(false)

    /// - Parameters:
    ///   - limit: bytes.
    ///   - count: caches that share it, 1 or more.
    package init(limit: Int, count: Int = 1) {
        self.limit = limit
        share = limit / max(count, 1)
    }

    /// Bytes that are held in excess of the limit; negative: there is room.
    var excess: Int { held.load(ordering: .relaxed) - limit }

    /// A cache holds more, or less, than it has told before.
    func change(by count: Int) { held.wrappingAdd(count, ordering: .relaxed) }

    /// One that has no more than its share lacks room.
    func lacksRoom() { if share < limit { isCrowded.store(true, ordering: .relaxed) } }

    /// Whether one that has more than its share is to give back some of it; it is told once.
    func takeComplaint() -> Bool {
        isCrowded.load(ordering: .relaxed) && isCrowded.exchange(false, ordering: .relaxed)
    }
}
