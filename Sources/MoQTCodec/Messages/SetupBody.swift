internal import Wire

extension Setup: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .versions:
            if context.sender == .server {
                try visitor.selectedVersion(&versions, context)
            } else {
                try visitor.offeredVersions(&versions)
            }
        case .setupOptions: try visitor.setupOptions(&self, context, isCounted: false)
        case .countedSetupOptions: try visitor.setupOptions(&self, context, isCounted: true)
        default: misplaced(field, Self.self)
        }
    }

    var filled: MessageFields {
        var result = MessageFields()
        result.insert(.versions, if: !versions.isEmpty)
        return result
    }

    /// How many options of `kind` there are.
    fileprivate func count(of kind: SetupOptionKind) -> Int {
        switch kind {
        case .path: path == nil ? 0 : 1
        case .authority: authority == nil ? 0 : 1
        case .maxAuthTokenCacheSize: maxAuthTokenCacheSize == nil ? 0 : 1
        case .authorizationToken: authorizationTokens.count
        case .implementation: implementation == nil ? 0 : 1
        case .maxFilterRanges: maxFilterRanges == nil ? 0 : 1
        case .maxRequestUpdates: maxRequestUpdates == nil ? 0 : 1
        case .maxRequestID: maxRequestID == nil ? 0 : 1
        }
    }
}

extension FieldVisitor {
    /// The versions a client offers, counted (draft-14 "Versions").
    fileprivate mutating func offeredVersions(_ value: inout [UInt64]) throws(CodecError) {
        var count = UInt64(value.count)
        begin("Supported Versions", .list)
        defer { end() }
        try integer("Number of Supported Versions", &count)
        note(.framing)
        guard count <= UInt64(profile.limits.parameters) else {
            throw fault(
                "\(count) are too many", "Number of Supported Versions", code: .internalError, section: "Versions")
        }
        if Self.reads { value = Array(repeating: 0, count: Int(count)) }
        for index in value.indices {
            try integer("Supported Version", &value[index])
            note(.meaning("0x" + String(value[index], radix: 16)))
        }
    }

    /// The version a server selected, which must be one of those offered (draft-14 "Versions").
    fileprivate mutating func selectedVersion(
        _ value: inout [UInt64], _ context: MessageContext
    ) throws(CodecError) {
        if Self.reads { value = [0] }
        guard value.count == 1 else { throw fault("a server selects one", "Selected Version", section: "Versions") }
        try integer("Selected Version", &value[0])
        note(.meaning("0x" + String(value[0], radix: 16)))
        guard context.offeredVersions.isEmpty || context.offeredVersions.contains(value[0]) else {
            throw fault(
                "0x\(String(value[0], radix: 16)) was not offered", "Selected Version",
                code: .versionNegotiationFailed, section: "Versions")
        }
    }

    /// Options that fill the rest of the message (draft-18 "SETUP"), or stand behind their number (draft-16
    /// "CLIENT_SETUP and SERVER_SETUP").
    fileprivate mutating func setupOptions(
        _ value: inout Setup, _ context: MessageContext, isCounted: Bool
    ) throws(CodecError) {
        let slots = Self.reads ? [] : try slots(of: value)
        var count = UInt64(slots.count)
        begin(isCounted ? "Setup Parameters" : "Setup Options", .list)
        defer { end() }
        if isCounted {
            try integer("Number of Parameters", &count)
            note(.framing)
        }
        if !Self.reads { return try writeSetupOptions(slots, &value, context) }
        var type: UInt64 = 0
        var index: UInt64 = 0
        while isCounted ? index < count : !atEnd {
            index += 1
            try checkCount(index)
            begin("Setup Option", .pair)
            defer { end() }
            try self.type("Option Type", &type, after: type, isDelta: profile.pairs.isDelta)
            if !profile.pairs.isDelta { value.order.types.append(type) }
            try readSetupOption(type, &value, context)
        }
    }

