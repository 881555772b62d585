internal import MoQTCodec

extension ControlMessage {
    /// The same request with more tokens.
    func adding(_ tokens: [AuthorizationToken]) -> ControlMessage {
        if tokens.isEmpty { return self }
        switch self {
        case .subscribe(var message):
            message.parameters.add(tokens)
            return .subscribe(message)
        case .publish(var message):
            message.parameters.add(tokens)
            return .publish(message)
        case .fetch(var message):
            message.parameters.add(tokens)
            return .fetch(message)
        case .trackStatus(var message):
            message.parameters.add(tokens)
            return .trackStatus(message)
        case .publishNamespace(var message):
            message.parameters.add(tokens)
            return .publishNamespace(message)
        case .subscribeNamespace(var message):
            message.parameters.add(tokens)
            return .subscribeNamespace(message)
        case .subscribeTracks(var message):
            message.parameters.add(tokens)
            return .subscribeTracks(message)
        case .setup, .goAway, .subscribeOK, .publishDone, .fetchOK, .namespace, .namespaceDone, .publishBlocked,
            .requestUpdate, .requestOK, .requestError, .maxRequestID, .requestsBlocked, .unsubscribe, .fetchCancel,
            .publishNamespaceDone, .publishNamespaceCancel, .unsubscribeNamespace, .publishStateNotify:
            return self
        }
    }
}

extension Parameters {
    /// No token may come twice in a message (draft-18 "AUTHORIZATION TOKEN Parameter").
    fileprivate mutating func add(_ tokens: [AuthorizationToken]) {
        for token in tokens where !authorizationTokens.contains(token) { authorizationTokens.append(token) }
    }
}
