/// Which objects a subscription passes (draft-18 "Subscription Filters"). No filter passes all.
package enum SubscriptionFilter: Hashable, Sendable {
    /// From the group after the largest one on; from {0, 0} when nothing was published.
    case nextGroupStart
    /// From the object after the largest one on; from {0, 0} when nothing was published.
    case largestObject
    /// From `start` on.
    case absoluteStart(Location)
    /// From `start` through the whole of group `endGroup`, which is `start.group` or later.
    case absoluteRange(start: Location, endGroup: UInt64)

    /// The first Location that passes, `largest` being the largest object the publisher knows.
    package func start(largest: Location?) -> Location {
        switch self {
        case .nextGroupStart:
            guard let largest else { return .zero }
            return Location(group: saturatingSuccessor(largest.group), object: 0)
        case .largestObject:
            guard let largest else { return .zero }
            return Location(group: largest.group, object: saturatingSuccessor(largest.object))
        case .absoluteStart(let start), .absoluteRange(let start, _):
            return start
        }
    }

    /// The last group that passes, inclusively; nil when the filter is open.
    package var endGroup: UInt64? {
        if case .absoluteRange(_, let endGroup) = self { endGroup } else { nil }
    }

    private func saturatingSuccessor(_ value: UInt64) -> UInt64 { value == .max ? value : value + 1 }
}
