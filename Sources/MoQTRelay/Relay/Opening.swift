internal import MoQTCodec
internal import Wire

/// FETCHes of a track that the relay does not follow: how far it goes is known once a publisher has answered the first
/// of them.
final class Opening {
    let fill: Fill
    /// What the publisher was asked for; nil: all of the track.
    let filter: LocationFilter?
    /// FETCHes without an answer yet.
    var waiting: [RequestKey: Waiting] = [:]

    struct Waiting {
        let peer: Peer
        let request: Fetch
        /// Until when it waits; nil: as long as the publisher takes.
        let deadline: Instant?
    }

    init(_ fill: Fill, _ filter: LocationFilter?) {
        self.fill = fill
        self.filter = filter
    }

    /// It is what the publisher was asked.
    func isFor(_ request: Fetch) -> Bool {
        guard case .standalone(_, filter) = request.target else { return false }
        return request.parameters.groupOrder ?? .ascending == fill.order
    }

    /// What was asked for brings all that `filter` asks for.
    func covers(_ filter: LocationFilter?) -> Bool {
        if filter == self.filter { return true }
        guard let start = (filter ?? .unfiltered).absoluteStart, let first = (self.filter ?? .unfiltered).absoluteStart
        else { return false }
        return first <= start && filter.lastLocation <= self.filter.lastLocation
    }
}

extension LocationFilter? {
    /// The last location that passes.
    var lastLocation: Location {
        guard let end = self?.end else { return Location(group: .max, object: .max) }
        return Location(group: end.group, object: end.object ?? .max)
    }
}
