internal import MoQTCodec
internal import Wire

// From bytes of control and request streams to messages, and from messages to what they mean.

extension Session {
    mutating func receivedControl(_ bytes: Bytes, on stream: StreamID, fin: Bool) {
        if !control.carries(stream) {
            guard stream.isServerInitiated == (role == .client) else { return }
            control.peerOpened(stream)
        }
        if control.recognizesControl(bytes, on: stream) && control.holding.contains(stream) {
            control.hold(bytes, fin: fin, on: stream)
            return resume(stream)
        }
        if isDependent(stream) || stream.direction == .bidirectional && stream != control.peerControl && !isOpen {
            return hold(bytes, on: stream, fin: fin)
        }
        do throws(CodecError) {
            var input = bytes
            while !isClosed, let incoming = try control.next(&input, on: stream) {
                try handle(incoming, on: stream)
                if !dependents.isEmpty && isDependent(stream) {
                    // What is held is credited when it is read.
                    credit(stream, bytes.count - input.count)
                    return control.hold(input, fin: fin, on: stream)
                }
            }
            credit(stream, bytes.count)
            if fin && !isClosed { try receivedFIN(on: stream) }
        } catch {
            close(for: error, on: stream)
        }
    }

    private mutating func credit(_ stream: StreamID, _ count: Int) {
        if count > 0 && !isClosed { actions.append(.credit(stream, bytes: count)) }
    }

    /// Reads what was held of `stream`.
    mutating func resume(_ stream: StreamID) {
        guard control.holding.contains(stream) else { return }
        let held = control.takeHeld(stream)
        for (index, bytes) in held.bytes.enumerated() {
            receivedControl(bytes, on: stream, fin: held.fin && index == held.bytes.count - 1)
        }
        if held.bytes.isEmpty { receivedControl(Bytes(), on: stream, fin: held.fin) }
    }

    /// Requests wait for the peer's SETUP (draft-18 "Session initialization").
    private mutating func hold(_ bytes: Bytes, on stream: StreamID, fin: Bool) {
        if control.holding.count >= configuration.heldStreamLimit && !control.holding.contains(stream) {
            limited.count(.heldStreams)
            credit(stream, bytes.count)
            control.abandon(stream, .excessiveLoad, &actions)
            if fin { control.ended(stream, &actions) }
        } else {
            control.hold(bytes, fin: fin, on: stream)
        }
    }

    private mutating func handle(_ incoming: ControlPlane.Incoming, on stream: StreamID) throws(CodecError) {
        if stream == control.peerControl {
            if holdDependent(incoming.message, on: stream, at: incoming.offset) { return }
            try receivedOnControl(incoming.message, on: stream, at: incoming.offset)
        } else if let request = incoming.request {
            try received(incoming.message.about(nil), on: request, at: incoming.offset)
        } else {
            if holdDependent(incoming.message, on: stream, at: incoming.offset) { return }
            try receivedRequest(incoming.message, on: stream, at: incoming.offset)
            if !dependents.isEmpty { try releaseDependents() }
        }
    }

    private mutating func receivedOnControl(
        _ message: ControlMessage, on stream: StreamID, at offset: UInt64
    ) throws(CodecError) {
        switch message {
        case .setup(let message): try received(message, at: offset)
        case .goAway(let message): try received(message, at: offset)
        case .maxRequestID(let message): try received(message, at: offset)
        // The limit grows as requests end, asked for or not.
        case .requestsBlocked: break
        default: try receivedShared(message, on: stream, at: offset)
        }
    }

