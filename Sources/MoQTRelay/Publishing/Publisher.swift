package import MoQTCodec
package import MoQTSession
internal import Wire

/// The original publisher of some tracks: answers whoever asks for them, from their logs.
package final class Publisher {
    package let cache: Cache
    package private(set) var tracks: [FullTrackName: TrackLog] = [:]
    /// What peers want to hear of.
    var interests: [RequestKey: PublisherInterest] = [:]
    /// Subscriptions now being served, by track.
    package var subscriberCount: Int { tracks.values.reduce(0) { $0 + $1.subscriptions.count } }
    /// Told of each subscription that begins.
    package var subscribed: ((TrackLog) -> Void)?

    package init(cache: Cache) { self.cache = cache }

    // The cache holds the logs it accounts for, and they hold it.
    deinit {
        for track in tracks.values { track.cache.remove(track) }
    }

    /// A track to publish, which must have a new name.
    ///
    /// - Parameters:
    ///   - isKept: nothing of it is ever evicted: for a catalog, not for what grows.
    ///   - own: a cache for this track alone, whose credit then is the track's; nil: all tracks share one.
    package func addTrack(
        _ name: FullTrackName, properties: Properties, delivery: Delivery,
        isKept: Bool = false, cache own: Cache? = nil
    ) -> TrackLog {
        precondition(tracks[name] == nil, "a track is published once")
        let log = TrackLog(
            name: name, properties: properties, delivery: delivery,
            cache: own ?? (isKept ? Cache(limit: .max) : cache))
        tracks[name] = log
        tellInterested(of: log)
        return log
    }

    /// Publishes a track no more, and lets go of what it holds. Whoever reads it gets no more of it.
    package func removeTrack(_ log: TrackLog) {
        guard tracks[log.name] === log else { return }
        tracks[log.name] = nil
        withdraw(log.name.namespace)
        log.cache.remove(log)
    }

    /// Offers a track by PUBLISH (draft-18 "PUBLISH"); objects flow once the peer has agreed.
    ///
    /// - Parameter terms: those that the peer asked for such tracks on; nil: it did not ask, and where PUBLISH states the
    ///   terms, it asks for objects when somebody reads them.
    @discardableResult
    package func offer(
        _ track: TrackLog, to peer: Peer, _ terms: Parameters? = nil
    ) throws(SessionError) -> RequestID {
        var parameters = (terms ?? Parameters()).statedByPublish(largest: track.largest)
        if terms == nil, peer.session.profile.behaviours.contains(.publishStatesTerms) { parameters.forward = false }
        let (id, alias) = try peer.session.publish(track.name, properties: track.properties, parameters)
        peer.requests[id] = .offer(TrackOffer(track: track, alias: alias, terms: terms ?? Parameters()))
        peer.flush()
        return id
    }

    /// Does what an event asks of a publisher.
    ///
    /// - Returns: whether the event was one for a publisher.
    package func handle(_ event: SessionEvent, from peer: Peer) -> Bool {
        if handleInterest(event, from: peer) { return true }
        switch event {
        case .subscribe(let request):
            guard let track = track(request.track, request.requestID, peer) else { return true }
            peer.answer(request, with: track)
            if peer.subscription(request.requestID) != nil { subscribed?(track) }
        case .fetch(let request, let name):
            if let track = track(name, request.requestID, peer) { peer.answer(request, with: track) }
        case .trackStatus(let request):
            if let track = track(request.track, request.requestID, peer) { peer.answer(request, with: track) }
        case .publishAccepted(let id, let parameters):
            guard case .offer(let offer) = peer.requests[id] else { return false }
            peer.attach(offer, id, parameters)
            if parameters.forward ?? true { subscribed?(offer.track) }
        case .updateRequested(let id, let parameters):
            guard let subscription = peer.subscription(id) else { return false }
            let forwarded = subscription.forwards
            peer.update(subscription, id, parameters)
            if subscription.forwards, !forwarded { subscribed?(subscription.track) }
        case .requestCancelled(let id, let code):
            switch peer.requests.removeValue(forKey: id) {
            case .subscription(let subscription): subscription.cancel()
            case .fetchReply(let reply): reply.cancel(code == .goingAway ? code : .cancelled)
            default: return false
            }
        case .rejected(let id, _):
            guard case .offer = peer.requests[id] else { return false }
            peer.requests[id] = nil
        case .closed:
            peer.close()
            return false
        default:
            return false
        }
        return true
    }

    private func track(_ name: FullTrackName, _ id: RequestID, _ peer: Peer) -> TrackLog? {
        if let track = tracks[name] { return track }
        peer.say { try $0.reject(id, .doesNotExist, reason: "no such track") }
        return nil
    }
}
