/// Which Locations of a track pass: what a subscription gets, or which range a fetch asks for (draft-22
/// "Location Filters"; up to draft-18 a Subscription Filter).
///
/// "Largest" is the Largest Object of the publisher at the time it processes the message. Where the end is open, a
/// subscription goes on, and a fetch ends at the largest object.
public enum LocationFilter: Hashable, Sendable {
    /// All Locations. In an update it removes the filter there was.
    case unfiltered
    /// From the start of the group that is `groups` before the next one on: 0 is the next group, 1 the largest
    /// object's group. The first group of all where there are not as many.
    case relativeStart(groups: UInt64)
    /// From the object after the largest one on; from {0, 0} when nothing was published.
    case nextObject
    /// From the Location on.
    case absoluteStart(Location)
    /// From `start` through `end`, inclusively; `end.group` is `start.group` or later.
    case absoluteRange(start: Location, end: RangeEnd)

    /// From the group after the largest one on; from {0, 0} when nothing was published.
    public static let nextGroup = Self.relativeStart(groups: 0)

    /// The first Location that passes.
    /// - Parameter largest: the largest object the publisher knows; nil when nothing was published.
    public func start(largest: Location?) -> Location {
        switch self {
        case .unfiltered: return .zero
        case .relativeStart(let groups):
            guard let largest else { return .zero }
            if groups == 0 { return Location(group: saturatingSuccessor(largest.group), object: 0) }
            let back = groups - 1
            return Location(group: largest.group > back ? largest.group - back : 0, object: 0)
        case .nextObject:
            guard let largest else { return .zero }
            return Location(group: largest.group, object: saturatingSuccessor(largest.object))
        case .absoluteStart(let start), .absoluteRange(let start, _): return start
        }
    }

    /// The start when it needs no largest object to be known.
    public var absoluteStart: Location? {
        switch self {
        case .unfiltered: .zero
        case .relativeStart, .nextObject: nil
        case .absoluteStart(let start), .absoluteRange(let start, _): start
        }
    }

    /// Where the range ends, inclusively; nil when it is open.
    public var end: RangeEnd? {
        if case .absoluteRange(_, let end) = self { end } else { nil }
    }

    /// It ends before it starts, so that it can be refused with INVALID_RANGE.
    public var isInverted: Bool {
        guard case .absoluteRange(let start, let end) = self else { return false }
        return end.isBefore(start)
    }

    private func saturatingSuccessor(_ value: UInt64) -> UInt64 { value == .max ? value : value + 1 }
}
