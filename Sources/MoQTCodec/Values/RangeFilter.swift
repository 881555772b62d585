/// One Range Filter parameter: which numbers pass (draft-22 "Range Filters").
///
/// Filters with the same ``setID`` must all pass; a track or an object passes when the filters of one set do.
public struct RangeFilter: Hashable, Sendable {
    /// What the numbers are.
    public enum Kind: UInt8, Hashable, Sendable, CaseIterable {
        case subgroupID, objectID, publisherPriority, objectProperty, trackProperty

        /// A filter of this kind names a property.
        public var namesProperty: Bool { self == .objectProperty || self == .trackProperty }
        /// The largest number there is of this kind.
        public var maximum: UInt64 { self == .publisherPriority ? 255 : .max }
    }

    /// What the numbers are.
    public var kind: Kind
    /// The set it belongs to.
    public var setID: UInt8
    /// The property whose value counts, of an even type; nil exactly when the kind names none.
    public var propertyType: UInt64?
    /// Ascending; one may begin where the one before ends. The last has no end when its upper bound is 2^64-1. Without
    /// ranges it says, in an update, that all filters of the kind are gone; set and property mean nothing then.
    public var ranges: [ClosedRange<UInt64>]
    /// The end of the last range is sent though it is 2^64-1, and need not be.
    public var statesLastEnd = false
    /// Of a filter that was read.
    package var place = WirePlace()

    /// Of its parts.
    public init(
        _ kind: Kind, setID: UInt8 = 0, propertyType: UInt64? = nil, _ ranges: [ClosedRange<UInt64>] = []
    ) {
        self.kind = kind
        self.setID = setID
        self.propertyType = propertyType
        self.ranges = ranges
    }

    /// No message may hold both (draft-22 "Range Filters").
    func repeats(_ other: Self) -> Bool {
        guard kind == other.kind else { return false }
        return ranges.isEmpty || other.ranges.isEmpty || setID == other.setID && propertyType == other.propertyType
    }
}

extension [RangeFilter] {
    /// What is left of these after a REQUEST_UPDATE with `update`: filters of a kind that it names are gone, with all of
    /// their sets and properties (draft-22 "Range Filters").
    package func updated(by update: Self) -> Self {
        guard !update.isEmpty else { return self }
        let kept = filter { old in !update.contains { $0.kind == old.kind } }
        return kept + update.filter { !$0.ranges.isEmpty }
    }

    /// What MAX_FILTER_RANGES limits.
    package var rangeCount: Int { reduce(0) { $0 + $1.ranges.count } }
}

/// What is said of a fill, the past objects that a subscription wants besides (draft-22 "FILL_PARAMETERS Parameter").
/// What is absent is as for the subscription.
public struct FillParameters: Hashable, Sendable {
    /// Milliseconds a relay may wait for missing objects; 0 means only what is at hand.
    public var fillTimeout: UInt64?
    /// Lower goes first.
    public var subscriberPriority: UInt8?
    /// Which Locations are wanted.
    public var locationFilter: LocationFilter?
    /// In which order the groups are sent.
    public var groupOrder: GroupOrder?
    /// Which objects are wanted of these.
    public var rangeFilters: [RangeFilter] = []

    /// Nothing said.
    public init() {}

    init(_ parameters: Parameters) {
        fillTimeout = parameters.fillTimeout
        subscriberPriority = parameters.subscriberPriority
        locationFilter = parameters.locationFilter
        groupOrder = parameters.groupOrder
        rangeFilters = parameters.rangeFilters
    }

    /// The same, as parameters of a message of their own.
    var parameters: Parameters {
        var result = Parameters()
        result.fillTimeout = fillTimeout
        result.subscriberPriority = subscriberPriority
        result.locationFilter = locationFilter
        result.groupOrder = groupOrder
        result.rangeFilters = rangeFilters
        return result
    }
}
