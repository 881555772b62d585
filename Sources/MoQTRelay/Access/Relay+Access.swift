internal import MoQTCodec
internal import MoQTSession
package import Wire

/// Who may do what, where somebody has been asked to say (draft-18 "Authorization").
///
/// What a peer may not do is refused before anything is looked up, so that no answer tells what there is.
extension Relay {
    /// From now on `authorizer` is asked; what it does not allow any more ends.
    package func authorize(by authorizer: any Authorizer, now: Instant) {
        self.authorizer = authorizer
        cache.tell(now)
        for peer in peers.values {
            guard let access = peer.access else {
                restrict(peer)
                continue
            }
            peer.access?.session.grants = authorizer.grants(to: peer.certificates, now: now)
            peer.access?.session.grants += (try? judge(access.session.tokens, now)) ?? []
            for (id, warrant) in access.requests {
                peer.access?.requests[id]?.grants = (try? judge(warrant.tokens, now)) ?? []
            }
            review(peer, now)
            planReview(peer, now)
        }
    }

    /// Whoever connects to the relay needs permission; whom the relay connects to does not.
    func restrict(_ peer: Peer) {
        if authorizer != nil, !peer.isSibling, peer.session.role == .server { peer.access = Access() }
    }

    /// Whether what the peer wants may go on; if not, it has been refused.
    func admits(_ event: SessionEvent, from peer: Peer, _ now: Instant) -> Bool {
        if case .payload = event { return true }
        guard peer.access != nil, let authorizer else { return true }
        switch event {
        case .subgroupOpened, .object, .subgroupEnded, .datagramObject: return true
        case .ready(let setup):
            peer.access?.session.grants = authorizer.grants(to: peer.certificates, now: now)
            return admit(setup, from: peer, now)
        case .updateRequested(let id, let parameters): return admitUpdate(id, parameters, from: peer, now)
        default:
            guard let request = AskedRequest(event) else { return true }
            return admit(request, from: peer, now)
        }
    }

    private func judge(_ tokens: [AuthorizationToken], _ now: Instant) throws(TokenRefusal) -> [Grant] {
        var grants: [Grant] = []
        for case .useValue(let type, let value) in tokens {
            grants += try authorizer?.grants(by: value, type: type, now: now) ?? []
        }
        return grants
    }

    private func warrant(_ tokens: [AuthorizationToken], _ now: Instant) throws(TokenRefusal) -> Access.Warrant {
        // Kept for as long as what they allow; the message they came in is not.
        let kept = tokens.map { (token) -> AuthorizationToken in
            guard case .useValue(let type, let value) = token else { return token }
            return .useValue(type: type, value: value.compact)
        }
        return Access.Warrant(tokens: kept, grants: try judge(kept, now))
    }

    // MARK: - What comes in

    private func admit(_ setup: Setup, from peer: Peer, _ now: Instant) -> Bool {
        let inURL = URLToken.find(in: peer.requestPath ?? setup.path?.string ?? "")
        do throws(TokenRefusal) {
            let shown = try warrant(setup.authorizationTokens + (inURL.map { [$0] } ?? []), now)
            peer.access?.session.tokens = shown.tokens
            peer.access?.session.grants += shown.grants
        } catch {
            toldOfDenial?(peer, nil, "SETUP: \(error.sessionCode): \(error.why)")
            peer.say { $0.close(error.sessionCode, reason: error.reason) }
            return false
        }
        planReview(peer, now)
        return true
    }

    private func admit(_ request: AskedRequest, from peer: Peer, _ now: Instant) -> Bool {
        do throws(TokenRefusal) {
            if !request.tokens.isEmpty {
                try note(try warrant(request.tokens, now), request.id, peer, now)
            }
            try check(request.errand, request.id, peer, now)
            return true
        } catch {
            peer.access?.requests[request.id] = nil
            let code = peer.expressible(error.requestCode, request.kind)
            toldOfDenial?(peer, request.id, "\(request.name): \(code): \(error.why)")
            peer.say { try $0.reject(request.id, code, reason: error.reason) }
            return false
        }
    }

