package import MoQTCodec
internal import Wire

// SUBSCRIBE, and what it shares with PUBLISH (draft-18 "Subscriptions").

// MARK: As subscriber

extension Session {
    /// SUBSCRIBE; answered by `subscribeAccepted` or `rejected`.
    /// - Parameter join: what is to precede it, as ``join(_:_:)`` has it.
    package mutating func subscribe(
        _ track: FullTrackName, _ parameters: Parameters = Parameters(), join: Join? = nil
    ) throws(SessionError) -> RequestID {
        try checkMayBegin(in: track.namespace)
        guard !isDuplicate(track, asPublisher: false) else { throw .duplicateSubscription }
        var parameters = parameters
        if let join, fillsStreams { parameters.fill = FillParameters(join.filter) }
        var request = Request(.subscribe, isOurs: true, track: track, parameters)
        request.subscription.join = join.map { JoinProgress(join: $0) }
        let id = try begin(request) { id in
            var message = Subscribe()
            message.requestID = id
            message.track = track
            message.parameters = parameters
            return .subscribe(message)
        }
        subscriptionBegan(id, request)
        if join != nil, fillsStreams { expectJoin(of: id, by: id) }
        unansweredSubscribes += 1
        return id
    }

    mutating func received(_ message: SubscribeOK, on id: RequestID, at offset: UInt64) throws(CodecError) {
        let request = try unanswered(id, "SUBSCRIBE_OK", at: offset)
        sentTokens.answered(id)
        guard request.kind == .subscribe else { throw Self.unexpected("SUBSCRIBE_OK", at: offset) }
        if let refusal = refusal(of: .subscribeOK(message)) {
            return refuseAnswer(id, refusal)
        }
        try bind(message.trackAlias, to: id, at: offset)
        requests[id]?.phase = .established
        unansweredSubscribes -= 1
        noteRange(of: id, largest: message.parameters.largestObject)
        var message = message
        profile.takeTrackTerms(&message.parameters, &message.trackProperties)
        requests[id]?.subscription.deliveryTimeout = message.trackProperties.largestDeliveryTimeout
        requests[id]?.subscription.largest = message.parameters.largestObject
        requests[id]?.subscription.hasDynamicGroups = message.trackProperties.dynamicGroups
        events.append(.subscribeAccepted(id, message))
        startJoin(of: id)
        releaseFill(of: id)
        releaseUpdates(of: id)
        releaseWaiting(for: message.trackAlias)
    }

    /// Why `message` is refused though the session lives; nil when nothing speaks against it.
    func refusal(of message: ControlMessage) -> CodecError? {
        message.refusal(profile, maxFilterRanges: configuration.filterRangeLimit)
    }

    /// Gives up a request whose answer we must not accept (draft-18 "Mandatory Track Properties").
    mutating func refuseAnswer(_ id: RequestID, _ refusal: CodecError) {
        let subscription = requests[id]?.fetch.joins
        end(id, cancellingWith: .cancelled)
        if let subscription { return endJoin(of: subscription, isWhole: false) }
        events.append(.rejected(id, RequestError(refusal.requestCode ?? .internalError, WireText(refusal.what))))
    }
}

// MARK: As publisher

extension Session {
    mutating func received(_ message: Subscribe, on stream: StreamID, at offset: UInt64) throws(CodecError) {
        let isDuplicate = isDuplicate(message.track, asPublisher: true) && !crossesPublish(message.track)
        let isSubscribed = isSubscribed(to: message.track)
        let request = Request(.subscribe, isOurs: false, track: message.track, message.parameters)
        let refusal = refusal(of: .subscribe(message))
        guard let parameters = try admit(message.requestID, request, on: stream, at: offset, refusal: refusal) else {
            return
        }
        if isDuplicate {
            // A PUBLISH of ours may have come before it, another SUBSCRIBE not.
            guard !profile.behaviours.contains(.closesForDuplicates) || !isSubscribed else {
                throw .violation(
                    "the track is subscribed to already", field: "Track Name", offset: offset, section: "SUBSCRIBE")
            }
            return refuse(message.requestID, .duplicateSubscription, "the track is subscribed to already")
        }
        var message = message
        message.parameters = parameters
        events.append(.subscribe(message))
    }

