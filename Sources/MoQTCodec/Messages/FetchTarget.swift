// Up to draft-19 a FETCH holds what it fetches in fields of its own, in one of three forms. Since then it holds the
// track's name, and the range is a parameter.

extension FieldVisitor {
    /// draft-19 "Fetch Handling".
    /// - Parameter refusal: why the request must be refused, unless it is said already.
    mutating func fetchTarget(_ value: inout Fetch.Target, _ refusal: inout CodecError?) throws(CodecError) {
        var type: UInt64 =
            switch value {
            case .standalone: 1
            case .relativeJoining: 2
            case .absoluteJoining: 3
            }
        try integer("Fetch Type", &type)
        switch type {
        case 1: try standalone(&value, &refusal)
        case 2, 3: try joining(&value, isRelative: type == 2)
        default: throw fault("unknown type \(type)", "Fetch Type", section: "FETCH")
        }
    }

    private mutating func standalone(_ value: inout Fetch.Target, _ refusal: inout CodecError?) throws(CodecError) {
        var track = FullTrackName()
        var start = Location.zero
        var end = RangeEnd(group: 0)
        if !Self.reads {
            guard case .standalone(let given, .absoluteRange(let from, let through)?) = value else {
                throw fault("the range needs a start and an end", "Start Group", section: "Standalone Fetch")
            }
            (track, start, end) = (given, from, through)
        }
        try fullTrackName(&track)
        try location("Start Group", "Start Object", &start)
        try integer("End Group", &end.group)
        if end.group < start.group { try refuseRange("End Group", section: "Fetch Handling", &refusal) }
        try endObject(&end.object)
        if end.isBefore(start) { try refuseRange("End Object", section: "Fetch Handling", &refusal) }
        value = .standalone(track: track, start: start, end: end)
    }

    private mutating func joining(_ value: inout Fetch.Target, isRelative: Bool) throws(CodecError) {
        var request = RequestID(rawValue: 0)
        var start: UInt64 = 0
        switch value {
        case .standalone: break
        case .relativeJoining(let id, let number), .absoluteJoining(let id, let number): (request, start) = (id, number)
        }
        try requestID("Joining Request ID", &request)
        try integer("Joining Start", &start)
        value =
            isRelative
            ? .relativeJoining(request: request, groups: start) : .absoluteJoining(request: request, group: start)
    }

    /// An End Location up to draft-19: the object's number plus 1, or 0 for the whole group (draft-19 "Standalone
    /// Fetch").
    mutating func rangeEnd(_ value: inout RangeEnd) throws(CodecError) {
        try integer("End Group", &value.group)
        try endObject(&value.object)
    }

    private mutating func endObject(_ value: inout UInt64?) throws(CodecError) {
        var beyond: UInt64 = 0
        if let object = value {
            guard object < .max else { throw fault("the object has no successor", "End Object") }
            beyond = object + 1
        }
        try integer("End Object", &beyond)
        value = beyond == 0 ? nil : beyond - 1
    }

    /// An End Location since draft-20: the last object itself.
    mutating func lastLocation(_ value: inout RangeEnd) throws(CodecError) {
        guard var object = Self.reads ? 0 : value.object else {
            throw fault("it must name the last object", "End Object")
        }
        try integer("End Group", &value.group)
        try integer("End Object", &object)
        value.object = object
    }

    /// The name of the track that is fetched (draft-22 "FETCH").
    mutating func fetchedTrack(_ value: inout Fetch.Target) throws(CodecError) {
        guard case .standalone(var track, let range) = value else {
            throw fault("a FETCH cannot join a subscription", "Track Namespace", section: "FETCH")
        }
        try fullTrackName(&track)
        value = .standalone(track: track, range: range)
    }

    /// The parameters of a FETCH, of which LOCATION_FILTER belongs to its target.
    mutating func parametersWithRange(
        _ value: inout Parameters, _ target: inout Fetch.Target
    ) throws(CodecError) {
        guard case .standalone(let track, let range) = target, value.locationFilter == nil else {
            throw fault("the range belongs to what is fetched", "LOCATION_FILTER", section: "FETCH")
        }
        var all = value
        all.locationFilter = Self.reads ? nil : range
        try parameters(&all, in: .fetch)
        target = .standalone(track: track, range: all.locationFilter)
        all.locationFilter = nil
        value = all
    }
}
