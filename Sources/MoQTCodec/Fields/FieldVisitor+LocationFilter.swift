/// How a draft writes a Location Filter.
package enum LocationFilterForm: Hashable, Sendable {
    /// A type, and what it calls for; a range ends with a whole group, given by its number (drafts 14 to 16).
    case endGroup
    /// The same, the end group given as its distance from the start group (drafts 17 to 19).
    case endGroupDelta
    /// Up to four fields, whose number says what they mean (drafts 20 and 21).
    case fieldCount
    /// A type that says which of the four fields there are (since draft-22).
    case fieldType

    /// Closes the session when the fields do not fill the parameter's length.
    var misfit: SessionCode {
        switch self {
        // Up to draft-16 "SUBSCRIPTION FILTER Parameter" names it. That draft-20 does rests on peers alone; they would
        // close with KEY_VALUE_FORMATTING_ERROR otherwise.
        case .endGroup, .fieldCount, .fieldType: .protocolViolation
        case .endGroupDelta: .keyValueFormattingError
        }
    }
}

extension FieldVisitor {
    /// The filter as the value of a parameter, behind its length where the draft has one.
    /// - Parameter refusal: why the request must be refused, unless it is said already.
    mutating func locationFilter(
        _ value: inout LocationFilter, _ form: LocationFilterForm, _ field: StaticString, _ refusal: inout CodecError?
    ) throws(CodecError) {
        guard form != .fieldType else {
            begin(field, .structure)
            defer { end() }
            return try locationFilterFields(&value, form, &refusal)
        }
        let frame = try open(field, limit: profile.limits.pairValue, code: form.misfit)
        try locationFilterFields(&value, form, &refusal)
        try close(frame, field)
    }

    /// The filter without a length, as draft-14's messages hold it. With ``LocationFilterForm/fieldCount`` it fills
    /// the frame that is open.
    mutating func locationFilterFields(
        _ value: inout LocationFilter, _ form: LocationFilterForm, _ refusal: inout CodecError?
    ) throws(CodecError) {
        switch form {
        case .endGroup, .endGroupDelta: try typedFilter(&value, hasDelta: form == .endGroupDelta)
        case .fieldCount: try countedFilter(&value)
        case .fieldType: try fieldTypeFilter(&value)
        }
        guard value.isInverted else { return }
        try refuseRange(value.end?.object == nil ? "End Group" : "EndObject", section: filterSection, &refusal)
    }

    /// A range that ends, in the field visited last, before it starts: the request for it is refused, and none is made.
    mutating func refuseRange(
        _ field: StaticString, section: String, _ refusal: inout CodecError?
    ) throws(CodecError) {
        var error = fault("the range ends before it starts", field, section: section)
        guard Self.reads else { throw error }
        error.scope = .request(.invalidRange)
        refusal = refusal ?? error
    }
}

// MARK: - Drafts 14 to 19

extension FieldVisitor {
    /// draft-19 "Location Filters", draft-14 "Filter Types".
    private mutating func typedFilter(_ value: inout LocationFilter, hasDelta: Bool) throws(CodecError) {
        var type = try filterType(value)
        try integer("Filter Type", &type)
        note(.meaning(Self.name(ofType: type)))
        switch type {
        case 1: value = .nextGroup
        case 2: value = .nextObject
        case 3:
            // Nothing says "no filter" here; everything from {0, 0} on is the same.
            var start = value.absoluteStart ?? .zero
            try location("Start Group", "Start Object", &start)
            value = .absoluteStart(start)
        case 4: try typedRange(&value, hasDelta: hasDelta)
        default: throw fault("unknown type \(type)", "Filter Type", section: filterSection)
        }
    }

    private static func name(ofType type: UInt64) -> String {
        switch type {
        case 1: "Next Group Start"
        case 2: "Largest Object"
        case 3: "Absolute Start"
        case 4: "Absolute Range"
        default: "unknown"
        }
    }

    private func filterType(_ value: LocationFilter) throws(CodecError) -> UInt64 {
        switch value {
        case .relativeStart(let groups):
            guard groups == 0 else {
                throw fault("the start can be no \(groups) groups back", "Filter Type", section: filterSection)
            }
            return 1
        case .nextObject: return 2
        case .unfiltered, .absoluteStart: return 3
        case .absoluteRange: return 4
        }
    }

