extension Parameters {
    /// Why the filters must be refused though the session lives; nil when they need not (draft-22 "Location Filters",
    /// "Range Filters").
    /// - Parameter maxFilterRanges: the MAX_FILTER_RANGES that this end's SETUP gave; 0 when it gave none.
    package func refusal(maxFilterRanges: UInt64) -> CodecError? {
        if let filterRefusal { return filterRefusal }
        guard filterRangeCount <= maxFilterRanges, maxFilterRanges > 0 || rangeFilters.isEmpty else {
            return CodecError(
                .request(.invalidFilter), "more than \(maxFilterRanges) ranges", field: "Range Filters", offset: 0,
                section: "MAX_FILTER_RANGES")
        }
        return locationFilter?.refusal ?? fill?.locationFilter?.refusal
    }
}

extension LocationFilter {
    /// Of a range that ends before it starts.
    fileprivate var refusal: CodecError? {
        guard isInverted else { return nil }
        return CodecError(
            .request(.invalidRange), "the range ends before it starts", field: "LOCATION_FILTER", offset: 0,
            section: "Location Filters")
    }
}

extension Fetch.Target {
    /// Of a range that ends before it starts.
    var refusal: CodecError? {
        switch self {
        case .standalone(_, let range): range?.refusal
        case .relativeJoining, .absoluteJoining: nil
        }
    }
}
