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
            priority: request.parameters.subscriberPriority ?? Parameters.defaultSubscriberPriority, downlink: downlink)
        reply.done = { [weak self] in self?.fetchEnded(id, track) }
        requests[id] = .fetchReply(reply)
        reply.start()
        flush()
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
            priority: fill.subscriberPriority ?? subscription.subscriberPriority, downlink: downlink)
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
