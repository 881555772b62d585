internal import MoQTCodec
internal import Wire

// Requests that share the one control stream, up to draft-16: their messages name them (draft-16 "Control Messages").

extension Session {
    /// A message of the control stream that is not about the session itself.
    mutating func receivedShared(
        _ message: ControlMessage, on stream: StreamID, at offset: UInt64
    ) throws(CodecError) {
        switch message {
        case .requestUpdate(let update):
            try receivedShared(update, at: offset)
        case .requestOK(let answer):
            guard let owner = answer.target.flatMap({ updateOwners[$0] }) else {
                return try receivedAnswer(message, at: offset)
            }
            try receivedUpdateOK(answer, on: owner, update: answer.target, at: offset)
        case .requestError(let answer):
            guard let owner = answer.target.flatMap({ updateOwners[$0] }) else {
                return try receivedAnswer(message, at: offset)
            }
            try receivedUpdateError(answer, on: owner, update: answer.target, at: offset)
        case .subscribeOK, .fetchOK:
            try receivedAnswer(message, at: offset)
        case .publishDone:
            guard let id = try named(message, at: offset) else { return }
            try received(message.about(nil), on: id, at: offset)
        case .unsubscribe, .fetchCancel, .publishNamespaceDone, .publishNamespaceCancel, .unsubscribeNamespace:
            try receivedEnd(message, at: offset)
        case .subscribe, .publish, .fetch, .trackStatus, .publishNamespace, .subscribeNamespace, .subscribeTracks:
            try receivedRequest(message, on: stream, at: offset)
        case .setup, .goAway, .maxRequestID, .requestsBlocked, .namespace, .namespaceDone, .publishBlocked,
            .publishStateNotify:
            throw Self.unexpected(message.name, at: offset)
        }
    }

    /// The answer to a request, not to an update.
    private mutating func receivedAnswer(_ message: ControlMessage, at offset: UInt64) throws(CodecError) {
        guard let id = try named(message, at: offset) else {
            // draft-16 "Subscriptions": one answer to each request. Late is what was given up before it came.
            guard let target = message.target, abandoned.remove(target) else {
                throw Self.unexpected("a second answer", at: offset)
            }
            return
        }
        _ = try unanswered(id, message.name, at: offset)
        try received(message.about(nil), on: id, at: offset)
    }

    /// The request that `message` names; nil when it has ended, so that the message is late.
    private func named(_ message: ControlMessage, at offset: UInt64) throws(CodecError) -> RequestID? {
        guard let id = message.target else { return nil }
        if requests[id] != nil { return id }
        guard wasUsed(id) else {
            throw .violation(
                "\(message.name) names \(id), which was never used", field: "Request ID", offset: offset,
                section: "Request ID")
        }
        return nil
    }

    /// A request of either end had this ID.
    private func wasUsed(_ id: RequestID) -> Bool {
        id.isServerChosen == nextRequestID.isServerChosen ? id < nextRequestID : receivedIDs.contains(id)
    }

    private mutating func receivedShared(_ message: RequestUpdate, at offset: UInt64) throws(CodecError) {
        guard let id = message.target else { return }
        if requests[id] != nil { return try received(message, on: id, at: offset) }
        guard wasUsed(id) else {
            throw .violation(
                "an update of \(id), which was never used", field: "Request ID", offset: offset,
                section: "REQUEST_UPDATE")
        }
        // The request has ended meanwhile: the update uses up its ID and is refused.
        try consume(message.requestID, at: offset)
        grantRequests()
        if !profile.behaviours.contains(.silentUpdates) { control.refuseUpdate(message.requestID) }
    }

    /// The peer ends a request of either end.
    private mutating func receivedEnd(_ message: ControlMessage, at offset: UInt64) throws(CodecError) {
        guard let id = try ended(by: message, at: offset), let request = requests[id] else { return }
        let isAllowed: Bool
        var code = StreamResetCode.cancelled
        switch message {
        case .unsubscribe: isAllowed = request.isPublisher
        case .fetchCancel: isAllowed = request.kind == .fetch && !request.isOurs
        case .publishNamespaceDone: isAllowed = request.kind == .publishNamespace && !request.isOurs
        case .publishNamespaceCancel(let message):
            isAllowed = request.kind == .publishNamespace && request.isOurs
            code = message.code.asReset
        case .unsubscribeNamespace: isAllowed = request.kind == .subscribeNamespace && !request.isOurs
        default: isAllowed = false
        }
        guard isAllowed else { throw Self.unexpected(message.name, at: offset) }
        cancelledByPeer(id, code)
    }

    /// The request that `message` ends, which it names by ID, namespace or prefix; nil when there is none any more.
    private func ended(by message: ControlMessage, at offset: UInt64) throws(CodecError) -> RequestID? {
        switch message {
        case .publishNamespaceDone(let body) where body.namespace != nil:
            find(.publishNamespace, isOurs: false, body.namespace)
        case .publishNamespaceCancel(let body) where body.namespace != nil:
            find(.publishNamespace, isOurs: true, body.namespace)
        case .unsubscribeNamespace(let body) where body.prefix != nil:
            find(.subscribeNamespace, isOurs: false, body.prefix)
        default: try named(message, at: offset)
        }
    }

