import Breaches
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// PUBLISH_DONE, updates, duplicates and joining fetches (draft-18 "Subscriptions").
struct SubscriptionTests {
    @Test(arguments: Profile.spoken, 1...20 as ClosedRange<UInt64>)
    func `PUBLISH_DONE is told after every stream, however they are reordered`(profile: Profile, seed: UInt64) throws {
        let (pair, id, alias) = try DataTests().subscribed(profile, seed: seed)
        for group in 0..<4 as Range<UInt64> {
            pair.server.openData(subgroup(alias, group: group, objects: [[1], [2]], profile), fin: true)
        }
        try pair.server.session.publishDone(id, .trackEnded, streamCount: 4, reason: "end")
        pair.run()
        let ended = pair.client.events.filter { if case .subgroupEnded = $0 { true } else { false } }
        #expect(ended.count == 4)
        guard case .publishDone(id, let done) = pair.client.events.last else {
            return #expect(Bool(false), "\(pair.client.events)")
        }
        #expect(done.code == .trackEnded && done.streamCount == 4 && done.reason == "end")
        #expect(pair.client.session.deadline == nil)
        #expect(pair.server.creditedStreams == profile.credit(for: .subscribe))
    }

    @Test(arguments: Profile.spoken) func `PUBLISH_DONE is told after a timer when streams are missing`(
        profile: Profile
    ) throws {
        let (pair, id, _) = try DataTests().subscribed(profile)
        try pair.server.session.publishDone(id, .trackEnded, streamCount: 1)
        pair.run()
        #expect(pair.client.session.deadline == pair.now + .seconds(10))
        pair.advance(seconds: 9)
        #expect(!pair.client.events.contains { $0.isPublishDone })
        pair.advance(seconds: 1)
        #expect(pair.client.events.last?.isPublishDone == true)
    }

    @Test func `the timer of PUBLISH_DONE waits while a stream is open`() throws {
        let (pair, id, alias) = try DataTests().subscribed()
        let stream = pair.server.openData(subgroup(alias, objects: [[1]]))
        pair.run()
        try pair.server.session.publishDone(id, .trackEnded, streamCount: nil)
        pair.run()
        #expect(pair.client.session.deadline == nil)
        pair.server.send([], on: stream, fin: true)
        pair.run()
        #expect(pair.client.session.deadline == pair.now + .seconds(10))
        pair.advance(seconds: 10)
        #expect(pair.client.events.last?.isPublishDone == true)
    }

    @Test func `the timer of PUBLISH_DONE is the larger delivery timeout`() throws {
        let pair = Pair()
        var parameters = Parameters()
        parameters.objectDeliveryTimeout = 20_000
        let id = try pair.client.session.subscribe(track("a"), parameters)
        pair.run()
        _ = try pair.server.session.acceptSubscribe(id)
        try pair.server.session.publishDone(id, .trackEnded, streamCount: 1)
        pair.run()
        #expect(pair.client.session.deadline == pair.now + .seconds(20))
    }

    @Test(arguments: Profile.spoken) func `PUBLISH_DONE before the answer to PUBLISH waits for it`(profile: Profile)
        throws
    {
        let pair = Pair(profile)
        let (id, alias) = try pair.server.session.publish(track("a"))
        pair.server.openData(subgroup(alias, objects: [[1]], profile), fin: true)
        try pair.server.session.publishDone(id, .trackEnded, streamCount: 1)
        pair.run()
        #expect(!pair.client.events.contains { $0.isPublishDone })
        try pair.client.session.acceptPublish(id)
        pair.run()
        #expect(pair.client.events.last?.isPublishDone == true)
        #expect(pair.client.creditedStreams == profile.credit(for: .publish).merging([.unidirectional: 1]) { $1 })
        #expect(pair.client.close == nil && pair.server.close == nil)
    }

