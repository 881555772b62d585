internal import MoQTCodec

/// Which Request IDs the peer has used; they may come in any order (draft-18 "Request ID").
struct ReceivedIDs {
    /// The smallest ID the peer has not used.
    private var next: UInt64
    /// Used IDs above `next`.
    private var beyond: Set<UInt64> = []
    /// The smallest of the peer's IDs above every used one; saturates at the largest.
    private(set) var end: RequestID

    /// - Parameter first: the peer's first ID, 0 for a client and 1 for a server.
    init(first: RequestID) {
        next = first.rawValue
        end = first
    }

    /// `id`, which is the peer's, was used.
    func contains(_ id: RequestID) -> Bool { id.rawValue < next || beyond.contains(id.rawValue) }

    /// Notes `id`; false when it was used before.
    mutating func insert(_ id: RequestID) -> Bool {
        let value = id.rawValue
        guard value >= next, beyond.insert(value).inserted else { return false }
        while beyond.remove(next) != nil { next = next.addingSaturating(2) }
        if value >= end.rawValue { end = RequestID(rawValue: value.addingSaturating(2)) }
        return true
    }
}

extension UInt64 {
    /// The sum, or the largest value.
    func addingSaturating(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
