import MoQTCodec
import MoQTRelay
import Testing
import Wire

@testable import MoQT

/// How sessions begin and end.
@Suite(.timeLimit(.minutes(1))) struct SessionTests {
    @Test("the best draft in common is taken", arguments: TestTransport.allCases)
    func negotiation(_ transport: TestTransport) async throws {
        let relay = try await TestRelay.start()
        let session = try await relay.connect(Way(draft: "moqt-18", transport: transport)) {
            $0.drafts = ["moqt-99", "moqt-16", "moqt-18"]
        }
        #expect(["moqt-16", "moqt-18"].contains(session.draft))
        await session.close()
        #expect(await session.ended().scope == .session)
    }

    @Test func whereNothingListensThereIsNoConnection() async throws {
        let relay = try await TestRelay.start()
        await relay.look { $0.vanish() }
        let error = try await failure { _ = try await relay.connect() }
        #expect(error.scope == .connection && error.code == nil && error.draft == nil)
    }

    @Test func aServerThatIsNotBelievedIsNotTalkedTo() async throws {
        let relay = try await TestRelay.start()
        for trust: ConnectOptions.Trust in [.system, .fingerprint([UInt8](repeating: 0, count: 32))] {
            let error = try await failure { _ = try await relay.connect { $0.trust = trust } }
            #expect(error.scope == .connection)
        }
    }

    @Test func withoutADraftInCommonThereIsNoSession() async throws {
        let relay = try await TestRelay.start()
        #expect(try await failure { _ = try await relay.connect { $0.drafts = ["moqt-99"] } }.scope == .connection)
        #expect(try await failure { _ = try await relay.connect { $0.drafts = [] } }.scope == .call)
    }

    @Test("a URL of another kind is refused", arguments: ["", "http://localhost", "moqt://", "moqt://me@localhost"])
    func urls(_ url: String) async throws {
        #expect(try await failure { _ = try await Session.connect(to: url) }.scope == .call)
    }

    @Test("connecting is given up with its task")
    func cancelled() async throws {
        let relay = try await TestRelay.start()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await relay.connect()
        }
        #expect(try await failure { _ = try await task.value }.scope == .cancelled)
    }

    @Test("GOAWAY is told, and no new request is made after it", arguments: Way.some)
    func goAway(_ way: Way) async throws {
        let relay = try await TestRelay.start()
        let session = try await relay.connect(way)
        async let message = session.goAway()
        await relay.look { $0.goAway("moqt://elsewhere.example") }
        #expect(try await message.newSessionURI == "moqt://elsewhere.example")
        #expect(try await failure { _ = try await session.subscribe(to: track("test--numbers")) }.scope == .call)
    }

    @Test("what waits learns why the peer closed the session", arguments: Way.some)
    func closedByPeer(_ way: Way) async throws {
        let relay = try await TestRelay.start()
        let session = try await relay.connect(way)
        let publisher = try await session.publish(track("test--numbers"))
        let subscription = try await relay.connect(way).subscribe(to: track("test--numbers"))
        try await publisher.subscribed()
        async let rest = failure { _ = try await subscription.rest() }
        async let goAway = failure { _ = try await session.goAway() }
        await relay.look { $0.close(.unauthorized, "no\npe") }
        let errors = try await [rest, goAway, session.ended()]
        for error in errors {
            #expect(error.scope == .session && error.code == .session(.unauthorized) && error.reason == "no\\npe")
        }
        #expect(try await failure { try await publisher.send(group: 0, object: 0, Bytes()) }.scope == .session)
        #expect(try await failure { _ = try await session.status(of: track("test--numbers")) }.scope == .session)
    }

    @Test("a connection that is lost ends all that waits for it")
    func lost() async throws {
        let relay = try await TestRelay.start()
        let session = try await relay.connect { $0.idleTimeout = .milliseconds(300) }
        let watch = try await session.namespaces(under: TrackNamespace(text: "live"))
        await relay.look { $0.vanish() }
        let error = try await failure { for try await _ in watch {} }
        #expect(error.scope == .connection)
        #expect(await session.ended() == error)
    }

    @Test("closing delivers what was sent before")
    func closing() async throws {
        let relay = try await TestRelay.start()
        let session = try await relay.connect()
        let publisher = try await session.publish(track("test--numbers"))
        let subscription = try await relay.connect().subscribe(to: track("test--numbers"))
        try await publisher.subscribed()
        try await publisher.send(groups: 0..<4, objects: 4, of: 5000)
        async let received = subscription.rest()
        try await publisher.finish()
        await session.close()
        #expect(try await received.count == 16)
    }
}
