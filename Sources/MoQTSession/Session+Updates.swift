package import MoQTCodec

// REQUEST_UPDATE and its answers (draft-18 "REQUEST_UPDATE").

extension Session {
    /// REQUEST_UPDATE of a request of ours, or of a subscription the peer began by PUBLISH.
    package mutating func update(_ request: RequestID, _ parameters: Parameters) throws(SessionError) {
        let state = try open(request)
        let isSubscriber = state.kind == .publish && state.phase == .established
        guard state.kind != .trackStatus, state.isOurs || isSubscriber, state.subscription.done == nil else {
            throw .notAllowed(request, "cannot be updated")
        }
        // draft-19 "MAX_REQUEST_UPDATES": more wait for answers.
        if let limit = receivedSetup?.maxRequestUpdates, limit > 0, UInt64(state.sentUpdates.count) >= limit {
            requests[request]?.heldUpdates.append(parameters)
        } else {
            try sendUpdate(of: request, parameters)
        }
    }

    private mutating func sendUpdate(of request: RequestID, _ parameters: Parameters) throws(SessionError) {
        var message = RequestUpdate()
        message.requestID = nextRequestID
        message.parameters = parameters
        try send(.requestUpdate(message), on: request)
        nextRequestID.rawValue += 2
        requests[request]?.sentUpdates.append(parameters)
    }

    /// An update was answered: the next one may go.
    private mutating func releaseUpdate(of id: RequestID) {
        guard let parameters = requests[id]?.heldUpdates.popFirst() else { return }
        // What the draft cannot express is told as refused.
        guard (try? sendUpdate(of: id, parameters)) == nil else { return }
        events.append(.updateRejected(id, RequestError()))
    }

    mutating func received(
        _ message: RequestUpdate, on id: RequestID, at offset: UInt64
    ) throws(CodecError) {
        guard let request = requests[id] else { return }
        let isSubscriber = request.isOurs && request.kind == .publish && request.phase == .established
        guard request.kind != .trackStatus, !request.isOurs || isSubscriber else {
            throw Self.unexpected("REQUEST_UPDATE", at: offset)
        }
        try consume(message.requestID, at: offset)
        var parameters = message.parameters
        parameters.authorizationTokens = try tokens.resolve(parameters.authorizationTokens, offset: offset)
        if let prefix = parameters.trackNamespacePrefix, overlaps(prefix, request.kind, except: id) {
            return refuseUpdate(id, request, .prefixOverlap, "overlaps another prefix")
        }
        if request.kind.isNamespaceScoped, let refusal = refusalOfUpdate(parameters) {
            return refuseUpdate(id, request, refusal.code, refusal.reason)
        }
        if request.receivedUpdates.count >= configuration.updateLimit {
            guard !profile.has(.maxRequestUpdates) else {
                throw CodecError(
                    .session(.tooManyRequestUpdates), "more than \(configuration.updateLimit) wait for an answer",
                    field: "Message Type", offset: offset, section: "MAX_REQUEST_UPDATES")
            }
            end(id, cancellingWith: .excessiveLoad)
            return events.append(.requestCancelled(id, .excessiveLoad))
        }
        requests[id]?.receivedUpdates.append(parameters)
        // A joining fetch is judged by the updates sent before it (draft-18 "Joining Fetches").
        if let forward = parameters.forward { requests[id]?.parameters.forward = forward }
        showUpdates(of: id)
    }

    /// Why an update with `parameters` is to be rejected, such as a Range Filter that makes no sense or is one more
    /// than we take; nil when nothing speaks against it.
    package func refusalOfUpdate(_ parameters: Parameters) -> (code: RequestErrorCode, reason: String)? {
        var message = RequestUpdate()
        message.parameters = parameters
        guard let refusal = refusal(of: .requestUpdate(message)), case .request(let code) = refusal.scope else {
            return nil
        }
        return (code, refusal.what)
    }

