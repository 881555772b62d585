extension FieldVisitor {
    /// The parameters of a message in `scope`, counted (draft-18 "Message Parameters").
    mutating func parameters(_ value: inout Parameters, in scope: ParameterScope) throws(CodecError) {
        if Self.reads { try readParameters(&value, in: scope) } else { try writeParameters(&value, in: scope) }
    }

    private mutating func readParameters(_ value: inout Parameters, in scope: ParameterScope) throws(CodecError) {
        var count: UInt64 = 0
        try integer("Number of Parameters", &count)
        var type: UInt64 = 0
        var previous: UInt64?
        // Each parameter takes two bytes or more, so a wild count runs into the end of the message.
        for _ in 0..<count {
            try self.type("Parameter Type", &type, after: previous ?? 0, isDelta: true, section: "Message Parameters")
            guard let rule = profile.parameters.first(where: { $0.code == type }) else {
                throw fault(
                    "unknown parameter 0x\(String(type, radix: 16))", "Parameter Type",
                    section: "Message Parameters")
            }
            guard !rule.scope.isDisjoint(with: scope) else {
                throw fault("\(rule.section) is not for this message", "Parameter Type", section: "Parameter Scope")
            }
            guard type != previous || rule.isRepeatable else {
                throw fault("\(rule.section) is repeated", "Parameter Type", section: "Message Parameters")
            }
            previous = type
            try parameter(rule, &value, index: value.authorizationTokens.count)
        }
    }

    private mutating func writeParameters(_ value: inout Parameters, in scope: ParameterScope) throws(CodecError) {
        var count: UInt64 = 0
        for kind in ParameterKind.allCases {
            let present = value.count(of: kind)
            guard present > 0 else { continue }
            guard let rule = profile.parameters.first(where: { $0.kind == kind }), !rule.scope.isDisjoint(with: scope)
            else { throw fault("\(kind) cannot be sent in this message", "Parameters", section: "Parameter Scope") }
            count += UInt64(present)
        }
        try integer("Number of Parameters", &count)
        var previous: UInt64 = 0
        for rule in profile.parameters {
            for index in 0..<value.count(of: rule.kind) {
                var code = rule.code
                try type("Parameter Type", &code, after: previous, isDelta: true, section: rule.section)
                previous = code
                try parameter(rule, &value, index: index)
            }
        }
    }

    /// - Parameter index: which token; of the other parameters there is one.
    private mutating func parameter(
        _ rule: ParameterRule, _ value: inout Parameters, index: Int
    ) throws(CodecError) {
        switch rule.kind {
        case .authorizationToken:
            if Self.reads { value.authorizationTokens.append(.useAlias(0)) }
            try token(&value.authorizationTokens[index])
        case .objectDeliveryTimeout: try number("OBJECT_DELIVERY_TIMEOUT", &value.objectDeliveryTimeout, rule)
        case .subgroupDeliveryTimeout: try number("SUBGROUP_DELIVERY_TIMEOUT", &value.subgroupDeliveryTimeout, rule)
        case .rendezvousTimeout: try number("RENDEZVOUS_TIMEOUT", &value.rendezvousTimeout, rule)
        case .expires: try number("EXPIRES", &value.expires, rule)
        case .fillTimeout: try number("FILL_TIMEOUT", &value.fillTimeout, rule)
        case .newGroupRequest: try number("NEW_GROUP_REQUEST", &value.newGroupRequest, rule)
        case .largestObject: try largestObject(&value.largestObject, rule)
        case .forward:
            var number = value.forward.map { $0 ? 1 : 0 } as UInt64?
            try self.number("FORWARD", &number, rule, range: 0...1)
            value.forward = number == 1
        case .subscriberPriority:
            var number = value.subscriberPriority.map(UInt64.init)
            try self.number("SUBSCRIBER_PRIORITY", &number, rule, range: 0...255)
            value.subscriberPriority = number.flatMap(UInt8.init(exactly:))
        case .groupOrder:
            var number = value.groupOrder.map { UInt64($0.rawValue) }
            try self.number("GROUP_ORDER", &number, rule, range: 1...2)
            value.groupOrder = number == 2 ? .descending : .ascending
        case .filter:
            var filter = value.filter ?? .largestObject
            try self.filter(&filter)
            value.filter = filter
        case .trackNamespacePrefix:
            var prefix = value.trackNamespacePrefix ?? TrackNamespace()
            try namespace("TRACK_NAMESPACE_PREFIX", &prefix)
            value.trackNamespacePrefix = prefix
        }
    }

    /// A parameter that is a number within `range`.
    private mutating func number(
        _ field: StaticString, _ value: inout UInt64?, _ rule: ParameterRule, range: ClosedRange<UInt64> = 0...(.max)
    ) throws(CodecError) {
        var number = value ?? 0
        switch rule.encoding {
        case .octet:
            var octet = UInt8(truncatingIfNeeded: number)
            try self.octet(field, &octet)
            number = UInt64(octet)
        case .integer, .bare, .lengthPrefixed:
            try integer(field, &number)
        }
        guard range.contains(number) else {
            throw fault("\(number) is outside \(range)", field, section: rule.section)
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
            try self.location("Largest Group", "Largest Object", &location)
        }
        value = location
    }

    /// draft-18 "Subscription Filters".
    private mutating func filter(_ value: inout SubscriptionFilter) throws(CodecError) {
        let frame = try open("SUBSCRIPTION_FILTER", limit: profile.limits.pairValue, code: .keyValueFormattingError)
        var (type, start, delta) = try filterFields(value)
        try integer("Filter Type", &type)
        switch type {
        case 1: value = .nextGroupStart
        case 2: value = .largestObject
        case 3:
            try location("Start Group", "Start Object", &start)
            value = .absoluteStart(start)
        case 4:
            try location("Start Group", "Start Object", &start)
            try integer("End Group Delta", &delta)
            let (end, overflow) = start.group.addingReportingOverflow(delta)
            guard !overflow else {
                throw fault("the end group exceeds 2^64-1", "End Group Delta", section: "Subscription Filters")
            }
            value = .absoluteRange(start: start, endGroup: end)
        default: throw fault("unknown type \(type)", "Filter Type", section: "Subscription Filters")
        }
        try close(frame, "SUBSCRIPTION_FILTER")
    }

    private func filterFields(_ value: SubscriptionFilter) throws(CodecError) -> (UInt64, Location, UInt64) {
        switch value {
        case .nextGroupStart: return (1, .zero, 0)
        case .largestObject: return (2, .zero, 0)
        case .absoluteStart(let start): return (3, start, 0)
        case .absoluteRange(let start, let end):
            guard end >= start.group else {
                throw fault("the end group is before the start", "End Group Delta", section: "Subscription Filters")
            }
            return (4, start, end - start.group)
        }
    }

    /// A Token behind its length (draft-18 "AUTHORIZATION TOKEN Parameter").
    mutating func token(_ value: inout AuthorizationToken) throws(CodecError) {
        let frame = try open("AUTHORIZATION_TOKEN", limit: profile.limits.pairValue, code: .keyValueFormattingError)
        var (kind, alias, type, bytes) = value.parts
        try integer("Alias Type", &kind)
        guard kind <= 3 else {
            throw fault(
                "unknown alias type \(kind)", "Alias Type", code: .keyValueFormattingError,
                section: "AUTHORIZATION TOKEN Parameter")
        }
        if kind != 3 { try integer("Token Alias", &alias) }
        if kind == 1 || kind == 3 {
            try integer("Token Type", &type)
            try rest("Token Value", &bytes)
        }
        if Self.reads { value = AuthorizationToken(kind, alias: alias, type: type, value: bytes) }
        try close(frame, "AUTHORIZATION_TOKEN")
    }
}

extension Parameters {
    /// How many parameters of `kind` there are.
    func count(of kind: ParameterKind) -> Int {
        switch kind {
        case .authorizationToken: authorizationTokens.count
        case .objectDeliveryTimeout: objectDeliveryTimeout == nil ? 0 : 1
        case .subgroupDeliveryTimeout: subgroupDeliveryTimeout == nil ? 0 : 1
        case .rendezvousTimeout: rendezvousTimeout == nil ? 0 : 1
        case .expires: expires == nil ? 0 : 1
        case .largestObject: largestObject == nil ? 0 : 1
        case .fillTimeout: fillTimeout == nil ? 0 : 1
        case .forward: forward == nil ? 0 : 1
        case .subscriberPriority: subscriberPriority == nil ? 0 : 1
        case .filter: filter == nil ? 0 : 1
        case .groupOrder: groupOrder == nil ? 0 : 1
        case .newGroupRequest: newGroupRequest == nil ? 0 : 1
        case .trackNamespacePrefix: trackNamespacePrefix == nil ? 0 : 1
        }
    }
}
