import MoQTCodec
import MoQTSession
import Testing
import Wire

/// Every request, every answer, in both directions and over any split of the bytes.
struct RequestTests {
    static let seeds: ClosedRange<UInt64> = 1...6

    @Test(arguments: Profile.spoken, seeds) func `SUBSCRIBE is accepted`(profile: Profile, seed: UInt64) throws {
        let pair = Pair(profile, seed: seed)
        var parameters = Parameters()
        parameters.subscriberPriority = 7
        parameters.locationFilter = .nextGroup
        let id = try pair.client.session.subscribe(track("a"), parameters)
        pair.run()
        guard case .subscribe(let message) = pair.server.events.last else {
            return #expect(Bool(false), "\(pair.server.events)")
        }
        #expect(message.requestID == id)
        #expect(message.parameters.subscriberPriority == 7 && message.parameters.locationFilter == .nextGroup)
        var answer = Parameters()
        answer.largestObject = Location(group: 3, object: 4)
        let alias = try pair.server.session.acceptSubscribe(id, parameters: answer)
        pair.run()
        guard case .subscribeAccepted(id, let ok) = pair.client.events.last else {
            return #expect(Bool(false), "\(pair.client.events)")
        }
        #expect(ok.trackAlias == alias)
        #expect(ok.parameters.largestObject == answer.largestObject)
    }

    @Test(arguments: Profile.spoken.filter { !$0.behaviours.contains(.publishStatesTerms) }, seeds)
    func `PUBLISH is accepted`(profile: Profile, seed: UInt64) throws {
        let pair = Pair(profile, seed: seed)
        let (id, alias) = try pair.server.session.publish(track("a"))
        pair.run()
        guard case .publish(let message) = pair.client.events.last else {
            return #expect(Bool(false), "\(pair.client.events)")
        }
        #expect(message.requestID == id && message.trackAlias == alias && message.track == track("a"))
        var parameters = Parameters()
        parameters.forward = false
        try pair.client.session.acceptPublish(id, parameters: parameters)
        pair.run()
        guard case .publishAccepted(id, let answer) = pair.server.events.last else {
            return #expect(Bool(false), "\(pair.server.events)")
        }
        #expect(answer.forward == false)
    }