    /// Tells of updates that came before the request itself was answered.
    mutating func showUpdates(of id: RequestID) {
        guard let request = requests[id], request.phase == .established else { return }
        for index in request.shownUpdates..<max(request.shownUpdates, request.receivedUpdates.count) {
            events.append(.updateRequested(id, request.receivedUpdates[index]))
        }
        requests[id]?.shownUpdates = request.receivedUpdates.count
    }

    /// REQUEST_OK for the oldest update that is not answered.
    package mutating func acceptUpdate(
        _ request: RequestID, parameters: Parameters = Parameters()
    ) throws(SessionError) {
        try checkShownUpdate(of: request)
        var message = RequestOK()
        message.parameters = parameters
        try send(.requestOK(message), on: request, asUpdate: true)
        guard let update = requests[request]?.takeUpdate() else { return }
        requests[request]?.apply(update)
    }

    /// REQUEST_ERROR for the oldest update. A subscription must then end by
    /// ``publishDone(_:_:streamCount:reason:)`` with UPDATE_FAILED, a fetch by a reset of its data stream; a namespace
    /// request ends at once.
    package mutating func rejectUpdate(
        _ request: RequestID, _ code: RequestErrorCode, reason: String = ""
    ) throws(SessionError) {
        try checkShownUpdate(of: request)
        try sendUpdateError(request, code, reason)
        _ = requests[request]?.takeUpdate()
        guard let state = requests[request], state.kind.isNamespaceScoped else { return }
        control.end(request, input: .discarded, &actions)
        forget(request, state)
    }

    private func checkShownUpdate(of id: RequestID) throws(SessionError) {
        guard try open(id).shownUpdates > 0 else { throw .notAllowed(id, "no update waits for an answer") }
    }

    private mutating func sendUpdateError(
        _ id: RequestID, _ code: RequestErrorCode, _ reason: String
    ) throws(SessionError) {
        var error = RequestError()
        error.code = code
        error.reason = WireText(reason)
        let kind = try open(id).kind
        try send(.requestError(expressible(error, at: .update(kind))), on: id, asUpdate: true)
    }

    /// Refuses an update of a namespace request without asking the application; the request ends.
    private mutating func refuseUpdate(
        _ id: RequestID, _ request: Request, _ code: RequestErrorCode, _ reason: String
    ) {
        guard request.phase == .established else { return refuse(id, code, reason) }
        if (try? sendUpdateError(id, code, reason)) == nil { return end(id, cancellingWith: .internalError) }
        control.end(id, input: .discarded, &actions)
        forget(id, request)
        events.append(.requestCancelled(id, .cancelled))
    }

    /// REQUEST_OK answers our oldest update.
    mutating func receivedUpdateOK(
        _ message: RequestOK, on id: RequestID, at offset: UInt64
    ) throws(CodecError) {
        guard let update = requests[id]?.sentUpdates.popFirst() else {
            throw Self.unexpected("a second answer", at: offset)
        }
        requests[id]?.apply(update)
        events.append(.updateAccepted(id, message.parameters))
        releaseUpdate(of: id)
    }

    /// REQUEST_ERROR answers our oldest update.
    mutating func receivedUpdateError(
        _ message: RequestError, on id: RequestID, at offset: UInt64
    ) throws(CodecError) {
        guard requests[id]?.sentUpdates.popFirst() != nil else {
            throw Self.unexpected("a second answer", at: offset)
        }
        events.append(.updateRejected(id, message))
        releaseUpdate(of: id)
    }
}

extension Request {
    /// Removes the oldest update the application was told of.
    mutating func takeUpdate() -> Parameters? {
        shownUpdates -= 1
        return receivedUpdates.popFirst()
    }

    /// The request is as `update` asks, except for what that leaves out.
    mutating func apply(_ update: Parameters) {
        parameters.forward = update.forward ?? parameters.forward
        parameters.locationFilter = update.locationFilter ?? parameters.locationFilter
        parameters.objectDeliveryTimeout = update.objectDeliveryTimeout ?? parameters.objectDeliveryTimeout
        parameters.subgroupDeliveryTimeout = update.subgroupDeliveryTimeout ?? parameters.subgroupDeliveryTimeout
        namespace = update.trackNamespacePrefix ?? namespace
    }
}