    /// New tokens of a request prolong it (draft-18 "EXPIRES Parameter").
    private func admitUpdate(_ id: RequestID, _ parameters: Parameters, from peer: Peer, _ now: Instant) -> Bool {
        guard let request = peer.requests[id], var errand = errand(of: request) else { return true }
        if let prefix = parameters.trackNamespacePrefix { errand.object = .anyUnder(prefix) }
        do throws(TokenRefusal) {
            if !parameters.authorizationTokens.isEmpty {
                try note(try warrant(parameters.authorizationTokens, now), id, peer, now)
            }
            try check(errand, id, peer, now)
            try check(Errand(.update, errand.object), id, peer, now)
            return true
        } catch {
            toldOfDenial?(peer, id, "REQUEST_UPDATE: \(error.requestCode): \(error.why)")
            peer.say { try $0.rejectUpdate(id, error.requestCode, reason: error.reason) }
            end(request, id, of: peer, error, .updateFailed, now)
            return false
        }
    }

    private func note(
        _ warrant: Access.Warrant, _ id: RequestID, _ peer: Peer, _ now: Instant
    ) throws(TokenRefusal) {
        let open = peer.requests
        try peer.access?.note(warrant, with: id) { open[$0] != nil }
        planReview(warrant, now)
    }

    private func check(_ errand: Errand, _ id: RequestID, _ peer: Peer, _ now: Instant) throws(TokenRefusal) {
        if case .refused(let refusal)? = peer.access?.verdict(on: errand, id, now) { throw refusal }
    }

    // MARK: - What goes out

    /// Publishers of a namespace, or of a prefix of it, that may publish there.
    ///
    /// Another relay is asked for what nobody publishes here.
    func announcers(of namespace: TrackNamespace) -> [Peer] {
        let announcers = publishers.prefixes(of: namespace).filter {
            $0.peer.may(Errand(.publishNamespace, .namespace(namespace)), by: $0.request, cache.clock)
        }.map(\.peer)
        let own = announcers.filter { $0.kind != .relay }
        return own.isEmpty ? announcers + routing.routes(to: namespace) : own
    }

    // MARK: - Time

    /// How long a session goes on that may do nothing any more: what it had is ended first, and it may show something new
    /// with a request.
    private static let renewalTime = Interval.seconds(5)

    /// Ends what permissions that have ended allowed.
    func reviewAccess(_ now: Instant) {
        guard let due = nextReview, due <= now else { return }
        nextReview = nil
        for peer in peers.values where peer.access != nil {
            review(peer, now)
            closeIfExpired(peer, now)
            planReview(peer, now)
        }
    }

    /// Ends the session of a client that has nothing left by which it may do anything.
    private func closeIfExpired(_ peer: Peer, _ now: Instant) {
        guard let expiry = peer.access?.expiry, expiry + Self.renewalTime <= now else { return }
        let refusal = TokenRefusal(.expired, "what SETUP has shown has expired")
        toldOfDenial?(peer, nil, "\(refusal.sessionCode): \(refusal.why)")
        peer.say { $0.close(refusal.sessionCode, reason: refusal.reason) }
    }

    private func planReview(_ peer: Peer, _ now: Instant) {
        guard let access = peer.access else { return }
        planReview(access.session, now)
        for warrant in access.requests.values { planReview(warrant, now) }
        if let expiry = access.expiry, expiry + Self.renewalTime > now {
            nextReview = min(nextReview ?? expiry + Self.renewalTime, expiry + Self.renewalTime)
        }
    }

    private func planReview(_ warrant: Access.Warrant, _ now: Instant) {
        for case let end? in warrant.grants.map(\.end) where end > now { nextReview = min(nextReview ?? end, end) }
    }

    private func review(_ peer: Peer, _ now: Instant) {
        for (id, request) in peer.requests {
            guard peer.requests[id] != nil, let errand = errand(of: request), let access = peer.access else { continue }
            // We subscribe to what it has announced by another request.
            let warrant: RequestID? =
                if case .upstream(let upstream) = request, !upstream.wasPublished { nil } else { id }
            switch access.verdict(on: errand, warrant, now) {
            case .allowed: hideNamespaces(from: peer, id, request)
            case .refused(let refusal):
                toldOfDenial?(peer, id, "\(refusal.requestCode): \(refusal.why)")
                end(request, id, of: peer, refusal, refusal.kind == .expired ? .expired : .unauthorized, now)
            }
        }
    }

