internal import MoQTCodec
internal import Wire

/// A track somebody asked the relay for, or publishes to it.
final class RelayTrack {
    let name: FullTrackName
    /// Where it is received from.
    var upstreams: [Upstream] = []
    /// What was received; nil until an upstream has been established.
    var log: TrackLog?
    /// Subscribers that wait for an upstream.
    var waiting: [RequestKey: Waiting] = [:]
    /// FETCHes that wait for the fill of the group in progress.
    var heldFetches: [RequestKey: (peer: Peer, request: Fetch)] = [:]
    /// Fills of subscriptions that wait for the same.
    var heldFills: [FetchReply] = []
    var fill: Fill?
    /// How the last publisher that had accepted left, while others have not answered yet; nil: none has.
    var parting: Parting?
    /// A publisher has said that the track is over, while others still bring what they alone have to; nil: none has.
    var ending: PublishDone?
    /// When the last upstream was lost without PUBLISH_DONE; what was received is kept for its successor until then.
    var orphanedAt: Instant?

    /// A SUBSCRIBE without an answer yet.
    struct Waiting {
        let peer: Peer
        let request: Subscribe
        /// Until when it waits for a publisher to come (draft-18 "RENDEZVOUS TIMEOUT Parameter").
        let deadline: Instant
    }

    /// How a publisher left.
    enum Parting {
        case done(PublishDone)
        /// Without PUBLISH_DONE.
        case lost(Instant)
    }

    init(name: FullTrackName) { self.name = name }

    /// What precedes the subscription is on its way, or will be asked for as soon as a publisher sends.
    var isFilling: Bool { fill != nil || upstreams.contains { $0.unfilled != nil && $0.forwards } }
    var isEstablished: Bool { upstreams.contains { $0.isEstablished } }
    var isIdle: Bool {
        upstreams.isEmpty && waiting.isEmpty && heldFetches.isEmpty && (log?.subscriptions.isEmpty ?? true)
    }
}

/// A request of one of the relay's peers.
struct RequestKey: Hashable {
    let peer: UInt64
    let request: RequestID

    init(_ peer: Peer, _ request: RequestID) {
        self.peer = peer.number
        self.request = request
    }
}

/// A subscription of the relay's own to a publisher.
final class Upstream {
    let peer: Peer
    let requestID: RequestID
    let track: RelayTrack
    var isEstablished: Bool
    /// Objects are being sent.
    var forwards: Bool
    /// What the publisher had published when it was told to wait, and was not fetched; nil: nothing.
    var unfilled: Location?
    /// It is being joined: what precedes it is on its way, if there is any.
    var isJoining = false
    /// What takes that; nil: it is not wanted.
    var fill: Fill?
    /// The last NEW_GROUP_REQUEST to it; nil: there was none.
    var newGroup: NewGroupRequest?
    /// The publisher began it with PUBLISH.
    let wasPublished: Bool
    /// Data streams that have begun.
    var streamCount: UInt64 = 0
    /// How far it was when it was last looked at, and since when it is there.
    var progress: (streams: UInt64, bytes: UInt64, since: Instant)?

    init(peer: Peer, requestID: RequestID, track: RelayTrack, forwards: Bool, wasPublished: Bool) {
        self.peer = peer
        self.requestID = requestID
        self.track = track
        self.forwards = forwards
        self.wasPublished = wasPublished
        isEstablished = wasPublished
    }
}
