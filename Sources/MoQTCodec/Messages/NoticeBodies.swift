internal import Wire

extension GoAway: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .newSessionURI:
            try visitor.text("New Session URI", &newSessionURI, limit: visitor.profile.limits.uri)
            if context.sender == .client, !newSessionURI.isEmpty {
                throw visitor.fault("a client cannot name a URI", "New Session URI")
            }
        case .timeout: try visitor.integer("Timeout", &timeout)
        case .requestID: try visitRequestID(&visitor, context)
        default: misplaced(field, Self.self)
        }
    }

    var filled: MessageFields {
        var result = MessageFields()
        result.insert(.timeout, if: timeout != 0)
        result.insert(.requestID, if: requestID != nil)
        return result
    }

    private mutating func visitRequestID(
        _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        // The least ID of the receiver's is the one to send when no request was processed.
        var id = requestID ?? RequestID(rawValue: context.sender == .server ? 0 : 1)
        try visitor.requestID("Request ID", &id)
        guard let sender = context.sender, id.isServerChosen != (sender == .client) else {
            requestID = id
            return
        }
        throw visitor.fault(
            "\(id) is not an ID of the receiver's", "Request ID", code: .invalidRequestID,
            section: "GOAWAY")
    }
}

extension PublishDone: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .targetRequestID: try visitor.target("Request ID", &target)
        case .statusCode:
            try visitor.code("Status Code", &code, visitor.profile.codes.publishDone)
        case .streamCount:
            let unknown = visitor.profile.limits.unknownStreamCount
            var number = streamCount ?? unknown
            try visitor.integer("Stream Count", &number)
            streamCount = number == unknown ? nil : number
        case .reason: try visitor.reasonPhrase(&reason)
        default: misplaced(field, Self.self)
        }
    }

    var filled: MessageFields {
        var result = MessageFields()
        result.insert(.targetRequestID, if: target != nil)
        return result
    }
}

extension Namespace: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .namespaceSuffix: try visitor.namespace("Track Namespace Suffix", &suffix, fields: 0...32)
        default: misplaced(field, Self.self)
        }
    }
}

extension NamespaceDone: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .namespaceSuffix: try visitor.namespace("Track Namespace Suffix", &suffix, fields: 0...32)
        default: misplaced(field, Self.self)
        }
    }
}

extension PublishBlocked: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .namespaceSuffix: try visitor.namespace("Track Namespace Suffix", &suffix, fields: 0...32)
        case .trackName: try visitor.trackName(&trackName)
        default: misplaced(field, Self.self)
        }
    }
}