    /// What a request that goes on was told of, and may not be any more.
    private func hideNamespaces(from peer: Peer, _ id: RequestID, _ request: PeerRequest) {
        guard case .namespaceInterest(let prefix) = request else { return }
        for namespace in publishers.namespaces(under: prefix, for: peer)
        where !peer.may(Errand(.subscribeNamespace, .namespace(namespace)), by: id, cache.clock) {
            peer.say { try $0.withdraw(namespace, on: id) }
        }
    }

    /// What the peer has to be allowed for a request to go on; nil: nothing.
    private func errand(of request: PeerRequest) -> Errand? {
        switch request {
        case .subscription(let subscription): Errand(.subscribe, .track(subscription.track.name))
        case .waiting(let track): Errand(.subscribe, .track(track.name))
        case .sought(let namespace): Errand([.subscribe, .fetch], .anyUnder(namespace))
        case .offer(let offer): Errand(.subscribe, .track(offer.track.name))
        case .openingFetch(let opening): Errand(.fetch, .track(opening.fill.log.name))
        case .fetchReply(let reply): Errand(.fetch, .track(reply.track.name))
        case .upstream(let upstream):
            upstream.wasPublished
                ? Errand(.publish, .track(upstream.track.name))
                : Errand(.publishNamespace, .namespace(upstream.track.name.namespace))
        case .namespace(let namespace): Errand(.publishNamespace, .namespace(namespace))
        case .namespaceInterest(let prefix): Errand([.subscribeNamespace, .subscribe], .anyUnder(prefix))
        case .trackInterest(let prefix): Errand(.subscribe, .anyUnder(prefix))
        case .fillAsked, .statusWanted, .statusAsked, .advertisement, .discovery: nil
        }
    }

    /// Ends a request that is not allowed any more.
    private func end(
        _ request: PeerRequest, _ id: RequestID, of peer: Peer, _ refusal: TokenRefusal, _ done: PublishDoneCode,
        _ now: Instant
    ) {
        let reset: StreamResetCode = refusal.kind == .expired ? .expiredAuthToken : .cancelled
        switch request {
        case .subscription(let subscription): subscription.end(done, refusal.reason, peer.expressible(reset))
        case .fetchReply(let reply):
            if !reply.reject(refusal.requestCode, refusal.reason) { reply.cancel(peer.expressible(reset)) }
        case .waiting, .sought, .openingFetch:
            peer.requests[id] = nil
            peer.say { try $0.reject(id, refusal.requestCode, reason: refusal.reason) }
            end(request, id, of: peer, now)
        case .upstream, .offer, .namespace, .namespaceInterest, .trackInterest:
            peer.requests[id] = nil
            peer.say { try $0.cancel(id, code: reset) }
            end(request, id, of: peer, now)
        case .fillAsked, .statusWanted, .statusAsked, .advertisement, .discovery: break
        }
    }
}

extension Peer {
    /// Whether it may do something by what it has shown with a request, or with SETUP.
    func may(_ errand: Errand, by request: RequestID, _ now: Instant) -> Bool {
        access?.allows(errand, request, now) ?? true
    }

    /// How long it may receive a track, in milliseconds; nil: for good (draft-18 "EXPIRES Parameter").
    func expires(_ track: TrackLog, _ request: RequestID) -> UInt64? {
        let now = track.cache.clock
        guard case .allowed(let end?)? = access?.verdict(on: Errand(.subscribe, .track(track.name)), request, now)
        else { return nil }
        return max(1, (end - now).nanoseconds / 1_000_000)
    }

    /// Where the draft has no word for what is wrong with a token, the request is just not authorized.
    fileprivate func expressible(_ code: RequestErrorCode, _ kind: RequestKind) -> RequestErrorCode {
        codes.request(kind).number(of: code) == nil ? .unauthorized : code
    }

    fileprivate func expressible(_ code: StreamResetCode) -> StreamResetCode {
        codes.streamReset.number(of: code) == nil ? .cancelled : code
    }
}
