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
    /// What was had of it by FETCH alone; nil: nothing. Another publisher's track of the name may be another one.
    var fetched: TrackLog?
    /// The ``Peer/number`` of whom that was had from, and since when nobody reads it.
    var fetchedFrom: UInt64 = 0
    var unreadSince: Instant?
    /// How the last publisher that had accepted left, while others have not answered yet; nil: none has.
    var parting: Parting?
    /// A publisher has said that the track is over, while others still bring what they alone have to; nil: none has.
    var ending: PublishDone?
    /// The same for clients of this loop that publish, where there are other loops.
    var ownParting: Parting?
    /// When its last subscriber left, if it may still come back; nil: it has subscribers, or none comes back.
    var unwantedSince: Instant? {
        didSet { log?.standsStill = unwantedSince != nil && log?.delivery == .lossless }
    }
    /// When the last upstream was lost without PUBLISH_DONE; what was received is kept for its successor until then.
    var orphanedAt: Instant?
    /// Since when another relay is looked for to go on from, while readers wait; nil: it is not.
    var soughtSince: Instant?

    /// A SUBSCRIBE without an answer yet.
    struct Waiting {
        let peer: Peer
        let request: Subscribe
        /// The group in progress when it came; 0: there was none.
        let group: UInt64
        /// Until when it waits for a publisher to come (draft-18 "RENDEZVOUS TIMEOUT Parameter").
        let deadline: Instant
    }

    /// How a publisher left.
    enum Parting {
        case done(PublishDone)
        /// Without PUBLISH_DONE.
        case lost(Instant)

        var code: PublishDoneCode { if case .done(let done) = self { done.code } else { .internalError } }
        var reason: String {
            if case .done(let done) = self { done.reason.string } else { "the publisher was lost" }
        }
    }

    init(name: FullTrackName) { self.name = name }

    var isEstablished: Bool { upstreams.contains { $0.isEstablished } }
    /// Somebody publishes it from whom `reader` may have it.
    func isEstablished(for reader: Peer) -> Bool { upstreams.contains { $0.isEstablished && reader.hears($0.peer) } }
    /// Somebody sends it from whom `reader` may have it.
    func isFollowed(for reader: Peer) -> Bool {
        upstreams.contains { $0.isEstablished && $0.forwards && reader.hears($0.peer) }
    }
    /// Somebody publishes it, or may, from whom `reader` may have it.
    func hasUpstream(for reader: Peer) -> Bool { upstreams.contains { reader.hears($0.peer) } }

    /// Somebody who may have it from `publisher` waits for it or reads it.
    func isWanted(from publisher: Peer) -> Bool {
        waiting.values.contains { $0.peer.hears(publisher) }
            || log?.subscriptions.contains { $0.downlink.hears(publisher) && ($0.forwards || !$0.downlink.isSibling) }
                ?? false
    }

    /// A client waits for it or reads it.
    var isWantedByClients: Bool {
        waiting.values.contains { $0.peer.kind == .client }
            || log?.subscriptions.contains { $0.downlink.kind == .client } ?? false
    }

    /// Somebody who may have it from `publisher` wants objects.
    func wantsObjects(from publisher: Peer) -> Bool {
        waiting.values.contains { $0.peer.hears(publisher) && ($0.request.parameters.forward ?? true) }
            || log?.subscriptions.contains { $0.downlink.hears(publisher) && $0.forwards } ?? false
    }
    /// Somebody waits for it or reads it.
    var isRead: Bool { !waiting.isEmpty || !(log?.subscriptions.isEmpty ?? true) }
    var isIdle: Bool { upstreams.isEmpty && fetched == nil && !isRead }
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
    /// When it was asked for; nil: it came by itself.
    var askedAt: Instant?
    /// Data streams that have begun.
    var streamCount: UInt64 = 0
    /// How far it was when it was last looked at, and since when it is there.
    var progress: (streams: UInt64, bytes: UInt64, since: Instant)?
    /// The publisher wants it moved (draft-18 "GOAWAY").
    var isLeaving = false
    /// What it takes over from: the other goes on until nothing is owed by that alone; nil: nothing.
    var predecessor: Upstream?
    /// After what location it takes over, nil being the track's beginning, and when it began to.
    var takesOver: (after: Location?, since: Instant)?
    /// Keeps the track's namespace for this relay, among others; nil: nobody wants to know.
    var claim: AnyObject?
    /// Of the track, as PUBLISH gave them.
    let properties: Properties

    init(
        peer: Peer, requestID: RequestID, track: RelayTrack, forwards: Bool, wasPublished: Bool,
        properties: Properties = Properties()
    ) {
        self.peer = peer
        self.requestID = requestID
        self.track = track
        self.forwards = forwards
        self.wasPublished = wasPublished
        self.properties = properties
        isEstablished = wasPublished
    }
}
