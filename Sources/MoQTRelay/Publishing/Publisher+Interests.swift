internal import MoQTCodec
internal import MoQTSession
internal import Wire

/// What a peer wants to hear of under a prefix.
struct PublisherInterest {
    weak var peer: Peer?
    var prefix: TrackNamespace
    var wantsNamespaces: Bool
    var wantsTracks: Bool
    /// Of subscriptions of the tracks; its range filters are for the tracks, too.
    var terms: Parameters

    /// Of a subscription of a track that the peer wants; nil: it does not want it.
    func terms(for track: TrackLog) -> Parameters? {
        guard wantsTracks, track.name.namespace.hasPrefix(prefix),
            let filters = terms.rangeFilters.left(for: track.properties)
        else { return nil }
        var terms = terms
        terms.rangeFilters = filters
        return terms
    }
}

/// SUBSCRIBE_NAMESPACE and SUBSCRIBE_TRACKS (draft-18 "Namespace Discovery").
extension Publisher {
    /// - Returns: whether the event was about one of these.
    func handleInterest(_ event: SessionEvent, from peer: Peer) -> Bool {
        switch event {
        case .subscribeNamespace(let request):
            let options = request.options ?? .namespace
            take(
                request.requestID, peer,
                PublisherInterest(
                    peer: peer, prefix: request.prefix, wantsNamespaces: options != .publish,
                    wantsTracks: options != .namespace, terms: request.parameters))
        case .subscribeTracks(let request):
            take(
                request.requestID, peer,
                PublisherInterest(
                    peer: peer, prefix: request.prefix, wantsNamespaces: false, wantsTracks: true,
                    terms: request.parameters))
        case .updateRequested(let id, let parameters):
            guard interests[RequestKey(peer, id)] != nil else { return false }
            update(id, peer, parameters)
        case .requestCancelled(let id, _):
            return interests.removeValue(forKey: RequestKey(peer, id)) != nil
        case .closed:
            interests = interests.filter { $0.key.peer != peer.number }
            return false
        default: return false
        }
        return true
    }

    private func take(_ id: RequestID, _ peer: Peer, _ interest: PublisherInterest) {
        interests[RequestKey(peer, id)] = interest
        peer.say { try $0.accept(id, parameters: Parameters()) }
        for track in tracks.values.sorted(by: { $0.name.description < $1.name.description }) {
            tell(interest, id, of: track)
        }
    }

    private func update(_ id: RequestID, _ peer: Peer, _ parameters: Parameters) {
        let key = RequestKey(peer, id)
        guard let old = interests[key] else { return }
        let prefix = parameters.trackNamespacePrefix ?? old.prefix
        interests[key]?.prefix = prefix
        interests[key]?.terms = old.terms.updatedForTracks(by: parameters)
        let namespaces = Set(tracks.keys.map(\.namespace)).filter { $0.hasPrefix(old.prefix) && !$0.hasPrefix(prefix) }
        for namespace in namespaces where old.wantsNamespaces { peer.say { try $0.withdraw(namespace, on: id) } }
        peer.say { try $0.acceptUpdate(id) }
        guard let new = interests[key] else { return }
        for track in tracks.values {
            // What it wanted before it has been offered.
            let isNew = old.wantsTracks ? old.terms(for: track) == nil : !track.name.namespace.hasPrefix(old.prefix)
            if isNew { tell(new, id, of: track) }
        }
    }

    /// A track is there: who wants to hear of it does.
    func tellInterested(of track: TrackLog) {
        for (key, interest) in interests { tell(interest, key.request, of: track) }
    }

    /// A track of the namespace is there no more: who heard of it hears of that, unless others are left.
    func withdraw(_ namespace: TrackNamespace) {
        guard !tracks.keys.contains(where: { $0.namespace == namespace }) else { return }
        for (key, interest) in interests where interest.wantsNamespaces && namespace.hasPrefix(interest.prefix) {
            interest.peer?.say { try $0.withdraw(namespace, on: key.request) }
        }
    }

    private func tell(_ interest: PublisherInterest, _ id: RequestID, of track: TrackLog) {
        guard let peer = interest.peer, track.name.namespace.hasPrefix(interest.prefix) else { return }
        // Again does nothing.
        if interest.wantsNamespaces { peer.say { try $0.announce(track.name.namespace, on: id) } }
        if let terms = interest.terms(for: track) { _ = try? offer(track, to: peer, terms) }
    }
}

extension Parameters {
    /// Those of a SUBSCRIBE_TRACKS, after a REQUEST_UPDATE of it.
    func updatedForTracks(by update: Parameters) -> Self {
        var result = self
        result.forward = update.forward ?? forward
        result.rangeFilters = rangeFilters.updated(by: update.rangeFilters)
        return result
    }

    /// What of the terms of a SUBSCRIBE_TRACKS the PUBLISH says that comes of it (draft-19 "Parameters on
    /// SUBSCRIBE_TRACKS").
    func statedByPublish(largest: Location?) -> Self {
        var result = Self()
        result.largestObject = largest
        result.forward = forward
        result.groupOrder = groupOrder
        return result
    }
}
