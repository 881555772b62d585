import EventLoop
import MoQTCodec
import Testing
import Wire

@testable import MoQT

/// Cancelling a task cancels what it waits for, at the peer, too.
@Suite(.timeLimit(.minutes(1))) struct CancellationTests {
    @Test("a task that waits for an object", arguments: Way.some)
    func whileReceiving(_ way: Way) async throws {
        let relay = try await TestRelay.start()
        let publisher = try await relay.connect(way).publish(track("test--numbers"))
        let session = try await relay.connect(way)
        let subscription = try await session.subscribe(to: track("test--numbers"))
        try await publisher.subscribed()
        let task = Task {
            var count = 0
            for try await _ in subscription.objects { count += 1 }
        }
        try await publisher.send(group: 0, object: 0, payload(0, 0, 10))
        task.cancel()
        #expect(try await failure { try await task.value }.scope == .cancelled)
        await relay.wait { !$0.cancelled.isEmpty }
        // The session lives on.
        #expect(try await session.subscribe(to: track("test--numbers")).largest == Location(group: 0, object: 0))
    }

    @Test("a task that waits for the answer to SUBSCRIBE", arguments: ["moqt-18", "moqt-22"])
    func whileAsking(_ draft: String) async throws {
        let relay = try await TestRelay.start()
        let session = try await relay.connect(Way(draft: draft, transport: .quic))
        let task = Task { try await session.subscribe(to: track("test--nobody"), wait: .seconds(600)) }
        await relay.wait { $0.received.contains { if case .subscribe = $0 { true } else { false } } }
        task.cancel()
        #expect(try await failure { _ = try await task.value }.scope == .cancelled)
        await relay.wait { $0.cancelled == [.cancelled] }
    }

    @Test("a task that takes what a fetch brings", arguments: Way.some)
    func whileFetching(_ way: Way) async throws {
        let relay = try await TestRelay.start()
        let publisher = try await relay.connect(way).publish(track("test--numbers"))
        let warm = try await relay.connect(way).subscribe(to: track("test--numbers"))
        try await publisher.subscribed()
        try await publisher.send(groups: 0..<4, objects: 10, of: 20_000)
        try await warm.take(40)
        // The window lets nothing but the beginning through, so that the fetch cannot be over.
        let session = try await relay.connect(way) { $0.streamWindow = 30_000 }
        let fetch = try await session.fetch(track("test--numbers"), to: RangeEnd(group: 3))
        let items = fetch.items.makeAsyncIterator()
        #expect(try await items.next() != nil)
        fetch.cancel()
        await relay.wait { !$0.cancelled.isEmpty }
        #expect(try await failure { while try await items.next() != nil {} }.scope == .cancelled)
        try await publisher.finish()
    }

    @Test("nobody holds the subscription any more")
    func released() async throws {
        let relay = try await TestRelay.start()
        let publisher = try await relay.connect().publish(track("test--numbers"))
        let session = try await relay.connect()
        do {
            let subscription = try await session.subscribe(to: track("test--numbers"))
            try await publisher.subscribed()
            #expect(subscription.largest == nil)
        }
        await relay.wait { $0.cancelled == [.cancelled] }
    }

    @Test("nobody holds the session any more: it is closed without an error")
    func releasedSession() async throws {
        let relay = try await TestRelay.start()
        do { _ = try await relay.connect() }
        await relay.wait { $0.closes == [.noError] }
    }

    @Test("a track given up ends its subscriptions with PUBLISH_DONE", arguments: Way.some)
    func publisherReleased(_ way: Way) async throws {
        let relay = try await TestRelay.start()
        let session = try await relay.connect(way)
        var publisher: TrackPublisher? = try await session.publish(track("test--numbers"))
        let subscription = try await relay.connect(way).subscribe(to: track("test--numbers"))
        try await publisher?.subscribed()
        publisher = nil
        await relay.wait { $0.endedPublications == [.internalError] }
        // The name is free again.
        let next = try await session.publish(track("test--numbers"))
        _ = subscription
        try await next.finish()
    }

    @Test("a send that is cancelled publishes nothing, and those behind it go on")
    func whileSending() async throws {
        let relay = try await TestRelay.start()
        var options = PublishOptions()
        options.window = 1
        let publisher = try await relay.connect().publish(track("test--numbers"), options)
        let subscription = try await relay.connect { $0.streamWindow = 1000 }.subscribe(to: track("test--numbers"))
        try await publisher.subscribed()
        var next: UInt64 = 0
        // Until one has to wait: nobody takes anything.
        var waiting: Task<Void, any Error>?
        while waiting == nil {
            let object = next, isDone = Guarded(false)
            let task = Task {
                try await publisher.send(group: 0, object: object, payload(0, object, 100_000))
                isDone.withLock { $0 = true }
            }
            while publisher.ends.window.waitingCount == 0, !isDone.withLock({ $0 }) { await Task.yield() }
            if publisher.ends.window.waitingCount > 0, next > 3 { waiting = task } else { try await task.value }
            next += 1
        }
        waiting?.cancel()
        #expect(try await failure { try await waiting?.value }.scope == .cancelled)
        let last = next
        async let rest = subscription.rest()
        try await publisher.send(group: 0, object: last, payload(0, last, 5))
        try await publisher.finish()
        let received = try await rest.map(\.location.object)
        #expect(received == Array(0..<last - 1) + [last])
    }
}
