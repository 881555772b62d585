extension FieldVisitor {
    /// One parameter, without its type.
    /// - Parameter index: which one, of those that can be repeated.
    mutating func parameter(
        _ rule: ParameterRule, _ value: inout Parameters, index: Int
    ) throws(CodecError) {
        let outer = section
        section = rule.section
        defer { section = outer }
        switch rule.kind {
        case .authorizationToken:
            if Self.reads { value.authorizationTokens.append(.useAlias(0)) }
            try token(&value.authorizationTokens[index])
        case .objectDeliveryTimeout: try number(&value.objectDeliveryTimeout, rule)
        case .subgroupDeliveryTimeout: try number(&value.subgroupDeliveryTimeout, rule)
        case .rendezvousTimeout: try number(&value.rendezvousTimeout, rule)
        case .expires: try number(&value.expires, rule)
        case .fillTimeout: try number(&value.fillTimeout, rule)
        case .newGroupRequest: try number(&value.newGroupRequest, rule)
        case .largestObject: try largestObject(&value.largestObject, rule)
        case .maxCacheDuration: try number(&value.maxCacheDuration, rule)
        case .forward: try flag(&value.forward, rule)
        case .dynamicGroups: try flag(&value.dynamicGroups, rule)
        case .subscriberPriority: try priority(&value.subscriberPriority, rule)
        case .publisherPriority: try priority(&value.publisherPriority, rule)
        case .groupOrder:
            var number = value.groupOrder.map { UInt64($0.rawValue) }
            try self.number(&number, rule, range: 1...2)
            value.groupOrder = number == 2 ? .descending : .ascending
            note(.meaning(number == 2 ? "Descending" : "Ascending"))
        case .locationFilter: try locationFilter(&value, rule)
        case .fill: try fillParameters(&value)
        case .subgroupFilter: try rangeFilter(.subgroupID, &value, index: index)
        case .objectIDFilter: try rangeFilter(.objectID, &value, index: index)
        case .priorityFilter: try rangeFilter(.publisherPriority, &value, index: index)
        case .objectPropertyFilter: try rangeFilter(.objectProperty, &value, index: index)
        case .trackPropertyFilter: try rangeFilter(.trackProperty, &value, index: index)
        case .trackNamespacePrefix: try namespacePrefix(&value.trackNamespacePrefix, rule)
        case .includeProperties: try flag(&value.includeProperties, rule)
        }
    }

    /// A parameter that is a number within `range`.
    private mutating func number(
        _ value: inout UInt64?, _ rule: ParameterRule, range: ClosedRange<UInt64> = 0...(.max)
    ) throws(CodecError) {
        let field = rule.field
        var number = value ?? 0
        switch rule.encoding {
        case .octet:
            var octet = UInt8(truncatingIfNeeded: number)
            try self.octet(field, &octet)
            number = UInt64(octet)
        default:
            try integer(field, &number)
        }
        let allowed = range.clamped(to: rule.range)
        guard allowed.contains(number) else {
            throw fault("\(number) is outside \(allowed)", field)
        }
        value = number
    }

    private mutating func largestObject(_ value: inout Location?, _ rule: ParameterRule) throws(CodecError) {
        var location = value ?? .zero
        if rule.encoding == .lengthPrefixed {
            let frame = try open("LARGEST_OBJECT", limit: profile.limits.pairValue, code: .keyValueFormattingError)
            try self.location("Largest Group", "Largest Object", &location)
            try close(frame, "LARGEST_OBJECT")
        } else {
            begin("LARGEST_OBJECT", .structure)
            defer { end() }
            try self.location("Largest Group", "Largest Object", &location)
        }
        value = location
    }

    private mutating func flag(_ value: inout Bool?, _ rule: ParameterRule) throws(CodecError) {
        var number = value.map { $0 ? 1 : 0 } as UInt64?
        try self.number(&number, rule, range: 0...1)
        value = number == 1
    }

    private mutating func priority(_ value: inout UInt8?, _ rule: ParameterRule) throws(CodecError) {
        var number = value.map(UInt64.init)
        try self.number(&number, rule, range: 0...255)
        value = number.flatMap(UInt8.init(exactly:))
    }

    private mutating func locationFilter(_ value: inout Parameters, _ rule: ParameterRule) throws(CodecError) {
        guard case .locationFilter(let form) = rule.encoding else {
            preconditionFailure("a profile writes a filter in no form")
        }
        var filter = value.locationFilter ?? .unfiltered
        try locationFilter(&filter, form, rule.field, &value.filterRefusal)
        value.locationFilter = filter
    }

    /// draft-22 "TRACK_NAMESPACE_PREFIX Parameter". Behind a length, as peers send it whose drafts leave it open: the
    /// length is then that of the rest of the message, which a number of fields cannot be, each taking two bytes; but 1 can
    /// be an empty field, which is refused.
    private mutating func namespacePrefix(_ value: inout TrackNamespace?, _ rule: ParameterRule) throws(CodecError) {
        let field: StaticString = "TRACK_NAMESPACE_PREFIX"
        var prefix = value ?? TrackNamespace()
        if rule.encoding == .bareOrLengthPrefixed, let upcoming, upcoming.integer > 1,
            upcoming.integer == UInt64(upcoming.bytesBehind)
        {
            let frame = try open(field, limit: profile.limits.pairValue, code: .protocolViolation)
            try namespace(field, &prefix, fields: prefixFields)
            try close(frame, field)
        } else {
            try namespace(field, &prefix, fields: prefixFields)
        }
        value = prefix
    }
}
