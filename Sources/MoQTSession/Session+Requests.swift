package import MoQTCodec
internal import Wire

// What all requests have in common: how they begin, are answered, and end.

extension SessionError {
    init(_ error: CodecError) { self = .invalid(error.description) }
}

// MARK: Ours

extension Session {
    /// Gives a request of ours its ID and queues its first message.
    mutating func begin(
        _ request: Request, _ message: (RequestID) -> ControlMessage
    ) throws(SessionError) -> RequestID {
        try checkMayBegin(in: request.track?.namespace ?? request.namespace)
        try checkFilters(request.parameters)
        let id = nextRequestID
        let noted = try noting(
            request.parameters.authorizationTokens + configuration.requestTokens, in: id, of: id, request.kind)
        do { try control.begin(id, request.kind, message(id).adding(configuration.requestTokens)) } catch {
            throw SessionError(error)
        }
        sentTokens = noted
        nextRequestID.rawValue += 2
        note(request, id)
        return id
    }

    private mutating func note(_ request: Request, _ id: RequestID) {
        requests[id] = request
        if let key = namespaceKey(request), namespaceRequests[key] == nil { namespaceRequests[key] = id }
    }

    private func namespaceKey(_ request: Request) -> NamespaceKey? {
        guard request.kind.isNamespaceScoped, control.shares(request.kind) else { return nil }
        return NamespaceKey(kind: request.kind, isOurs: request.isOurs, namespace: request.namespace)
    }

    /// Refuses new requests of a session that ends, and names the draft reserves (draft-18 "GOAWAY",
    /// "Reserved Namespaces", "Session-Level Tracks and Namespaces").
    func checkMayBegin(in namespace: TrackNamespace) throws(SessionError) {
        guard !isClosed else { throw .closed }
        guard !receivedGoAway else { throw .goingAway }
        if isUnusable(namespace) { throw .invalid("the namespace is reserved") }
    }

    /// The aliases of our tokens once the message `id`, which belongs to `request`, is sent with `tokens`.
    func noting(
        _ tokens: [AuthorizationToken], in id: RequestID, of request: RequestID, _ kind: RequestKind
    ) throws(SessionError) -> SentTokens {
        if tokens.isEmpty { return sentTokens }
        var noted = sentTokens
        try noted.note(
            tokens, in: id, on: control.shares(kind) ? nil : request,
            limit: receivedSetup.map { $0.maxAuthTokenCacheSize ?? 0 })
        return noted
    }

    /// Holds the Range Filters that a request has with `parameters` to what the peer takes (draft-22
    /// "MAX_FILTER_RANGES"), which nobody knows before its SETUP (draft-18 "Session initialization").
    /// - Parameter filters: those it has without.
    func checkFilters(_ parameters: Parameters, of filters: [RangeFilter] = []) throws(SessionError) {
        guard parameters.hasRangeFilters else { return }
        guard let receivedSetup else { throw .invalid("range filters before the peer's SETUP") }
        let limit = receivedSetup.maxFilterRanges ?? 0
        guard limit > 0 else { throw .invalid("the peer takes no range filters") }
        let count = parameters.updating(filters).filterRangeCount
        guard UInt64(count) <= limit else {
            throw .invalid("\(count) ranges in filters, of which the peer takes \(limit)")
        }
    }

    /// Gives up a request of either end. Its data streams are stopped and end with `stopped`; nothing else is told.
    package mutating func cancel(_ request: RequestID, code: StreamResetCode = .cancelled) throws(SessionError) {
        _ = try open(request)
        end(request, cancellingWith: code)
    }

    /// The peer said yes or no to `id`, which must wait for it.
    func unanswered(_ id: RequestID, _ what: String, at offset: UInt64) throws(CodecError) -> Request {
        guard let request = requests[id], request.isOurs, request.phase == .pending else {
            throw Self.unexpected(what, at: offset)
        }
        return request
    }

