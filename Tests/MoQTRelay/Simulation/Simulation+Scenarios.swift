@testable import MoQTRelay
@testable import MoQTSession
import MoQTCodec
import Testing
import Wire

extension Simulation {
    func play(_ scenario: Scenario) {
        switch scenario {
        case .subscribe: subscribing()
        case .fetch: fetching()
        case .join: joining()
        case .publish: publishing()
        case .goAway: leaving()
        case .update: updating()
        case .cancel:
            play([.subscribe, .fetch, .join, .publish, .goAway, .update][random.number(0...5)])
            cancelStep = random.number(1...120)
        }
    }

    /// Plans what is published, and when it is announced.
    private func announcing() {
        if random.once(in: 2) { publication.begin() }
        publication.go(from: random.number(0...500))
        world.plan(in: milliseconds(0...100)) { [self] in source.sayNamespace() }
    }

    // MARK: - Subscribe

    private func subscribing() {
        announcing()
        ask = { [unowned self] in subscription = try? subscriber.peer.session.subscribe(Publication.name) }
        world.plan(in: milliseconds(0...300)) { [self] in subscribe() }
    }

    func subscribe() {
        if publication.log.end == nil, !isBroken { ask() }
    }

    // MARK: - Fetch

    private func fetching() {
        subscribing()
        for _ in 0..<random.number(1...3) {
            world.plan(in: milliseconds(100...1500)) { [self] in fetch() }
        }
    }

    private func fetch() {
        guard let subscription, floor != nil, !isBroken else { return }
        let start = Location(group: UInt64(random.number(0...3)), object: UInt64(random.number(0...2)))
        let end = RangeEnd(group: start.group + UInt64(random.number(0...3)), object: random.once(in: 2) ? nil : 3)
        let target: Fetch.Target =
            switch random.number(0...3) {
            case 0: .relativeJoining(request: subscription, groups: UInt64(random.number(0...3)))
            case 1: .absoluteJoining(request: subscription, group: UInt64(random.number(0...2)))
            default: .standalone(track: Publication.name, range: .absoluteRange(start: start, end: end))
            }
        var parameters = Parameters()
        if random.once(in: 2) { parameters.groupOrder = random.once(in: 2) ? .descending : .ascending }
        if random.once(in: 2) { parameters.subscriberPriority = UInt8(random.number(0...255)) }
        guard let id = try? subscriber.peer.session.fetch(target, parameters) else { return }
        if parameters.groupOrder == .descending { subscriber.ledger.descending.insert(id) }
        var known: Set<Location> = []
        if case .standalone = target {
            known = (subscriber.ledger.objects[subscription] ?? []).filter {
                $0 >= start && ($0.group < end.group || $0.group == end.group && $0.object <= end.object ?? .max)
            }
        }
        expectations[id] = known
    }

    // MARK: - Join

    private func joining() {
        announcing()
        let group = UInt64(random.number(0...3))
        let asked: Join = random.once(in: 3) ? .from(Location(group: group, object: 1)) : .groups(before: group)
        ask = { [unowned self] in
            var parameters = Parameters()
            parameters.locationFilter = .nextObject
            subscription = try? subscriber.peer.session.subscribe(Publication.name, parameters, join: asked)
            join = (asked, nil)
        }
        world.plan(in: milliseconds(0...600)) { [self] in subscribe() }
    }

    // MARK: - Publish

    private func publishing() {
        if random.once(in: 2) { publication.begin() }
        publication.go(from: random.number(0...500))
        world.plan(in: milliseconds(0...300)) { [self] in source.offer(publication.log) }
        guard random.once(in: 3) else {
            return world.plan(in: milliseconds(0...600)) { [self] in
                subscriber.peer.say { _ = try $0.subscribeTracks(Publication.name.namespace) }
            }
        }
        ask = { [unowned self] in subscription = try? subscriber.peer.session.subscribe(Publication.name) }
        world.plan(in: milliseconds(0...600)) { [self] in subscribe() }
    }

    // MARK: - Update

    private func updating() {
        if random.once(in: 2) { subscribing() } else { publishing() }
        for _ in 0..<random.number(1...5) {
            world.plan(in: milliseconds(100...1500)) { [self] in update() }
        }
    }

    private func update() {
        guard let subscription, let floor, range == nil, subscriber.done == nil else { return }
        var parameters = Parameters()
        switch random.number(0...9) {
        case 0...2: parameters.forward = false
        case 3...6: parameters.forward = true
        case 7, 8: parameters.subscriberPriority = UInt8(random.number(0...255))
        default:
            let start = Location(group: (floor?.group ?? 0) + 1, object: 0)
            let end = start.group + UInt64(random.number(0...2))
            parameters.locationFilter = .absoluteRange(start: start, end: RangeEnd(group: end))
            range = start...Location(group: end, object: .max)
        }
        if (try? subscriber.peer.session.update(subscription, parameters)) == nil { range = nil }
    }
}

extension TestPublisher {
    func sayNamespace() {
        peer.say { namespaceRequest = try $0.publishNamespace(Publication.name.namespace) }
    }

    func offer(_ log: TrackLog) { _ = try? publisher.offer(log, to: peer) }

    func withdraw() {
        guard let id = namespaceRequest else { return }
        peer.say { try $0.cancel(id) }
        namespaceRequest = nil
    }
}
