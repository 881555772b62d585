package import MoQTCodec
internal import MoQTSession
internal import Wire

/// What nobody publishes here is looked for at other relays.
///
/// Only clients have it looked for. What another relay asks for is here or is not, so that no request goes round.
extension Relay {
    /// Has namespaces that nobody publishes here looked for from now on.
    package func seek(by finder: any RouteFinder) { routing.finder = finder }

    /// `origin` may have the namespace: it is asked for what is wanted of it.
    package func found(_ namespace: TrackNamespace, at origin: Peer) {
        routing.learn(namespace, at: origin)
        for name in routing.takeBereft(of: namespace) {
            guard let track = tracks[name], isBereft(track) else { continue }
            subscribe(track, to: origin, newGroup: track.newGroupWanted)
        }
        release(namespace)
    }

    /// Nobody is known to have the namespace.
    package func missed(_ namespace: TrackNamespace) {
        _ = routing.takeBereft(of: namespace)
        release(namespace)
    }

    /// The relay is not asked any more for what was found there.
    package func unlearn(_ origin: Peer) { routing.forget(origin) }

    /// What is wanted and has nobody to come from.
    package var soughtNamespaces: Set<TrackNamespace> { routing.soughtNamespaces }

    // MARK: - Requests that wait

    /// Whether the request waits for a relay to be found that has what it is for.
    func holds(_ event: SessionEvent, from peer: Peer, _ now: Instant) -> Bool {
        guard let finder = routing.finder, peer.kind == .client, let wanted = WantedTrack(event),
            !isKnown(wanted, to: peer)
        else { return false }
        let namespace = wanted.name.namespace
        peer.requests[wanted.request] = .sought(namespace)
        routing.hold(.init(peer: peer, request: wanted.request, event: event), for: namespace, now)
        finder.find(namespace)
        return true
    }

    private func isKnown(_ wanted: WantedTrack, to peer: Peer) -> Bool {
        if let track = tracks[wanted.name], track.hasUpstream(for: peer) || wanted.isOfPast && track.log != nil {
            return true
        }
        return announcers(of: wanted.name.namespace).contains { peer.hears($0) }
    }

    /// What has waited for a namespace does so no more.
    private func release(_ namespace: TrackNamespace) {
        for held in routing.end(namespace) {
            guard case .sought = held.peer.requests.removeValue(forKey: held.request) else { continue }
            dispatch(held.event, from: held.peer, cache.clock)
        }
    }

    /// Somebody publishes under the namespace.
    func release(under prefix: TrackNamespace) {
        for namespace in routing.sought(under: prefix) { release(namespace) }
    }

    func expireSearches(_ now: Instant) {
        guard routing.isSearching else { return }
        for namespace in routing.sought(longerThan: settings.seekTime, now) { release(namespace) }
    }

    // MARK: - Tracks that have lost their publisher

    /// Clients want it, and there is nobody to have it from.
    private func isBereft(_ track: RelayTrack) -> Bool { track.upstreams.isEmpty && track.isWantedByClients }

    /// A client here publishes the track.
    func isOwn(_ name: FullTrackName) -> Bool {
        tracks[name]?.upstreams.contains { $0.peer.kind == .client && $0.isEstablished } ?? false
    }

    /// The last publisher of a track was lost: its readers wait for a relay to be found that has it.
    /// - Returns: false: nobody looks for one.
    func seekSuccessor(of track: RelayTrack, _ log: TrackLog, _ now: Instant) -> Bool {
        guard let finder = routing.finder, isBereft(track) else { return false }
        track.soughtSince = track.soughtSince ?? now
        log.suspend()
        find(track, finder)
        return true
    }

    /// A relay that does not answer is not waited for: it may wait for this one.
    func giveUpUnanswered(_ track: RelayTrack, _ now: Instant) {
        for upstream in track.upstreams where upstream.peer.kind == .relay && !upstream.isEstablished {
            guard let since = upstream.askedAt, now - since > settings.seekTime else { continue }
            track.upstreams.removeAll { $0 === upstream }
            giveUp(upstream)
            routing.refused(track.name.namespace, by: upstream.peer)
            refuseWaiting(track, Self.noAnswer, by: upstream.peer)
        }
    }

    private static var noAnswer: RequestError { RequestError(.timeout, WireText("no relay has answered")) }

    /// Looks on for what is still wanted, until it is too long.
    func seekAgain(_ track: RelayTrack, _ now: Instant) {
        guard let finder = routing.finder, isBereft(track) else { return }
        if let since = track.soughtSince, now - since > settings.seekTime {
            track.soughtSince = nil
            track.log?.orphan(.internalError, reason: "the publisher was lost")
        }
        // Who has been told that nobody publishes it is not waiting any more.
        if track.soughtSince != nil || !track.waiting.isEmpty { find(track, finder) }
    }

    private func find(_ track: RelayTrack, _ finder: any RouteFinder) {
        routing.bereave(track.name)
        finder.find(track.name.namespace)
    }
}

/// What a request wants of a track.
private struct WantedTrack {
    let request: RequestID
    let name: FullTrackName
    /// Objects that were published before.
    var isOfPast = false

    /// Nil: the event is no such request.
    init?(_ event: SessionEvent) {
        switch event {
        case .subscribe(let message): (request, name) = (message.requestID, message.track)
        case .fetch(let message, let track): (request, name, isOfPast) = (message.requestID, track, true)
        case .trackStatus(let message): (request, name) = (message.requestID, message.track)
        default: return nil
        }
    }
}
