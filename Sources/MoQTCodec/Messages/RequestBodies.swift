extension Subscribe: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .requestID: try visitor.requestID(&requestID, context)
        case .requiredRequestID: try visitor.requiredRequestID(&requiredRequestID, before: requestID)
        case .fullTrackName: try visitor.fullTrackName(&track)
        case .parameters: try visitor.parameters(&parameters, in: .subscribe)
        default: try visitor.fixedField(field, &parameters, Self.self)
        }
    }

    var filled: MessageFields {
        var result = MessageFields()
        result.insert(.requiredRequestID, if: requiredRequestID != nil)
        return result
    }
}

extension TrackStatus: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .requestID: try visitor.requestID(&requestID, context)
        case .requiredRequestID: try visitor.requiredRequestID(&requiredRequestID, before: requestID)
        case .fullTrackName: try visitor.fullTrackName(&track)
        case .parameters: try visitor.parameters(&parameters, in: .trackStatus)
        default: try visitor.fixedField(field, &parameters, Self.self)
        }
    }

    var filled: MessageFields {
        var result = MessageFields()
        result.insert(.requiredRequestID, if: requiredRequestID != nil)
        return result
    }
}

extension Publish: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .requestID: try visitor.requestID(&requestID, context)
        case .requiredRequestID: try visitor.requiredRequestID(&requiredRequestID, before: requestID)
        case .fullTrackName: try visitor.fullTrackName(&track)
        case .trackAlias: try visitor.integer("Track Alias", &trackAlias.rawValue)
        case .parameters: try visitor.parameters(&parameters, in: .publish)
        case .trackProperties: try visitor.trackProperties(&trackProperties)
        default: try visitor.fixedField(field, &parameters, Self.self)
        }
    }

    var filled: MessageFields {
        var result = MessageFields()
        result.insert(.requiredRequestID, if: requiredRequestID != nil)
        result.insert(.trackProperties, if: !trackProperties.isEmpty)
        return result
    }
}

extension Fetch: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .requestID: try visitor.requestID(&requestID, context)
        case .requiredRequestID: try visitor.requiredRequestID(&requiredRequestID, before: requestID)
        case .fetchTarget: try visitor.fetchTarget(&target, &parameters.filterRefusal)
        case .parameters: try visitor.parameters(&parameters, in: .fetch)
        case .fullTrackName: try visitor.fetchedTrack(&target)
        case .parametersWithRange: try visitor.parametersWithRange(&parameters, &target)
        default: try visitor.fixedField(field, &parameters, Self.self)
        }
    }

    var filled: MessageFields {
        var result = MessageFields()
        result.insert(.requiredRequestID, if: requiredRequestID != nil)
        return result
    }
}

extension PublishNamespace: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .requestID: try visitor.requestID(&requestID, context)
        case .requiredRequestID: try visitor.requiredRequestID(&requiredRequestID, before: requestID)
        case .namespace: try visitor.namespace(&namespace)
        case .parameters: try visitor.parameters(&parameters, in: .publishNamespace)
        default: misplaced(field, Self.self)
        }
    }

    var filled: MessageFields {
        var result = MessageFields()
        result.insert(.requiredRequestID, if: requiredRequestID != nil)
        return result
    }
}

extension SubscribeNamespace: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .requestID: try visitor.requestID(&requestID, context)
        case .requiredRequestID: try visitor.requiredRequestID(&requiredRequestID, before: requestID)
        case .namespacePrefix: try visitor.namespacePrefix(&prefix)
        case .subscribeOptions: try visitor.subscribeOptions(&options)
        case .parameters: try visitor.parameters(&parameters, in: .subscribeNamespace)
        default: misplaced(field, Self.self)
        }
    }

    var filled: MessageFields {
        var result = MessageFields()
        result.insert(.requiredRequestID, if: requiredRequestID != nil)
        result.insert(.subscribeOptions, if: options != nil)
        return result
    }
}

extension SubscribeTracks: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .requestID: try visitor.requestID(&requestID, context)
        case .requiredRequestID: try visitor.requiredRequestID(&requiredRequestID, before: requestID)
        case .namespacePrefix: try visitor.namespacePrefix(&prefix)
        case .parameters: try visitor.parameters(&parameters, in: .subscribeTracks)
        default: misplaced(field, Self.self)
        }
    }

    var filled: MessageFields {
        var result = MessageFields()
        result.insert(.requiredRequestID, if: requiredRequestID != nil)
        return result
    }
}

extension RequestUpdate: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .requestID: try visitor.requestID(&requestID, context)
        case .requiredRequestID: try visitor.requiredRequestID(&requiredRequestID, before: requestID)
        case .parameters:
            try visitor.parameters(&parameters, in: context.request.map(ParameterScope.update) ?? .anyUpdate)
        case .existingRequestID:
            try visitor.target(visitor.profile.fieldNames[.existingRequestID] ?? "Existing Request ID", &target)
        default: try visitor.fixedField(field, &parameters, Self.self, isUpdate: true)
        }
    }

    var filled: MessageFields {
        var result = MessageFields()
        result.insert(.requiredRequestID, if: requiredRequestID != nil)
        result.insert(.existingRequestID, if: target != nil)
        return result
    }
}

extension FieldVisitor {
    /// draft-17 "SUBSCRIBE_NAMESPACE". What other numbers do is not said.
    fileprivate mutating func subscribeOptions(_ value: inout SubscribeOptions?) throws(CodecError) {
        guard var number = Self.reads ? 0 : value?.rawValue else {
            throw fault("the draft needs it", "Subscribe Options")
        }
        try integer("Subscribe Options", &number)
        guard let options = SubscribeOptions(rawValue: number) else {
            throw fault("\(number) is none of 0, 1 and 2", "Subscribe Options")
        }
        value = options
    }
}
