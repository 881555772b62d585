internal import MoQTCodec
internal import Wire

/// How many requests the peer lets us make, and what waits for more (draft-16 "MAX_REQUEST_ID").
struct RequestLimit {
    /// Something to send.
    struct Item {
        /// The Request ID it uses up; nil when it uses none.
        var uses: RequestID?
        /// The request it belongs to.
        var request: RequestID
        /// It goes on the control stream; otherwise on the request's own.
        var sharesControl: Bool
        var bytes: Bytes
    }

    /// Our requests stay below this ID; 0 until the peer has said it, the largest number where there is no limit.
    private(set) var maximum: UInt64
    private var items: [Item] = []
    /// The limit that the peer was told of being in the way.
    private var toldOf: UInt64?

    init(isLimited: Bool) { maximum = isLimited ? 0 : .max }

    /// Something waits.
    var isHolding: Bool { !items.isEmpty }

    func allows(_ id: RequestID) -> Bool { id.rawValue < maximum }

    /// Takes what must wait; false when it may leave at once.
    mutating func hold(_ item: Item) -> Bool {
        guard !mayLeave(item, after: items.count) else { return false }
        items.append(item)
        return true
    }

    /// What uses no ID waits only for what its own request has waiting.
    private func mayLeave(_ item: Item, after index: Int) -> Bool {
        item.uses.map { allows($0) } ?? true && !items[..<index].contains { $0.request == item.request }
    }

    /// What may leave now, in order; nil when there is none.
    mutating func next() -> Item? {
        guard let index = items.indices.first(where: { mayLeave(items[$0], after: $0) }) else { return nil }
        return items.remove(at: index)
    }

    /// The peer's limit grew; false when it did not.
    mutating func raise(to maximum: UInt64) -> Bool {
        guard maximum > self.maximum else { return false }
        self.maximum = maximum
        return true
    }

    /// The limit to tell the peer of, once for each (draft-16 "REQUESTS_BLOCKED").
    mutating func blockedAt() -> UInt64? {
        guard toldOf != maximum else { return nil }
        toldOf = maximum
        return maximum
    }
}