    /// SUBSCRIBE_OK.
    /// - Returns: the alias to send the track's objects under.
    package mutating func acceptSubscribe(
        _ request: RequestID, parameters: Parameters = Parameters(), properties: Properties = Properties()
    ) throws(SessionError) -> TrackAlias {
        let state = try pending(request, .subscribe)
        var message = SubscribeOK()
        message.trackAlias = TrackAlias(rawValue: nextAlias)
        message.parameters = parameters
        message.trackProperties = properties
        try profile.giveTrackTerms(&message.parameters, &message.trackProperties, .subscribeOK)
        if profile.carries(.groupOrder, in: .subscribeOK), let order = state.parameters.groupOrder {
            message.parameters.groupOrder = order
        }
        try send(.subscribeOK(message), on: request)
        nextAlias += 1
        requests[request]?.subscription.alias = message.trackAlias
        noteRange(of: request, largest: parameters.largestObject)
        established(request)
        return message.trackAlias
    }

    /// PUBLISH_DONE, once every stream of the subscription is closed; the request ends.
    /// A code that the draft lacks is said as INTERNAL_ERROR.
    /// - Parameter streamCount: data streams opened for it; nil when unknown.
    package mutating func publishDone(
        _ request: RequestID, _ code: PublishDoneCode, streamCount: UInt64?, reason: String = ""
    ) throws(SessionError) {
        let state = try open(request)
        guard state.isPublisher, state.isOurs || state.phase == .established else {
            throw .notAllowed(request, "not a subscription we publish to")
        }
        var message = PublishDone()
        message.code = profile.codes.publishDone.nearest(code)
        message.streamCount = streamCount
        message.reason = WireText(reason)
        try send(.publishDone(message), on: request)
        control.end(request, input: .discarded, &actions)
        forget(request, state)
    }
}

// MARK: Both kinds of subscription

extension Session {
    /// There is a subscription to `track` in the role, and the draft allows no second.
    func isDuplicate(_ track: FullTrackName, asPublisher isPublisher: Bool) -> Bool {
        guard profile.behaviours.contains(.oneSubscriptionPerTrack) else { return false }
        return subscriptions[SubscriptionKey(track: track, isPublisher: isPublisher, isOurs: true)] != nil
            || subscriptions[SubscriptionKey(track: track, isPublisher: isPublisher, isOurs: false)] != nil
    }

    /// Whether a SUBSCRIBE crosses a PUBLISH of ours, in drafts that forbid only a second subscription that is active
    /// (draft-15 "SUBSCRIBE"); later ones have a word for its refusal, and want that.
    private func crossesPublish(_ track: FullTrackName) -> Bool {
        let publish = subscriptions[SubscriptionKey(track: track, isPublisher: true, isOurs: true)]
        return profile.behaviours.contains(.closesForDuplicates) && !isSubscribed(to: track)
            && publish.flatMap { requests[$0] }?.phase == .pending
    }

    /// The peer has sent SUBSCRIBE for the track.
    func isSubscribed(to track: FullTrackName) -> Bool {
        subscriptions[SubscriptionKey(track: track, isPublisher: true, isOurs: false)] != nil
    }

    /// Notes a subscription, unless it duplicates another, which then stays the one that counts.
    mutating func subscriptionBegan(_ id: RequestID, _ request: Request) {
        guard let key = request.subscriptionKey, subscriptions[key] == nil else { return }
        subscriptions[key] = id
    }

