@testable import MoQTSession
import MoQTCodec
import Testing
import Wire

/// What holds where requests share one control stream (draft-16 "Session initialization", "Request ID").
struct OneControlStreamTests {
    static let drafts = Profile.spoken.filter { $0.hasOneControlStream }

    @Test(arguments: drafts, 1...6 as ClosedRange<UInt64>)
    func `the client opens the one control stream, and requests share it`(profile: Profile, seed: UInt64) throws {
        let pair = Pair(profile, seed: seed)
        _ = try pair.client.session.subscribe(track("a"))
        _ = try pair.server.session.subscribe(track("b"))
        _ = try pair.client.session.fetch(.standalone(track: track("c"), start: .zero, end: RangeEnd(group: 1)))
        pair.run()
        #expect(pair.client.opened(.bidirectional) == 1 && pair.server.opened(.bidirectional) == 0)
        #expect(pair.client.opened(.unidirectional) == 0 && pair.server.opened(.unidirectional) == 0)
        #expect(pair.client.events.contains { if case .subscribe = $0 { true } else { false } })
        #expect(pair.server.events.contains { if case .fetch = $0 { true } else { false } })
    }

    /// draft-16 "MAX_REQUEST_ID", "REQUESTS_BLOCKED".
    @Test(arguments: drafts) func `requests wait for the limit, which grows as others end`(profile: Profile) throws {
        var configuration = SessionConfiguration.test
        configuration.requestLimit = 2
        let pair = Pair(profile, server: configuration)
        var said: [ControlMessage] = []
        pair.client.session.watch = { message, _, _ in said.append(message) }
        let ids = try ["a", "b", "c", "d"].map { try pair.client.session.subscribe(track($0)) }
        pair.run()
        func told() -> [RequestID] {
            pair.server.events.compactMap { if case .subscribe(let message) = $0 { message.requestID } else { nil } }
        }
        #expect(told() == Array(ids.prefix(2)))
        #expect(said.count { if case .requestsBlocked(let message) = $0 { message.maximum == 4 } else { false } } == 1)
        for index in 0..<2 {
            try pair.server.session.reject(ids[index], .doesNotExist)
            pair.run()
            #expect(told() == Array(ids.prefix(3 + index)))
        }
        #expect(said.contains { if case .maxRequestID(let message) = $0 { message.maximum == 8 } else { false } })
        #expect(pair.server.close == nil && pair.client.close == nil)
    }

    /// draft-16 "MAX_REQUEST_ID": an update uses a Request ID on whatever stream it goes.
    @Test func `an update on a request's own stream waits for the limit`() throws {
        var configuration = SessionConfiguration.test
        configuration.requestLimit = 2
        let pair = Pair(.draft16, server: configuration)
        let other = try pair.client.session.subscribe(track("a"))
        let id = try pair.client.session.subscribeNamespace(namespace(["live"]))
        pair.run()
        try pair.server.session.accept(id)
        pair.run()
        try pair.client.session.update(id, Parameters())
        pair.run()
        #expect(pair.server.close == nil && !pair.server.events.contains(.updateRequested(id, Parameters())))
        try pair.server.session.reject(other, .doesNotExist)
        pair.run()
        #expect(pair.server.events.last == .updateRequested(id, Parameters()))
        try pair.server.session.acceptUpdate(id)
        pair.run()
        #expect(pair.client.events.last == .updateAccepted(id, Parameters()))
        #expect(pair.server.close == nil && pair.client.close == nil)
    }

    /// Whether an answer to what was cancelled still comes nobody knows.
    @Test(arguments: drafts) func `of requests that were cancelled only the latest are remembered`(profile: Profile)
        throws
    {
        let pair = Pair(profile)
        for _ in 0..<3000 {
            let id = try pair.client.session.fetch(
                .standalone(track: track("a"), start: .zero, end: RangeEnd(group: 1)))
            try pair.client.session.cancel(id)
        }
        #expect(pair.client.session.abandoned.count <= 1024)
    }

    @Test(arguments: drafts) func `a request cancelled while it waits leaves no gap in the IDs`(profile: Profile) throws
    {
        var configuration = SessionConfiguration.test
        configuration.requestLimit = 1
        let pair = Pair(profile, server: configuration)
        let first = try pair.client.session.subscribe(track("a"))
        let second = try pair.client.session.subscribe(track("b"))
        let third = try pair.client.session.subscribe(track("c"))
        try pair.client.session.cancel(second)
        pair.run()
        for id in [first, third] {
            try pair.server.session.reject(id, .doesNotExist)
            pair.run()
            #expect(pair.client.refusal(of: id) == .doesNotExist)
        }
        #expect(pair.server.close == nil && pair.client.close == nil)
    }