    private mutating func readSetupOption(
        _ type: UInt64, _ value: inout Setup, _ context: MessageContext
    ) throws(CodecError) {
        guard let rule = profile.setupOptions.first(where: { $0.type == type }) else {
            var pair = KeyValue(blank: type)
            try self.pair(&pair.value)
            return value.unknownOptions.append(pair)
        }
        let present = value.count(of: rule.kind)
        guard present == 0 || rule.kind == .authorizationToken else {
            throw fault("option 0x\(String(type, radix: 16)) is repeated", "Option Type", section: "Setup Options")
        }
        try setupOption(rule.kind, &value, index: present, context)
    }

    private func slots(of value: Setup) throws(CodecError) -> [PairSlot] {
        for kind in SetupOptionKind.allCases where value.count(of: kind) > 0 {
            guard profile.setupOptions.contains(where: { $0.kind == kind }) else {
                throw fault("\(profile.name) has no \(kind)", "Setup Options")
            }
        }
        let known = profile.setupOptions.enumerated().flatMap { index, rule in
            (0..<value.count(of: rule.kind)).map { PairSlot(type: rule.type, rule: index, index: $0) }
        }
        return PairSlot.merged(known, value.unknownOptions, profile.pairs.isDelta ? WireOrder() : value.order)
    }

    private mutating func writeSetupOptions(
        _ slots: [PairSlot], _ value: inout Setup, _ context: MessageContext
    ) throws(CodecError) {
        var previous: UInt64 = 0
        for slot in slots {
            var type = slot.type
            try self.type("Option Type", &type, after: previous, isDelta: profile.pairs.isDelta)
            previous = type
            if let rule = slot.rule {
                try setupOption(profile.setupOptions[rule].kind, &value, index: slot.index, context)
            } else {
                try pair(&value.unknownOptions[slot.index].value)
            }
        }
    }

    private mutating func setupOption(
        _ kind: SetupOptionKind, _ value: inout Setup, index: Int, _ context: MessageContext
    ) throws(CodecError) {
        switch kind {
        case .path:
            value.path = try place("PATH", value.path, context, wrong: .invalidPath, malformed: .malformedPath) {
                URISyntax.isPath($0)
            }
        case .authority:
            value.authority = try place(
                "AUTHORITY", value.authority, context, wrong: .invalidAuthority, malformed: .malformedAuthority
            ) { URISyntax.isAuthority($0) }
        case .maxAuthTokenCacheSize: try number("MAX_AUTH_TOKEN_CACHE_SIZE", &value.maxAuthTokenCacheSize)
        case .maxFilterRanges: try number("MAX_FILTER_RANGES", &value.maxFilterRanges)
        case .maxRequestUpdates: try number("MAX_REQUEST_UPDATES", &value.maxRequestUpdates)
        case .maxRequestID: try number("MAX_REQUEST_ID", &value.maxRequestID)
        case .authorizationToken:
            if Self.reads { value.authorizationTokens.append(.useAlias(0)) }
            // A client has no alias to refer to yet (draft-18 "AUTHORIZATION TOKEN Parameter").
            let mayRefer = context.sender != .client || profile.behaviours.contains(.aliasesInClientSetup)
            try token(&value.authorizationTokens[index], mayRefer: mayRefer)
        case .implementation:
            var name = value.implementation ?? WireText()
            try text("MOQT_IMPLEMENTATION", &name, limit: profile.limits.pairValue)
            value.implementation = name
        }
    }

    private mutating func number(_ field: StaticString, _ value: inout UInt64?) throws(CodecError) {
        var number = value ?? 0
        try integer(field, &number)
        value = number
    }

    /// PATH or AUTHORITY: from clients on native QUIC only, and a part of a URI (draft-18 "PATH", "AUTHORITY").
    private mutating func place(
        _ field: StaticString, _ value: WireText?, _ context: MessageContext, wrong: SessionCode,
        malformed: SessionCode, isValid: ([UInt8]) -> Bool
    ) throws(CodecError) -> WireText {
        var text = value ?? WireText()
        try self.text(field, &text, limit: profile.limits.pairValue)
        guard context.sender != .server, !context.overWebTransport else {
            throw fault(
                context.overWebTransport ? "not over WebTransport" : "not from a server", field, code: wrong,
                section: "\(field)")
        }
        guard isValid(text.bytes) else {
            throw fault("\(text) is no such part of a URI", field, code: malformed, section: "\(field)")
        }
        return text
    }
}
