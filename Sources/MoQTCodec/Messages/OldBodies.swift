extension MaxRequestID: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .maximumRequestID:
            try visitor.integer(visitor.profile.fieldNames[.maximumRequestID] ?? "Max Request ID", &maximum)
        default: misplaced(field, Self.self)
        }
    }
}

extension RequestsBlocked: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .maximumRequestID: try visitor.integer("Maximum Request ID", &maximum)
        default: misplaced(field, Self.self)
        }
    }
}

extension Unsubscribe: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .targetRequestID: try visitor.requestID("Request ID", &target)
        default: misplaced(field, Self.self)
        }
    }
}

extension FetchCancel: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .targetRequestID: try visitor.requestID("Request ID", &target)
        default: misplaced(field, Self.self)
        }
    }
}

extension PublishNamespaceDone: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .targetRequestID: try visitor.target("Request ID", &target)
        case .namespace: try visitor.namedNamespace(&namespace)
        default: misplaced(field, Self.self)
        }
    }

    var filled: MessageFields {
        var result = MessageFields()
        result.insert(.targetRequestID, if: target != nil)
        result.insert(.namespace, if: namespace != nil)
        return result
    }
}

extension PublishNamespaceCancel: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .targetRequestID: try visitor.target("Request ID", &target)
        case .namespace: try visitor.namedNamespace(&namespace)
        case .statusCode: try visitor.code("Error Code", &code, visitor.profile.codes.request(.publishNamespace))
        case .reason: try visitor.reasonPhrase(&reason)
        default: misplaced(field, Self.self)
        }
    }

    var filled: MessageFields {
        var result = MessageFields()
        result.insert(.targetRequestID, if: target != nil)
        result.insert(.namespace, if: namespace != nil)
        return result
    }
}

extension UnsubscribeNamespace: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .targetRequestID: try visitor.target("Request ID", &target)
        case .namespacePrefix: try visitor.namedPrefix(&prefix)
        default: misplaced(field, Self.self)
        }
    }

    var filled: MessageFields {
        var result = MessageFields()
        result.insert(.targetRequestID, if: target != nil)
        result.insert(.namespacePrefix, if: prefix != nil)
        return result
    }
}

extension PublishStateNotify: MessageBody {
    mutating func visit(
        _ field: MessageField, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch field {
        case .parameters: try visitor.parameters(&parameters, in: .publishStateNotify)
        default: misplaced(field, Self.self)
        }
    }
}

extension FieldVisitor {
    /// A namespace that stands for the request that named it.
    fileprivate mutating func namedNamespace(_ value: inout TrackNamespace?) throws(CodecError) {
        guard var namespace = Self.reads ? TrackNamespace() : value else {
            throw fault("the draft needs it", "Track Namespace")
        }
        try self.namespace(&namespace)
        value = namespace
    }

    /// A prefix that stands for the request that named it.
    fileprivate mutating func namedPrefix(_ value: inout TrackNamespace?) throws(CodecError) {
        guard var prefix = Self.reads ? TrackNamespace() : value else {
            throw fault("the draft needs it", "Track Namespace Prefix")
        }
        try namespacePrefix(&prefix)
        value = prefix
    }
}
