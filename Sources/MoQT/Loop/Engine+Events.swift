internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import Wire

// What the peer says.

extension Engine {
    func handle(_ event: SessionEvent, from peer: Peer, now: Instant) {
        switch event {
        case .ready: ready(peer)
        case .object(let stream, _, _), .payload(let stream, _), .fetchObject(let stream, _, _),
            .fetchGap(let stream, _, _):
            if let owner = streams[stream] { data(event, stream, owner, peer) }
        case .subgroupOpened(let stream, let id, let header, let wireBytes):
            guard let intake = intake(id, stream, peer) else { return }
            intake.opened(stream, header, wireBytes: wireBytes)
        case .fetchOpened(let stream, let id, let wireBytes):
            guard let intake = intake(id, stream, peer) else { return }
            intake.openedFetch(stream, wireBytes: wireBytes)
        case .subgroupEnded(let stream, _, _): ended(stream, peer)
        case .fetchEnded(let stream, let end, _):
            if let owner = ended(stream, peer) { fetchEnded(owner, end) }
        case .datagramObject(let id, let datagram): requests[id]?.kind.intake?.datagram(datagram)
        case .goAway(let message, nil): core.goAway.set(.success(message))
        case .closed(let close):
            _ = publisher.handle(event, from: peer)
            finish(MoQTError(close, draft))
        default: answered(event, peer)
        }
    }

    // MARK: - Data

    private func intake(_ id: RequestID, _ stream: StreamID, _ peer: Peer) -> Intake? {
        guard let intake = requests[id]?.kind.intake else {
            peer.session.stop(stream, code: .cancelled)
            peer.flush()
            return nil
        }
        streams[stream] = StreamOwner(intake: intake, id: id)
        return intake
    }

    private func data(_ event: SessionEvent, _ stream: StreamID, _ owner: StreamOwner, _ peer: Peer) {
        let intake = owner.intake
        var fits = true
        switch event {
        case .object(_, let object, let wireBytes): fits = intake.began(object, on: stream, wireBytes: wireBytes)
        case .fetchObject(_, let object, let wireBytes): fits = intake.began(object, on: stream, wireBytes: wireBytes)
        case .payload(_, let bytes): intake.payload(bytes, on: stream)
        case .fetchGap(_, let gap, let wireBytes): intake.gap(gap, on: stream, wireBytes: wireBytes)
        default: break
        }
        if !fits { refuseObject(of: owner.id) }
        payCredit(of: intake)
    }

    /// An object is larger than the options allow: the request is given up.
    private func refuseObject(of id: RequestID) {
        peer?.say { try $0.cancel(id) }
        let limit = plan.options.objectLimit
        end(id, MoQTError(.call, reason: "an object has more than \(limit) bytes", draft: draft))
    }

    @discardableResult
    private func ended(_ stream: StreamID, _ peer: Peer) -> StreamOwner? {
        guard let owner = streams.removeValue(forKey: stream) else {
            peer.finishedStream()
            return nil
        }
        owner.intake.ended(stream)
        payCredit(of: owner.intake)
        return owner
    }

    /// The stream of a FETCH, whose answer may be still to come, or of what precedes a subscription.
    private func fetchEnded(_ owner: StreamOwner, _ end: StreamEnd) {
        guard case .fetch(let intake, let reply) = requests[owner.id]?.kind else { return }
        switch end {
        case .fin:
            intake.end(nil)
            if reply.value != nil { forget(owner.id) }
        case .reset(let code), .stopped(let code):
            self.end(owner.id, MoQTError(.request, code: .reset(code), reason: "cut off", draft: draft))
        }
    }

    // MARK: - Answers

