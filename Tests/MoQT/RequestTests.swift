import MoQTCodec
import Testing
import Wire

@testable import MoQT

/// Requests besides subscriptions, and what is answered to those that cannot be.
@Suite(.timeLimit(.minutes(1))) struct RequestTests {
    @Test("a fetch brings the range from what the relay holds", arguments: Way.all)
    func fetch(_ way: Way) async throws {
        let relay = try await TestRelay.start()
        let publisher = try await relay.connect(way).publish(track("test--numbers"))
        let session = try await relay.connect(way)
        let subscription = try await session.subscribe(to: track("test--numbers"))
        try await publisher.subscribed()
        try await publisher.send(groups: 0..<3, objects: 3, of: 2000)
        try await subscription.take(9)
        let fetch = try await session.fetch(
            track("test--numbers"), from: Location(group: 0, object: 1), to: RangeEnd(group: 1, object: 1))
        let items = try await fetch.rest()
        let objects = items.compactMap { if case .object(let object) = $0 { object } else { nil } }
        #expect(
            objects.map(\.location)
                == [(0, 1), (0, 2), (1, 0), (1, 1)].map { Location(group: $0.0, object: $0.1) })
        #expect(objects.allSatisfy { $0.payload == payload($0.location.group, $0.location.object, 2000) })
        try await publisher.finish()
    }

    @Test("a track that nobody publishes is refused with the peer's code", arguments: Way.all)
    func refused(_ way: Way) async throws {
        let relay = try await TestRelay.start()
        let session = try await relay.connect(way)
        let error = try await failure { _ = try await session.subscribe(to: track("test--nobody")) }
        #expect(error.scope == .request && error.code == .request(.doesNotExist))
        #expect(error.draft == Profile.named(way.draft)?.name && !error.description.isEmpty)
        #expect(
            try await failure {
                _ = try await session.fetch(track("test--nobody"), to: RangeEnd(group: 1))
            }.code == .request(.doesNotExist))
    }

    @Test("a namespace is told to those who watch, while it is held", arguments: Way.all)
    func namespaces(_ way: Way) async throws {
        let relay = try await TestRelay.start()
        let watch = try await relay.connect(way).namespaces(under: TrackNamespace(text: "live"))
        let changes = watch.makeAsyncIterator()
        let publisher = try await relay.connect(way)
        let announcement = try await publisher.announce(TrackNamespace(text: "live-cam1"))
        #expect(try await changes.next() == NamespaceChange(.came, TrackNamespace(text: "live-cam1")))
        let holding = Task { try await announcement.hold() }
        holding.cancel()
        #expect(try await failure { try await holding.value }.scope == .cancelled)
        #expect(try await changes.next() == NamespaceChange(.went, TrackNamespace(text: "live-cam1")))
        let second = try await publisher.announce(TrackNamespace(text: "live-cam2"))
        #expect(try await changes.next() == NamespaceChange(.came, TrackNamespace(text: "live-cam2")))
        second.end()
        try await second.hold()
        #expect(try await changes.next() == NamespaceChange(.went, TrackNamespace(text: "live-cam2")))
    }

    @Test("a track is asked for where its namespace was announced")
    func askedForByNamespace() async throws {
        let relay = try await TestRelay.start()
        let session = try await relay.connect()
        var options = PublishOptions()
        options.isOffered = false
        let publisher = try await session.publish(track("live-cam1--words"), options)
        let announcement = try await session.announce(TrackNamespace(text: "live-cam1"))
        let subscription = try await relay.connect().subscribe(to: track("live-cam1--words"))
        try await publisher.send(groups: 0..<2, objects: 2, of: 10)
        try await publisher.finish()
        #expect(try await subscription.rest().count == 4)
        announcement.end()
    }

    @Test("the status of a track tells how far it is", arguments: Way.some)
    func status(_ way: Way) async throws {
        let relay = try await TestRelay.start()
        let publisher = try await relay.connect(way).publish(track("test--numbers"))
        let subscription = try await relay.connect(way).subscribe(to: track("test--numbers"))
        try await publisher.subscribed()
        try await publisher.send(groups: 0..<2, objects: 3, of: 10)
        try await subscription.take(6)
        let status = try await subscription.session.status(of: track("test--numbers"))
        #expect(status.largest == Location(group: 1, object: 2))
        try await publisher.finish()
    }

    @Test("a session publishes a track once, and objects in order")
    func misuse() async throws {
        let relay = try await TestRelay.start()
        let session = try await relay.connect()
        let publisher = try await session.publish(track("test--numbers"))
        #expect(try await failure { _ = try await session.publish(track("test--numbers")) }.scope == .call)
        try await publisher.send(group: 1, object: 1, Bytes())
        #expect(try await failure { try await publisher.send(group: 1, object: 1, Bytes()) }.scope == .call)
        #expect(try await failure { try await publisher.send(group: 0, object: 9, Bytes()) }.scope == .call)
        try await publisher.finish()
        #expect(try await failure { try await publisher.send(group: 2, object: 0, Bytes()) }.scope == .call)
    }

    @Test("many tasks use a session at once")
    func concurrently() async throws {
        let relay = try await TestRelay.start()
        let (left, right) = (try await relay.connect(), try await relay.connect())
        let counts = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<30 {
                group.addTask {
                    let name = try track("test-many--t\(number)")
                    let publisher = try await left.publish(name)
                    let subscription = try await right.subscribe(to: name)
                    try await publisher.subscribed()
                    async let sent: Void = {
                        try await publisher.send(groups: 0..<5, objects: 4, of: 500)
                        try await publisher.finish()
                    }()
                    _ = try await right.status(of: name)
                    let count = try await subscription.rest().count
                    try await sent
                    return count
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(counts == Array(repeating: 20, count: 30))
    }
}
