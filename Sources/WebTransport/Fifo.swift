internal import Wire

/// First in, first out, emptied again and again: steady use allocates nothing.
struct Fifo<Element> {
    private var elements: [Element?] = []
    private var head = 0

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard head < elements.count else {
            elements.removeAll(keepingCapacity: elements.capacity <= 1024)
            head = 0
            return nil
        }
        defer { head += 1 }
        return elements[head].take()
    }

    mutating func removeAll() { self = Self() }
}

/// Which of a client's bidirectional streams there have been: they come nearly in order.
struct SeenStreams {
    /// All up to here, counted from 0.
    private var all: UInt64 = 0
    private var beyond: Set<UInt64> = []

    mutating func insert(_ stream: StreamID) {
        beyond.insert(stream.rawValue >> 2)
        while beyond.remove(all) != nil { all += 1 }
    }

    /// One more than the last of them, counted from 0.
    var end: UInt64 { max(all, beyond.max().map { $0 + 1 } ?? 0) }

    func contains(_ stream: StreamID) -> Bool {
        stream.rawValue >> 2 < all || beyond.contains(stream.rawValue >> 2)
    }
}
