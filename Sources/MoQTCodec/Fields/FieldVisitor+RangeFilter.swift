extension RangeFilter.Kind {
    /// The parameter that such a filter is.
    var parameter: ParameterKind {
        switch self {
        case .subgroupID: .subgroupFilter
        case .objectID: .objectIDFilter
        case .publisherPriority: .priorityFilter
        case .objectProperty: .objectPropertyFilter
        case .trackProperty: .trackPropertyFilter
        }
    }

    /// The draft's name of the parameter.
    var field: StaticString { parameter.field }
}

extension FieldVisitor {
    /// The filter of `kind` with this index, or one more when reading (draft-22 "Range Filters").
    ///
    /// What a filter says can be wrong without harm to the session: it is read to its end then, and ``Parameters``
    /// remembers why the request is to be refused. Nothing more is stored from there on.
    mutating func rangeFilter(
        _ kind: RangeFilter.Kind, _ value: inout Parameters, index: Int
    ) throws(CodecError) {
        let place = WirePlace(offset)
        let frame = try open(kind.field, limit: profile.limits.pairValue, code: .keyValueFormattingError)
        if Self.reads {
            try readRangeFilter(kind, at: place, &value)
        } else {
            try writeRangeFilter(value.rangeFilters.filter { $0.kind == kind }[index], &value)
        }
        try close(frame, kind.field)
    }

    /// - Parameter place: of its type.
    private mutating func readRangeFilter(
        _ kind: RangeFilter.Kind, at place: WirePlace, _ value: inout Parameters
    ) throws(CodecError) {
        var filter = RangeFilter(kind)
        filter.place = place
        if !atEnd {
            try rangeFilterHead(&filter, &value)
            try readRanges(&filter, &value)
            if filter.ranges.isEmpty { try refuse("no range", kind.field, &value) }
        }
        if value.rangeFilters.contains(where: filter.repeats) {
            try refuse("it is repeated", kind.field, &value, at: place)
        }
        if value.filterRefusal == nil { value.rangeFilters.append(filter) }
    }

    private mutating func writeRangeFilter(_ filter: RangeFilter, _ value: inout Parameters) throws(CodecError) {
        guard value.rangeFilters.count(where: filter.repeats) == 1 else {
            throw fault("it is repeated", filter.kind.field, section: rangeSection)
        }
        guard !filter.ranges.isEmpty else { return }
        guard filter.kind.namesProperty == (filter.propertyType != nil) else {
            throw fault("a property is named if and only if it counts", "Property Type", section: rangeSection)
        }
        var filter = filter
        try rangeFilterHead(&filter, &value)
        try writeRanges(filter, &value)
    }

    private mutating func rangeFilterHead(_ filter: inout RangeFilter, _ value: inout Parameters) throws(CodecError) {
        try octet("SetID", &filter.setID)
        guard filter.kind.namesProperty else { return }
        var type = filter.propertyType ?? 0
        try integer("Property Type", &type)
        if type & 1 == 1 { try refuse("0x\(String(type, radix: 16)) is odd", "Property Type", &value) }
        filter.propertyType = type
    }

    private mutating func readRanges(_ filter: inout RangeFilter, _ value: inout Parameters) throws(CodecError) {
        var previous: UInt64 = 0
        var room = profile.limits.filterRanges - value.filterRangeCount
        while !atEnd {
            let start = try readBound("Start", from: previous, filter.kind, &value)
            let isOpen = atEnd
            previous = isOpen ? .max : try readBound("End", from: start, filter.kind, &value)
            filter.statesLastEnd = previous == .max && !isOpen
            if room == 0 { try refuse("too many ranges", filter.kind.field, &value) }
            room -= 1
            if value.filterRefusal == nil { filter.ranges.append(start...previous) }
        }
    }

    /// A bound, from its distance to the one before; 2^64-1 where it cannot be.
    private mutating func readBound(
        _ field: StaticString, from previous: UInt64, _ kind: RangeFilter.Kind, _ value: inout Parameters
    ) throws(CodecError) -> UInt64 {
        var delta: UInt64 = 0
        try integer(field, &delta)
        let (bound, overflow) = previous.addingReportingOverflow(delta)
        if overflow || bound > kind.maximum { try refuse("it exceeds \(kind.maximum)", field, &value) }
        return overflow ? .max : bound
    }

    private mutating func writeRanges(_ filter: RangeFilter, _ value: inout Parameters) throws(CodecError) {
        var previous: UInt64 = 0
        for (index, range) in filter.ranges.enumerated() {
            let isOpen = range.upperBound == .max && index == filter.ranges.count - 1 && !filter.statesLastEnd
            guard range.lowerBound >= previous else {
                throw fault("the ranges do not ascend", "Start", section: rangeSection)
            }
            guard (isOpen ? range.lowerBound : range.upperBound) <= filter.kind.maximum else {
                throw fault("it exceeds \(filter.kind.maximum)", "End", section: rangeSection)
            }
            var delta = range.lowerBound - previous
            try integer("Start", &delta)
            if isOpen { return }
            delta = range.upperBound - range.lowerBound
            try integer("End", &delta)
            previous = range.upperBound
        }
    }

    /// Only an update can remove the filters of a kind.
    mutating func checkRemovals(_ value: inout Parameters, in scope: ParameterScope) throws(CodecError) {
        guard !scope.isSubset(of: .anyUpdate), let removal = value.rangeFilters.first(where: { $0.ranges.isEmpty })
        else { return }
        try refuse("only an update can remove a filter", removal.kind.field, &value, at: removal.place)
    }

    /// Remembers what is wrong with a filter that is read; throws it for one that is written.
    /// - Parameter place: where; nil where the field visited last is.
    private mutating func refuse(
        _ what: String, _ field: StaticString, _ value: inout Parameters, at place: WirePlace? = nil
    ) throws(CodecError) {
        var error = fault(what, field, section: rangeSection)
        guard Self.reads else { throw error }
        error.scope = .request(.invalidFilter)
        if let place { error.offset = place.offset }
        value.filterRefusal = value.filterRefusal ?? error
    }

    private var rangeSection: String { "Range Filters" }
}
