extension FieldVisitor {
    /// The parameters of a message in `scope`, counted (draft-18 "Message Parameters").
    mutating func parameters(_ value: inout Parameters, in scope: ParameterScope) throws(CodecError) {
        if Self.reads { try readParameters(&value, in: scope) } else { try writeParameters(&value, in: scope) }
    }

    private mutating func readParameters(_ value: inout Parameters, in scope: ParameterScope) throws(CodecError) {
        begin("Parameters", .list)
        defer { end() }
        var count: UInt64 = 0
        try integer("Number of Parameters", &count)
        note(.framing)
        // Each parameter takes two bytes or more, so a wild count runs into the end of the message.
        try readParameters(&value, in: scope) { _, index in index < count }
    }

    /// - Parameter more: whether there is a parameter with this index.
    private mutating func readParameters(
        _ value: inout Parameters, in scope: ParameterScope, while more: (Self, UInt64) -> Bool
    ) throws(CodecError) {
        var type: UInt64 = 0
        var index: UInt64 = 0
        while more(self, index) {
            index += 1
            try checkCount(index)
            begin("Parameter", .pair)
            defer { end() }
            try self.type(
                "Parameter Type", &type, after: type, isDelta: profile.pairs.isDelta)
            if !profile.pairs.isDelta { value.order.types.append(type) }
            try readParameter(type, &value, in: scope)
        }
        try checkRemovals(&value, in: scope)
    }

    private mutating func readParameter(
        _ type: UInt64, _ value: inout Parameters, in scope: ParameterScope
    ) throws(CodecError) {
        let rule = profile.rule(ofParameter: type)
        if let rule { note(.pair("\(rule.field)")) }
        guard let rule, !rule.scope.union(rule.alsoReadIn).isDisjoint(with: scope) else {
            try checkIgnored(type, rule, in: scope)
            var pair = KeyValue(blank: type)
            try self.pair(&pair.value)
            return value.unknown.append(pair)
        }
        let present = value.count(of: rule.kind)
        guard present == 0 || rule.isRepeatable else {
            throw fault("\(rule.section) is repeated", "Parameter Type", section: "Message Parameters")
        }
        try parameter(rule, &value, index: present)
    }

    /// Whether a parameter without a meaning here may be ignored. - Parameter rule: nil when it is unknown.
    private func checkIgnored(_ type: UInt64, _ rule: ParameterRule?, in scope: ParameterScope) throws(CodecError) {
        let behaviours = profile.behaviours
        guard let rule else {
            guard behaviours.contains(.keepsUnknownParameters) else {
                throw fault(
                    "unknown parameter 0x\(String(type, radix: 16))", "Parameter Type", section: "Message Parameters")
            }
            return
        }
        let isStrict = behaviours.contains(.strictUpdates) && scope.isSubset(of: .anyUpdate)
        guard behaviours.contains(.keepsMisplacedParameters), !isStrict else {
            throw fault("\(rule.section) is not for this message", "Parameter Type", section: "Parameter Scope")
        }
    }

    private mutating func writeParameters(_ value: inout Parameters, in scope: ParameterScope) throws(CodecError) {
        let slots = try slots(of: value, in: scope)
        var count = UInt64(slots.count)
        try integer("Number of Parameters", &count)
        try checkFilters(value)
        try checkRemovals(&value, in: scope)
        var previous: UInt64 = 0
        for slot in slots {
            var code = slot.type
            try type(
                "Parameter Type", &code, after: previous, isDelta: profile.pairs.isDelta)
            previous = code
            if let rule = slot.rule {
                try parameter(profile.parameters[rule], &value, index: slot.index)
            } else {
                try pair(&value.unknown[slot.index].value)
            }
        }
    }

    private func slots(of value: Parameters, in scope: ParameterScope) throws(CodecError) -> [PairSlot] {
        var rest = value.kinds.subtracting(profile.fixedKinds(in: scope))
        var known: [PairSlot] = []
        known.reserveCapacity(8)
        for (rule, parameter) in profile.parameters.enumerated()
        where rest.contains(parameter.kind) && !parameter.scope.isDisjoint(with: scope) {
            rest.remove(ParameterKinds(parameter.kind))
            for index in 0..<value.count(of: parameter.kind) {
                known.append(PairSlot(type: parameter.code, rule: rule, index: index))
            }
        }
        if let kind = rest.first {
            throw fault("\(kind) cannot be sent in this message", "Parameters", section: "Parameter Scope")
        }
        for pair in value.unknown { try checkIgnored(pair.type, profile.rule(ofParameter: pair.type), in: scope) }
        return PairSlot.merged(known, value.unknown, profile.pairs.isDelta ? WireOrder() : value.order)
    }

    /// What of the filters cannot be sent.
    private func checkFilters(_ value: Parameters) throws(CodecError) {
        guard let refusal = value.filterRefusal else { return }
        throw .inexpressible("as it was received, \(refusal.what)", field: refusal.field, section: refusal.section)
    }
}

// MARK: - FILL_PARAMETERS

extension FieldVisitor {
    /// Parameters within a parameter, with types of their own (draft-22 "FILL_PARAMETERS Parameter").
    ///
    /// They are sent counted, as those of a message are. Some peers send no count, or nothing at all when there is no
    /// parameter: this rests on peers alone. A count is told from a first type by its being smaller than any.
    mutating func fillParameters(_ value: inout Parameters) throws(CodecError) {
        var inner = (value.fill ?? FillParameters()).parameters
        let frame = try open("FILL_PARAMETERS", limit: profile.limits.pairValue, code: .protocolViolation)
        if Self.reads {
            try readFill(&inner)
            value.fill = FillParameters(inner)
            value.filterRefusal = value.filterRefusal ?? inner.filterRefusal
        } else {
            let count = profile.parameters.reduce(0) { $0 + inner.count(of: $1.kind) }
            guard UInt64(count) < smallestFillType else {
                throw fault("\(count) parameters could be taken for a type", "FILL_PARAMETERS", section: fillSection)
            }
            try writeParameters(&inner, in: .fillParameters)
        }
        try close(frame, "FILL_PARAMETERS")
    }

    private mutating func readFill(_ value: inout Parameters) throws(CodecError) {
        if let upcoming, upcoming.integer < smallestFillType {
            try readParameters(&value, in: .fillParameters)
        } else {
            begin("Parameters", .list)
            defer { end() }
            try readParameters(&value, in: .fillParameters) { visitor, _ in !visitor.atEnd }
        }
    }

    private var smallestFillType: UInt64 {
        profile.parameters.first { $0.scope.contains(.fillParameters) }?.code ?? 0
    }

    private var fillSection: String { "FILL_PARAMETERS Parameter" }
}
