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
        let last = range.upperBound
        let end = RangeEnd(group: last.group, object: last.object == .max ? nil : last.object)
        let id = request.requestID
        guard
            (try? session.acceptFetch(
                id, end: end,
                endOfTrack: track.end?.code == .trackEnded
                    && track.largest.map { $0 <= range.upperBound } ?? false, properties: track.properties)) != nil
        else { return }
        let reply = FetchReply(
            requestID: id, track: track, range: range, order: request.parameters.groupOrder ?? .ascending,
            priority: request.parameters.subscriberPriority ?? Parameters.defaultSubscriberPriority, downlink: downlink
        ) { [weak self] in self?.fetchEnded(id) }
        if reply.isLive { requests[id] = .fetchReply(reply) }
        flush()
    }

    private func fetchEnded(_ id: RequestID) {
        requests[id] = nil
        say { try $0.fetchDone(id) }
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
