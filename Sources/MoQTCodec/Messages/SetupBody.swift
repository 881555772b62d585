internal import Wire

extension Setup: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .setupOptions: try visitor.setupOptions(&self, context)
        default: misplaced(field, Self.self)
        }
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
        }
    }
}

extension FieldVisitor {
    /// Options that fill the rest of the message (draft-18 "SETUP").
    fileprivate mutating func setupOptions(_ value: inout Setup, _ context: MessageContext) throws(CodecError) {
        if Self.reads {
            try readSetupOptions(&value, context)
        } else {
            try writeSetupOptions(&value, context)
        }
    }

    private mutating func readSetupOptions(_ value: inout Setup, _ context: MessageContext) throws(CodecError) {
        var type: UInt64 = 0
        while !atEnd {
            try self.type(
                "Option Type", &type, after: type, isDelta: profile.pairs.isDelta,
                section: "Key-Value-Pair Structure")
            if let rule = profile.setupOptions.first(where: { $0.type == type }) {
                let present = value.count(of: rule.kind)
                guard present == 0 || rule.kind == .authorizationToken else {
                    throw fault("option 0x\(String(type, radix: 16)) is repeated", "Option Type", section: "SETUP")
                }
                try setupOption(rule.kind, &value, index: present, context)
            } else {
                var pair =
                    type & 1 == 0
                    ? KeyValue(type: type, integer: 0) : KeyValue(type: type, bytes: Bytes())
                try self.pair(&pair.value)
                value.unknownOptions.append(pair)
            }
        }
    }

    private mutating func writeSetupOptions(_ value: inout Setup, _ context: MessageContext) throws(CodecError) {
        var unknown = value.unknownOptions[...]
        var previous: UInt64 = 0
        for rule in profile.setupOptions {
            try writeUnknown(&unknown, before: rule.type, &previous)
            for index in 0..<value.count(of: rule.kind) {
                var type = rule.type
                try self.type("Option Type", &type, after: previous, isDelta: profile.pairs.isDelta, section: "SETUP")
                previous = type
                try setupOption(rule.kind, &value, index: index, context)
            }
        }
        try writeUnknown(&unknown, before: nil, &previous)
    }

    private mutating func writeUnknown(
        _ options: inout ArraySlice<KeyValue>, before limit: UInt64?, _ previous: inout UInt64
    ) throws(CodecError) {
        while var option = options.first, limit.map({ option.type < $0 }) ?? true {
            guard option.type >= previous else { throw fault("options must ascend", "Option Type", section: "SETUP") }
            try type("Option Type", &option.type, after: previous, isDelta: profile.pairs.isDelta, section: "SETUP")
            previous = option.type
            try pair(&option.value)
            options.removeFirst()
        }
    }

    /// The value of a Key-Value-Pair.
    private mutating func pair(_ value: inout KeyValue.Value) throws(CodecError) {
        switch value {
        case .integer(var number):
            try integer("Value", &number)
            value = .integer(number)
        case .bytes(let bytes):
            var array = bytes.array
            try self.bytes("Value", &array, limit: profile.limits.pairValue)
            if Self.reads { value = .bytes(Bytes(array)) }
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
        case .authorizationToken:
            if Self.reads { value.authorizationTokens.append(.useAlias(0)) }
            try token(&value.authorizationTokens[index])
            try checkSetupToken(value.authorizationTokens[index], context)
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

    /// draft-18 "AUTHORIZATION TOKEN Parameter": a client has no alias to refer to yet.
    private func checkSetupToken(_ token: AuthorizationToken, _ context: MessageContext) throws(CodecError) {
        guard context.sender == .client else { return }
        switch token {
        case .register, .useValue: break
        case .delete, .useAlias:
            throw fault(
                "a client's SETUP cannot refer to an alias", "Alias Type",
                section: "AUTHORIZATION TOKEN Parameter")
        }
    }

    /// PATH or AUTHORITY: from clients on native QUIC only, and a part of a URI (draft-18 "PATH", "AUTHORITY").
    private mutating func place(
        _ field: StaticString, _ value: WireText?, _ context: MessageContext, wrong: SessionCode,
        malformed: SessionCode, isValid: ([UInt8]) -> Bool
    ) throws(CodecError) -> WireText {
        var text = value ?? WireText()
        try self.text(field, &text, limit: profile.limits.pairValue)
        guard context.sender == .client, !context.overWebTransport else {
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
