package import MoQTCodec
internal import MoQTSession
internal import Wire

extension Peer {
    /// FETCH of a track whose log is here: what the log holds of the range (draft-18 "FETCH").
    package func answer(_ request: Fetch, with track: TrackLog) { answer(request, with: track, by: nil) }

    /// - Parameter relay: has publishers asked for what is not here; nil: it is said to be unknown.
    /// - Returns: what is being sent; nil: the request was refused.
    @discardableResult
    func answer(_ request: Fetch, with track: TrackLog, by relay: Relay?) -> FetchReply? {
        let range: ClosedRange<Location>
        do {
            range = try self.range(of: request.target, in: track)
        } catch {
            say { try $0.reject(request.requestID, error.code, reason: error.reason) }
            return nil
        }
        let id = request.requestID
        let answer = FetchReply.Answer(
            accept: { [weak self] in self?.accept(id, range, of: track) ?? false },
            refuse: { [weak self] code, reason in self?.say { try $0.reject(id, code, reason: reason) } },
            refusesEmpty: codes.request(.fetch).number(of: .noObjects) != nil)
        // Where the stream has no signs for it, the answer waits for what there is.
        let isSilent = downlink.profile.objects.fetch.gaps.isEmpty
        let waits = isSilent && !track.isKnown(range, track.cache.clock)
        if waits || answer.refusesEmpty && track.firstHeld(in: range) == nil {
            if !waits || relay == nil { return refuse(answer, isKnown: !waits) }
        } else if !answer.accept() {
            return nil
        }
        let reply = FetchReply(
            requestID: id, track: track, range: range, order: request.parameters.groupOrder ?? .ascending,
            priority: request.parameters.subscriberPriority ?? Parameters.defaultSubscriberPriority,
            filter: ObjectFilter(request.parameters.rangeFilters), downlink: downlink)
        if waits { reply.answer = answer }
        reply.done = { [weak self] in self?.fetchEnded(id, track) }
        requests[id] = .fetchReply(reply)
        relay?.fill(reply, for: self, within: request.parameters.fillTimeout)
        reply.start()
        flush()
        return reply
    }

    /// What some drafts have words for only in an answer, not on the stream (draft-14 "FETCH_ERROR").
    private func refuse(_ answer: FetchReply.Answer, isKnown: Bool) -> FetchReply? {
        if isKnown {
            answer.refuse(.noObjects, "there are no objects in the range")
        } else {
            answer.refuse(.unknownStatusInRange, "some of the objects are unknown here")
        }
        return nil
    }

    /// FETCH_OK; false: the peer's draft has no words for it.
    private func accept(_ id: RequestID, _ range: ClosedRange<Location>, of track: TrackLog) -> Bool {
        let last = range.upperBound
        let isLast = track.largest.map { $0 <= last } ?? false
        let endsTrack = isLast && (track.end?.code == .trackEnded || track.final != nil && track.final == track.largest)
        do throws(SessionError) {
            do throws(SessionError) {
                try session.acceptFetch(
                    id, end: RangeEnd(group: last.group, object: last.object == .max ? nil : last.object),
                    endOfTrack: endsTrack, properties: track.properties)
            } catch {
                // Where the last object must be named: the last that is known, or the last there can be.
                guard last.object == .max else { throw error }
                let group = range.firstLocation(of: last.group)...last
                let isKnown = track.isKnown(group, track.cache.clock)
                let known = isKnown ? track.held(from: group.lowerBound, through: last, track.cache.clock).last : nil
                let end = RangeEnd(
                    group: last.group, object: known?.id ?? min(downlink.profile.integers.maximum, .max - 1))
                try session.acceptFetch(id, end: end, endOfTrack: endsTrack, properties: track.properties)
            }
        } catch {
            refuse(id, error)
            return false
        }
        flush()
        return true
    }

    /// How far a fetch goes is known without the track's publisher.
    func knowsEnd(of request: Fetch, in track: TrackLog) -> Bool {
        guard let largest = track.largest, case .standalone(_, .absoluteRange(_, let end)) = request.target else {
            return false
        }
        return Location(group: end.group, object: end.object ?? .max) <= largest
    }

    private func fetchEnded(_ id: RequestID, _ track: TrackLog) {
        requests[id] = nil
        say { try $0.fetchDone(id) }
        readerEnded?(track)
    }

    /// What a fill asks for of a subscription that forwards; nil when there is nothing, and so no stream (draft-22
    /// "Fill").
    /// - Parameters:
    ///   - carrier: the SUBSCRIBE or REQUEST_UPDATE with the fill.
    ///   - filter: the subscription's.
    /// - Returns: what is to be started.
    func fill(
        _ subscription: Subscription, _ carrier: RequestID, _ fill: FillParameters, _ filter: LocationFilter?
    ) -> FetchReply? {
        let track = subscription.track
        let target = Fetch.Target.standalone(track: track.name, range: fill.locationFilter ?? filter)
        guard subscription.forwards, let range = try? range(of: target, in: track) else { return nil }
        let reply = FetchReply(
            requestID: carrier, track: track, range: range, order: fill.groupOrder ?? subscription.groupOrder,
            priority: fill.subscriberPriority ?? subscription.subscriberPriority,
            filter: ObjectFilter(subscription.rangeFilters.updated(by: fill.rangeFilters)), downlink: downlink)
        reply.fillTimeout = fill.fillTimeout
        subscription.add(reply)
        return reply
    }

    private struct Refusal: Error {
        var code: RequestErrorCode
        var reason: String
    }

    private func range(of target: Fetch.Target, in track: TrackLog) throws(Refusal) -> ClosedRange<Location> {
        switch target {
        case .standalone(_, let filter):
            let start = filter?.start(largest: track.largest) ?? .zero
            guard let largest = track.largest, start <= largest else {
                throw Refusal(code: .invalidRange, reason: "nothing has been published there")
            }
            let end = filter?.end.map { Location(group: $0.group, object: $0.object ?? .max) } ?? largest
            return try range(start, min(end, largest))
        case .relativeJoining(let id, let groups):
            let joining = try joiningLocation(id)
            let group = joining.group >= groups ? joining.group - groups : 0
            return try range(Location(group: group, object: 0), joining)
        case .absoluteJoining(let id, let group):
            return try range(Location(group: group, object: 0), joiningLocation(id))
        }
    }

    private func range(_ start: Location, _ end: Location) throws(Refusal) -> ClosedRange<Location> {
        guard start <= end else { throw Refusal(code: .invalidRange, reason: "the range ends before it starts") }
        return start...end
    }

    /// Where the subscription took over, and a joining fetch ends (draft-18 "Joining Fetch Range Calculation").
    private func joiningLocation(_ id: RequestID) throws(Refusal) -> Location {
        guard let subscription = subscription(id) else {
            throw Refusal(code: .invalidJoiningRequestID, reason: "no such subscription")
        }
        guard subscription.forwards, let joining = subscription.joining else {
            throw Refusal(code: .invalidRange, reason: "the subscription has no joining location")
        }
        return joining
    }
}
