/// The types of a list of parameters or options, in the order in which they came.
///
/// Up to draft-15 the order is free and says nothing; it is kept so that the list can be written again as it was. It
/// is no part of the value: all orders are equal. Empty means ascending.
package struct WireOrder: Hashable, Sendable {
    package var types: [UInt64] = []

    package init() {}

    package static func == (a: Self, b: Self) -> Bool { true }
    package func hash(into hasher: inout Hasher) {}

    /// Puts `items`, which ascend, in this order: of equal types in theirs, what it does not name behind.
    func arrange<Item>(_ items: [Item], type: (Item) -> UInt64) -> [Item] {
        guard !types.isEmpty else { return items }
        var rest = items
        var result: [Item] = []
        result.reserveCapacity(items.count)
        for next in types {
            if let index = rest.firstIndex(where: { type($0) == next }) { result.append(rest.remove(at: index)) }
        }
        return result + rest
    }
}

/// Where a value was on the wire. It is no part of the value: all places are equal.
package struct WirePlace: Hashable, Sendable {
    /// In bytes from the start of the stream; 0 for a value that was not read.
    package var offset: UInt64 = 0

    package init() {}
    init(_ offset: UInt64) { self.offset = offset }

    package static func == (a: Self, b: Self) -> Bool { true }
    package func hash(into hasher: inout Hasher) {}
}