    @Test(arguments: Profile.spoken.filter { !$0.behaviours.contains(.silentUpdates) }, 1...6 as ClosedRange<UInt64>)
    func `updates are told in order and answered in order`(profile: Profile, seed: UInt64) throws {
        let pair = Pair(profile, seed: seed)
        let id = try pair.client.session.subscribe(track("a"))
        var first = Parameters(), second = Parameters()
        first.forward = false
        second.subscriberPriority = 3
        try pair.client.session.update(id, first)
        try pair.client.session.update(id, second)
        pair.run()
        #expect(!pair.server.events.contains { if case .updateRequested = $0 { true } else { false } })
        _ = try pair.server.session.acceptSubscribe(id)
        pair.run()
        #expect(pair.server.events.suffix(2) == [.updateRequested(id, first), .updateRequested(id, second)])
        var answer = Parameters()
        answer.largestObject = Location(group: 5, object: 0)
        try pair.server.session.acceptUpdate(id, parameters: answer)
        try pair.server.session.rejectUpdate(id, .unauthorized)
        #expect(throws: SessionError.self) { try pair.server.session.acceptUpdate(id) }
        try pair.server.session.publishDone(id, .updateFailed, streamCount: 0)
        pair.run()
        #expect(pair.client.events.contains(.updateAccepted(id, answer)))
        #expect(pair.client.events.contains { if case .updateRejected(id, _) = $0 { true } else { false } })
        #expect(pair.client.events.last?.isPublishDone == true)
    }

    @Test(arguments: Profile.spoken) func `the subscriber may update what the publisher began`(profile: Profile) throws
    {
        let pair = Pair(profile)
        let (id, _) = try pair.server.session.publish(track("a"))
        pair.run()
        #expect(throws: SessionError.self) { try pair.client.session.update(id, Parameters()) }
        try pair.client.session.acceptPublish(id)
        var parameters = Parameters()
        parameters.forward = false
        try pair.client.session.update(id, parameters)
        pair.run()
        guard case .updateRequested(id, let asked) = pair.server.events.last else {
            return #expect(Bool(false), "\(pair.server.events)")
        }
        #expect(asked.forward == false && asked.locationFilter == nil)
        try pair.server.session.acceptUpdate(id)
        pair.run()
        #expect(pair.client.events.last == .updateAccepted(id, Parameters()))
    }

    @Test(arguments: [Profile.draft16, .draft17, .draft18]) func `a second subscription in the same role is refused`(
        profile: Profile
    ) throws {
        let pair = Pair(profile)
        let (published, _) = try pair.server.session.publish(track("a"))
        let crossing = try pair.client.session.subscribe(track("a"))
        pair.run()
        // The publisher has offered it: draft-18 "Subscriptions".
        guard case .rejected(crossing, let error) = pair.client.events.last else {
            return #expect(Bool(false), "\(pair.client.events)")
        }
        #expect(error.code == .duplicateSubscription)
        try pair.client.session.acceptPublish(published)
        #expect(throws: SessionError.duplicateSubscription) { try pair.client.session.subscribe(track("a")) }
        #expect(throws: SessionError.duplicateSubscription) { try pair.server.session.publish(track("a")) }
    }

    @Test(arguments: [Profile.draft16, .draft17, .draft18])
    func `accepting PUBLISH ends a SUBSCRIBE that is not answered`(profile: Profile) throws {
        let pair = Pair(profile)
        let own = try pair.client.session.subscribe(track("a"))
        var message = Publish()
        message.requestID = RequestID(rawValue: 1)
        message.track = track("a")
        let stream = profile.hasOneControlStream ? StreamID(rawValue: 0) : pair.server.newStream(.bidirectional)
        pair.server.send(encoded(.publish(message), .server, .request(.publish), profile), on: stream)
        pair.run()
        try pair.client.session.acceptPublish(message.requestID)
        pair.run()
        #expect(pair.client.events.last == .requestCancelled(own, .cancelled))
        // The server's own session knows nothing of that PUBLISH.
        #expect(pair.server.events.contains(.requestCancelled(own, .cancelled)))
    }

