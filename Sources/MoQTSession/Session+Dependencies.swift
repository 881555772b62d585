internal import MoQTCodec
internal import Wire

// Requests that must not be told of before another (draft-17 "Required Request ID").

/// A request of the peer that waits for the one it needs.
struct DependentRequest {
    var message: ControlMessage
    var required: RequestID
    var stream: StreamID
    var offset: UInt64
    /// When it is given up.
    var deadline: Instant
}

extension Session {
    /// Keeps the first message of `stream` back while the request it needs has not come; what follows on the stream
    /// waits, too.
    mutating func holdDependent(_ message: ControlMessage, on stream: StreamID, at offset: UInt64) -> Bool {
        guard let required = message.requiredRequestID, !receivedIDs.contains(required) else { return false }
        if dependents.count >= configuration.heldStreamLimit {
            control.abandon(stream, .excessiveLoad, &actions)
        } else {
            dependents.append(
                DependentRequest(
                    message: message, required: required, stream: stream, offset: offset,
                    deadline: now + configuration.aliasTimeout))
        }
        return true
    }

    func isDependent(_ stream: StreamID) -> Bool { dependents.contains { $0.stream == stream } }

    /// A request has come: those that needed it go on.
    mutating func releaseDependents() throws(CodecError) {
        while !isClosed, let index = dependents.firstIndex(where: { receivedIDs.contains($0.required) }) {
            let dependent = dependents.remove(at: index)
            try receivedRequest(dependent.message, on: dependent.stream, at: dependent.offset)
            resume(dependent.stream)
        }
    }

    /// Gives up what has waited too long.
    mutating func dropDependents() {
        for dependent in dependents where dependent.deadline <= now {
            control.abandon(dependent.stream, .cancelled, &actions)
        }
        dependents.removeAll { $0.deadline <= now }
    }
}

extension ControlMessage {
    /// The sender's request that must be processed before this one; nil when there is none.
    fileprivate var requiredRequestID: RequestID? {
        switch self {
        case .subscribe(let message): message.requiredRequestID
        case .publish(let message): message.requiredRequestID
        case .fetch(let message): message.requiredRequestID
        case .trackStatus(let message): message.requiredRequestID
        case .publishNamespace(let message): message.requiredRequestID
        case .subscribeNamespace(let message): message.requiredRequestID
        case .subscribeTracks(let message): message.requiredRequestID
        case .setup, .goAway, .subscribeOK, .publishDone, .fetchOK, .namespace, .namespaceDone, .publishBlocked,
            .requestUpdate, .requestOK, .requestError, .maxRequestID, .requestsBlocked, .unsubscribe, .fetchCancel,
            .publishNamespaceDone, .publishNamespaceCancel, .unsubscribeNamespace, .publishStateNotify:
            nil
        }
    }
}
