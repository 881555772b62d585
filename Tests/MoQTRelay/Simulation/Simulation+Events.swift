@testable import MoQTRelay
@testable import MoQTSession
import MoQTCodec
import Testing
import Wire

// What follows from what is heard.

extension Simulation {
    func heard(_ event: SessionEvent, by subscriber: TestSubscriber) {
        if case .goAway = event { return follow(subscriber) }
        if let (heir, id) = successor, heir === subscriber { return heardByHeir(event, id) }
        switch event {
        case .rejected(let id, let error) where id == subscription:
            subscription = nil
            // It may cross a GOAWAY.
            guard error.code == .doesNotExist else {
                return error.reason.string == "going away" ? () : complain("the subscription was rejected: \(error)")
            }
            world.plan(in: milliseconds(10...200)) { [self] in subscribe() }
        // Drafts 14 and 15 have no other word for what is cut off.
        case .rejected(_, let error) where error.code == .unknownStatusInRange: break
        case .rejected(let id, let error):
            if let known = expectations[id], !known.isEmpty, !isBroken, publication.log.end == nil {
                complain("a fetch of \(known.count) objects was rejected: \(error)")
            }
        // It was to go elsewhere, in too little time for what was on its way.
        case .requestCancelled(subscription, .goingAway) where isHasty: isBroken = true
        case .subscribeAccepted(let id, let answer) where id == subscription:
            floor = .some(answer.parameters.largestObject)
        case .joinEnded(let id, let isWhole) where id == subscription:
            // A track that has ended meanwhile is not fetched any more.
            if !isWhole, publication.log.end != nil { join = nil } else { join?.isWhole = isWhole }
        default: break
        }
    }

    /// After what the relay made of it.
    func relayHeard(_ event: SessionEvent, from subscriber: TestSubscriber) {
        switch event {
        case .publishAccepted(let id, _):
            guard let served = subscriber.link.far.peer.subscription(id) else { return }
            subscription = id
            floor = .some(served.joining)
        case .updateRequested(let id, _):
            guard id == subscription, let served = subscriber.link.far.peer.subscription(id) else { return }
            isPaused = !served.forwards
            floor = .some(max(served.joining ?? .zero, served.start.previous))
        default: break
        }
    }

    func heard(_ event: SessionEvent, by source: TestPublisher) {
        if case .goAway = event { return follow(source) }
        // The relay has taken up the successor: its predecessor goes once it has nothing left to send.
        if case .subscribe = event, source !== self.source { leave(self.source) }
    }

    // MARK: - GOAWAY

    func leaving() {
        play(random.once(in: 2) ? .subscribe : .join)
        let timeout: UInt64 = [0, 5000, 5000, UInt64(random.number(20...400))][random.number(0...3)]
        isHasty = timeout > 0 && timeout < 5000
        let kind = random.number(0...2)
        world.plan(in: milliseconds(200...1200)) { [self] in
            let peer = (kind == 0 ? source.link : subscriber.link).far.peer
            let now = world.now
            guard kind == 2, let subscription, floor != nil else {
                return peer.say { try $0.goAway(uri: "moqt://elsewhere", timeout: timeout, now: now) }
            }
            // Where the draft has no GOAWAY of requests nothing is said.
            peer.say { try $0.goAway(subscription, uri: "moqt://elsewhere", timeout: timeout, now: now) }
        }
    }

    /// A new connection goes on, from where the relay is by then.
    private func follow(_ old: TestSubscriber) {
        // Nothing more may be asked for, such as a joining fetch.
        if join?.isWhole == nil { join = nil }
        guard successor == nil, let subscription, floor != nil, !isBroken, subscriber.done == nil else { return }
        self.subscription = subscription
        let heir = TestSubscriber(world, connect(drafts.subscriber))
        listen(to: heir)
        var parameters = Parameters()
        parameters.locationFilter = .nextObject
        guard let id = try? heir.peer.session.subscribe(Publication.name, parameters) else { return }
        successor = (heir, id)
    }

    private func heardByHeir(_ event: SessionEvent, _ id: RequestID) {
        switch event {
        case .subscribeAccepted(id, let answer): hand(over: answer.parameters.largestObject, patience: 100)
        case .rejected(id, _): successor = nil
        default: break
        }
    }

    /// The old subscription is given up when it has brought everything up to where the new one begins.
    private func hand(over largest: Location?, patience: Int) {
        guard let subscription, let floor, subscriber.done == nil, !subscriber.ledger.isClosed else { return }
        let came = subscriber.ledger.objects[subscription] ?? []
        let isThere = publication.streamed.allSatisfy { place in
            floor.map { place <= $0 } ?? false || largest.map { place > $0 } ?? true || came.contains(place)
        }
        let isJoined = join.map { $0.isWhole != nil } ?? true
        guard isThere && isJoined || patience == 0 else {
            return world.plan(in: .milliseconds(40)) { [self] in hand(over: largest, patience: patience - 1) }
        }
        subscriber.peer.say { try $0.cancel(subscription) }
    }

    private func follow(_ old: TestPublisher) {
        guard sources.count == 1, !isBroken, publication.log.end == nil else { return }
        let heir = TestPublisher(world, connect(drafts.publisher), of: source.publisher)
        listen(to: heir)
        heir.sayNamespace()
    }

    private func leave(_ old: TestPublisher, patience: Int = 60) {
        guard !old.peer.isClosed else { return }
        guard old.peer.downlink.isIdle || patience == 0 else {
            return world.plan(in: .milliseconds(50)) { [self] in leave(old, patience: patience - 1) }
        }
        old.withdraw()
        for subscription in old.peer.subscriptions { subscription.end(.goingAway, "going away") }
    }

    // MARK: - Giving up

    func stepped() {
        steps += 1
        guard steps == cancelStep, !isBroken else { return }
        isBroken = true
        giveUp(random.number(0...9))
    }

    private func giveUp(_ what: Int) {
        switch what {
        case 0...3: cancel(subscriber.peer)
        case 4:
            guard let id = cancel(source.peer) else { return }
            _ = source.publisher.handle(.requestCancelled(id, .cancelled), from: source.peer)
        case 5: source.withdraw()
        case 6: for subscription in source.peer.subscriptions { subscription.end(.internalError, "gave up") }
        case 7: (random.once(in: 2) ? source.peer : subscriber.peer).say { $0.close() }
        case 8: (random.once(in: 2) ? source.link : subscriber.link).far.peer.say { $0.close(.internalError) }
        default:
            guard let stream = subscriber.openStreams.randomElement(using: &random) else { return }
            subscriber.peer.say { $0.stop(stream, code: .cancelled) }
        }
    }

    /// One of its requests, of whichever kind and in whichever state.
    @discardableResult
    private func cancel(_ peer: Peer) -> RequestID? {
        let own = peer.session.requests.filter { $0.value.isOurs && $0.value.fetch.joins == nil }.keys.sorted()
        guard let id = own.randomElement(using: &random) else { return nil }
        peer.say { try $0.cancel(id) }
        return id
    }
}