    static func unexpected(_ what: String, at offset: UInt64) -> CodecError {
        .violation("\(what) is not expected here", field: "Message Type", offset: offset, section: "Control Messages")
    }
}

// MARK: The peer's

extension Session {
    /// The first message of the peer's request stream `stream`.
    mutating func receivedRequest(
        _ message: ControlMessage, on stream: StreamID, at offset: UInt64
    ) throws(CodecError) {
        switch message {
        case .subscribe(let message): try received(message, on: stream, at: offset)
        case .publish(let message): try received(message, on: stream, at: offset)
        case .fetch(let message): try received(message, on: stream, at: offset)
        case .trackStatus(let message): try received(message, on: stream, at: offset)
        case .publishNamespace(let message): try received(message, on: stream, at: offset)
        case .subscribeNamespace(let message): try received(message, on: stream, at: offset)
        case .subscribeTracks(let message): try received(message, on: stream, at: offset)
        case .setup, .goAway, .subscribeOK, .publishDone, .fetchOK, .namespace, .namespaceDone, .publishBlocked,
            .requestUpdate, .requestOK, .requestError, .maxRequestID, .requestsBlocked, .unsubscribe, .fetchCancel,
            .publishNamespaceDone, .publishNamespaceCancel, .unsubscribeNamespace, .publishStateNotify:
            throw .violation(
                "\(message.name) begins a request stream", field: "Message Type", offset: offset,
                section: "Session initialization")
        }
    }

    /// Checks what all requests share and notes the request; nil when it was rejected already.
    /// - Parameter refusal: why the message is refused whatever the application says; nil when it is not.
    mutating func admit(
        _ id: RequestID, _ request: Request, on stream: StreamID, at offset: UInt64, refusal: CodecError? = nil
    ) throws(CodecError) -> Parameters? {
        if stream == control.peerControl { try checkOrder(id, at: offset) }
        try consume(id, at: offset)
        control.bind(stream, to: id)
        var request = request
        request.parameters.authorizationTokens = try tokens.resolve(
            request.parameters.authorizationTokens, offset: offset)
        note(request, id)
        peerRequestCount += 1
        if request.isSubscription { subscriptionBegan(id, request) }
        for fetch in earlyJoining.removeValue(forKey: id) ?? [] { joinEarly(fetch, to: id) }
        if let (code, reason) = reasonToReject(request, refusal) {
            refuse(id, code, reason)
            return nil
        }
        return request.parameters
    }

    /// Notes a Request ID of the peer (draft-18 "Request ID").
    mutating func consume(_ id: RequestID, at offset: UInt64) throws(CodecError) {
        try checkGrant(id, at: offset)
        guard id.isServerChosen == (role == .client) else {
            throw CodecError(
                .session(.invalidRequestID), "\(id) has the wrong parity", field: "Request ID", offset: offset,
                section: "Request ID")
        }
        if profile.behaviours.contains(.sequentialRequestIDs) && id != receivedIDs.end {
            throw CodecError(
                .session(.invalidRequestID), "\(id) is out of sequence", field: "Request ID", offset: offset,
                section: "Request ID")
        }
        guard receivedIDs.insert(id) else {
            throw CodecError(
                .session(.invalidRequestID), "\(id) was used before", field: "Request ID", offset: offset,
                section: "Request ID")
        }
    }

    private mutating func reasonToReject(
        _ request: Request, _ refusal: CodecError?
    ) -> (RequestErrorCode, String)? {
        if let refusal, let code = refusal.requestCode {
            countRanges(refusal, request.parameters)
            return (code, refusal.what)
        }
        // draft-18 "GOAWAY": requests that arrive after it MUST be rejected.
        if sentGoAway { return (.goingAway, "going away") }
        if peerRequestCount > configuration.requestLimit {
            limited.count(.requests)
            return (.excessiveLoad, "too many requests are open")
        }
        let namespace = request.track?.namespace ?? request.namespace
        if isUnusable(namespace) { return (.doesNotExist, "the namespace is reserved") }
        return nil
    }

