internal import MoQTCodec
internal import MoQTSession

/// A NEW_GROUP_REQUEST to a publisher, outstanding until its track has a larger group than when it was sent.
struct NewGroupRequest {
    /// The largest group that the subscriber knew of, plus 1; 0: it knew of none.
    let group: UInt64
    /// The track's largest group at that time; nil: there was none.
    var largest: UInt64?
}

/// Subscribers that want a new group (draft-18 "NEW GROUP REQUEST Parameter").
extension Relay {
    /// Asks the publishers of a track for the group that a subscriber wants, unless it is there, or was asked for.
    ///
    /// - Parameters:
    ///   - group: NEW_GROUP_REQUEST of the subscriber; nil: it wants none.
    ///   - peer: the subscriber.
    func requestNewGroup(_ group: UInt64?, of track: RelayTrack, for peer: Peer) {
        guard let group, let log = track.log, log.properties.dynamicGroups else { return }
        let largest = log.largest?.group
        guard group == 0 || group > largest ?? 0 else { return }
        for upstream in track.upstreams where upstream.isEstablished && upstream.peer.takesNewGroupRequests {
            guard peer.hears(upstream.peer) else { continue }
            if let open = upstream.newGroup, open.largest == largest, open.group >= group { continue }
            var parameters = Parameters()
            parameters.newGroupRequest = group
            guard (try? upstream.peer.session.update(upstream.requestID, parameters)) != nil else { continue }
            upstream.newGroup = NewGroupRequest(group: group, largest: largest)
            upstream.peer.flush()
        }
    }
}

extension Peer {
    /// Its draft has the parameter.
    var takesNewGroupRequests: Bool { session.profile.parameters.contains { $0.kind == .newGroupRequest } }
}

extension RelayTrack {
    /// The largest NEW_GROUP_REQUEST of those that wait; nil: nobody wants a new group.
    var newGroupWanted: UInt64? { waiting.values.compactMap(\.request.parameters.newGroupRequest).max() }
}