    private func answered(_ event: SessionEvent, _ peer: Peer) {
        switch event {
        case .subscribeAccepted(let id, let answer):
            if case .subscription(_, let reply) = requests[id]?.kind { reply.set(.success(answer)) }
        case .fetchAccepted(let id, let answer):
            guard case .fetch(let intake, let reply) = requests[id]?.kind else { return }
            reply.set(.success(answer))
            if intake.isEnded { forget(id) }
        case .accepted(let id, let answer): accepted(id, answer)
        case .publishAccepted(let id, _):
            _ = publisher.handle(event, from: peer)
            if case .offer(_, let reply) = requests[id]?.kind { reply.set(.success(())) }
            forget(id)
        case .rejected(let id, let error):
            if case .offer(let publication, _) = requests[id]?.kind { withdraw(publication) }
            end(id, MoQTError(error, draft))
        case .publishDone(let id, let done):
            guard done.code == .trackEnded || done.code == .subscriptionEnded else {
                return end(id, MoQTError(done, draft))
            }
            requests[id]?.kind.intake?.end(nil)
            forget(id)
        case .malformedTrack(let id, let what):
            end(id, MoQTError(.track, reason: WireText(what).description, draft: draft))
        case .joinEnded(let id, _):
            guard let intake = requests[id]?.kind.intake else { return }
            intake.joined()
            payCredit(of: intake)
        case .requestCancelled(let id, let code): cancelled(id, code, event, peer)
        default: discovered(event, peer)
        }
    }

    private func accepted(_ id: RequestID, _ answer: RequestOK) {
        switch requests[id]?.kind {
        case .status(let reply):
            reply.set(.success(answer))
            forget(id)
        case .announcement(let reply, _), .namespaces(_, let reply): reply.set(.success(()))
        case .subscription, .fetch, .offer, nil: break
        }
    }

    private func cancelled(_ id: RequestID, _ code: StreamResetCode, _ event: SessionEvent, _ peer: Peer) {
        if let namespace = offeredNamespaces.removeValue(forKey: id) {
            return watching(namespace).forEach { $0.went(namespace) }
        }
        if case .offer(let publication, _) = requests[id]?.kind { withdraw(publication) }
        guard requests[id] != nil else {
            _ = publisher.handle(event, from: peer)
            return
        }
        end(id, MoQTError(.request, code: .reset(code), reason: "given up by the peer", draft: draft))
    }

    /// The request has ended as it should.
    private func forget(_ id: RequestID) {
        if let request = requests.removeValue(forKey: id) { begun[request.ticket] = nil }
    }

    /// The request has ended in failure.
    private func end(_ id: RequestID, _ error: MoQTError) {
        guard let request = requests[id] else { return }
        forget(id)
        watches[request.ticket] = nil
        request.kind.fail(error)
        if let intake = request.kind.intake { payCredit(of: intake) }
    }

    // MARK: - Namespaces

    /// What the peer tells of namespaces and tracks of its own accord, or on a watch.
    private func discovered(_ event: SessionEvent, _ peer: Peer) {
        switch event {
        case .namespaceAnnounced(let id, let namespace):
            guard case .namespaces(let intake, _) = requests[id]?.kind else { return }
            intake.came(namespace)
            limit(intake, id)
        case .namespaceGone(let id, let namespace):
            guard case .namespaces(let intake, _) = requests[id]?.kind else { return }
            intake.went(namespace)
            limit(intake, id)
        case .publishNamespace(let offer):
            let watching = watching(offer.namespace)
            guard !watching.isEmpty else { return peer.say { try $0.reject(offer.requestID, .uninterested) } }
            offeredNamespaces[offer.requestID] = offer.namespace
            peer.say { try $0.accept(offer.requestID) }
            for intake in watching { intake.came(offer.namespace) }
        case .publish(let offer): peer.say { try $0.reject(offer.requestID, .uninterested) }
        default: _ = publisher.handle(event, from: peer)
        }
    }

    private func watching(_ namespace: TrackNamespace) -> [NamespaceIntake] {
        watches.values.filter { namespace.hasPrefix($0.prefix) }
    }

    private func limit(_ intake: NamespaceIntake, _ id: RequestID) {
        guard intake.isFull else { return }
        peer?.say { try $0.cancel(id) }
        end(id, MoQTError(.call, reason: "\(NamespaceIntake.limit) changes wait to be taken", draft: draft))
    }
}

/// Whose a data stream is.
struct StreamOwner {
    let intake: Intake
    /// The FETCH, or the subscription.
    let id: RequestID
}