    @Test(arguments: Profile.spoken, seeds) func `FETCH is accepted and ends with its stream`(
        profile: Profile, seed: UInt64
    ) throws {
        let pair = Pair(profile, seed: seed)
        let end = RangeEnd(group: 2, object: 5)
        let id = try pair.client.session.fetch(.standalone(track: track("a"), start: .zero, end: end))
        pair.run()
        guard case .fetch(let message, track("a")) = pair.server.events.last else {
            return #expect(Bool(false), "\(pair.server.events)")
        }
        #expect(message.requestID == id)
        try pair.server.session.acceptFetch(id, end: end, endOfTrack: true)
        let encoder = FetchObjectEncoder(profile: profile, order: .ascending)
        var bytes: [UInt8] = []
        try encoder.appendHeader(id, to: &bytes)
        let stream = pair.server.openData(bytes, fin: true)
        try pair.server.session.fetchDone(id)
        pair.run()
        let events = Set(pair.client.events)
        #expect(events.contains(.fetchEnded(stream, .fin, wireBytes: 0)))
        #expect(
            events.contains {
                if case .fetchAccepted(id, let ok) = $0 { ok.end == end && ok.endOfTrack } else { false }
            })
        #expect(throws: SessionError.unknownRequest(id)) { try pair.client.session.cancel(id) }
        #expect(pair.server.creditedStreams == profile.credit(for: .fetch))
    }

    @Test(arguments: Profile.spoken, seeds) func `TRACK_STATUS is answered and both ends close its stream`(
        profile: Profile, seed: UInt64
    ) throws {
        let pair = Pair(profile, seed: seed)
        let id = try pair.client.session.trackStatus(track("a"))
        pair.run()
        var parameters = Parameters()
        parameters.largestObject = Location(group: 1, object: 2)
        let properties = Properties([KeyValue(type: 0x02, integer: 50)], profile: .draft18)
        try pair.server.session.accept(id, parameters: parameters, properties: properties)
        pair.run()
        guard case .accepted(id, let ok) = pair.client.events.last else {
            return #expect(Bool(false), "\(pair.client.events)")
        }
        #expect(ok.parameters.largestObject == parameters.largestObject)
        // In draft-16 and draft-17 the answer has no place for them.
        let hasPlace = profile.has(.trackProperties, in: .requestOK, at: .request(.trackStatus))
        let isParameter = !profile.has(.trackProperties, in: .publish, at: .request(.publish))
        #expect(ok.trackProperties.objectDeliveryTimeout == (hasPlace || isParameter ? 50 : nil))
        #expect(pair.server.creditedStreams == profile.credit(for: .trackStatus))
    }

    @Test(arguments: Profile.spoken, seeds) func `the namespace requests are accepted`(profile: Profile, seed: UInt64)
        throws
    {
        let pair = Pair(profile, seed: seed)
        let prefix = namespace(["live"])
        let ids = [
            try pair.client.session.publishNamespace(prefix), try pair.client.session.subscribeNamespace(prefix),
            try pair.client.session.subscribeTracks(namespace(["other"])),
        ]
        pair.run()
        for id in ids { try pair.server.session.accept(id) }
        pair.run()
        for id in ids { #expect(pair.client.events.contains(.accepted(id, RequestOK()))) }
        #expect(pair.client.close == nil && pair.server.close == nil)
    }

    @Test(arguments: Profile.spoken, RequestKind.allCases) func `every request can be rejected`(
        profile: Profile, kind: RequestKind
    ) throws {
        let pair = Pair(profile, seed: UInt64(kind.rawValue))
        let id = try pair.client.begin(kind)
        pair.run()
        try pair.server.session.reject(id, .unauthorized, reason: "no", retryAfter: 5)
        pair.run()
        guard case .rejected(id, let error) = pair.client.events.last else {
            return #expect(Bool(false), "\(pair.client.events)")
        }
        #expect(error.code == .unauthorized && error.reason == "no")
        let hasRetry = profile.has(.retryInterval, in: .requestError, at: .request(.subscribe))
        #expect(error.retryAfter == (hasRetry ? 5 : nil))
        #expect(pair.server.creditedStreams == profile.credit(for: kind))
        #expect(throws: SessionError.unknownRequest(id)) { try pair.server.session.cancel(id) }
    }

    @Test(arguments: Profile.spoken, RequestKind.allCases) func `the requester can cancel`(
        profile: Profile, kind: RequestKind
    ) throws {
        let pair = Pair(profile, seed: UInt64(kind.rawValue))
        let id = try pair.client.begin(kind)
        pair.run()
        _ = pair.client.take()
        try pair.client.session.cancel(id)
        pair.run()
        #expect(pair.client.take().isEmpty)
        // Without a stream of its own, TRACK_STATUS is answered all the same, and PUBLISH ends with PUBLISH_DONE.
        if !profile.hasStream(kind) && (kind == .trackStatus || kind == .publish) { return }
        #expect(pair.server.events.last == .requestCancelled(id, .cancelled))
        #expect(pair.server.creditedStreams == profile.credit(for: kind))
        #expect(throws: SessionError.unknownRequest(id)) { try pair.server.session.reject(id, .internalError) }
    }

    @Test(arguments: Profile.spoken, RequestKind.allCases) func `the responder can cancel`(
        profile: Profile, kind: RequestKind
    ) throws {
        let pair = Pair(profile, seed: UInt64(kind.rawValue))
        let id = try pair.client.begin(kind)
        pair.run()
        _ = pair.server.take()
        try pair.server.session.cancel(id, code: .excessiveLoad)
        pair.run()
        if profile.hasStream(kind) {
            #expect(pair.client.events.last == .requestCancelled(id, .excessiveLoad))
        } else {
            // Without a stream of its own, a request that waits for its answer is refused.
            #expect(pair.client.refusal(of: id) != nil)
        }
        #expect(pair.server.take().isEmpty)
        #expect(pair.server.creditedStreams == profile.credit(for: kind))
    }

    /// draft-19 "Graceful Request Stream Closure".
    @Test(arguments: Profile.draft19.since, RequestKind.allCases)
    func `a stream that ends before the answer is a request that failed`(profile: Profile, kind: RequestKind) throws {
        let pair = Pair(profile)
        let id = try pair.client.begin(kind)
        pair.run()
        // By hand: a session ends it with a message.
        pair.server.send([], on: StreamID(rawValue: 0), fin: true)
        pair.run()
        #expect(pair.client.events.contains { if case .requestCancelled(id, _) = $0 { true } else { false } })
        #expect(pair.client.close == nil)
    }

    @Test func `a request cancelled before it has a stream never leaves`() throws {
        let pair = Pair()
        let id = try pair.client.session.subscribe(track("a"))
        try pair.client.session.cancel(id)
        #expect(pair.client.session.wantedStream == nil)
    }

    @Test(arguments: Profile.spoken) func `a FETCH that ends before it starts is not sent`(profile: Profile) throws {
        let pair = Pair(profile)
        let start = Location(group: 5, object: 3)
        let reversed = [RangeEnd(group: 4), RangeEnd(group: 5, object: 2)]
        for end in reversed {
            #expect(throws: SessionError.self) {
                try pair.client.session.fetch(.standalone(track: track("a"), start: start, end: end))
            }
        }
        _ = try pair.client.session.fetch(
            .standalone(track: track("a"), start: start, end: RangeEnd(group: 5, object: 3)))
    }

    @Test func `IDs of both ends differ in parity`() throws {
        let pair = Pair()
        #expect(try pair.client.session.subscribe(track("a")).rawValue == 0)
        #expect(try pair.client.session.subscribe(track("b")).rawValue == 2)
        #expect(try pair.server.session.subscribe(track("a")).rawValue == 1)
    }

    @Test func `more requests than the limit are refused with EXCESSIVE_LOAD`() throws {
        var configuration = SessionConfiguration.test
        configuration.requestLimit = 1
        let pair = Pair(server: configuration)
        _ = try pair.client.session.subscribe(track("a"))
        pair.run()
        let second = try pair.client.session.subscribe(track("b"))
        pair.run()
        guard case .rejected(second, let error) = pair.client.events.last else {
            return #expect(Bool(false), "\(pair.client.events)")
        }
        #expect(error.code == .excessiveLoad)
        #expect(pair.server.session.limited[.requests] == 1)
    }
}

extension Profile {
    /// Requests of the kind have streams of their own. Up to draft-17 SUBSCRIBE_NAMESPACE asks for tracks, too.
    func hasStream(_ kind: RequestKind) -> Bool {
        let hasKind = kind != .subscribeTracks || messages.contains { $0.kind == .subscribeTracks }
        return requestStreams.contains(hasKind ? kind : .subscribeNamespace)
    }

    /// Streams that the peer may open in place of that of a request.
    func credit(for kind: RequestKind) -> [StreamDirection: Int] { hasStream(kind) ? [.bidirectional: 1] : [:] }
}

extension End {
    /// Begins a request of any kind.
    func begin(_ kind: RequestKind) throws -> RequestID {
        switch kind {
        case .subscribe: try session.subscribe(track("a"))
        case .publish: try session.publish(track("a")).0
        case .fetch: try session.fetch(.standalone(track: track("a"), start: .zero, end: RangeEnd(group: 0)))
        case .trackStatus: try session.trackStatus(track("a"))
        case .publishNamespace: try session.publishNamespace(namespace(["live"]))
        case .subscribeNamespace: try session.subscribeNamespace(namespace(["live"]))
        case .subscribeTracks: try session.subscribeTracks(namespace(["live"]))
        }
    }
}
