package import MoQTCodec
internal import Wire

// FETCH (draft-18 "FETCH", "Fetch State Management").

// MARK: Ours

extension Session {
    /// FETCH; answered by `fetchAccepted` or `rejected`, with objects from `fetchOpened` to `fetchEnded` in any order
    /// with the answer. A joining fetch names a subscription of ours to the track, or one the peer began by PUBLISH.
    package mutating func fetch(
        _ target: Fetch.Target, _ parameters: Parameters = Parameters()
    ) throws(SessionError) -> RequestID {
        var request = Request(.fetch, isOurs: true, parameters)
        switch target {
        case .standalone(let track, let range):
            guard range?.isInverted != true else { throw .invalid("the range ends before it starts") }
            request.track = track
            request.fetch.start = range?.absoluteStart
        case .relativeJoining(let joined, _):
            request.track = try joinable(joined)
        case .absoluteJoining(let joined, let group):
            request.track = try joinable(joined)
            request.fetch.start = Location(group: group, object: 0)
        }
        return try begin(request) { id in
            var message = Fetch()
            message.requestID = id
            message.target = target
            message.parameters = parameters
            return .fetch(message)
        }
    }

    private func joinable(_ id: RequestID) throws(SessionError) -> FullTrackName? {
        let request = try open(id)
        guard request.isSubscriber else { throw .notAllowed(id, "not a subscription to join") }
        if profile.behaviours.contains(.joinsAtLargest) && request.parameters.locationFilter != .nextObject {
            throw .notAllowed(id, "the draft joins only where the filter is Largest Object")
        }
        if profile.behaviours.contains(.strictJoining) && !request.willForward {
            throw .notAllowed(id, "the draft joins only with Forward State 1")
        }
        return request.track
    }

    mutating func received(_ message: FetchOK, on id: RequestID, at offset: UInt64) throws(CodecError) {
        let request = try unanswered(id, "FETCH_OK", at: offset)
        sentTokens.answered(id)
        guard request.kind == .fetch else { throw Self.unexpected("FETCH_OK", at: offset) }
        // The wire has the last object plus 1; an empty range, which ends right before its start, is no violation.
        let end = Location(group: message.end.group, object: message.end.object?.addingSaturating(1) ?? .max)
        if let start = request.fetch.start, end < start {
            throw .violation(
                "\(message.end.group) ends before the start \(start)", field: "End Location", offset: offset,
                section: "FETCH_OK")
        }
        if let refusal = refusal(of: .fetchOK(message)) { return refuseAnswer(id, refusal) }
        requests[id]?.phase = .established
        var message = message
        profile.takeTrackTerms(&message.parameters, &message.trackProperties)
        if request.fetch.joins == nil { events.append(.fetchAccepted(id, message)) }
        finishFetch(id)
    }

    /// Forgets a fetch of ours that is answered and whose data stream has ended.
    mutating func finishFetch(_ id: RequestID) {
        guard let request = requests[id], request.phase == .established, request.fetch.isFinished else { return }
        control.end(id, input: .discarded, &actions)
        forget(id, request)
    }
}

// MARK: The peer's

extension Session {
    mutating func received(_ message: Fetch, on stream: StreamID, at offset: UInt64) throws(CodecError) {
        var request = Request(.fetch, isOurs: false, message.parameters)
        request.isShown = false
        if case .standalone(let track, _) = message.target { request.track = track }
        let refusal = refusal(of: .fetch(message))
        guard let parameters = try admit(message.requestID, request, on: stream, at: offset, refusal: refusal) else {
            return
        }
        var message = message
        message.parameters = parameters
        switch message.target {
        case .standalone(let track, _): show(message, of: track)
        case .relativeJoining(let joined, _), .absoluteJoining(let joined, _):
            try checkMayJoin(joined, at: offset)
            join(message, to: joined)
        }
    }