    /// Filters that make sense are refused for nothing but having too many ranges.
    mutating func countRanges(_ refusal: CodecError, _ parameters: Parameters) {
        guard refusal.requestCode == .invalidFilter, parameters.filterRefusal == nil else { return }
        limited.count(.filterRanges)
    }

    /// REQUEST_ERROR without asking the application.
    mutating func refuse(_ id: RequestID, _ code: RequestErrorCode, _ reason: String) {
        // What the session itself says is always expressible; were it not, the peer would wait for an answer.
        if (try? reject(id, RequestError(code, WireText(reason)))) == nil { end(id, cancellingWith: .internalError) }
    }

    /// REQUEST_ERROR; the request ends. A code that the draft lacks is said as INTERNAL_ERROR, and what it has no field
    /// for goes unsaid: the time to wait, and another place to try.
    package mutating func reject(_ request: RequestID, _ error: RequestError) throws(SessionError) {
        let state = try pending(request, nil)
        let error = expressible(error, at: .request(state.kind))
        try send(.requestError(error), on: request)
        refused.count(error.code)
        toldOfRefusal?(
            RefusedRequest(
                id: request, kind: state.kind, track: state.track, namespace: state.namespace, error: error))
        control.end(request, input: state.restAfterAnswer, &actions)
        forget(request, state)
    }

    /// `error` as far as the draft has words for it.
    func expressible(_ error: RequestError, at place: MessageContext.Place) -> RequestError {
        var error = error
        let context = MessageContext(sender: role, place: place)
        error.code = profile.codes.request(context.request).nearest(error.code)
        if !profile.has(.retryInterval, in: .requestError, at: place) { error.retryAfter = nil }
        if error.code != .redirect { error.redirect = nil }
        return error
    }

    /// REQUEST_ERROR; the request ends.
    /// - Parameter retryAfter: milliseconds; nil means not to try again.
    package mutating func reject(
        _ request: RequestID, _ code: RequestErrorCode, reason: String = "", retryAfter: UInt64? = nil
    ) throws(SessionError) {
        var error = RequestError(code, WireText(reason))
        error.retryAfter = retryAfter
        try reject(request, error)
    }

    /// Answers TRACK_STATUS, which ends with it, PUBLISH_NAMESPACE, SUBSCRIBE_NAMESPACE or SUBSCRIBE_TRACKS.
    /// - Parameter properties: of the track; only for TRACK_STATUS.
    package mutating func accept(
        _ request: RequestID, parameters: Parameters = Parameters(), properties: Properties = Properties()
    ) throws(SessionError) {
        let state = try pending(request, nil)
        guard state.kind == .trackStatus || state.kind.isNamespaceScoped else {
            throw .notAllowed(request, "not for a request of this kind")
        }
        var message = RequestOK()
        message.parameters = parameters
        // Up to draft-17 the answer to TRACK_STATUS has no place for them.
        if profile.has(.trackProperties, in: .requestOK, at: .request(state.kind)) {
            message.trackProperties = properties
        } else if state.kind == .trackStatus {
            var properties = properties
            try profile.giveTrackTerms(&message.parameters, &properties, .trackStatusOK)
        }
        try send(.requestOK(message), on: request)
        if state.kind == .trackStatus {
            control.end(request, input: state.restAfterAnswer, &actions)
            forget(request, state)
        } else {
            established(request)
        }
    }

    /// A request of the peer has been answered with OK; what waited for that follows.
    mutating func established(_ id: RequestID) {
        requests[id]?.phase = .established
        showUpdates(of: id)
        releaseJoining(of: id)
    }
}

// MARK: Looking up and sending

extension Session {
    /// A request that has not ended.
    func open(_ id: RequestID) throws(SessionError) -> Request {
        guard !isClosed else { throw .closed }
        guard let request = requests[id] else { throw .unknownRequest(id) }
        return request
    }

