/// An unordered collection whose members remember their places, so that leaving costs the same however many there are.
struct Roster<Member: AnyObject> {
    private(set) var members: [Member] = []
    /// Where a member keeps its place; −1 while it is in no roster.
    private let place: ReferenceWritableKeyPath<Member, Int>

    init(_ place: ReferenceWritableKeyPath<Member, Int>) { self.place = place }

    var isEmpty: Bool { members.isEmpty }

    mutating func insert(_ member: Member) {
        guard member[keyPath: place] < 0 else { return }
        member[keyPath: place] = members.count
        members.append(member)
    }

    /// Does nothing for one that is not in it.
    mutating func remove(_ member: Member) {
        let index = member[keyPath: place]
        guard index >= 0, index < members.count, members[index] === member else { return }
        member[keyPath: place] = -1
        let last = members.removeLast()
        guard last !== member else { return }
        members[index] = last
        last[keyPath: place] = index
    }
}

/// First in, first out; what was taken is given up in bulk.
struct Fifo<Element> {
    private var storage: [Element?] = []
    private var head = 0

    var count: Int { storage.count - head }
    var isEmpty: Bool { count == 0 }
    var first: Element? { isEmpty ? nil : storage[head] }

    mutating func append(_ element: Element) { storage.append(element) }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let element = storage[head].take()
        head += 1
        if head == storage.count {
            storage.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 1024, head * 2 >= storage.count {
            storage.removeFirst(head)
            head = 0
        }
        return element
    }
}