    /// What the draft makes the session's matter instead of the request's (draft-17 "Joining Fetches").
    private func checkMayJoin(_ joined: RequestID, at offset: UInt64) throws(CodecError) {
        guard let subscription = requests[joined], subscription.isPublisher else { return }
        var fault: String?
        if profile.behaviours.contains(.strictJoining), subscription.phase == .established, !subscription.forward {
            fault = "the subscription has Forward State 0"
        }
        if profile.behaviours.contains(.joinsAtLargest), subscription.parameters.locationFilter != .nextObject {
            fault = "the subscription's filter is not Largest Object"
        }
        guard let fault else { return }
        throw .violation(fault, field: "Joining Request ID", offset: offset, section: "Joining Fetches")
    }

    private mutating func show(_ message: Fetch, of track: FullTrackName) {
        requests[message.requestID]?.track = track
        requests[message.requestID]?.isShown = true
        events.append(.fetch(message, track: track))
    }

    /// draft-18 "Joining Fetches".
    private mutating func join(_ message: Fetch, to joined: RequestID) {
        guard let subscription = requests[joined] else { return joinLater(message, joined) }
        guard subscription.isPublisher, let track = subscription.track else {
            return refuse(message.requestID, .invalidJoiningRequestID, "not a subscription")
        }
        switch subscription.phase {
        case .pending:
            // Also a PUBLISH of ours, whose answer the fetch may have overtaken.
            requests[joined]?.subscription.joining.append(message)
        case .established where !subscription.forward:
            refuse(message.requestID, .invalidRange, "the subscription has Forward State 0")
        case .established:
            show(message, of: track)
        }
    }

    /// Streams may overtake each other: a subscription the peer has not sent yet is waited for.
    private mutating func joinLater(_ message: Fetch, _ joined: RequestID) {
        let isPeers = joined.isServerChosen == (role == .client)
        guard isPeers, !receivedIDs.contains(joined) else {
            return refuse(message.requestID, .invalidJoiningRequestID, "no such subscription")
        }
        earlyJoining[joined, default: []].append(message)
        requests[message.requestID]?.fetch.awaited = joined
        requestDeadlines[message.requestID] = now + configuration.aliasTimeout
    }

    /// The request that `message` waited for has come.
    mutating func joinEarly(_ message: Fetch, to joined: RequestID) {
        guard requests[message.requestID] != nil else { return }
        requestDeadlines[message.requestID] = nil
        requests[message.requestID]?.fetch.awaited = nil
        join(message, to: joined)
    }

    /// The subscription `id` is established: the joining fetches that waited for it go on.
    mutating func releaseJoining(of id: RequestID) {
        guard let joining = requests[id]?.subscription.joining, !joining.isEmpty else { return }
        requests[id]?.subscription.joining = []
        for message in joining where requests[message.requestID] != nil { join(message, to: id) }
    }

    /// FETCH_OK. The data stream is the caller's to open.
    /// - Parameter end: of the range the response covers.
    /// - Parameter endOfTrack: `end` is the track's last object.
    package mutating func acceptFetch(
        _ request: RequestID, end: RangeEnd, endOfTrack: Bool = false, parameters: Parameters = Parameters(),
        properties: Properties = Properties()
    ) throws(SessionError) {
        let state = try pending(request, .fetch)
        var message = FetchOK()
        message.endOfTrack = endOfTrack
        message.end = end
        message.parameters = parameters
        message.trackProperties = properties
        try profile.giveTrackTerms(&message.parameters, &message.trackProperties, .fetchOK)
        if profile.carries(.groupOrder, in: .fetchOK) {
            message.parameters.groupOrder = state.parameters.groupOrder ?? .ascending
        }
        try send(.fetchOK(message), on: request)
        established(request)
    }

    /// The data stream of a fetch of the peer was closed: its state goes, and the request stream is closed.
    package mutating func fetchDone(_ request: RequestID) throws(SessionError) {
        let state = try open(request)
        guard !state.isOurs, state.kind == .fetch, state.phase == .established else {
            throw .notAllowed(request, "not an accepted fetch of the peer")
        }
        control.end(request, input: .discarded, &actions)
        forget(request, state)
    }
}
