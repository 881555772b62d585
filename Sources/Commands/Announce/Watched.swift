internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession

/// The namespaces and tracks a peer has told of and not taken back.
struct Watched {
    private let report: AnnounceReport
    /// Otherwise tracks are declined: some drafts have no words for namespaces alone.
    private let wantsTracks: Bool
    /// By how many requests each namespace was told.
    private var namespaces: [TrackNamespace: Int] = [:]
    /// Namespaces that the peer publishes to us outright.
    private var published: [RequestID: TrackNamespace] = [:]
    /// Tracks that it publishes, none of whose objects are wanted.
    private var tracks: [RequestID: FullTrackName] = [:]

    init(_ report: AnnounceReport, wantsTracks: Bool) {
        self.report = report
        self.wantsTracks = wantsTracks
    }

    mutating func handle(_ event: SessionEvent, from peer: Peer) throws(WriteError) {
        switch event {
        case .namespaceAnnounced(_, let namespace): try came(namespace)
        case .namespaceGone(_, let namespace): try went(namespace)
        case .publishNamespace(let offer):
            published[offer.requestID] = offer.namespace
            peer.say { try $0.accept(offer.requestID) }
            try came(offer.namespace)
        case .publish(let offer) where !wantsTracks: peer.say { try $0.reject(offer.requestID, .uninterested) }
        case .publish(let offer):
            tracks[offer.requestID] = offer.track
            var terms = Parameters()
            terms.forward = false
            peer.say { try $0.acceptPublish(offer.requestID, parameters: terms) }
            try report.track(offer.track, .added)
        case .publishBlocked(_, let track): try report.track(track, .added)
        case .publishDone(let id, _), .requestCancelled(let id, _), .malformedTrack(let id, _):
            if let track = tracks.removeValue(forKey: id) { try report.track(track, .removed) }
            if let namespace = published.removeValue(forKey: id) { try went(namespace) }
        default: break
        }
    }

    private mutating func came(_ namespace: TrackNamespace) throws(WriteError) {
        namespaces[namespace, default: 0] += 1
        if namespaces[namespace] == 1 { try report.namespace(namespace, .added) }
    }

    private mutating func went(_ namespace: TrackNamespace) throws(WriteError) {
        guard let count = namespaces[namespace] else { return }
        namespaces[namespace] = count > 1 ? count - 1 : nil
        if count == 1 { try report.namespace(namespace, .removed) }
    }

    /// The session is gone, and with it all that it told.
    mutating func forgetAll() throws(WriteError) {
        for track in tracks.values.sorted(by: { $0.description < $1.description }) {
            try report.track(track, .removed)
        }
        for namespace in namespaces.keys.sorted(by: { $0.description < $1.description }) {
            try report.namespace(namespace, .removed)
        }
        (namespaces, published, tracks) = ([:], [:], [:])
    }
}
