internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import Wire

// Moving to another session (draft-18 "Graceful Subscriber Relay Switchover"): the track is subscribed to there, too,
// and the old subscription goes on until the new one has brought what the old one still owed.

extension TrackReceiver {
    /// A subscription that takes over from another.
    struct Successor {
        let peer: Peer
        /// Nil: it was refused and is asked for again.
        var requestID: RequestID?
        /// When it is asked for again.
        var retryAt: Instant?
        /// It was accepted.
        var isEstablished = false
        /// The last object that the old subscription still has to bring.
        var begins: Location?
        /// When the old subscription has brought what it will, where the order of objects does not tell.
        var endsAt: Instant?
    }

    /// How long a publisher is waited for that has to move, too: no shorter than one that has to come at all.
    private var grace: Interval { max(.seconds(10), wait ?? .zero) }

    /// Whether anything of it belongs to the session.
    func uses(_ peer: Peer) -> Bool { !isOver && (peer === self.peer || peer === successor?.peer) }

    /// The session of its subscription, or the request alone, is to go on in the session of `peer`.
    func move(to peer: Peer, _ now: Instant) {
        guard !isOver else { return }
        dropSuccessor()
        if requestID != nil {
            successor = Successor(peer: peer)
            return askSuccessor(now)
        }
        // Nothing is there that could be lost.
        waitUntil = max(waitUntil ?? now, now + grace)
        subscribe(on: peer, now)
    }

    /// Its subscription has ended before the session was there that it is to go on in.
    func cutOffInMove(_ now: Instant) {
        guard !isOver else { return }
        requestID = nil
        if successor != nil { return succeed(now) }
        assembler.interrupted()
        phase = .idle
    }

    private func askSuccessor(_ now: Instant) {
        guard let peer = successor?.peer else { return }
        do throws(SessionError) {
            successor?.retryAt = nil
            // The old one brings what precedes this one; the new server need not have that.
            successor?.requestID = try ask(peer, Parameters(), Start(filter: startingPoint.filter))
        } catch .duplicateSubscription {
            // The old one is of the same session, which has room for one only.
            replaceSubscription(on: peer, now)
        } catch {
            successor?.retryAt = now + Self.pause
        }
    }

    private func replaceSubscription(on peer: Peer, _ now: Instant) {
        successor = nil
        if let requestID { peer.say { try $0.cancel(requestID) } }
        assembler.disconnected(peer.number, now)
        waitUntil = max(waitUntil ?? now, now + grace)
        subscribe(on: peer, now)
    }

    func successorTimeReached(_ now: Instant) {
        if let retryAt = successor?.retryAt, retryAt <= now { askSuccessor(now) }
        if let endsAt = successor?.endsAt, endsAt <= now { succeed(now) }
    }

    func dropSuccessor() {
        if let successor, let id = successor.requestID { successor.peer.say { try $0.cancel(id) } }
        successor = nil
    }

    // MARK: - Answers

    func successorAccepted(_ answer: SubscribeOK, _ now: Instant) {
        if case .asking = phase {
            // The old server waits for a publisher that has come to the new one.
            succeed(now)
            return accepted(answer, now)
        }
        learn(answer)
        successor?.isEstablished = true
        guard let largest = answer.parameters.largestObject, let old = peer else { return succeed(now) }
        let begins = max(largest, assembler.last ?? largest)
        successor?.begins = begins
        assembler.split(old: old.number, at: begins)
        if assembler.isUnordered { successor?.endsAt = now + .seconds(2) }
        settleMove(now)
    }

    /// Its publisher may come yet, as long as the old subscription goes on.
    func successorEnded(_ now: Instant) {
        guard let successor else { return }
        self.successor = Successor(peer: successor.peer, retryAt: now + Self.pause)
    }

    func successorDone(_ done: PublishDone, _ now: Instant) {
        guard let successor, successor.isEstablished else { return successorEnded(now) }
        // Its objects have come, and the old subscription brings those before them and says the same.
        self.successor = nil
    }

    // MARK: - Taking over

    /// Ends the old subscription as soon as nothing is owed by it alone.
    func settleMove(_ now: Instant) {
        guard !assembler.isUnordered, let successor, let begins = successor.begins, let last = assembler.last,
            last >= begins
        else { return }
        succeed(now)
    }

    /// The successor takes over: the old subscription has ended, or is ended.
    func succeed(_ now: Instant) {
        guard let successor else { return }
        self.successor = nil
        if let peer, let requestID { peer.say { try $0.cancel(requestID) } }
        if let peer, peer !== successor.peer { assembler.left(peer.number, now) }
        (peer, requestID, isPromoted) = (successor.peer, successor.requestID, true)
        if successor.isEstablished {
            phase = .receiving
            if let begins = successor.begins { joinLate(largest: begins) }
            return assembler.resumed(now)
        }
        assembler.interrupted()
        waitUntil = max(waitUntil ?? now, now + grace)
        phase = successor.retryAt.map { .pausing(until: $0) } ?? .asking
    }

    /// What precedes the subscription is asked for now: a successor was made without.
    func joinLate(largest: Location) {
        guard let peer, let requestID, let join = startingPoint.join else { return }
        let from = join.start(largest: largest)
        guard from <= largest, (try? peer.session.join(requestID, join)) != nil else { return }
        peer.flush()
        precede(from: from, to: largest)
    }
}