    mutating func forgetSubscription(_ id: RequestID, _ request: Request, _ code: StreamResetCode) {
        if let key = request.subscriptionKey, subscriptions[key] == id { subscriptions[key] = nil }
        if request.kind == .subscribe && request.isOurs && request.phase == .pending { unansweredSubscribes -= 1 }
        for stream in request.subscription.openStreams.sorted() { abandonSubgroup(stream, code) }
        forgetJoin(of: request, code)
        if request.isSubscriber, let alias = request.subscription.alias, aliases[alias]?.request == id {
            aliases[alias] = nil
            retiredAliases.insert(alias)
            dropWaiting(for: alias, code)
        }
        for fetch in request.subscription.joining where requests[fetch.requestID] != nil {
            refuse(fetch.requestID, .invalidJoiningRequestID, "the subscription was not established")
        }
    }

    /// The peer names the track of subscription `id` by `alias` (draft-18 "Track Alias").
    mutating func bind(_ alias: TrackAlias, to id: RequestID, at offset: UInt64) throws(CodecError) {
        if let other = aliases[alias]?.request, other != id, requests[other]?.track != requests[id]?.track {
            throw CodecError(
                .session(.duplicateTrackAlias), "\(alias) is in use by another track", field: "Track Alias",
                offset: offset, section: "Track Alias")
        }
        aliases[alias] = AliasOwner(request: id, isEstablished: false)
        retiredAliases.remove(alias)
        requests[id]?.subscription.alias = alias
    }

    mutating func received(_ message: PublishDone, on id: RequestID, at offset: UInt64) throws(CodecError) {
        guard let request = requests[id], request.isSubscriber, request.subscription.done == nil,
            !request.isOurs || request.phase == .established
        else { throw Self.unexpected("PUBLISH_DONE", at: offset) }
        requests[id]?.subscription.done = message
        control.complete(id)
        if request.phase == .established {
            control.end(id, input: .complete, &actions)
            checkDone(id)
        }
    }

    /// Passes PUBLISH_DONE on when every stream has come and ended, or starts the wait for those that are missing.
    mutating func checkDone(_ id: RequestID) {
        guard let request = requests[id], let done = request.subscription.done else { return }
        let subscription = request.subscription
        // A joining fetch, or a fill stream that is open, is waited for; streams that are missing only for a while.
        let isFilling = subscription.join.map { !fillsStreams || $0.stream != nil } ?? false
        guard subscription.openStreams.isEmpty, !isFilling else { return requestDeadlines[id] = nil }
        if let count = done.streamCount, subscription.streamsSeen >= count { return finishDone(id) }
        let timeout = max(subscription.deliveryTimeout, request.parameters.largestDeliveryTimeout)
        requestDeadlines[id] = now + max(configuration.doneTimeout, .milliseconds(timeout))
    }

    /// The session ends: of subscriptions whose streams have all come the end is told, though what precedes them has not.
    mutating func tellDone() {
        for (id, request) in requests.sorted(by: { $0.key < $1.key }) {
            let subscription = request.subscription
            guard let count = subscription.done?.streamCount, subscription.openStreams.isEmpty,
                subscription.streamsSeen >= count
            else { continue }
            finishDone(id)
        }
    }

    mutating func finishDone(_ id: RequestID) {
        guard let request = requests[id], let done = request.subscription.done else { return }
        if request.subscription.join != nil {
            // Ended first, so that it does not come back here.
            requests[id]?.subscription.done = nil
            endJoin(of: id, isWhole: false)
        }
        forget(id, requests[id] ?? request)
        events.append(.publishDone(id, done))
    }
}

extension Request {
    var subscriptionKey: SubscriptionKey? {
        guard isSubscription, let track else { return nil }
        return SubscriptionKey(track: track, isPublisher: isPublisher, isOurs: isOurs)
    }
}

extension Parameters {
    /// Milliseconds; 0 when neither is set.
    var largestDeliveryTimeout: UInt64 { max(objectDeliveryTimeout ?? 0, subgroupDeliveryTimeout ?? 0) }
}

extension Properties {
    /// Milliseconds; 0 when neither is set.
    var largestDeliveryTimeout: UInt64 {
        isEmpty ? 0 : max(objectDeliveryTimeout ?? 0, subgroupDeliveryTimeout ?? 0)
    }
}