    private func find(_ kind: RequestKind, isOurs: Bool, _ namespace: TrackNamespace?) -> RequestID? {
        namespace.flatMap { namespaceRequests[NamespaceKey(kind: kind, isOurs: isOurs, namespace: $0)] }
    }
}

// MARK: Ending ours

extension Session {
    /// What tells the peer that a request is given up, where its stream cannot; nil when nothing needs to be said.
    func lastWord(on request: Request, _ code: StreamResetCode) -> ControlMessage? {
        if !request.isOurs && request.phase == .pending {
            return .requestError(expressible(RequestError(code.asRequestError), at: .request(request.kind)))
        }
        switch request.kind {
        case .subscribe, .publish:
            if request.isSubscriber { return request.subscription.done == nil ? .unsubscribe(Unsubscribe()) : nil }
            var done = PublishDone()
            done.code = profile.codes.publishDone.nearest(code.asPublishDone)
            done.streamCount = nil
            return .publishDone(done)
        case .fetch: return request.isOurs ? .fetchCancel(FetchCancel()) : nil
        case .publishNamespace: return request.isOurs ? withdrawal(of: request) : revocation(of: request, code)
        case .subscribeNamespace:
            guard request.isOurs else { return nil }
            var message = UnsubscribeNamespace()
            if profile.has(.namespacePrefix, in: .unsubscribeNamespace, at: .request(.subscribeNamespace)) {
                message.prefix = request.namespace
            }
            return .unsubscribeNamespace(message)
        case .trackStatus, .subscribeTracks: return nil
        }
    }

    private func withdrawal(of request: Request) -> ControlMessage {
        var message = PublishNamespaceDone()
        if profile.has(.namespace, in: .publishNamespaceDone, at: .request(.publishNamespace)) {
            message.namespace = request.namespace
        }
        return .publishNamespaceDone(message)
    }

    private func revocation(of request: Request, _ code: StreamResetCode) -> ControlMessage {
        var message = PublishNamespaceCancel()
        if profile.has(.namespace, in: .publishNamespaceCancel, at: .request(.publishNamespace)) {
            message.namespace = request.namespace
        }
        message.code = profile.codes.request(.publishNamespace).nearest(code.asRequestError)
        return .publishNamespaceCancel(message)
    }
}

// MARK: Limits

extension Session {
    mutating func received(_ message: MaxRequestID, at offset: UInt64) throws(CodecError) {
        guard control.raiseLimit(to: message.maximum) else {
            throw .violation(
                "\(message.maximum) is no more than before", field: "Max Request ID", offset: offset,
                section: "MAX_REQUEST_ID")
        }
    }

    /// The largest limit that the configuration allows now.
    private var requestGrant: UInt64 {
        let next = receivedIDs.end.rawValue & ~1
        return next.addingSaturating(2 * UInt64(max(0, configuration.requestLimit - peerRequestCount)))
    }

    /// Lets the peer make as many more requests as have ended, once they are half of what it may have open (draft-16
    /// "MAX_REQUEST_ID").
    mutating func grantRequests() {
        guard let granted = grantedRequestID, !isClosed else { return }
        let grant = min(requestGrant, profile.integers.maximum)
        guard grant > granted, grant - granted >= UInt64(configuration.requestLimit) else { return }
        var message = MaxRequestID()
        message.maximum = grant
        // A number below the encoding's largest is always expressible.
        guard (try? control.sendControl(.maxRequestID(message))) != nil else { return }
        grantedRequestID = grant
    }

    /// Checks that Request IDs on the shared control stream rise. Where requests have streams of their own, too, those
    /// that are left out may be on their way there, and so are no fault.
    mutating func checkOrder(_ id: RequestID, at offset: UInt64) throws(CodecError) {
        if let last = lastSharedID, id <= last {
            throw CodecError(
                .session(.invalidRequestID), "\(id) comes after \(last)", field: "Request ID", offset: offset,
                section: "Request ID")
        }
        lastSharedID = id
    }

    /// Checks a Request ID of the peer against what it was granted.
    func checkGrant(_ id: RequestID, at offset: UInt64) throws(CodecError) {
        guard let granted = grantedRequestID, id.rawValue >= granted else { return }
        throw CodecError(
            .session(.tooManyRequests), "\(id) is not below \(granted)", field: "Request ID", offset: offset,
            section: "MAX_REQUEST_ID")
    }
}

// MARK: Codes

extension StreamResetCode {
    /// The request error of the same meaning.
    var asRequestError: RequestErrorCode {
        switch self {
        case .goingAway: .goingAway
        case .excessiveLoad: .excessiveLoad
        case .expiredAuthToken: .expiredAuthToken
        case .malformedTrack: .malformedTrack
        default: .internalError
        }
    }

    /// Why a subscription ended, in the same meaning.
    var asPublishDone: PublishDoneCode {
        switch self {
        case .cancelled: .subscriptionEnded
        case .goingAway: .goingAway
        case .tooFarBehind: .tooFarBehind
        case .excessiveLoad: .excessiveLoad
        case .malformedTrack: .malformedTrack
        default: .internalError
        }
    }
}

extension RequestErrorCode {
    /// The reset of the same meaning.
    var asReset: StreamResetCode {
        switch self {
        case .internalError: .internalError
        case .goingAway: .goingAway
        case .excessiveLoad: .excessiveLoad
        case .expiredAuthToken: .expiredAuthToken
        case .malformedTrack: .malformedTrack
        default: .cancelled
        }
    }
}