    static let fetching = Profile.spoken.filter { !$0.behaviours.contains(.fillStreams) }

    @Test(arguments: fetching) func `a joining fetch waits for its subscription`(profile: Profile) throws {
        let pair = Pair(profile)
        let id = try pair.client.session.subscribe(track("a"), .atLargest)
        let fetch = try pair.client.session.fetch(.relativeJoining(request: id, groups: 1))
        pair.run()
        #expect(!pair.server.events.contains { if case .fetch = $0 { true } else { false } })
        _ = try pair.server.session.acceptSubscribe(id)
        pair.run()
        guard case .fetch(let message, track("a")) = pair.server.events.last else {
            return #expect(Bool(false), "\(pair.server.events)")
        }
        #expect(message.requestID == fetch)
    }

    @Test(arguments: fetching, 1...8 as ClosedRange<UInt64>)
    func `a joining fetch may overtake what it joins`(profile: Profile, seed: UInt64) throws {
        let pair = Pair(profile, seed: seed)
        let id = try pair.client.session.subscribe(track("a"), .atLargest)
        let fetch = try pair.client.session.fetch(.relativeJoining(request: id, groups: 1))
        let (published, _) = try pair.server.session.publish(track("b"))
        pair.client.drain()
        if profile.hasStream(.fetch) { pair.deliver(StreamID(rawValue: 4), from: pair.client, to: pair.server) }
        pair.run()
        _ = try pair.server.session.acceptSubscribe(id)
        try pair.client.session.acceptPublish(published, parameters: .atLargest)
        let second = try pair.client.session.fetch(.absoluteJoining(request: published, group: 0))
        pair.run()
        let fetches = pair.server.events.compactMap { event -> RequestID? in
            if case .fetch(let message, _) = event { message.requestID } else { nil }
        }
        #expect(Set(fetches) == [fetch, second])
    }

    @Test func `a joining fetch of a subscription that never comes is refused in time`() throws {
        let pair = Pair()
        var message = Fetch()
        message.target = .absoluteJoining(request: RequestID(rawValue: 8), group: 0)
        let stream = pair.client.newStream(.bidirectional)
        pair.client.send(encoded(.fetch(message), .client, .request(.fetch)), on: stream)
        pair.deliver(stream, from: pair.client, to: pair.server)
        #expect(pair.server.session.deadline == pair.now + .seconds(10))
        pair.server.session.timeReached(now: pair.now + .seconds(10))
        pair.server.drain()
        guard case .data(let answer, true) = pair.server.inFlight[stream]?.first else {
            return #expect(Bool(false), "not refused")
        }
        #expect(Array(answer.prefix(4)) == [0x05, 0, UInt8(answer.count - 3), 0x32])
    }

    @Test func `STOP_SENDING alone from the publisher of a SUBSCRIBE ends nothing`() throws {
        let (pair, id, _) = try DataTests().subscribed()
        pair.client.session.peerStopped(StreamID(rawValue: 0), .cancelled)
        pair.client.drain()
        #expect(pair.client.actions.last == .reset(StreamID(rawValue: 0), .cancelled))
        pair.client.inFlight = [:]
        try pair.server.session.publishDone(id, .trackEnded, streamCount: 0)
        pair.run()
        #expect(pair.client.events.last?.isPublishDone == true)
    }

    @Test func `more updates than the limit cancel the request`() throws {
        var configuration = SessionConfiguration.test
        configuration.updateLimit = 2
        let pair = Pair(server: configuration)
        let id = try pair.client.session.subscribe(track("a"))
        for _ in 0..<3 { try pair.client.session.update(id, Parameters()) }
        pair.run()
        #expect(pair.server.events.last == .requestCancelled(id, .excessiveLoad))
        #expect(pair.client.events.last == .requestCancelled(id, .excessiveLoad))
        #expect(pair.server.session.limited[.updates] == 1)
    }