    private mutating func typedRange(_ value: inout LocationFilter, hasDelta: Bool) throws(CodecError) {
        var start = value.absoluteStart ?? .zero
        let end = value.end ?? RangeEnd(group: 0)
        guard end.object == nil else {
            throw fault("a range ends with a whole group", "End Group", section: filterSection)
        }
        try location("Start Group", "Start Object", &start)
        var group = end.group
        if hasDelta {
            try endGroupDelta(&group, from: start.group, "End Group Delta")
        } else {
            try integer("End Group", &group)
        }
        value = .absoluteRange(start: start, end: RangeEnd(group: group))
    }

    /// A last group as its distance from the first.
    private mutating func endGroupDelta(
        _ group: inout UInt64, from start: UInt64, _ field: StaticString
    ) throws(CodecError) {
        var delta: UInt64 = 0
        if !Self.reads {
            guard group >= start else {
                throw fault("the end group is before the start", field, section: filterSection)
            }
            delta = group - start
        }
        try integer(field, &delta)
        let (end, overflow) = start.addingReportingOverflow(delta)
        guard !overflow else { throw fault("the end group exceeds 2^64-1", field, section: filterSection) }
        group = end
    }

    private var filterSection: String { "Location Filters" }
}

// MARK: - Drafts since 20

/// The fields of a filter since draft-20; how many there are says what they mean.
private struct FilterFields {
    /// 0 through 4.
    var count = 0
    var start = Location.zero
    var end = RangeEnd(group: 0)

    init(_ value: LocationFilter) {
        switch value {
        case .unfiltered, .nextObject: break
        case .relativeStart(let groups):
            count = 1
            start.group = groups
        case .absoluteStart(let location):
            count = 2
            start = location
        case .absoluteRange(let from, let through):
            count = through.object == nil ? 3 : 4
            start = from
            end = through
        }
    }

    var value: LocationFilter {
        switch count {
        case 0: .unfiltered
        case 1: .relativeStart(groups: start.group)
        case 2: .absoluteStart(start)
        case 3: .absoluteRange(start: start, end: RangeEnd(group: end.group))
        default: .absoluteRange(start: start, end: end)
        }
    }
}

extension FieldVisitor {
    /// draft-21 "Location Filters".
    private mutating func countedFilter(_ value: inout LocationFilter) throws(CodecError) {
        var fields = FilterFields(value)
        switch value {
        case .nextObject: fields.count = 2
        // {0, 0} alone would mean the next object; no filter at all starts there too.
        case .absoluteStart(.zero): fields.count = 0
        default: break
        }
        var index = 0
        while Self.reads ? !atEnd : index < fields.count {
            guard index < 4 else { throw fault("more than four fields", "LOCATION_FILTER", section: filterSection) }
            try filterField(index, &fields)
            index += 1
        }
        fields.count = index
        value = index == 2 && fields.start == .zero ? .nextObject : fields.value
    }

    /// draft-22 "Location Filters".
    private mutating func fieldTypeFilter(_ value: inout LocationFilter) throws(CodecError) {
        var fields = FilterFields(value)
        var type = value == .nextObject ? 5 : UInt64(fields.count)
        try integer("Filter Type", &type)
        guard type <= 5 else { throw fault("unknown type \(type)", "Filter Type", section: filterSection) }
        if type == 5 {
            value = .nextObject
            return
        }
        fields.count = Int(type)
        for index in 0..<fields.count { try filterField(index, &fields) }
        value = fields.value
    }

    private mutating func filterField(_ index: Int, _ fields: inout FilterFields) throws(CodecError) {
        switch index {
        case 0: try integer("StartGroup", &fields.start.group)
        case 1: try integer("StartObject", &fields.start.object)
        case 2: try endGroupDelta(&fields.end.group, from: fields.start.group, "EndGroupDelta")
        default:
            var object = fields.end.object ?? 0
            try integer("EndObject", &object)
            fields.end.object = object
        }
    }
}
