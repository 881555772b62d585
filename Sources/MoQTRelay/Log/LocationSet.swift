internal import MoQTCodec

/// Locations of a track, as ranges that neither overlap nor touch, in ascending order.
///
/// Holds ``limit`` ranges at most; when it would be more, the lowest is forgotten.
struct LocationSet {
    private(set) var ranges = TwoEndedArray<ClosedRange<Location>>()
    let limit: Int

    /// What a range counts in a ``Cache``, in bytes.
    static let rangeCost = 48

    init(limit: Int = 65_536) { self.limit = limit }

    var isEmpty: Bool { ranges.isEmpty }
    /// The largest location; nil when there is none.
    var last: Location? { ranges.last?.upperBound }

    mutating func insert(_ range: ClosedRange<Location>) {
        let start = ranges.partition { !$0.upperBound.isLast && $0.upperBound.next < range.lowerBound }
        let end = ranges.partition { $0.lowerBound <= range.upperBound.next }
        guard start < end else { return append(range, at: start) }
        let low = Swift.min(ranges[start].lowerBound, range.lowerBound)
        let high = Swift.max(ranges[end - 1].upperBound, range.upperBound)
        ranges[start] = low...high
        ranges.removeSubrange(start + 1..<end)
    }

    private mutating func append(_ range: ClosedRange<Location>, at index: Int) {
        ranges.insert(range, at: index)
        if ranges.count > limit { ranges.remove(at: 0) }
    }

    mutating func remove(_ range: ClosedRange<Location>) {
        let start = ranges.partition { $0.upperBound < range.lowerBound }
        let end = ranges.partition { $0.lowerBound <= range.upperBound }
        guard start < end else { return }
        let (low, high) = (ranges[start].lowerBound, ranges[end - 1].upperBound)
        ranges.removeSubrange(start..<end)
        if high > range.upperBound { append(range.upperBound.next...high, at: start) }
        if low < range.lowerBound { append(low...range.lowerBound.previous, at: start) }
    }

    func contains(_ location: Location) -> Bool { range(of: location) != nil }

    /// The range that `location` is in; nil: it is not in the set.
    func range(of location: Location) -> ClosedRange<Location>? {
        let index = ranges.partition { $0.upperBound < location }
        guard index < ranges.count, ranges[index].lowerBound <= location else { return nil }
        return ranges[index]
    }

    /// The first location of the set that is `location` or after it; nil: there is none.
    func first(from location: Location) -> Location? {
        let index = ranges.partition { $0.upperBound < location }
        return index < ranges.count ? Swift.max(ranges[index].lowerBound, location) : nil
    }

    /// The last location of the set that is `location` or before it; nil: there is none.
    func last(through location: Location) -> Location? {
        let index = ranges.partition { $0.lowerBound <= location }
        return index > 0 ? Swift.min(ranges[index - 1].upperBound, location) : nil
    }
}

extension Location {
    /// There is none after it.
    var isLast: Bool { group == .max && object == .max }

    /// The location after this one; the last one after itself.
    var next: Location {
        if object < .max { return Location(group: group, object: object + 1) }
        return group < .max ? Location(group: group + 1, object: 0) : self
    }

    /// The location before this one; {0, 0} before itself.
    var previous: Location {
        if object > 0 { return Location(group: group, object: object - 1) }
        return group > 0 ? Location(group: group - 1, object: .max) : self
    }

    /// All of a group.
    static func all(of group: UInt64) -> ClosedRange<Location> {
        Location(group: group, object: 0)...Location(group: group, object: .max)
    }
}
