package import MoQTCodec
package import MoQTSession
package import Wire

/// Joins publishers and subscribers: names, upstream subscriptions and the logs between them. One per loop.
///
/// Inputs are session events; what follows from them is done on the sessions of the peers concerned, whose drivers
/// are told by ``Peer/needsFlush``.
package final class Relay {
    /// How a relay behaves where the draft leaves it open.
    package struct Settings: Sendable {
        /// Object delivery timeout for publishers that set none; nil: their tracks are lossless.
        package var defaultDeliveryTimeout: Interval?
        /// How long ago what a subscriber has not taken may have come; nil: as long as the cache holds it.
        package var subscriberLag: Interval?
        /// How long what a lost publisher sent is kept for its successor.
        package var orphanTime = Interval.seconds(60)
        /// How long a track goes on coming after its last subscriber has left, for one that comes back or moves; what is
        /// lossless stands still meanwhile. 0: no longer.
        package var lingerTime = Interval.seconds(2)
        /// How long a publisher that brings nothing is waited for after another one has said that the track is over.
        package var endingTime = Interval.seconds(5)
        /// How long a relay is looked for that has what nobody publishes here.
        package var seekTime = Interval.seconds(10)
        /// Subscriptions of a peer, those included that wait; more are refused with EXCESSIVE_LOAD.
        package var subscriptionLimit = Int.max
        /// Namespaces that a peer publishes; more are refused with EXCESSIVE_LOAD.
        package var namespaceLimit = Int.max
        /// Tracks that are published, wanted or kept on all loops; what would add to them is refused with EXCESSIVE_LOAD.
        package var trackLimit = Int.max
        /// Bytes of an object's payload; a stream with more is given up with EXCESSIVE_LOAD.
        package var objectSizeLimit = UInt64.max
        /// Datagrams that wait to be sent to a peer; the oldest is dropped when there are more.
        package var datagramLimit = 2048
        /// How long what was had by FETCH alone, of a track without subscribers, is kept for the next one.
        package var fetchedTime = Interval.seconds(60)

        package init() {}
    }

    package let settings: Settings
    package let cache: Cache
    let census: (any TrackCensus)?
    var tracks: [FullTrackName: RelayTrack] = [:]
    /// Every open session.
    package private(set) var peers: [ObjectIdentifier: Peer] = [:]
    /// Namespaces that are published.
    var publishers = NamespaceTable<AnyObject?>()
    /// Told of each namespace that a client publishes, or has a track of; what it returns is kept for as long.
    package var claim: ((TrackNamespace) -> AnyObject)?
    /// Prefixes under which somebody wants to hear of namespaces.
    var namespaceInterests = NamespaceTable<Void>()
    /// Prefixes under which somebody wants tracks, with the terms for them.
    var trackInterests = NamespaceTable<Parameters>()
    /// Ended logs that a new one has taken the place of, while they have readers.
    private var draining: [TrackLog] = []
    /// What publishers are being asked for on behalf of others.
    var fills: [Fill] = []
    /// FETCHes of tracks that are not followed, which a publisher was asked for.
    var openings: [Opening] = []
    /// Replies that wait for publishers only so long.
    var timed: [FetchReply] = []
    /// Clients have been sent elsewhere: whoever leaves does not come back.
    package var isDraining = false
    private var nextCheck: Instant?
    /// What sessions that are over have brought and taken, and how they ended.
    var past = RelaySnapshot()
    /// The other loops of the relay, and relays that it has connected to.
    var siblings: [Peer] = []
    /// Relays that have what nobody publishes here.
    var routing = Routing()
    /// What waits for other loops to act on what they were told.
    var held: [HeldAction] = []
    /// Namespaces of clients of which other loops are being told, by ``Peer/number``.
    var introducing: [UInt64: [TrackNamespace]] = [:]
    /// Says who may do what; nil: anybody anything.
    var authorizer: (any Authorizer)?
    /// When the next permission ends.
    var nextReview: Instant?
    /// Told of what a peer may not do, in which request, and why; nil for its SETUP.
    package var toldOfDenial: ((Peer, RequestID?, String) -> Void)?

    /// - Parameter census: of the tracks of all loops; nil: there is one.
    package init(settings: Settings, cache: Cache, census: (any TrackCensus)? = nil) {
        self.settings = settings
        self.cache = cache
        self.census = census
    }

    // Peers, tracks and logs hold each other.
    deinit {
        for peer in peers.values { peer.close() }
        for track in tracks.values {
            track.upstreams = []
            forgetLog(track)
            if let fetched = track.fetched { cache.remove(fetched) }
            census?.remove(track.name)
        }
        for log in draining { cache.remove(log) }
    }

    package func add(_ peer: Peer) {
        peers[ObjectIdentifier(peer)] = peer
        peer.downlink.datagramLimit = settings.datagramLimit
        if peer.isSibling { siblings.append(peer) }
        restrict(peer)
        peer.readerEnded = { [weak self] log in self?.readerLeft(log) }
    }

    // MARK: - Events

    package func handle(_ event: SessionEvent, from peer: Peer, now: Instant) {
        cache.tell(now)
        guard admits(event, from: peer, now), hasRoom(for: event, from: peer), !holds(event, from: peer, now) else {
            return
        }
        dispatch(event, from: peer, now)
    }

    func dispatch(_ event: SessionEvent, from peer: Peer, _ now: Instant) {
        switch event {
        case .early: break
        case .ready: if peer.kind == .loop { discover(peer) }
        case .subscribe(let request): subscribe(request, from: peer, now)
        case .publish(let request): publish(request, from: peer)
        case .fetch(let request, let name): fetch(request, of: name, from: peer)
        case .trackStatus(let request): trackStatus(request, from: peer)
        case .publishNamespace(let request): publishNamespace(request, from: peer)
        case .subscribeNamespace(let request): subscribeNamespace(request, from: peer)
        case .subscribeTracks(let request): subscribeTracks(request, from: peer)
        case .updateRequested(let id, let parameters):
            if !changeInterest(id, parameters, of: peer) { update(id, parameters, from: peer) }
        case .requestCancelled(let id, let code): cancelled(id, by: peer, code, now)
        case .subscribeAccepted(let id, let answer): subscribed(id, answer, to: peer)
        case .publishAccepted(let id, let parameters): offerAccepted(id, parameters, by: peer)
        case .stateNotified(let id, let parameters): stateNotified(id, parameters, by: peer)
        case .updateAccepted(let id, let answer): updated(id, answer, by: peer)
        case .accepted(let id, let answer): statusAnswered(id, answer, by: peer)
        case .fetchAccepted(let id, let answer):
            if case .fillAsked(let fill) = peer.requests[id] { accepted(fill, answer, by: peer) }
        case .updateRejected, .publishBlocked: break
        case .rejected(let id, let error): rejected(id, error, by: peer, now)
        case .publishDone(let id, let done): upstreamDone(id, done, of: peer, now)
        case .namespaceAnnounced(let id, let namespace): announced(namespace, RequestKey(peer, id), by: peer)
        case .namespaceGone(let id, let namespace): withdraw(namespace, RequestKey(peer, id), of: peer)
        case .goAway(let away, let id): if let id { wentAway(away, id, of: peer) }
        case .malformedTrack(let id, let what): malformed(id, what, from: peer, now)
        case .closed(let close): closed(peer, close, now)
        case .subgroupOpened, .object, .payload, .subgroupEnded, .datagramObject, .fetchOpened, .fetchObject,
            .fetchGap, .fetchEnded, .joinEnded:
            received(event, from: peer, now: now)
        }
    }

    // MARK: - Time

    /// When ``timeReached(_:)`` is due; nil while nothing waits.
    package var deadline: Instant? {
        [nextReview, nextCheck, fillDeadline].compactMap(\.self).min()
    }

    /// Keeps a coarse clock of one second while something waits for time to pass.
    package func timeReached(_ now: Instant) {
        reviewAccess(now)
        if let due = fillDeadline, due <= now { expireFills(now) }
        guard let due = nextCheck, due <= now else { return }
        nextCheck = nil
        routing.forgetBereft()
        expireFills(now)
        for track in Array(tracks.values) { expire(track, now) }
        expireSearches(now)
        for log in draining { dropStalledDrainers(of: log, now) }
        for log in tracks.values.compactMap(\.log) + draining { log.dropLate(now, lag: settings.subscriberLag) }
        cache.dropStalledReaders(now)
        cache.expire(now)
        settle(now)
        scheduleCheck(now)
    }

    /// What is due after every round of input: credit to publishers, eviction.
    package func settle(_ now: Instant) {
        askUpstreams()
        cache.settle(now)
        while let credit = cache.nextCredit() {
            credit.source.peer?.credit(credit.source.stream, Int(clamping: credit.byteCount))
            if credit.endsStream { credit.source.peer?.finishedStream() }
        }
        if nextCheck == nil { scheduleCheck(now) }
    }

    private func scheduleCheck(_ now: Instant) {
        guard !tracks.isEmpty || !draining.isEmpty || routing.isSearching else { return }
        nextCheck = now + .seconds(1)
    }

    private func expire(_ track: RelayTrack, _ now: Instant) {
        if track.ending != nil { giveUpSilent(track, now) }
        if track.unwantedSince != nil { abandonIfUnwanted(track) }
        settleMoves(of: track, now)
        giveUpUnanswered(track, now)
        seekAgain(track, now)
        if track.upstreams.isEmpty, held.isEmpty {
            for (key, waiting) in track.waiting where waiting.deadline <= now {
                track.waiting[key] = nil
                refuse(waiting, .timeout, "no publisher came in time")
            }
        }
        if let log = track.log, log.end != nil || log.loss != nil { dropStalledDrainers(of: log, now) }
        if let orphaned = track.orphanedAt, now - orphaned > settings.orphanTime,
            track.log?.subscriptions.isEmpty ?? true
        {
            forgetLog(track)
        }
        expireFetched(of: track, now)
        dropIfIdle(track)
    }

    /// What was had by FETCH alone is not kept for long.
    private func expireFetched(of track: RelayTrack, _ now: Instant) {
        guard let log = track.fetched else { return }
        guard !log.hasReaders, !openings.contains(where: { $0.fill.log === log }) else {
            return track.unreadSince = nil
        }
        let since = track.unreadSince ?? now
        track.unreadSince = since
        guard now - since >= settings.fetchedTime || peers.values.allSatisfy({ $0.number != track.fetchedFrom }) else {
            return
        }
        cache.remove(log)
        track.fetched = nil
    }

    /// Whoever drains a log that nobody writes any more and takes nothing is not waited for.
    private func dropStalledDrainers(of log: TrackLog, _ now: Instant) {
        let since = log.drainsSince ?? now
        log.drainsSince = since
        for subscription in log.subscriptions where subscription.isStalled(now, since: since) {
            subscription.fallBehind()
        }
    }

    func refuse(_ waiting: RelayTrack.Waiting, _ code: RequestErrorCode, _ reason: String) {
        waiting.peer.requests[waiting.request.requestID] = nil
        waiting.peer.say { try $0.reject(waiting.request.requestID, code, reason: reason) }
    }

    // MARK: - Tracks

    func track(_ name: FullTrackName) -> RelayTrack {
        if let track = tracks[name] { return track }
        let track = RelayTrack(name: name)
        tracks[name] = track
        census?.add(name)
        return track
    }

    /// Forgets a track that nobody publishes, reads or waits for.
    func dropIfIdle(_ track: RelayTrack) {
        guard track.isIdle, track.orphanedAt == nil else { return }
        forgetLog(track)
        if tracks.removeValue(forKey: track.name) != nil { census?.remove(track.name) }
    }

    /// Lets go of a track's log, at once or when its last reader has drained it.
    func forgetLog(_ track: RelayTrack) {
        if let log = track.log {
            log.end(.internalError, reason: "the publisher was lost")
            if log.hasReaders { draining.append(log) } else { cache.remove(log) }
        }
        track.log = nil
        track.orphanedAt = nil
    }

    /// A subscription or a fetch is over; the upstream goes with the last subscription.
    func readerLeft(_ log: TrackLog) {
        if !log.hasReaders, let index = draining.firstIndex(where: { $0 === log }) {
            draining.swapAt(index, draining.count - 1)
            draining.removeLast()
            cache.remove(log)
        }
        guard log.subscriptions.isEmpty || !siblings.isEmpty, let track = tracks[log.name] else { return }
        abandonIfUnwanted(track)
    }

    // MARK: - Sessions

    private func closed(_ peer: Peer, _ close: SessionClose, _ now: Instant) {
        guard peers.removeValue(forKey: ObjectIdentifier(peer)) != nil else { return }
        remember(peer, close)
        routing.forget(peer)
        let requests = peer.requests
        for stream in peer.writers.values { endLost(stream) }
        peer.close()
        for (id, request) in requests { end(request, id, of: peer, now) }
        if peer.isSibling { lose(peer) }
    }

    /// A request of either end was given up by the peer, or ended with its session.
    /// - Parameter code: what a fetch stream is reset with.
    func end(
        _ request: PeerRequest, _ id: RequestID, of peer: Peer, _ now: Instant, _ code: StreamResetCode = .cancelled
    ) {
        let key = RequestKey(peer, id)
        switch request {
        case .subscription(let subscription):
            subscription.cancel()
            readerLeft(subscription.track)
        case .waiting(let track):
            track.waiting[key] = nil
            abandonIfUnwanted(track)
        case .sought(let namespace): routing.drop(key, from: namespace)
        case .openingFetch(let opening): leave(opening, key)
        case .upstream(let upstream): lost(upstream, now)
        case .fetchReply(let reply):
            reply.cancel(code)
            readerLeft(reply.track)
        case .fillAsked(let fill):
            fill.isReleased = true
            failed(fill, RequestError())
        case .statusWanted(let inquiry): abandon(inquiry)
        case .statusAsked(let inquiry): statusRefused(inquiry, key)
        case .namespace(let namespace): withdraw(namespace, key, of: peer)
        case .namespaceInterest(let prefix):
            namespaceInterests.remove(key, under: prefix)
            trackInterests.remove(key, under: prefix)
        case .trackInterest(let prefix): trackInterests.remove(key, under: prefix)
        case .advertisement(let namespace): peer.outlook.advertised[namespace] = nil
        case .discovery(let prefix): endDiscovery(id, of: prefix, by: peer)
        case .offer: break
        }
    }
}
