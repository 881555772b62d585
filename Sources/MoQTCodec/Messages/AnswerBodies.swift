internal import Wire

extension SubscribeOK: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .targetRequestID: try visitor.target("Request ID", &target)
        case .trackAlias: try visitor.integer("Track Alias", &trackAlias.rawValue)
        case .parameters: try visitor.parameters(&parameters, in: .subscribeOK)
        case .trackProperties: try visitor.trackProperties(&trackProperties)
        default: try visitor.fixedField(field, &parameters, Self.self)
        }
    }

    var filled: MessageFields {
        var result = MessageFields()
        result.insert(.targetRequestID, if: target != nil)
        result.insert(.trackProperties, if: !trackProperties.isEmpty)
        return result
    }
}

extension FetchOK: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .targetRequestID: try visitor.target("Request ID", &target)
        case .endOfTrack: try visitor.flag("End Of Track", &endOfTrack, section: "FETCH_OK")
        case .endLocation: try visitor.rangeEnd(&end)
        case .lastLocation: try visitor.lastLocation(&end)
        case .parameters: try visitor.parameters(&parameters, in: .fetchOK)
        case .trackProperties: try visitor.trackProperties(&trackProperties)
        default: try visitor.fixedField(field, &parameters, Self.self)
        }
    }

    var filled: MessageFields {
        var result = MessageFields()
        result.insert(.targetRequestID, if: target != nil)
        result.insert(.trackProperties, if: !trackProperties.isEmpty)
        return result
    }
}

extension RequestOK: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .targetRequestID: try visitor.target("Request ID", &target)
        case .trackAlias:
            var number = trackAlias?.rawValue ?? 0
            try visitor.integer("Track Alias", &number)
            trackAlias = number == 0 ? nil : TrackAlias(rawValue: number)
        case .parameters: try visitor.parameters(&parameters, in: scope(context))
        case .trackProperties:
            // draft-18 "REQUEST_OK": only TRACK_STATUS_OK has them.
            if context.place != .request(.trackStatus) && context.place != .any {
                guard visitor.isEmpty(trackProperties) else {
                    try visitor.rest("Track Properties", &trackProperties.raw)
                    throw visitor.fault("only the answer to TRACK_STATUS has them", "Track Properties")
                }
            }
            try visitor.trackProperties(&trackProperties)
        default: try visitor.fixedField(field, &parameters, Self.self)
        }
    }

    private func scope(_ context: MessageContext) -> ParameterScope {
        switch context.place {
        case .control: []
        case .request(let kind): .answer(to: kind)
        case .update(let kind): .answer(toUpdateOf: kind)
        case .any: .anyOK
        }
    }

    var filled: MessageFields {
        var result = MessageFields()
        result.insert(.targetRequestID, if: target != nil)
        result.insert(.trackAlias, if: trackAlias != nil)
        result.insert(.trackProperties, if: !trackProperties.isEmpty)
        result.insert(.parameters, if: parameters != Parameters())
        return result
    }
}

extension FieldVisitor {
    /// No properties follow, or none are to be written.
    fileprivate func isEmpty(_ value: Properties) -> Bool { Self.reads ? atEnd : value.isEmpty }
}

extension RequestError: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .targetRequestID: try visitor.target("Request ID", &target)
        case .statusCode:
            try visitor.code("Error Code", &code, visitor.profile.codes.request(context.request))
        case .retryInterval: try visitor.retryInterval(&retryAfter)
        case .reason: try visitor.reasonPhrase(&reason)
        case .redirect: try visitRedirect(&visitor, context)
        default: misplaced(field, Self.self)
        }
    }

    var filled: MessageFields {
        var result = MessageFields()
        result.insert(.targetRequestID, if: target != nil)
        result.insert(.retryInterval, if: retryAfter != nil)
        result.insert(.redirect, if: redirect != nil)
        return result
    }

    private mutating func visitRedirect(
        _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        guard code == .redirect else {
            guard redirect == nil else { throw visitor.fault("only REDIRECT has one", "Redirect") }
            return
        }
        if redirect == nil { redirect = try visitor.absentRedirect() }
        try redirect?.visit(&visitor, context)
    }
}

extension Redirect {
    /// draft-18 "Redirect Structure".
    fileprivate mutating func visit(
        _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        let section = "Redirect Structure"
        visitor.begin("Redirect", .structure)
        defer { visitor.end() }
        // Unlike GOAWAY's URI it has no limit but the message's.
        try visitor.text("Connect URI", &connectURI, limit: .max)
        if context.sender == .client, !connectURI.isEmpty {
            throw visitor.fault("a client cannot name a URI", "Connect URI", section: section)
        }
        try visitor.fullTrackName(&track)
        if context.request?.isNamespaceScoped == true, !track.name.bytes.isEmpty {
            throw visitor.fault("the request is for no single track", "Track Name", section: section)
        }
    }
}

extension FieldVisitor {
    fileprivate func absentRedirect() throws(CodecError) -> Redirect {
        guard Self.reads else { throw fault("REDIRECT needs one", "Redirect", section: "Redirect Structure") }
        return Redirect()
    }

    /// Milliseconds plus 1, or 0 for never (draft-18 "REQUEST_ERROR Message Format").
    fileprivate mutating func retryInterval(_ value: inout UInt64?) throws(CodecError) {
        var number: UInt64 = 0
        if let interval = value {
            guard interval < .max else { throw fault("\(interval) is too large", "Retry Interval") }
            number = interval + 1
        }
        try integer("Retry Interval", &number)
        value = number == 0 ? nil : number - 1
    }
}
