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

    private mutating func visitRequestID(
        _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        // The least ID of the receiver's is the one to send when no request was processed.
        var id = requestID ?? RequestID(rawValue: context.sender == .server ? 0 : 1)
        try visitor.requestID("Request ID", &id)
        guard id.isServerChosen == (context.sender == .client) else {
            throw visitor.fault(
                "\(id) is not an ID of the receiver's", "Request ID", code: .invalidRequestID,
                section: "GOAWAY")
        }
        requestID = id
    }
}

extension PublishDone: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .statusCode:
            var number = visitor.profile.codes.wire(code)
            try visitor.integer("Status Code", &number)
            code = visitor.profile.codes.publishDoneCode(number)
        case .streamCount:
            let unknown = visitor.profile.limits.unknownStreamCount
            var number = streamCount ?? unknown
            try visitor.integer("Stream Count", &number)
            streamCount = number == unknown ? nil : number
        case .reason: try visitor.text("Error Reason", &reason, limit: visitor.profile.limits.reasonPhrase)
        default: misplaced(field, Self.self)
        }
    }
}

extension Namespace: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .namespaceSuffix: try visitor.namespace("Track Namespace Suffix", &suffix)
        default: misplaced(field, Self.self)
        }
    }
}

extension NamespaceDone: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .namespaceSuffix: try visitor.namespace("Track Namespace Suffix", &suffix)
        default: misplaced(field, Self.self)
        }
    }
}

extension PublishBlocked: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .namespaceSuffix: try visitor.namespace("Track Namespace Suffix", &suffix)
        case .trackName: try visitor.trackName(&trackName)
        default: misplaced(field, Self.self)
        }
    }
}