    /// draft-19 "MAX_REQUEST_UPDATES".
    @Test(arguments: Profile.draft19.since)
    func `more updates than the peer takes wait, and from the peer close the session`(profile: Profile) throws {
        var configuration = SessionConfiguration.test
        configuration.updateLimit = 2
        let pair = Pair(profile, server: configuration)
        let id = try pair.client.session.subscribe(track("a"))
        pair.run()
        _ = try pair.server.session.acceptSubscribe(id)
        for _ in 0..<3 { try pair.client.session.update(id, Parameters()) }
        pair.run()
        func asked() -> Int { pair.server.events.count { if case .updateRequested = $0 { true } else { false } } }
        #expect(asked() == 2)
        #expect(pair.server.close == nil, "\(pair.server.close?.reason ?? "")")
        try pair.server.session.acceptUpdate(id)
        pair.run()
        #expect(asked() == 3 && pair.server.close == nil)
        var update = RequestUpdate()
        update.requestID = RequestID(rawValue: 8)
        let bytes = encoded(.requestUpdate(update), .client, .request(.subscribe), profile)
        pair.client.send(bytes, on: StreamID(rawValue: 0))
        pair.run()
        #expect(pair.server.close?.code == .tooManyRequestUpdates)
        #expect(pair.server.session.limited[.updates] == 1)
    }

    /// draft-19 "Range Filters".
    @Test func `range filters that were not granted are refused`() throws {
        var server = SessionConfiguration.test
        server.filterRangeLimit = 0
        let pair = Pair(.draft19, server: server)
        var parameters = Parameters()
        parameters.rangeFilters = [RangeFilter(.subgroupID, [0...3])]
        // As a client says it that does not heed what the peer takes.
        var tracks = SubscribeTracks()
        tracks.requestID = RequestID(rawValue: 2)
        tracks.prefix = namespace(["live"])
        tracks.parameters = parameters
        let words = Words(.draft19, .client)
        let messages = [
            words.subscribe(words[0]) { $0.rangeFilters = parameters.rangeFilters },
            words.encoded(.subscribeTracks(tracks), .request(.subscribeTracks)),
        ]
        for bytes in messages { pair.client.send(bytes, on: pair.client.newStream(.bidirectional)) }
        pair.run()
        #expect(pair.server.session.refused.byName.map(\.count) == [2] && pair.server.close == nil)
        #expect(pair.server.session.limited[.filterRanges] == 2)
        #expect(pair.server.session.refusalOfUpdate(parameters)?.code == .invalidFilter)
    }

    /// draft-19 "Subscriptions".
    @Test(arguments: Profile.draft19.since) func `a track may be subscribed to more than once`(profile: Profile) throws
    {
        let pair = Pair(profile)
        let first = try pair.client.session.subscribe(track("a"))
        let second = try pair.client.session.subscribe(track("a"))
        pair.run()
        _ = try pair.server.session.acceptSubscribe(first)
        _ = try pair.server.session.acceptSubscribe(second)
        pair.run()
        #expect(pair.client.events.count { if case .subscribeAccepted = $0 { true } else { false } } == 2)
        #expect(pair.client.refusal(of: second) == nil)
    }

    /// draft-17 "Required Request ID".
    @Test func `a request waits for the one it needs`() throws {
        let pair = Pair(.draft17)
        var message = Subscribe()
        message.requestID = RequestID(rawValue: 2)
        message.requiredRequestID = RequestID(rawValue: 0)
        message.track = track("b")
        let second = pair.client.newStream(.bidirectional)
        pair.client.send(encoded(.subscribe(message), .client, .request(.subscribe), .draft17), on: second)
        pair.deliver(second, from: pair.client, to: pair.server)
        #expect(!pair.server.events.contains { if case .subscribe = $0 { true } else { false } })
        _ = try pair.client.session.subscribe(track("a"))
        pair.run()
        let told = pair.server.events.compactMap { event -> RequestID? in
            if case .subscribe(let message) = event { message.requestID } else { nil }
        }
        #expect(told == [RequestID(rawValue: 0), RequestID(rawValue: 2)])
    }

