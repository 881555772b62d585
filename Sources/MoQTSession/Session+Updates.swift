package import MoQTCodec
internal import Wire

// REQUEST_UPDATE and its answers (draft-18 "REQUEST_UPDATE").

extension Session {
    /// REQUEST_UPDATE of a request of ours, or of a subscription the peer began by PUBLISH.
    package mutating func update(_ request: RequestID, _ parameters: Parameters) throws(SessionError) {
        let state = try open(request)
        let isSubscriber = state.kind == .publish && state.phase == .established
        guard state.kind != .trackStatus, state.isOurs || isSubscriber, state.subscription.done == nil else {
            throw .notAllowed(request, "cannot be updated")
        }
        try checkFilters(parameters, of: state.filtersToBe)
        try checkNewGroup(parameters, state)
        if state.heldUpdates.isEmpty && maySendUpdate(of: state) {
            try sendUpdate(of: request, parameters)
        } else {
            requests[request]?.heldUpdates.append(parameters)
        }
    }

    /// Whether the peer takes another update before it has answered those there are (draft-19 "MAX_REQUEST_UPDATES"). A
    /// draft whose updates name everything has to know what the request has come to first.
    private func maySendUpdate(of request: Request) -> Bool {
        if profile.behaviours.contains(.silentUpdates) { return request.phase == .established }
        guard let receivedSetup else { return !profile.has(.maxRequestUpdates) }
        guard let limit = receivedSetup.maxRequestUpdates, limit > 0 else { return true }
        return UInt64(request.sentUpdates.count) < limit
    }

    private mutating func sendUpdate(of request: RequestID, _ parameters: Parameters) throws(SessionError) {
        let isSilent = profile.behaviours.contains(.silentUpdates)
        let id = nextRequestID
        var message = RequestUpdate()
        message.requestID = id
        let state = try open(request)
        message.parameters = isSilent ? state.whole(parameters) : parameters
        let noted = try noting(parameters.authorizationTokens, in: id, of: request, state.kind)
        try send(.requestUpdate(message), on: request)
        sentTokens = noted
        nextRequestID.rawValue += 2
        if parameters.fill != nil { expectJoin(of: request, by: id) }
        if isSilent {
            requests[request]?.apply(parameters)
            events.append(.updateAccepted(request, Parameters()))
            return
        }
        requests[request]?.sentUpdates.append(Update(id: id, parameters: parameters))
        if let kind = requests[request]?.kind, profile.has(.targetRequestID, in: .requestOK, at: .update(kind)) {
            updateOwners[id] = request
        }
    }

    /// The request, or an update of it, was answered: those that wait may go.
    mutating func releaseUpdates(of id: RequestID) {
        while let request = requests[id], maySendUpdate(of: request),
            let parameters = requests[id]?.heldUpdates.popFirst()
        {
            // What the draft cannot express is told as refused.
            guard (try? sendUpdate(of: id, parameters)) == nil else { continue }
            if parameters.fill != nil { endJoin(of: id, isWhole: false) }
            events.append(.updateRejected(id, RequestError()))
        }
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
        grantRequests()
        try checkScope(message.parameters, of: request, at: offset)
        var parameters = message.parameters
        try checkRange(&parameters, of: request, at: offset)
        parameters.authorizationTokens = try tokens.resolve(parameters.authorizationTokens, offset: offset)
        if let prefix = parameters.trackNamespacePrefix, overlaps(prefix, request.kind, except: id) {
            return refuseUpdate(message.requestID, of: id, request, .prefixOverlap, "overlaps another prefix")
        }
        if request.kind.isNamespaceScoped, let refusal = refusalOfUpdate(parameters, of: request.filtersToBe) {
            return refuseUpdate(message.requestID, of: id, request, refusal.code, refusal.reason)
        }
        if request.receivedUpdates.count >= configuration.updateLimit {
            guard !profile.has(.maxRequestUpdates) else {
                throw CodecError(
                    .session(.tooManyRequestUpdates), "more than \(configuration.updateLimit) wait for an answer",
                    field: "Message Type", offset: offset, section: "MAX_REQUEST_UPDATES")
            }
            limited.count(.updates)
            end(id, cancellingWith: .excessiveLoad)
            return events.append(.requestCancelled(id, .excessiveLoad))
        }
        requests[id]?.receivedUpdates.append(Update(id: message.requestID, parameters: parameters))
        // A joining fetch is judged by the updates sent before it (draft-18 "Joining Fetches").
        if let forward = parameters.forward { requests[id]?.parameters.forward = forward }
        showUpdates(of: id)
    }

    /// On a control stream that requests share only the session knows which request an update is about (draft-16
    /// "REQUEST_UPDATE").
    private func checkScope(
        _ parameters: Parameters, of request: Request, at offset: UInt64
    ) throws(CodecError) {
        guard profile.behaviours.contains(.strictUpdates), control.shares(request.kind),
            !profile.carries(parameters, in: .update(of: request.kind))
        else { return }
        throw .violation(
            "a parameter that the request cannot have", field: "Parameters", offset: offset, section: "REQUEST_UPDATE")
    }

