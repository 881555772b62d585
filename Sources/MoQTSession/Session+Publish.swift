package import MoQTCodec
internal import Wire

// PUBLISH (draft-18 "PUBLISH", "Subscriptions").

extension Session {
    /// PUBLISH; answered by `publishAccepted` or `rejected`. Objects may follow at once.
    package mutating func publish(
        _ track: FullTrackName, properties: Properties = Properties(), _ parameters: Parameters = Parameters()
    ) throws(SessionError) -> (RequestID, TrackAlias) {
        try checkMayBegin(in: track.namespace)
        guard !isDuplicate(track, asPublisher: true) else { throw .duplicateSubscription }
        guard !isBlocked(track) else { throw .invalid("the peer was told that it will not be published") }
        var properties = properties, parameters = parameters
        try profile.giveTrackTerms(&parameters, &properties, .publish)
        var request = Request(.publish, isOurs: true, track: track, parameters)
        let alias = TrackAlias(rawValue: nextAlias)
        request.subscription.alias = alias
        let id = try begin(request) { id in
            var message = Publish()
            message.requestID = id
            message.track = track
            message.trackAlias = alias
            message.parameters = parameters
            message.trackProperties = properties
            return .publish(message)
        }
        nextAlias += 1
        subscriptionBegan(id, request)
        return (id, alias)
    }

    /// REQUEST_OK for our PUBLISH.
    mutating func receivedPublishOK(_ message: RequestOK, on id: RequestID) {
        requests[id]?.apply(message.parameters)
        noteRange(of: id, largest: requests[id]?.parameters.largestObject)
        established(id)
        if let track = requests[id]?.track, profile.behaviours.contains(.closesForDuplicates), isSubscribed(to: track) {
            return endCrossed(id)
        }
        let statesTerms = profile.behaviours.contains(.publishStatesTerms)
        let terms = statesTerms ? requests[id]?.parameters : message.parameters
        events.append(.publishAccepted(id, terms ?? message.parameters))
    }

    /// SUBSCRIBE has crossed our PUBLISH and was taken: one subscription is enough.
    private mutating func endCrossed(_ id: RequestID) {
        // What the session itself says is always expressible.
        try? publishDone(id, .subscriptionEnded, streamCount: 0, reason: "SUBSCRIBE has crossed it")
        events.append(.requestCancelled(id, .cancelled))
    }

    mutating func received(_ message: Publish, on stream: StreamID, at offset: UInt64) throws(CodecError) {
        var message = message
        profile.takeTrackTerms(&message.parameters, &message.trackProperties)
        let id = message.requestID
        let mine = SubscriptionKey(track: message.track, isPublisher: false, isOurs: true)
        let isDuplicate =
            profile.behaviours.contains(.oneSubscriptionPerTrack)
            && (subscriptions[SubscriptionKey(track: message.track, isPublisher: false, isOurs: false)] != nil
                || subscriptions[mine].flatMap { requests[$0] }?.phase == .established)
        var request = Request(.publish, isOurs: false, track: message.track, message.parameters)
        request.subscription.deliveryTimeout = message.trackProperties.largestDeliveryTimeout
        request.subscription.largest = message.parameters.largestObject
        request.subscription.hasDynamicGroups = message.trackProperties.dynamicGroups
        let refusal = refusal(of: .publish(message))
        guard let parameters = try admit(id, request, on: stream, at: offset, refusal: refusal) else {
            return retiredAliases.insert(message.trackAlias)
        }
        if isDuplicate {
            retiredAliases.insert(message.trackAlias)
            return refuse(id, .duplicateSubscription, "the track is subscribed to already")
        }
        try bind(message.trackAlias, to: id, at: offset)
        message.parameters = parameters
        events.append(.publish(message))
    }

    /// PUBLISH_OK. Data held since PUBLISH follows. A pending SUBSCRIBE of ours for the track ends with
    /// `requestCancelled`.
    /// - Parameter parameters: the terms of the subscription. Where PUBLISH has stated them, a REQUEST_UPDATE follows
    ///   with those that differ, answered by `updateAccepted` or `updateRejected`.
    package mutating func acceptPublish(
        _ request: RequestID, parameters: Parameters = Parameters()
    ) throws(SessionError) {
        let state = try pending(request, .publish)
        try checkFilters(parameters)
        try checkNewGroup(parameters, state)
        if profile.behaviours.contains(.oneSubscriptionPerTrack), let other = ownSubscription(to: state.track) {
            guard requests[other]?.phase == .pending else {
                try reject(request, .duplicateSubscription)
                throw .duplicateSubscription
            }
            end(other, cancellingWith: .cancelled)
            events.append(.requestCancelled(other, .cancelled))
        }
        let statesTerms = profile.behaviours.contains(.publishStatesTerms)
        var message = RequestOK()
        if statesTerms { message.parameters.expires = parameters.expires } else { message.parameters = parameters }
        try send(.requestOK(message), on: request)
        if !statesTerms { requests[request]?.apply(parameters) }
        noteRange(of: request, largest: state.parameters.largestObject)
        established(request)
        if statesTerms, state.subscription.done == nil { try updateTerms(of: request, state.parameters, parameters) }
        if let alias = state.subscription.alias { releaseWaiting(for: alias) }
        if state.subscription.done != nil {
            control.end(request, input: .complete, &actions)
            checkDone(request)
        }
    }

    /// Asks for what differs from the terms that PUBLISH stated.
    private mutating func updateTerms(
        of id: RequestID, _ stated: Parameters, _ wanted: Parameters
    ) throws(SessionError) {
        var change = wanted
        change.expires = nil
        if change.forward == stated.forward ?? true { change.forward = nil }
        if change != Parameters() { try update(id, change) }
    }

    /// draft-18 "NEW GROUP REQUEST Parameter": only where the track has dynamic groups.
    func checkNewGroup(_ parameters: Parameters, _ request: Request) throws(SessionError) {
        if parameters.newGroupRequest != nil && request.isSubscription && !request.subscription.hasDynamicGroups {
            throw .invalid("the track has no dynamic groups")
        }
    }

    private func ownSubscription(to track: FullTrackName?) -> RequestID? {
        guard let track else { return nil }
        return subscriptions[SubscriptionKey(track: track, isPublisher: false, isOurs: true)]
    }
}
