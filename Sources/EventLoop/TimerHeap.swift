internal import Wire

/// Timers ordered by deadline, with those of one deadline in the order they were set.
///
/// A 4-ary heap of small values; each timer knows its place in it, so rescheduling is a short walk up or down.
struct TimerHeap {
    private struct Timer {
        var handler: (() -> Void)?
        /// Index in `heap`; -1 while the timer is not set.
        var place: Int
        var generation: UInt32
        /// Freed as it fires.
        var once: Bool
    }

    private struct Entry {
        var deadline: Instant
        /// Counts settings, to keep their order.
        var sequence: UInt64
        var timer: UInt32

        func isBefore(_ other: Entry) -> Bool {
            deadline == other.deadline ? sequence < other.sequence : deadline < other.deadline
        }
    }

    private var timers: [Timer] = []
    private var free: [UInt32] = []
    private var heap: [Entry] = []
    /// The sequence of the last setting.
    private(set) var sequence: UInt64 = 0

    /// The next deadline; nil when no timer is set.
    var earliest: Instant? { heap.first?.deadline }

    mutating func insert(once: Bool, _ handler: @escaping () -> Void) -> TimerID {
        let index: UInt32
        if let reused = free.popLast() {
            index = reused
        } else {
            index = UInt32(timers.count)
            timers.append(Timer(handler: nil, place: -1, generation: 0, once: false))
        }
        timers[Int(index)].handler = handler
        timers[Int(index)].once = once
        return TimerID(index: index, generation: timers[Int(index)].generation)
    }

    mutating func set(_ id: TimerID, at deadline: Instant?) {
        guard isLive(id) else { return }
        let place = timers[Int(id.index)].place
        guard let deadline else { return removeEntry(at: place) }
        sequence += 1
        let entry = Entry(deadline: deadline, sequence: sequence, timer: id.index)
        if place < 0 {
            heap.append(entry)
            siftUp(entry, from: heap.count - 1)
        } else {
            settle(entry, at: place)
        }
    }

    mutating func remove(_ id: TimerID) {
        guard isLive(id) else { return }
        removeEntry(at: timers[Int(id.index)].place)
        release(id.index)
    }

    /// Unsets the earliest timer that is due at `now` and was set no later than `mark`, and returns its handler.
    mutating func popDue(_ now: Instant, setBy mark: UInt64) -> (() -> Void)? {
        guard let first = heap.first, first.deadline <= now, first.sequence <= mark else { return nil }
        removeEntry(at: 0)
        let handler = timers[Int(first.timer)].handler
        if timers[Int(first.timer)].once { release(first.timer) }
        return handler
    }

    private func isLive(_ id: TimerID) -> Bool {
        let timer = timers[Int(id.index)]
        return timer.generation == id.generation && timer.handler != nil
    }

    private mutating func release(_ index: UInt32) {
        timers[Int(index)].handler = nil
        timers[Int(index)].generation &+= 1
        free.append(index)
    }

    private mutating func removeEntry(at place: Int) {
        guard place >= 0 else { return }
        timers[Int(heap[place].timer)].place = -1
        let last = heap.removeLast()
        if place < heap.count { settle(last, at: place) }
    }

    /// Puts `entry` where the hole at `place` leads to.
    private mutating func settle(_ entry: Entry, at place: Int) {
        if place > 0, entry.isBefore(heap[(place - 1) / 4]) {
            siftUp(entry, from: place)
        } else {
            siftDown(entry, from: place)
        }
    }

    private mutating func siftUp(_ entry: Entry, from start: Int) {
        var place = start
        while place > 0, entry.isBefore(heap[(place - 1) / 4]) {
            put(heap[(place - 1) / 4], at: place)
            place = (place - 1) / 4
        }
        put(entry, at: place)
    }

    private mutating func siftDown(_ entry: Entry, from start: Int) {
        var place = start
        while let child = earliestChild(of: place), heap[child].isBefore(entry) {
            put(heap[child], at: place)
            place = child
        }
        put(entry, at: place)
    }

    private func earliestChild(of place: Int) -> Int? {
        let first = 4 * place + 1
        guard first < heap.count else { return nil }
        var best = first
        for child in first + 1..<min(first + 4, heap.count) where heap[child].isBefore(heap[best]) { best = child }
        return best
    }

    private mutating func put(_ entry: Entry, at place: Int) {
        heap[place] = entry
        timers[Int(entry.timer)].place = place
    }
}
