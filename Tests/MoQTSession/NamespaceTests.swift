import MoQTCodec
import MoQTSession
import Testing
import Wire

/// draft-18 "Namespace Discovery".
struct NamespaceTests {
    @Test(arguments: Profile.spoken, 1...6 as ClosedRange<UInt64>)
    func `namespaces are announced and withdrawn whole`(profile: Profile, seed: UInt64) throws {
        let (pair, id) = try subscribed(to: ["live"], profile, seed: seed)
        let a = namespace(["live", "a"]), b = namespace(["live", "b", "c"]), own = namespace(["live"])
        for name in [a, b, own, a] { try pair.server.session.announce(name, on: id) }
        try pair.server.session.withdraw(a, on: id)
        try pair.server.session.withdraw(a, on: id)
        pair.run()
        #expect(
            pair.client.take() == [
                .namespaceAnnounced(id, a), .namespaceAnnounced(id, b), .namespaceAnnounced(id, own),
                .namespaceGone(id, a),
            ])
        #expect(throws: SessionError.self) { try pair.server.session.announce(namespace(["other"]), on: id) }
    }

    /// draft-15 "SUBSCRIBE_NAMESPACE": what was not sent already. NAMESPACE belongs to its request.
    @Test(arguments: Profile.spoken) func `what is published is not announced by a second request`(profile: Profile)
        throws
    {
        let pair = Pair(profile)
        let name = namespace(["live", "a"])
        _ = try pair.server.session.publishNamespace(name)
        pair.run()
        let id = try pair.client.session.subscribeNamespace(namespace(["live"]))
        pair.run()
        try pair.server.session.accept(id, parameters: Parameters())
        try pair.server.session.announce(name, on: id)
        pair.run()
        let requests = pair.client.events.count { if case .publishNamespace = $0 { true } else { false } }
        let told = pair.client.events.contains(.namespaceAnnounced(id, name))
        #expect(requests == 1)
        #expect(told != profile.behaviours.contains(.namespacesByRequest))
    }

    @Test(arguments: Profile.draft17.since) func `when the subscription ends its namespaces are gone`(profile: Profile)
        throws
    {
        let (pair, id) = try subscribed(to: ["live"], profile)
        let a = namespace(["live", "a"])
        try pair.server.session.announce(a, on: id)
        pair.run()
        _ = pair.client.take()
        try pair.server.session.cancel(id, code: .internalError)
        pair.run()
        #expect(pair.client.take() == [.namespaceGone(id, a), .requestCancelled(id, .internalError)])
    }

    @Test(arguments: Profile.spoken) func `prefixes of one kind must not overlap`(profile: Profile) throws {
        let (pair, _) = try subscribed(to: ["live"], profile)
        // Up to draft-15 a prefix has a field.
        let empty: [[String]] = profile.limits.prefixFields.contains(0) ? [[]] : []
        for prefix in [["live"], ["live", "a"]] + empty {
            let id = try pair.client.session.subscribeNamespace(namespace(prefix))
            pair.run()
            #expect(pair.client.refusal(of: id) == .prefixOverlap)
        }
        let other = try pair.client.session.subscribeNamespace(namespace(["live2"]))
        let tracks = try pair.client.session.subscribeTracks(namespace(["live"]))
        pair.run()
        #expect(pair.client.refusal(of: other) == nil)
        let isApart = profile.messages.contains { $0.kind == .subscribeTracks }
        #expect(pair.client.refusal(of: tracks) == (isApart ? nil : .prefixOverlap))
        #expect(pair.server.events.count { if case .subscribeNamespace = $0 { true } else { false } } == 2)
    }

    @Test(arguments: Profile.draft18.since) func `an update changes the prefix, unless it overlaps`(profile: Profile)
        throws
    {
        let (pair, id) = try subscribed(to: ["live"], profile)
        let other = try pair.client.session.subscribeNamespace(namespace(["vod"]))
        pair.run()
        try pair.server.session.accept(other)
        pair.run()
        var parameters = Parameters()
        parameters.trackNamespacePrefix = namespace(["news"])
        try pair.client.session.update(id, parameters)
        pair.run()
        try pair.server.session.acceptUpdate(id)
        try pair.server.session.announce(namespace(["news", "a"]), on: id)
        pair.run()
        #expect(pair.client.events.last == .namespaceAnnounced(id, namespace(["news", "a"])))
        parameters.trackNamespacePrefix = namespace(["vod", "x"])
        try pair.client.session.update(id, parameters)
        pair.run()
        #expect(
            pair.client.events.contains {
                if case .updateRejected(id, let error) = $0 { error.code == .prefixOverlap } else { false }
            })
        #expect(pair.client.events.contains(.requestCancelled(id, .cancelled)))
        #expect(pair.server.events.last == .requestCancelled(id, .cancelled))
    }

    @Test func `blocked tracks are told`() throws {
        let pair = Pair()
        let id = try pair.client.session.subscribeTracks(namespace(["live"]))
        pair.run()
        try pair.server.session.accept(id)
        try pair.server.session.publishBlocked(track("t", in: "live", "a"), on: id)
        pair.run()
        #expect(pair.client.events.last == .publishBlocked(id, track("t", in: "live", "a")))
    }

    /// draft-18 "PUBLISH_BLOCKED", draft-19 "PUBLISH_SKIPPED".
    @Test(arguments: Profile.spoken.filter { !$0.hasOneControlStream })
    func `tracks that find no stream are told as blocked`(profile: Profile) throws {
        let pair = Pair(profile)
        let id = try pair.client.session.subscribeTracks(namespace(["live"]))
        pair.run()
        let options = pair.server.events.contains { if case .subscribeTracks = $0 { true } else { false } }
        #expect(options || profile === Profile.draft17)
        try pair.server.session.accept(id)
        let (wanted, _) = try pair.server.session.publish(track("t"))
        let (other, _) = try pair.server.session.publish(track("t", in: "other"))
        let told = (pair.server.session.outOfStreams(), pair.server.session.outOfStreams())
        #expect(told == (true, false))
        pair.run()
        #expect(pair.server.events.contains(.requestCancelled(wanted, .excessiveLoad)))
        #expect(pair.client.events.contains(.publishBlocked(id, track("t"))))
        let published = pair.client.events.compactMap {
            if case .publish(let offer) = $0 { offer.requestID } else { nil }
        }
        #expect(published == [other])
        if profile.behaviours.contains(.blockedForGood) {
            #expect(throws: SessionError.self) { try pair.server.session.publish(track("t")) }
        } else {
            _ = try pair.server.session.publish(track("t"))
        }
        try pair.client.session.cancel(id)
        pair.run()
        _ = try? pair.server.session.publish(track("t"))
        pair.run()
        #expect(
            pair.client.events.contains {
                if case .publish(let offer) = $0 { offer.track == track("t") } else { false }
            })
    }

    /// draft-18 "Reserved Namespaces", "Session-Level Tracks and Namespaces".
    @Test(arguments: Profile.draft18.since, [".", ".session"]) func `reserved namespaces do not exist`(
        profile: Profile, field: String
    ) throws {
        let pair = Pair(profile)
        #expect(throws: SessionError.self) { try pair.client.session.subscribe(track("a", in: field)) }
        #expect(throws: SessionError.self) { try pair.client.session.publishNamespace(namespace([field])) }
        var message = Subscribe()
        message.track = track("a", in: field, "x")
        let stream = pair.client.newStream(.bidirectional)
        pair.client.send(encoded(.subscribe(message), .client, .request(.subscribe), profile), on: stream)
        _ = pair.server.take()
        pair.deliver(stream, from: pair.client, to: pair.server)
        #expect(pair.server.take().isEmpty)
        guard case .data(let answer, true) = pair.server.inFlight[stream]?.first else {
            return #expect(Bool(false), "not refused")
        }
        #expect(Array(answer.prefix(4)) == [0x05, 0, UInt8(answer.count - 3), 0x10])
    }

    @Test(arguments: Profile.draft18.since) func `other reserved namespaces reach the application`(profile: Profile)
        throws
    {
        let pair = Pair(profile)
        _ = try pair.client.session.subscribe(track("a", in: ".other"))
        pair.run()
        #expect(pair.server.events.contains { if case .subscribe = $0 { true } else { false } })
    }

    @Test func `PUBLISH_NAMESPACE is withdrawn by cancelling, revoked likewise`() throws {
        let pair = Pair()
        let id = try pair.client.session.publishNamespace(namespace(["live"]))
        pair.run()
        try pair.server.session.accept(id)
        pair.run()
        try pair.server.session.cancel(id, code: .expiredAuthToken)
        pair.run()
        #expect(pair.client.events.last == .requestCancelled(id, .expiredAuthToken))
    }

    private func subscribed(
        to prefix: [String], _ profile: Profile = .draft18, seed: UInt64 = 1
    ) throws -> (Pair, RequestID) {
        let pair = Pair(profile, seed: seed)
        let id = try pair.client.session.subscribeNamespace(namespace(prefix))
        pair.run()
        try pair.server.session.accept(id)
        pair.run()
        _ = pair.client.take()
        return (pair, id)
    }
}