    @Test(arguments: drafts) func `what comes for a request that has ended is late, not wrong`(profile: Profile) throws
    {
        let pair = Pair(profile)
        let id = try pair.client.session.subscribe(track("a"))
        pair.run()
        _ = try pair.server.session.acceptSubscribe(id)
        try pair.server.session.publishDone(id, .trackEnded, streamCount: 0)
        // Both are on their way when it is given up.
        try pair.client.session.cancel(id)
        pair.run()
        #expect(pair.server.close == nil && pair.client.close == nil)
    }

    /// draft-14 "SUBSCRIBE_UPDATE".
    @Test func `an update of draft-14 says everything and gets no answer`() throws {
        let pair = Pair(.draft14)
        var parameters = Parameters()
        parameters.locationFilter = .nextObject
        parameters.subscriberPriority = 9
        let id = try pair.client.session.subscribe(track("a"), parameters)
        var update = Parameters()
        update.forward = false
        try pair.client.session.update(id, update)
        pair.run()
        var answer = Parameters()
        answer.largestObject = Location(group: 3, object: 4)
        _ = try pair.server.session.acceptSubscribe(id, parameters: answer)
        pair.run()
        guard case .updateRequested(id, let asked) = pair.server.events.last else {
            return #expect(Bool(false), "\(pair.server.events)")
        }
        // The range, which must be said, is the one there was, and so no change.
        #expect(asked.forward == false && asked.subscriberPriority == 9 && asked.locationFilter == nil)
        #expect(pair.client.events.last == .updateAccepted(id, Parameters()))
        try pair.server.session.acceptUpdate(id)
        pair.run()
        #expect(pair.client.close == nil && pair.server.close == nil)
    }

    /// draft-15 "SUBSCRIBE_NAMESPACE".
    @Test(arguments: [Profile.draft14, .draft15])
    func `namespaces are told by PUBLISH_NAMESPACE, of which applications see nothing`(profile: Profile) throws {
        let pair = Pair(profile)
        let id = try pair.client.session.subscribeNamespace(namespace(["live"]))
        pair.run()
        try pair.server.session.accept(id)
        try pair.server.session.announce(namespace(["live", "a"]), on: id)
        try pair.server.session.announce(namespace(["live", "b"]), on: id)
        pair.run()
        try pair.server.session.withdraw(namespace(["live", "a"]), on: id)
        pair.run()
        #expect(
            pair.client.events.suffix(3) == [
                .namespaceAnnounced(id, namespace(["live", "a"])), .namespaceAnnounced(id, namespace(["live", "b"])),
                .namespaceGone(id, namespace(["live", "a"])),
            ])
        try pair.client.session.cancel(id)
        pair.run()
        #expect(pair.server.events.last == .requestCancelled(id, .cancelled))
        #expect(!pair.server.events.contains { if case .accepted = $0 { true } else { false } })
        #expect(!pair.client.events.contains { if case .publishNamespace = $0 { true } else { false } })
    }

    /// draft-15 "Version Specific Parameters".
    @Test(arguments: [Profile.draft14, .draft15])
    func `what describes a track travels in parameters, and nothing else does`(profile: Profile) throws {
        let pair = Pair(profile)
        let id = try pair.client.session.subscribe(track("a"))
        pair.run()
        let unknown = Properties([KeyValue(type: 0x1234, integer: 7)], profile: .draft18)
        #expect(throws: SessionError.self) { try pair.server.session.acceptSubscribe(id, properties: unknown) }
        let known = Properties(
            [KeyValue(type: 0x02, integer: 50), KeyValue(type: 0x22, integer: 2)], profile: .draft18)
        _ = try pair.server.session.acceptSubscribe(id, properties: known)
        pair.run()
        guard case .subscribeAccepted(id, let ok) = pair.client.events.last else {
            return #expect(Bool(false), "\(pair.client.events)")
        }
        #expect(ok.trackProperties.objectDeliveryTimeout == 50)
        #expect(ok.trackProperties.defaultPublisherGroupOrder == .descending)
    }
}
