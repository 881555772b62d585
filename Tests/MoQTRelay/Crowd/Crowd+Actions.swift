@testable import MoQTRelay
@testable import MoQTSession
import MoQTCodec
import Testing
import Wire

// Who comes, what they ask for, and what becomes of them.

extension Crowd {
    static let names = ["a", "b", "c"].map { track($0) }
    static let namespace = names[0].namespace

    private func connect() -> SimulatedLink {
        var windows = Side.Windows()
        if random.once(in: 3) {
            windows.data = random.number(200...3000)
            windows.control = random.number(100...400)
            windows.uni = random.number(3...10)
        }
        let profile = Profile.spoken[random.number(0...Profile.spoken.count - 1)]
        let link = world.connect(profile, windows, .random(&random))
        for side in [link.near, link.far] {
            let handle = side.handle
            side.handle = { [unowned self, unowned side] event in
                handle(event)
                if case .closed(let close) = event { closed(close, side) }
            }
        }
        return link
    }

    private func closed(_ close: SessionClose, _ side: Side) {
        if close.violation != nil { complain("the \(side.role) was closed: \(close)") }
    }

    // MARK: - Publishers

    /// Plans tracks.
    func broadcast(_ count: Int = 1, groups: ClosedRange<Int> = 2...5) {
        for name in Self.names.prefix(count) {
            let broadcast = Broadcast(name, in: world, seed: random.next())
            broadcasts.append(broadcast)
            end = max(end, broadcast.play(from: random.number(50...500), groups: random.number(groups)))
        }
    }

    /// A publisher comes now.
    @discardableResult
    func addSource(of tracks: [Broadcast], offers: Bool? = nil) -> Source {
        let client = TestPublisher(world, connect())
        let handle = client.link.near.handle
        // What handled its events before it was there.
        let source = Source(client)
        sources.append(source)
        client.link.near.handle = { [unowned self, unowned source] event in
            handle(event)
            source.heard(event)
            if case .closed(let close) = event { closed(close, client.link.near) }
            if case .goAway = event, isEnding { leave(source) }
        }
        for track in tracks { track.add(source) }
        let isOffer = offers ?? random.once(in: 2)
        if isOffer { for track in tracks { source.logs[track.name].map(client.offer) } } else { client.sayNamespace() }
        return source
    }

    /// A publisher goes in order.
    func leave(_ source: Source) {
        source.isSteady = false
        source.client.withdraw()
        for subscription in source.client.peer.subscriptions { subscription.end(.goingAway, "going away") }
        world.plan(in: milliseconds(0...500)) { source.client.peer.say { $0.close() } }
    }

    func lose(_ source: Source) {
        source.isSteady = false
        lose(source.client.link)
    }

    /// A publisher is lost without a word, and another takes its place.
    func replace(_ source: Source, of tracks: [Broadcast]) {
        lose(source)
        world.plan(in: milliseconds(0...3000)) { [unowned self] in addSource(of: tracks) }
    }

    // MARK: - Subscribers

    @discardableResult
    func addViewer() -> Viewer {
        let link = connect()
        let viewer = Viewer(TestSubscriber(world, link))
        viewers.append(viewer)
        viewer.client.ledger.complain = { [unowned self] in complain("link \(link.number): \($0)") }
        let (near, far) = (link.near.handle, link.far.handle)
        link.near.handle = { [unowned self] event in
            near(event)
            heard(event, by: viewer)
        }
        link.far.handle = { [unowned viewer, world] event in
            far(event)
            guard case .publishAccepted(let id, _) = event, let served = link.far.peer.subscription(id) else { return }
            viewer.served[id] = .init(name: served.track.name, floor: served.joining, accepted: world.now)
        }
        return viewer
    }

    private func heard(_ event: SessionEvent, by viewer: Viewer) {
        switch event {
        case .closed(let close): closed(close, viewer.client.link.near)
        case .goAway: if isEnding { leave(viewer) }
        case .subscribeAccepted(let id, let answer):
            guard let broadcast = viewer.asked[id] else { return }
            viewer.served[id] = .init(name: broadcast.name, floor: answer.parameters.largestObject, accepted: world.now)
        case .rejected(let id, let error):
            guard let broadcast = viewer.asked[id], error.code == .doesNotExist, !broadcast.isOver else { return }
            world.plan(in: milliseconds(20...200)) { [unowned self] in subscribe(viewer, to: broadcast) }
        case .publishDone(let id, let done): viewer.served[id]?.ended = (world.now, done.code)
        case .requestCancelled(let id, _): viewer.served[id] = nil
        default: break
        }
    }