    /// A message behind the first on the stream of `id`, whoever sent the request.
    mutating func received(
        _ message: ControlMessage, on id: RequestID, at offset: UInt64
    ) throws(CodecError) {
        guard let request = requests[id] else { return }
        switch message {
        case .subscribeOK(let message): try received(message, on: id, at: offset)
        case .fetchOK(let message): try received(message, on: id, at: offset)
        case .requestOK(let message): try received(message, on: id, request, at: offset)
        case .requestError(let message): try received(message, on: id, request, at: offset)
        case .requestUpdate(let message): try received(message, on: id, at: offset)
        case .publishDone(let message): try received(message, on: id, at: offset)
        case .publishStateNotify(let message): try received(message, on: id, at: offset)
        case .namespace(let message): try received(message, on: id, at: offset)
        case .namespaceDone(let message): try received(message, on: id, at: offset)
        case .publishBlocked(let message): try received(message, on: id, at: offset)
        case .goAway(let message): try received(message, on: id, at: offset)
        case .setup, .subscribe, .publish, .fetch, .trackStatus, .publishNamespace, .subscribeNamespace,
            .subscribeTracks, .maxRequestID, .requestsBlocked, .unsubscribe, .fetchCancel, .publishNamespaceDone,
            .publishNamespaceCancel, .unsubscribeNamespace:
            throw Self.unexpected(message.name, at: offset)
        }
    }

    private mutating func received(
        _ message: RequestOK, on id: RequestID, _ request: Request, at offset: UInt64
    ) throws(CodecError) {
        guard request.isOurs && request.phase == .pending else {
            return try receivedUpdateOK(message, on: id, update: nil, at: offset)
        }
        sentTokens.answered(id)
        switch request.kind {
        case .subscribe, .fetch:
            throw Self.unexpected("REQUEST_OK", at: offset)
        case .publish:
            receivedPublishOK(message, on: id)
        case .trackStatus:
            receivedTrackStatusOK(message, on: id, request)
        case .publishNamespace, .subscribeNamespace, .subscribeTracks:
            requests[id]?.phase = .established
            if request.announces == nil { events.append(.accepted(id, message)) }
        }
    }

    private mutating func received(
        _ message: RequestError, on id: RequestID, _ request: Request, at offset: UInt64
    ) throws(CodecError) {
        guard request.isOurs && request.phase == .pending else {
            return try receivedUpdateError(message, on: id, update: nil, at: offset)
        }
        sentTokens.answered(id)
        control.end(id, input: .complete, &actions)
        forget(id, request)
        abandoned.remove(id)
        if let subscription = request.fetch.joins { return endJoin(of: subscription, isWhole: false) }
        if request.announces == nil { events.append(.rejected(id, message)) }
    }
}

// MARK: Ends of streams

extension Session {
    private mutating func receivedFIN(on stream: StreamID) throws(CodecError) {
        let id = control.request(on: stream)
        try control.receivedFIN(on: stream, &actions)
        guard let id, let request = requests[id] else {
            // Without a request there is nothing to answer.
            if id == nil { control.abandonUnused(stream, &actions) }
            return
        }
        if endsByFIN(request) { cancelledByPeer(id, .cancelled) }
    }

    /// Whether FIN from the peer ends the request; otherwise only nothing more is said.
    private func endsByFIN(_ request: Request) -> Bool {
        switch request.kind {
        case .subscribeNamespace, .subscribeTracks: true
        case .subscribe, .publish:
            // The publisher says PUBLISH_DONE first.
            request.isOurs && request.phase == .pending || request.isSubscriber && request.subscription.done == nil
        case .fetch, .trackStatus, .publishNamespace: request.isOurs && request.phase == .pending
        }
    }

    mutating func resetControl(_ stream: StreamID, _ code: StreamResetCode) {
        if stream == control.peerControl { return controlStreamClosed(stream) }
        let id = control.request(on: stream)
        dependents.removeAll { $0.stream == stream }
        credit(stream, control.takeHeld(stream).bytes.reduce(0) { $0 + $1.count })
        control.ended(stream, &actions)
        if let id {
            cancelledByPeer(id, code)
        } else {
            control.abandonUnused(stream, &actions)
        }
    }

    /// draft-18 "Session initialization": it MUST NOT be closed while the session lives.
    mutating func controlStreamClosed(_ stream: StreamID) {
        close(
            for: .violation(
                "the control stream was closed", field: "Control Stream", offset: 0,
                section: "Session initialization"), on: stream)
    }
}