    /// Why an update with `parameters` is to be rejected, such as a Range Filter that makes no sense or is one more
    /// than we take, which is counted; nil when nothing speaks against it.
    /// - Parameter filters: the Range Filters that the request has.
    package mutating func refusalOfUpdate(
        _ parameters: Parameters, of filters: [RangeFilter] = []
    ) -> (code: RequestErrorCode, reason: String)? {
        guard parameters.hasRangeFilters || parameters.filterRefusal != nil else { return nil }
        var message = RequestUpdate()
        message.parameters = parameters
        var refusal = refusal(of: .requestUpdate(message))
        if refusal == nil {
            message.parameters = parameters.updating(filters)
            refusal = self.refusal(of: .requestUpdate(message))
        }
        guard let refusal, case .request(let code) = refusal.scope else { return nil }
        countRanges(refusal, message.parameters)
        return (code, refusal.what)
    }

    /// Tells of updates that came before the request itself was answered.
    mutating func showUpdates(of id: RequestID) {
        guard let request = requests[id], request.phase == .established else { return }
        for index in request.shownUpdates..<max(request.shownUpdates, request.receivedUpdates.count) {
            events.append(.updateRequested(id, request.receivedUpdates[index].parameters))
        }
        requests[id]?.shownUpdates = request.receivedUpdates.count
    }

    /// REQUEST_OK for the oldest update that is not answered, where the draft has answers to updates.
    /// - Returns: the ID of the update, by which a fill stream that it asks for names it.
    @discardableResult
    package mutating func acceptUpdate(
        _ request: RequestID, parameters: Parameters = Parameters()
    ) throws(SessionError) -> RequestID {
        let update = try shownUpdate(of: request)
        if !profile.behaviours.contains(.silentUpdates) {
            var message = RequestOK()
            message.parameters = parameters
            try send(.requestOK(message), on: request, answering: update.id)
        }
        requests[request]?.dropUpdate()
        requests[request]?.apply(update.parameters)
        return update.id
    }

    /// REQUEST_ERROR for the oldest update. A subscription must then end by
    /// ``publishDone(_:_:streamCount:reason:)`` with UPDATE_FAILED, a fetch by a reset of its data stream; a namespace
    /// request ends at once.
    package mutating func rejectUpdate(
        _ request: RequestID, _ code: RequestErrorCode, reason: String = ""
    ) throws(SessionError) {
        let update = try shownUpdate(of: request)
        try sendUpdateError(update.id, of: request, code, reason)
        requests[request]?.dropUpdate()
        guard let state = requests[request], state.kind.isNamespaceScoped else { return }
        control.end(request, input: .discarded, &actions)
        forget(request, state)
    }

    private func shownUpdate(of id: RequestID) throws(SessionError) -> Update {
        let state = try open(id)
        guard state.shownUpdates > 0, let update = state.receivedUpdates.first else {
            throw .notAllowed(id, "no update waits for an answer")
        }
        return update
    }

    private mutating func sendUpdateError(
        _ update: RequestID, of id: RequestID, _ code: RequestErrorCode, _ reason: String
    ) throws(SessionError) {
        if profile.behaviours.contains(.silentUpdates) { return }
        let error = RequestError(code, WireText(reason)), kind = try open(id).kind
        try send(.requestError(expressible(error, at: .update(kind))), on: id, answering: update)
    }

    /// Refuses an update of a namespace request without asking the application; the request ends.
    private mutating func refuseUpdate(
        _ update: RequestID, of id: RequestID, _ request: Request, _ code: RequestErrorCode, _ reason: String
    ) {
        guard request.phase == .established else { return refuse(id, code, reason) }
        if (try? sendUpdateError(update, of: id, code, reason)) == nil {
            return end(id, cancellingWith: .internalError)
        }
        control.end(id, input: .discarded, &actions)
        forget(id, request)
        events.append(.requestCancelled(id, .cancelled))
    }

    /// REQUEST_OK answers our update, the oldest one where it names none.
    mutating func receivedUpdateOK(
        _ message: RequestOK, on id: RequestID, update: RequestID?, at offset: UInt64
    ) throws(CodecError) {
        guard let update = requests[id]?.takeSentUpdate(update) else {
            throw Self.unexpected("a second answer", at: offset)
        }
        updateOwners[update.id] = nil
        sentTokens.answered(update.id)
        requests[id]?.apply(update.parameters)
        if let largest = message.parameters.largestObject { requests[id]?.subscription.largest = largest }
        events.append(.updateAccepted(id, message.parameters))
        releaseUpdates(of: id)
    }

