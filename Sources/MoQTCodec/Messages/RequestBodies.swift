extension Subscribe: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .requestID: try visitor.requestID("Request ID", &requestID)
        case .fullTrackName: try visitor.fullTrackName(&track)
        case .parameters: try visitor.parameters(&parameters, in: .subscribe)
        default: misplaced(field, Self.self)
        }
    }
}

extension TrackStatus: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .requestID: try visitor.requestID("Request ID", &requestID)
        case .fullTrackName: try visitor.fullTrackName(&track)
        case .parameters: try visitor.parameters(&parameters, in: .trackStatus)
        default: misplaced(field, Self.self)
        }
    }
}

extension Publish: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .requestID: try visitor.requestID("Request ID", &requestID)
        case .fullTrackName: try visitor.fullTrackName(&track)
        case .trackAlias: try visitor.integer("Track Alias", &trackAlias.rawValue)
        case .parameters: try visitor.parameters(&parameters, in: .publish)
        case .trackProperties: try visitor.trackProperties(&trackProperties)
        default: misplaced(field, Self.self)
        }
    }
}

extension Fetch: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .requestID: try visitor.requestID("Request ID", &requestID)
        case .fetchTarget: try visitor.fetchTarget(&target)
        case .parameters: try visitor.parameters(&parameters, in: .fetch)
        case .fullTrackName: try visitor.fetchedTrack(&target)
        case .parametersWithRange: try visitor.parametersWithRange(&parameters, &target)
        default: misplaced(field, Self.self)
        }
    }
}

extension PublishNamespace: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .requestID: try visitor.requestID("Request ID", &requestID)
        case .namespace: try visitor.namespace("Track Namespace", &namespace)
        case .parameters: try visitor.parameters(&parameters, in: .publishNamespace)
        default: misplaced(field, Self.self)
        }
    }
}

extension SubscribeNamespace: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .requestID: try visitor.requestID("Request ID", &requestID)
        case .namespacePrefix: try visitor.namespace("Track Namespace Prefix", &prefix)
        case .parameters: try visitor.parameters(&parameters, in: .subscribeNamespace)
        default: misplaced(field, Self.self)
        }
    }
}

extension SubscribeTracks: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .requestID: try visitor.requestID("Request ID", &requestID)
        case .namespacePrefix: try visitor.namespace("Track Namespace Prefix", &prefix)
        case .parameters: try visitor.parameters(&parameters, in: .subscribeTracks)
        default: misplaced(field, Self.self)
        }
    }
}

extension RequestUpdate: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .requestID: try visitor.requestID("Request ID", &requestID)
        case .parameters:
            try visitor.parameters(&parameters, in: context.request.map(ParameterScope.update) ?? [])
        default: misplaced(field, Self.self)
        }
    }
}
