/// An array that grows and shrinks at either end at no cost; in between, the shorter side moves.
struct TwoEndedArray<Element>: RandomAccessCollection {
    /// What is before `head` is room.
    private var storage: [Element] = []
    private var head = 0

    var startIndex: Int { 0 }
    var endIndex: Int { storage.count - head }

    subscript(index: Int) -> Element {
        get { storage[head + index] }
        set { storage[head + index] = newValue }
    }

    /// The first index whose element is not before a place; the end when all are.
    func partition(_ isBefore: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    mutating func insert(_ element: Element, at index: Int) {
        guard index < count / 2 || index == 0 && !isEmpty else { return storage.insert(element, at: head + index) }
        if head == 0 {
            let room = count / 2 + 16
            storage.insert(contentsOf: repeatElement(element, count: room), at: 0)
            head = room
        }
        for place in head..<head + index { storage[place - 1] = storage[place] }
        head -= 1
        storage[head + index] = element
    }

    mutating func removeSubrange(_ range: Range<Int>) {
        guard range.lowerBound < count - range.upperBound else {
            storage.removeSubrange(head + range.lowerBound..<head + range.upperBound)
            return
        }
        for index in (0..<range.lowerBound).reversed() { self[index + range.count] = self[index] }
        head += range.count
        // Room that is larger than what there is goes back.
        if head >= 64, head > count { (storage, head) = (Array(storage[head...]), 0) }
    }

    mutating func remove(at index: Int) { removeSubrange(index..<index + 1) }
}

extension TwoEndedArray where Element: Comparable {
    /// The first index, in ascending order, of an element that is `least` or larger.
    func firstIndex(atLeast least: Element) -> Int { partition { $0 < least } }

    /// Inserts where it belongs in ascending order; at the end at no cost.
    mutating func insertInOrder(_ element: Element) {
        if let last, last < element { return insert(element, at: count) }
        insert(element, at: firstIndex(atLeast: element))
    }
}
