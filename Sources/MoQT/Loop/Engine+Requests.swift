internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import Wire

// What tasks ask for.

extension Engine {
    func subscribe(
        _ track: FullTrackName, _ parameters: Parameters, _ join: Join?, _ ticket: Ticket, _ feed: Feed<FetchItem>,
        _ reply: Reply<SubscribeOK>
    ) {
        let intake = Intake(feed, plan.options, isJoining: join != nil)
        begin(ticket, .subscription(intake, reply)) { try $0.subscribe(track, parameters, join: join) }
    }

    func fetch(
        _ target: Fetch.Target, _ parameters: Parameters, _ ticket: Ticket, _ feed: Feed<FetchItem>,
        _ reply: Reply<FetchOK>
    ) {
        begin(ticket, .fetch(Intake(feed, plan.options), reply)) { try $0.fetch(target, parameters) }
    }

    func status(of track: FullTrackName, _ ticket: Ticket, _ reply: Reply<RequestOK>) {
        begin(ticket, .status(reply)) { try $0.trackStatus(track) }
    }

    func announce(_ namespace: TrackNamespace, _ ticket: Ticket, _ ended: Latch<MoQTError>, _ reply: Reply<Void>) {
        begin(ticket, .announcement(reply, ended: ended)) { try $0.publishNamespace(namespace) }
    }

    func watch(
        _ prefix: TrackNamespace, _ ticket: Ticket, _ feed: Feed<NamespaceChange>, _ reply: Reply<Void>
    ) {
        let intake = NamespaceIntake(prefix, feed)
        begin(ticket, .namespaces(intake, reply)) { try $0.subscribeNamespace(prefix) }
        if begun[ticket] != nil { watches[ticket] = intake }
    }

    private func begin(
        _ ticket: Ticket, _ kind: OwnRequest.Kind, _ ask: (inout MoQTSession.Session) throws -> RequestID
    ) {
        guard let peer else { return kind.fail(end ?? MoQTError(.session, reason: "the session is not ready")) }
        do {
            let id = try ask(&peer.session)
            requests[id] = OwnRequest(ticket: ticket, kind: kind)
            begun[ticket] = id
            intakes[ticket] = kind.intake
            peer.flush()
        } catch {
            kind.fail(MoQTError(refused: error, draft))
        }
    }

    /// Those who asked are gone: what has not ended is given up, and what was not taken is dropped.
    func release(_ ticket: Ticket) {
        if let id = begun.removeValue(forKey: ticket), requests[id] != nil {
            if case .offer = requests[id]?.kind {} else { peer?.say { try $0.cancel(id) } }
            requests.removeValue(forKey: id)?.kind.fail(.cancelled)
        }
        if let intake = intakes.removeValue(forKey: ticket) {
            intake.abandon()
            payCredit(of: intake)
        }
        watches.removeValue(forKey: ticket)?.feed.end(.cancelled)
        releasePublication(ticket)
    }

    // MARK: - Publishing

    func publish(
        _ track: FullTrackName, _ options: PublishOptions, _ ticket: Ticket, _ ends: PublisherEnds,
        _ reply: Reply<Void>
    ) {
        guard let peer else { return reply.set(.failure(end ?? MoQTError(.session, reason: "the session is over"))) }
        guard publisher.tracks[track] == nil else {
            return reply.set(.failure(MoQTError(.call, reason: "\(track) is published already", draft: draft)))
        }
        let properties = options.trackProperties
        let log = publisher.addTrack(
            track, properties: properties, delivery: Delivery(properties), cache: Cache(limit: options.cacheSize))
        let publication = Publication(log, ends)
        publications[ticket] = publication
        guard options.isOffered else { return reply.set(.success(())) }
        do throws(SessionError) {
            let id = try publisher.offer(log, to: peer)
            requests[id] = OwnRequest(ticket: ticket, kind: .offer(publication, reply))
        } catch {
            withdraw(publication)
            reply.set(.failure(MoQTError(error, draft)))
        }
    }

    func endPublication(_ ticket: Ticket) { publications[ticket]?.end(.trackEnded, "") }

    private func releasePublication(_ ticket: Ticket) {
        guard let publication = publications[ticket] else { return }
        publication.isReleased = true
        publication.end(.internalError, "given up by its publisher")
    }

    func publication(of log: TrackLog) -> Publication? { publications.values.first { $0.log === log } }

    /// The track is not published any more; its name is free.
    func withdraw(_ publication: Publication) {
        if let ticket = publications.first(where: { $0.value === publication })?.key { publications[ticket] = nil }
        publisher.removeTrack(publication.log)
    }
}
