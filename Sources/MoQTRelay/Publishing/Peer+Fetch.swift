package import MoQTCodec
internal import MoQTSession
internal import Wire

extension Peer {
    /// FETCH of a track whose log is here: what the log holds of the range (draft-18 "FETCH").
    package func answer(_ request: Fetch, with track: TrackLog) {
        let range: ClosedRange<Location>
        do {
            range = try self.range(of: request.target, in: track)
        } catch {
            return say { try $0.reject(request.requestID, error.code, reason: error.reason) }
        }
        if let refusal = refusal(of: range, in: track) {
            return say { try $0.reject(request.requestID, refusal.code, reason: refusal.reason) }
        }
        let last = max(range.lowerBound, track.lastLocation(through: range.upperBound) ?? range.lowerBound)
        let end = RangeEnd(group: last.group, object: last.object)
        let id = request.requestID
        let endsTrack = track.end?.code == .trackEnded && track.largest.map { $0 <= range.upperBound } ?? false
        do throws(SessionError) {
            try session.acceptFetch(id, end: end, endOfTrack: endsTrack, properties: track.properties)
        } catch {
            return refuse(id, error)
        }
        let reply = FetchReply(
            requestID: id, track: track, range: range, order: request.parameters.groupOrder ?? .ascending,
            priority: request.parameters.subscriberPriority ?? Parameters.defaultSubscriberPriority,
            filter: ObjectFilter(request.parameters.rangeFilters), downlink: downlink)
        reply.done = { [weak self] in self?.fetchEnded(id, track) }
        requests[id] = .fetchReply(reply)
        reply.start()
        flush()
    }

    /// Whether the log has all that is asked for, or it is clear that there is nothing.
    func knowsAnswer(to request: Fetch, from track: TrackLog) -> Bool {
        guard let range = try? range(of: request.target, in: track) else { return true }
        return track.isKnown(range)
    }

    /// What is asked for, as far as can be told without the track's publisher; nil: all of the track.
    func absoluteRange(of request: Fetch, in track: TrackLog?) -> LocationFilter? {
        if let track, let range = try? range(of: request.target, in: track) {
            let last = range.upperBound
            let end = RangeEnd(group: last.group, object: last.object == .max ? nil : last.object)
            return .absoluteRange(start: range.lowerBound, end: end)
        }
        if case .standalone(_, let range) = request.target { return range }
        return nil
    }

    /// What some drafts have words for only in an answer, not on the stream (draft-14 "FETCH_ERROR").
    private func refusal(of range: ClosedRange<Location>, in track: TrackLog) -> Refusal? {
        let said = codes.request(.fetch)
        guard track.isKnown(range) else {
            let isSilent = !downlink.profile.objects.fetch.gaps.contains(.unknown)
            guard isSilent, said.number(of: .unknownStatusInRange) != nil else { return nil }
            return Refusal(code: .unknownStatusInRange, reason: "some of the objects are unknown here")
        }
        let isEmpty = track.lastLocation(through: range.upperBound).map { $0 < range.lowerBound } ?? true
        guard isEmpty, said.number(of: .noObjects) != nil else { return nil }
        return Refusal(code: .noObjects, reason: "there are no objects in the range")
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