    /// draft-18 "NEW GROUP REQUEST Parameter".
    @Test(arguments: Profile.spoken) func `new groups are asked for only of tracks that have them`(
        profile: Profile
    ) throws {
        let pair = Pair(profile)
        let (id, _) = try pair.server.session.publish(track("a"))
        pair.run()
        var parameters = Parameters()
        parameters.newGroupRequest = 0
        #expect(throws: SessionError.self) { try pair.client.session.acceptPublish(id, parameters: parameters) }
        try pair.client.session.acceptPublish(id)
        #expect(throws: SessionError.self) { try pair.client.session.update(id, parameters) }
    }

    @Test func `a joining fetch of a rejected or paused subscription is refused`() throws {
        let pair = Pair(seed: 3)
        let id = try pair.client.session.subscribe(track("a"))
        pair.run()
        let waiting = try pair.client.session.fetch(.absoluteJoining(request: id, group: 0))
        pair.run()
        try pair.server.session.reject(id, .doesNotExist)
        pair.run()
        #expect(pair.client.refusal(of: waiting) == .invalidJoiningRequestID)
        var parameters = Parameters()
        parameters.forward = false
        let paused = try pair.client.session.subscribe(track("b"), parameters)
        pair.run()
        _ = try pair.server.session.acceptSubscribe(paused)
        let refused = try pair.client.session.fetch(.absoluteJoining(request: paused, group: 0))
        pair.run()
        #expect(pair.client.refusal(of: refused) == .invalidRange)
    }

    @Test(arguments: Profile.draft18.since) func `a Mandatory Track Property that is unknown refuses the track`(
        profile: Profile
    ) throws {
        let pair = Pair(profile)
        let properties = Properties([KeyValue(type: 0x4000, integer: 1)], profile: .draft18)
        let (published, _) = try pair.server.session.publish(track("a"), properties: properties)
        let subscribed = try pair.client.session.subscribe(track("b"))
        let end = RangeEnd(group: 0, object: 0)
        let fetched = try pair.client.session.fetch(.standalone(track: track("c"), start: .zero, end: end))
        pair.run()
        #expect(pair.server.refusal(of: published) == .unsupportedExtension)
        _ = try pair.server.session.acceptSubscribe(subscribed, properties: properties)
        try pair.server.session.acceptFetch(fetched, end: end, properties: properties)
        pair.run()
        #expect(pair.client.refusal(of: subscribed) == .unsupportedExtension)
        #expect(pair.client.refusal(of: fetched) == .unsupportedExtension)
        #expect(pair.server.events.contains(.requestCancelled(subscribed, .cancelled)))
        #expect(pair.server.events.contains(.requestCancelled(fetched, .cancelled)))
    }
}

extension Parameters {
    /// What every draft lets a joining fetch join.
    static var atLargest: Parameters {
        var parameters = Parameters()
        parameters.locationFilter = .nextObject
        return parameters
    }
}

extension SessionEvent {
    var isPublishDone: Bool { if case .publishDone = self { true } else { false } }
}

extension End {
    /// Why our request was refused; nil when it was not.
    func refusal(of id: RequestID) -> RequestErrorCode? {
        for event in events { if case .rejected(id, let error) = event { return error.code } }
        return nil
    }
}

func encoded(
    _ message: ControlMessage, _ sender: EndpointRole, _ place: MessageContext.Place, _ profile: Profile = .draft18
) -> [UInt8] {
    var bytes: [UInt8] = []
    try! message.append(to: &bytes, profile: profile, context: MessageContext(sender: sender, place: place))
    return bytes
}