    func subscribe(_ viewer: Viewer, to broadcast: Broadcast, join: Join? = nil, patience: UInt64? = nil) {
        guard !viewer.client.peer.isClosed, !broadcast.isOver else { return }
        var parameters = Parameters()
        if join != nil { parameters.locationFilter = .nextObject }
        if viewer.client.peer.session.profile.carries(.rendezvousTimeout, in: .subscribe) {
            parameters.rendezvousTimeout = patience
        }
        guard let id = try? viewer.client.peer.session.subscribe(broadcast.name, parameters, join: join) else { return }
        viewer.asked[id] = broadcast
    }

    /// A subscriber comes and asks for tracks.
    @discardableResult
    func audience(_ count: Int, join: Bool = false) -> [Viewer] {
        (0..<count).map { _ in
            let viewer = addViewer()
            for broadcast in broadcasts where broadcasts.count == 1 || random.once(in: 2) {
                let groups = UInt64(random.number(0...2))
                world.plan(in: milliseconds(0...600)) { [unowned self] in
                    subscribe(viewer, to: broadcast, join: join ? .groups(before: groups) : nil)
                }
            }
            return viewer
        }
    }

    /// Subscribers of whatever is published.
    func watchers(_ count: Int) -> [Viewer] {
        (0..<count).map { _ in
            let viewer = addViewer()
            world.plan(in: milliseconds(0...600)) {
                viewer.client.peer.say { _ = try $0.subscribeTracks(Self.namespace) }
            }
            return viewer
        }
    }

    func fetch(_ viewer: Viewer, _ broadcast: Broadcast) {
        let start = Location(group: UInt64(random.number(0...2)), object: UInt64(random.number(0...2)))
        let end = RangeEnd(group: start.group + UInt64(random.number(0...3)), object: random.once(in: 2) ? nil : 3)
        var parameters = Parameters()
        if random.once(in: 3) { parameters.groupOrder = .descending }
        let target = Fetch.Target.standalone(track: broadcast.name, range: .absoluteRange(start: start, end: end))
        guard let id = try? viewer.client.peer.session.fetch(target, parameters) else { return }
        if parameters.groupOrder == .descending { viewer.client.ledger.descending.insert(id) }
    }

    /// A subscriber goes in order.
    func leave(_ viewer: Viewer) {
        viewer.isSteady = false
        world.plan(in: milliseconds(0...500)) { viewer.client.peer.say { $0.close() } }
    }

    /// A subscriber gives one of its requests up.
    func cancelSome(_ viewer: Viewer) {
        let own = viewer.client.peer.session.requests.filter { $0.value.isOurs && $0.value.fetch.joins == nil }
        guard let id = own.keys.sorted().randomElement(using: &random) else { return }
        viewer.isSteady = false
        viewer.client.peer.say { try $0.cancel(id) }
    }

    func lose(_ viewer: Viewer) {
        viewer.isSteady = false
        lose(viewer.client.link)
    }

    /// A connection is lost without a word; both ends notice that later.
    private func lose(_ link: SimulatedLink) {
        guard !link.isCut else { return }
        link.cut()
        world.plan(in: milliseconds(0...5000)) { link.notice(link.near) }
        world.plan(in: milliseconds(0...5000)) { link.notice(link.far) }
    }

    /// A subscriber does not read for a while.
    func pause(_ viewer: Viewer, _ time: ClosedRange<Int>) {
        viewer.client.reads = false
        world.plan(in: milliseconds(time)) { viewer.client.resumeReading() }
    }

    /// A client's process stands still for a while.
    func halt(_ link: SimulatedLink, _ time: ClosedRange<Int>) {
        link.near.isStopped = true
        world.plan(in: milliseconds(time)) {
            link.near.isStopped = false
            link.near.isDirty = true
        }
    }
}
