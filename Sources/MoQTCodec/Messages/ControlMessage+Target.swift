extension ControlMessage {
    /// The request that the message is about, where it names one by its ID: up to draft-16, for answers, updates and
    /// ends. Nil in all others, and in those that name a namespace instead.
    public var target: RequestID? {
        switch self {
        case .subscribeOK(let message): message.target
        case .publishDone(let message): message.target
        case .fetchOK(let message): message.target
        case .requestOK(let message): message.target
        case .requestError(let message): message.target
        case .requestUpdate(let message): message.target
        case .unsubscribe(let message): message.target
        case .fetchCancel(let message): message.target
        case .publishNamespaceDone(let message): message.target
        case .publishNamespaceCancel(let message): message.target
        case .unsubscribeNamespace(let message): message.target
        case .setup, .goAway, .subscribe, .publish, .fetch, .trackStatus, .publishNamespace, .subscribeNamespace,
            .subscribeTracks, .namespace, .namespaceDone, .publishBlocked, .maxRequestID, .requestsBlocked,
            .publishStateNotify:
            nil
        }
    }

    /// The message with ``target`` as given; as it is where it has none, or where an end needs one and `target` is nil.
    package func about(_ target: RequestID?) -> ControlMessage {
        switch self {
        case .subscribeOK(let message): .subscribeOK(with(message) { $0.target = target })
        case .publishDone(let message): .publishDone(with(message) { $0.target = target })
        case .fetchOK(let message): .fetchOK(with(message) { $0.target = target })
        case .requestOK(let message): .requestOK(with(message) { $0.target = target })
        case .requestError(let message): .requestError(with(message) { $0.target = target })
        case .requestUpdate(let message): .requestUpdate(with(message) { $0.target = target })
        case .unsubscribe(let message): .unsubscribe(with(message) { $0.target = target ?? $0.target })
        case .fetchCancel(let message): .fetchCancel(with(message) { $0.target = target ?? $0.target })
        case .publishNamespaceDone(let message): .publishNamespaceDone(with(message) { $0.target = target })
        case .publishNamespaceCancel(let message): .publishNamespaceCancel(with(message) { $0.target = target })
        case .unsubscribeNamespace(let message): .unsubscribeNamespace(with(message) { $0.target = target })
        case .setup, .goAway, .subscribe, .publish, .fetch, .trackStatus, .publishNamespace, .subscribeNamespace,
            .subscribeTracks, .namespace, .namespaceDone, .publishBlocked, .maxRequestID, .requestsBlocked,
            .publishStateNotify:
            self
        }
    }
}

private func with<Message>(_ message: Message, _ change: (inout Message) -> Void) -> Message {
    var message = message
    change(&message)
    return message
}