    /// A request of the peer without an answer, of `kind` unless that is nil.
    func pending(_ id: RequestID, _ kind: RequestKind?) throws(SessionError) -> Request {
        let request = try open(id)
        guard !request.isOurs else { throw .notAllowed(id, "not a request of the peer") }
        guard request.phase == .pending else { throw .notAllowed(id, "answered before") }
        guard kind == nil || request.kind == kind else { throw .notAllowed(id, "not for a request of this kind") }
        return request
    }

    mutating func send(
        _ message: ControlMessage, on id: RequestID, answering update: RequestID? = nil
    ) throws(SessionError) {
        let request = try open(id)
        do {
            try control.send(message, on: id, request.kind, answering: update)
        } catch {
            throw SessionError(error)
        }
    }
}

// MARK: Ending

extension Session {
    /// Cancels a request on the wire and forgets it.
    mutating func end(_ id: RequestID, cancellingWith code: StreamResetCode) {
        guard let request = requests[id] else { return }
        if control.shares(request.kind) {
            // What ends a request is part of every draft that needs it.
            if let message = lastWord(on: request, code) { try? control.send(message, on: id, request.kind) }
        }
        control.cancel(id, code, &actions)
        forget(id, request, stoppingWith: code)
    }

    /// The peer reset or stopped the stream of `id`, or ended it before its time; its other half is reset with `reply`.
    mutating func cancelledByPeer(_ id: RequestID, _ code: StreamResetCode, reply: StreamResetCode = .cancelled) {
        guard let request = requests[id] else { return }
        for namespace in request.announced where request.isOurs { events.append(.namespaceGone(id, namespace)) }
        control.cancel(id, reply, &actions)
        forget(id, request)
        if request.announces != nil { return announcementEnded(request) }
        if let subscription = request.fetch.joins {
            endJoin(of: subscription, isWhole: false)
        } else if request.isShown {
            events.append(.requestCancelled(id, code))
        }
    }

    /// Drops every trace of a request but its alias, which is remembered for late objects.
    mutating func forget(_ id: RequestID, _ request: Request, stoppingWith code: StreamResetCode = .cancelled) {
        requests[id] = nil
        if let key = namespaceKey(request), namespaceRequests[key] == id { namespaceRequests[key] = nil }
        requestDeadlines[id] = nil
        peerPrefixes.remove(id)
        if request.isOurs && request.phase == .pending && control.shares(request.kind) { abandoned.insert(id) }
        if !request.isOurs {
            peerRequestCount -= 1
            grantRequests()
        }
        for index in 0..<request.sentUpdates.count {
            let update = request.sentUpdates[index].id
            if updateOwners.removeValue(forKey: update) != nil { abandoned.insert(update) }
        }
        if profile.behaviours.contains(.namespacesByRequest) { withdrawAnnouncements(of: id, request) }
        if request.isSubscription { forgetSubscription(id, request, code) }
        if let awaited = request.fetch.awaited {
            earlyJoining[awaited]?.removeAll { $0.requestID == id }
            if earlyJoining[awaited]?.isEmpty == true { earlyJoining[awaited] = nil }
        }
        if let stream = request.fetch.stream, !request.fetch.isFinished { abandonFetch(stream, code) }
    }
}

extension Request {
    /// What becomes of what the peer says behind a request that ends with our answer. Updates may be on their way,
    /// except of what has none (draft-19 "TRACK_STATUS").
    fileprivate var restAfterAnswer: ControlPlane.Stream.Input { kind == .trackStatus ? .complete : .discarded }
}

extension Session {
    /// Its first field is `.`, which nobody may use, or `.session`, of which nothing is defined.
    private func isUnusable(_ namespace: TrackNamespace) -> Bool {
        guard !profile.behaviours.contains(.freeNamespaces), let first = namespace.fields.first else { return false }
        return first == Array(".".utf8) || first == Array(".session".utf8)
    }
}
