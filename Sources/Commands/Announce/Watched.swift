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
    private var published: [Scoped<RequestID>: TrackNamespace] = [:]
    /// Namespaces that were told on a request, by session.
    private var told: [UInt64: [TrackNamespace: Int]] = [:]
    /// Tracks that it publishes, none of whose objects are wanted.
    private var tracks: [Scoped<RequestID>: FullTrackName] = [:]

    init(_ report: AnnounceReport, wantsTracks: Bool) {
        self.report = report
        self.wantsTracks = wantsTracks
    }

    mutating func handle(_ event: SessionEvent, from peer: Peer) throws(WriteError) {
        switch event {
        case .namespaceAnnounced(_, let namespace):
            told[peer.number, default: [:]][namespace, default: 0] += 1
            try came(namespace)
        case .namespaceGone(_, let namespace):
            guard let count = told[peer.number]?[namespace], count > 0 else { return }
            told[peer.number]?[namespace] = count - 1
            try went(namespace)
        case .publishNamespace(let offer):
            published[Scoped(peer, offer.requestID)] = offer.namespace
            peer.say { try $0.accept(offer.requestID) }
            try came(offer.namespace)
        case .publish(let offer) where !wantsTracks: peer.say { try $0.reject(offer.requestID, .uninterested) }
        case .publish(let offer):
            let isNew = !tracks.values.contains(offer.track)
            tracks[Scoped(peer, offer.requestID)] = offer.track
            var terms = Parameters()
            terms.forward = false
            peer.say { try $0.acceptPublish(offer.requestID, parameters: terms) }
            if isNew { try report.track(offer.track, .added) }
        case .publishBlocked(_, let track): try report.track(track, .added)
        case .publishDone(let id, _), .requestCancelled(let id, _), .malformedTrack(let id, _):
            try ended(Scoped(peer, id))
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

    private mutating func ended(_ request: Scoped<RequestID>) throws(WriteError) {
        if let namespace = published.removeValue(forKey: request) { try went(namespace) }
        guard let track = tracks.removeValue(forKey: request), !tracks.values.contains(track) else { return }
        try report.track(track, .removed)
    }

    /// The session is asked anew: what it told on requests before, by how many, which ``withdraw(_:)`` takes back.
    mutating func takeTold(by peer: Peer) -> [TrackNamespace: Int] { told.removeValue(forKey: peer.number) ?? [:] }

    /// What was told no longer counts.
    mutating func withdraw(_ namespaces: [TrackNamespace: Int]) throws(WriteError) {
        for (namespace, count) in namespaces.sorted(by: { $0.key.description < $1.key.description }) {
            for _ in 0..<count { try went(namespace) }
        }
    }

    /// The session is gone, and with it all that it told and no other did.
    mutating func forget(_ peer: Peer) throws(WriteError) {
        let gone = tracks.filter { $0.key.session == peer.number }
        for request in gone.sorted(by: { $0.value.description < $1.value.description }).map(\.key) {
            try ended(request)
        }
        var namespaces = told.removeValue(forKey: peer.number) ?? [:]
        for (request, namespace) in published where request.session == peer.number {
            published[request] = nil
            namespaces[namespace, default: 0] += 1
        }
        try withdraw(namespaces)
    }
}
