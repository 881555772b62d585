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

extension FieldVisitor {
    /// draft-18 "Fetch Handling".
    fileprivate mutating func fetchTarget(_ value: inout Fetch.Target) throws(CodecError) {
        var type: UInt64 =
            switch value {
            case .standalone: 1
            case .relativeJoining: 2
            case .absoluteJoining: 3
            }
        try integer("Fetch Type", &type)
        switch type {
        case 1: try standalone(&value)
        case 2, 3: try joining(&value, isRelative: type == 2)
        default: throw fault("unknown type \(type)", "Fetch Type", section: "FETCH")
        }
    }

    private mutating func standalone(_ value: inout Fetch.Target) throws(CodecError) {
        var track = FullTrackName()
        var start = Location.zero
        var end = RangeEnd(group: 0)
        if case .standalone(let givenTrack, let givenStart, let givenEnd) = value {
            (track, start, end) = (givenTrack, givenStart, givenEnd)
        }
        try fullTrackName(&track)
        try location("Start Group", "Start Object", &start)
        try rangeEnd(&end)
        value = .standalone(track: track, start: start, end: end)
    }

    private mutating func joining(_ value: inout Fetch.Target, isRelative: Bool) throws(CodecError) {
        var request = RequestID(rawValue: 0)
        var start: UInt64 = 0
        switch value {
        case .standalone: break
        case .relativeJoining(let id, let number), .absoluteJoining(let id, let number): (request, start) = (id, number)
        }
        try requestID("Joining Request ID", &request)
        try integer("Joining Start", &start)
        value =
            isRelative
            ? .relativeJoining(request: request, groups: start) : .absoluteJoining(request: request, group: start)
    }

    /// An End Location: the object's number plus 1, or 0 for the whole group (draft-18 "Standalone Fetch").
    mutating func rangeEnd(_ value: inout RangeEnd) throws(CodecError) {
        try integer("End Group", &value.group)
        var beyond: UInt64 = 0
        if let object = value.object {
            guard object < .max else { throw fault("the object has no successor", "End Object") }
            beyond = object + 1
        }
        try integer("End Object", &beyond)
        value.object = beyond == 0 ? nil : beyond - 1
    }
}
