/// First in, first out, in one reused ring: steady use allocates nothing.
struct Queue<Element> {
    private var storage: [Element?] = []
    private var head = 0
    /// Elements waiting.
    private(set) var count = 0

    init() {}

    var isEmpty: Bool { count == 0 }
    /// The oldest element; nil when there is none.
    var first: Element? { count == 0 ? nil : storage[head] }

    mutating func append(_ element: Element) {
        if count == storage.count { grow() }
        storage[(head + count) % storage.count] = element
        count += 1
    }

    /// Puts `element` before all others.
    mutating func prepend(_ element: Element) {
        if count == storage.count { grow() }
        head = head == 0 ? storage.count - 1 : head - 1
        storage[head] = element
        count += 1
    }

    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = storage[head].take()
        head = (head + 1) % storage.count
        count -= 1
        return element
    }

    mutating func removeAll() { self = Self() }

    /// The element `index` places behind the first. Traps outside the queue.
    subscript(index: Int) -> Element {
        precondition(index >= 0 && index < count, "outside the queue")
        guard let element = storage[(head + index) % storage.count] else { preconditionFailure("a hole in the ring") }
        return element
    }

    private mutating func grow() {
        var larger: [Element?] = []
        larger.reserveCapacity(max(8, storage.count * 2))
        for index in 0..<count { larger.append(storage[(head + index) % storage.count]) }
        larger.append(contentsOf: repeatElement(nil, count: max(8, storage.count * 2) - count))
        storage = larger
        head = 0
    }
}
