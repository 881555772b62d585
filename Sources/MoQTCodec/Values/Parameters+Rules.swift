extension Parameters {
    /// Why the filters must be refused though the session lives; nil when they need not (draft-22 "Location Filters",
    /// "Range Filters").
    /// - Parameter maxFilterRanges: the MAX_FILTER_RANGES that this end's SETUP gave; 0 when it gave none.
    package func refusal(maxFilterRanges: UInt64) -> CodecError? {
        if let filterRefusal { return filterRefusal }
        var room = maxFilterRanges
        // In the order of their types: FILL_PARAMETERS comes before the filters.
        for filter in (fill?.rangeFilters ?? []) + rangeFilters {
            let count = UInt64(filter.ranges.count)
            guard count <= room, maxFilterRanges > 0 else {
                return filter.refusal("more than \(maxFilterRanges) ranges")
            }
            room -= count
        }
        return nil
    }
}

extension RangeFilter {
    fileprivate func refusal(_ what: String) -> CodecError {
        CodecError(
            .request(.invalidFilter), what, field: "\(kind.field)", offset: place.offset, section: "MAX FILTER RANGES")
    }
}