    /// REQUEST_ERROR answers our update, the oldest one where it names none.
    mutating func receivedUpdateError(
        _ message: RequestError, on id: RequestID, update: RequestID?, at offset: UInt64
    ) throws(CodecError) {
        guard let update = requests[id]?.takeSentUpdate(update) else {
            throw Self.unexpected("a second answer", at: offset)
        }
        updateOwners[update.id] = nil
        sentTokens.answered(update.id)
        if update.parameters.fill != nil { endJoin(of: id, isWhole: false) }
        var message = message
        message.target = nil
        events.append(.updateRejected(id, message))
        releaseUpdates(of: id)
    }
}

// MARK: Ranges

extension Session {
    /// Holds an update of the range to what drafts up to 15 allow (draft-14 "SUBSCRIBE_UPDATE"). A range that stays as
    /// it is becomes none, since it changes nothing.
    private func checkRange(
        _ parameters: inout Parameters, of request: Request, at offset: UInt64
    ) throws(CodecError) {
        guard profile.behaviours.contains(.startOnlyGrows), let filter = parameters.locationFilter,
            let start = filter.absoluteStart,
            let known = request.subscription.start ?? request.parameters.locationFilter?.absoluteStart
        else { return }
        let isKnown = request.subscription.start != nil
        let knownEnd = (isKnown ? request.subscription.endGroup : request.parameters.locationFilter?.end?.group) ?? .max
        let end = filter.end?.group ?? .max
        let widens = profile.behaviours.contains(.silentUpdates) && end > knownEnd
        guard start >= known, !widens else {
            throw .violation(
                "an update may not widen the range", field: "Start Location", offset: offset,
                section: "SUBSCRIBE_UPDATE")
        }
        if start == known && end == knownEnd { parameters.locationFilter = nil }
    }

    /// Notes where a subscription stands now that it is established.
    /// - Parameter largest: Largest Location, as its publisher said.
    mutating func noteRange(of id: RequestID, largest: Location?) {
        guard let filter = requests[id]?.parameters.locationFilter else {
            requests[id]?.subscription.start = .zero
            return
        }
        requests[id]?.subscription.start = filter.start(largest: largest)
        requests[id]?.subscription.endGroup = filter.end?.group
    }
}

extension Request {
    /// Removes the oldest update the application was told of.
    mutating func dropUpdate() {
        shownUpdates -= 1
        _ = receivedUpdates.popFirst()
    }

    /// Removes our update `id`, or the oldest when nil; nil when there is none.
    mutating func takeSentUpdate(_ id: RequestID?) -> Update? {
        guard let id, sentUpdates.first?.id != id else { return sentUpdates.popFirst() }
        var found: Update?
        for _ in 0..<sentUpdates.count {
            guard let update = sentUpdates.popFirst() else { break }
            if update.id == id { found = update } else { sentUpdates.append(update) }
        }
        return found
    }

    /// `update` with all that it leaves unchanged.
    func whole(_ update: Parameters) -> Parameters {
        var result = update
        result.forward = update.forward ?? forward
        result.subscriberPriority =
            update.subscriberPriority ?? parameters.subscriberPriority ?? Parameters.defaultSubscriberPriority
        guard update.locationFilter == nil else { return result }
        let start = subscription.start ?? .zero
        result.locationFilter =
            subscription.endGroup.map { .absoluteRange(start: start, end: RangeEnd(group: $0)) }
            ?? .absoluteStart(start)
        return result
    }

    /// Its Range Filters once every update is answered that has been made.
    var filtersToBe: [RangeFilter] {
        var filters = parameters.rangeFilters
        for index in 0..<sentUpdates.count { filters = filters.updated(by: sentUpdates[index].parameters.rangeFilters) }
        for index in 0..<heldUpdates.count { filters = filters.updated(by: heldUpdates[index].rangeFilters) }
        for index in 0..<receivedUpdates.count {
            filters = filters.updated(by: receivedUpdates[index].parameters.rangeFilters)
        }
        return filters
    }

    /// The request is as `update` asks, except for what that leaves out.
    mutating func apply(_ update: Parameters) {
        parameters.forward = update.forward ?? parameters.forward
        parameters.locationFilter = update.locationFilter ?? parameters.locationFilter
        parameters.rangeFilters = parameters.rangeFilters.updated(by: update.rangeFilters)
        if let start = update.locationFilter?.absoluteStart {
            subscription.start = start
            subscription.endGroup = update.locationFilter?.end?.group
        }
        parameters.subscriberPriority = update.subscriberPriority ?? parameters.subscriberPriority
        parameters.objectDeliveryTimeout = update.objectDeliveryTimeout ?? parameters.objectDeliveryTimeout
        parameters.subgroupDeliveryTimeout = update.subgroupDeliveryTimeout ?? parameters.subgroupDeliveryTimeout
        namespace = update.trackNamespacePrefix ?? namespace
    }
}

extension Parameters {
    var hasRangeFilters: Bool { !rangeFilters.isEmpty || !(fill?.rangeFilters.isEmpty ?? true) }

    /// The same with what they make of the Range Filters that a request has.
    func updating(_ filters: [RangeFilter]) -> Self {
        var result = self
        result.rangeFilters = filters.updated(by: rangeFilters)
        return result
    }
}
