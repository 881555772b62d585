internal import MoQTCodec
internal import Wire

// Requests that must not be told of before another (draft-17 "Required Request ID"), or before the handshake is complete
// (draft-18 "0-RTT").

/// A request of the peer that waits for the one it needs, or for the handshake.
struct DependentRequest {
    var message: ControlMessage
    var stream: StreamID
    var offset: UInt64
    /// When it is given up; nil: with the connection.
    var deadline: Instant?
}

extension RequestKind {
    /// Nothing comes of it when somebody else sends it again: it asks, and offers nothing.
    package var isReplayable: Bool {
        switch self {
        case .subscribe, .fetch, .trackStatus, .subscribeNamespace, .subscribeTracks: true
        case .publish, .publishNamespace: false
        }
    }
}

extension Session {
    /// Keeps a request back while the one it needs has not come, or the handshake is not complete; what follows on the
    /// stream waits, too.
    mutating func holdDependent(_ message: ControlMessage, on stream: StreamID, at offset: UInt64) -> Bool {
        let isForHandshake = mayBeReplay(message)
        guard isForHandshake || !hasRequired(message) else { return false }
        if dependents.count >= configuration.heldStreamLimit && stream != control.peerControl {
            limited.count(.heldStreams)
            control.abandon(stream, .excessiveLoad, &actions)
        } else {
            dependents.append(
                DependentRequest(
                    message: message, stream: stream, offset: offset,
                    deadline: isForHandshake ? nil : now + configuration.aliasTimeout))
        }
        return true
    }

    /// It offers something, and may be what somebody else once sent.
    private func mayBeReplay(_ message: ControlMessage) -> Bool {
        guard isEarly && role == .server else { return false }
        if case .publish = message { return true }
        if case .publishNamespace = message { return true }
        return false
    }

    private func hasRequired(_ message: ControlMessage) -> Bool {
        message.requiredRequestID.map { receivedIDs.contains($0) } ?? true
    }

    func isDependent(_ stream: StreamID) -> Bool { dependents.contains { $0.stream == stream } }

    /// A request has come, or the handshake is complete: those that needed it go on.
    mutating func releaseDependents() throws(CodecError) {
        while !isClosed,
            let index = dependents.firstIndex(where: { !mayBeReplay($0.message) && hasRequired($0.message) })
        {
            let dependent = dependents.remove(at: index)
            try receivedRequest(dependent.message, on: dependent.stream, at: dependent.offset)
            resume(dependent.stream)
        }
    }

    /// Gives up what has waited too long.
    mutating func dropDependents() {
        func isLate(_ dependent: DependentRequest) -> Bool { dependent.deadline.map { $0 <= now } ?? false }
        for dependent in dependents where isLate(dependent) {
            control.abandon(dependent.stream, .cancelled, &actions)
        }
        dependents.removeAll(where: isLate)
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
