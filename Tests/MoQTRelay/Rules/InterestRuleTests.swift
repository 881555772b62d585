import MoQTCodec
import MoQTSession
import Testing
import Wire

@testable import MoQTRelay

/// Who is asked for a track, who is told of one, and when, on each draft (draft-18 "Relays").
@Suite struct InterestRuleTests {
    /// draft-18 "Modularity".
    @Test(arguments: Drafts.all) func `every request and an update is taken`(profile: Profile) throws {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let keeper = world.subscriber(profile)
        keeper.subscribe(track("a"))
        world.run()
        log.putGroup(0, objects: 2, size: 10)
        world.run()
        let client = world.subscriber(profile)
        var parameters = Parameters()
        parameters.subscriberPriority = 3
        let subscription = try #require(client.subscribe(track("a")))
        client.peer.say {
            _ = try $0.trackStatus(track("a"))
            _ = try $0.publish(track("mine"))
            _ = try $0.publishNamespace(TrackNamespace(utf8: "mine"))
            _ = try $0.subscribeNamespace(TrackNamespace(utf8: "one"))
            _ = try $0.subscribeTracks(TrackNamespace(utf8: "two"))
            try $0.update(subscription, parameters)
        }
        try client.fetch(.zero, RangeEnd(group: 0))
        world.run()
        #expect(client.refusals.isEmpty && !client.isClosed)
        #expect(client.accepted != nil && client.fetched == places(0...0, 2))
        func count(_ isIt: (SessionEvent) -> Bool) -> Int { client.events.count(where: isIt) }
        #expect(count { if case .accepted = $0 { true } else { false } } == 4)
        #expect(count { if case .subscribeAccepted = $0 { true } else { false } } == 1)
        #expect(count { if case .publishAccepted = $0 { true } else { false } } == 1)
        #expect(count { if case .fetchAccepted = $0 { true } else { false } } == 1)
        #expect(count { if case .updateAccepted = $0 { true } else { false } } == 1)
    }

    /// draft-18 "Publisher Interactions".
    @Test(arguments: Drafts.all) func `a track is offered to nobody who did not ask for such`(profile: Profile) throws {
        let world = World()
        let bystander = world.subscriber(profile), other = world.subscriber(profile)
        try other.wantTracks("other")
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        try source.publisher.offer(log, to: source.peer)
        world.run()
        log.putGroup(0, objects: 2, size: 10)
        world.run()
        for client in [bystander, other] { #expect(client.offers.isEmpty && client.objects.isEmpty) }
    }

    /// draft-16 "Publisher Interactions".
    @Test(arguments: Drafts.since16) func `who publishes a track does not publish its namespace`(profile: Profile)
        throws
    {
        let world = World()
        let source = world.publisher("", profile)
        let log = source.add(track("a"))
        _ = source.add(track("b"))
        try source.publisher.offer(log, to: source.peer)
        world.run()
        let client = world.subscriber(profile)
        client.peer.say { _ = try $0.subscribeNamespace(TrackNamespace(utf8: "live")) }
        client.subscribe(track("b"))
        world.run()
        #expect(client.rejection == .doesNotExist && source.asked.isEmpty)
        #expect(!client.events.contains { if case .namespaceAnnounced = $0 { true } else { false } })
    }

    /// draft-18 "Subscriber Interactions".
    @Test(arguments: Drafts.all) func `SUBSCRIBE_OK waits for the publisher's`(profile: Profile) throws {
        let world = World()
        let source = world.publisher("live", profile)
        source.fallSilent()
        let client = world.subscriber(profile)
        client.subscribe(track("a"))
        client.subscribe(track("b"))
        world.run()
        #expect(client.accepted == nil && client.rejection == nil)
        var ids: [FullTrackName: RequestID] = [:]
        for case .subscribe(let request) in source.events { ids[request.track] = request.requestID }
        let (a, b) = (try #require(ids[track("a")]), try #require(ids[track("b")]))
        source.peer.say {
            _ = try $0.acceptSubscribe(a)
            try $0.reject(b, .doesNotExist)
        }
        world.run()
        #expect(client.accepted != nil && client.rejection == .doesNotExist)
    }

    /// draft-18 "Publisher Interactions".
    @Test(arguments: Drafts.all) func `namespaces match by whole fields`(profile: Profile) throws {
        let world = World()
        let source = world.publisher("", profile)
        source.announce("live", "foo")
        let exact = track("t", in: "live", "foo"), below = track("t", in: "live", "foo", "x")
        for name in [exact, below] { _ = source.add(name) }
        let client = world.subscriber(profile)
        for name in [exact, below, track("t", in: "live", "foobar"), track("t", in: "live", "fo"), track("t")] {
            client.subscribe(name)
        }
        let watcher = world.subscriber(profile)
        for prefix in [["live", "fo"], ["live", "foob"]] {
            watcher.peer.say { _ = try $0.subscribeNamespace(TrackNamespace(prefix.map { Array($0.utf8) })) }
        }
        world.run()
        #expect(Set(source.asked) == [exact, below])
        #expect(client.refusals == [.doesNotExist, .doesNotExist, .doesNotExist])
        #expect(!watcher.events.contains { if case .namespaceAnnounced = $0 { true } else { false } })
    }

    /// draft-18 "Publisher Interactions".
    @Test(arguments: Drafts.all) func `SUBSCRIBE goes to every publisher of a namespace that matches`(profile: Profile)
    {
        let world = World()
        let sources = [world.publisher("live", profile), world.publisher("", profile), world.publisher("", profile)]
        sources[1].announce("live", "x")
        sources[2].announce("live", "y")
        let name = track("a", in: "live", "x")
        for source in sources { _ = source.add(name) }
        let client = world.subscriber(profile)
        client.subscribe(name)
        world.run()
        #expect(sources.map(\.asked) == [[name], [name], []])
        #expect(client.accepted != nil)
    }

    /// draft-18 "Publisher Interactions".
    @Test(arguments: Drafts.all) func `PUBLISH goes to every subscriber of a prefix that matches`(profile: Profile)
        throws
    {
        let world = World()
        let before = [["live"], ["live", "x"], ["live", "xy"], ["live", "x", "z"], ["other"]].map { prefix in
            let client = world.subscriber(profile)
            client.peer.say { _ = try $0.subscribeTracks(TrackNamespace(prefix.map { Array($0.utf8) })) }
            return client
        }
        world.run()
        let source = world.publisher("", profile)
        let name = track("a", in: "live", "x")
        let log = source.add(name)
        try source.publisher.offer(log, to: source.peer)
        world.run()
        let late = world.subscriber(profile)
        try late.wantTracks("live")
        log.putGroup(0, objects: 2, size: 10)
        world.run()
        let offers = (before + [late]).map { $0.offers.map(\.track) }
        #expect(offers == [[name], [name], [], [], [], [name]])
        #expect((before + [late]).map(\.objects.count) == [2, 2, 0, 0, 0, 2])
    }

    /// draft-18 "Publisher Interactions".
    @Test(arguments: Drafts.all) func `a publisher that comes late is asked for what is subscribed to`(
        profile: Profile
    ) throws {
        let world = World()
        let first = world.publisher("live", profile)
        _ = first.add(track("a"))
        let client = world.subscriber(profile)
        client.subscribe(track("a"))
        world.run()
        let second = world.publisher("", profile), other = world.publisher("", profile)
        _ = second.add(track("a"))
        second.announce("live")
        other.announce("other")
        #expect(second.asked == [track("a")] && other.asked.isEmpty)
        first.die()
        let group = second.publisher.tracks[track("a")]
        group?.putGroup(0, objects: 2, size: 10)
        world.run()
        #expect(client.objects == places(0...0, 2) && client.done == nil)
    }

    /// draft-18 "Publisher Interactions", "FORWARD Parameter".
    @Test(arguments: Drafts.all) func `a publisher is told to send when the first subscriber wants objects`(
        profile: Profile
    ) throws {
        let world = World()
        let source = world.publisher("", profile)
        let log = source.add(track("a"))
        try source.publisher.offer(log, to: source.peer)
        world.run()
        let client = world.subscriber(profile)
        let id = try #require(client.subscribe(track("a")) { $0.forward = false })
        world.run()
        log.putGroup(0, objects: 2, size: 10)
        world.run()
        #expect(client.accepted != nil && client.objects.isEmpty)
        var forward = Parameters()
        forward.forward = true
        client.peer.say { try $0.update(id, forward) }
        world.run()
        #expect(log.subscriptions.map(\.forwards) == [true])
        log.putGroup(1, objects: 2, size: 10)
        world.run()
        #expect(client.objects == places(1...1, 2))
    }

    /// draft-18 "RENDEZVOUS TIMEOUT Parameter".
    @Test(arguments: Drafts.since17) func `a subscriber waits for a publisher as long as it says`(profile: Profile)
        throws
    {
        let world = World()
        let hasty = world.subscriber(profile)
        hasty.subscribe(track("a"))
        hasty.subscribe(track("b")) { $0.rendezvousTimeout = 0 }
        world.run()
        #expect(hasty.refusals == [.doesNotExist, .doesNotExist])
        let patient = world.subscriber(profile)
        patient.subscribe(track("a")) { $0.rendezvousTimeout = 3000 }
        world.pass(.seconds(2))
        #expect(patient.refusals.isEmpty)
        world.pass(.seconds(3))
        #expect(patient.refusals == [.timeout])
    }

    /// draft-18 "RENDEZVOUS TIMEOUT Parameter".
    @Test(arguments: Drafts.since18) func `a held SUBSCRIBE is answered, and the track not offered besides`(
        profile: Profile
    ) throws {
        let world = World()
        let waiting = world.subscriber(profile)
        waiting.subscribe(track("a")) { $0.rendezvousTimeout = 60_000 }
        try waiting.wantTracks("live")
        let source = world.publisher("", profile)
        let log = source.add(track("a"))
        try source.publisher.offer(log, to: source.peer)
        world.run()
        log.putGroup(0, objects: 3, size: 100)
        world.run()
        #expect(waiting.accepted != nil && waiting.offers.isEmpty && waiting.objects == places(0...0, 3))
    }

    /// draft-22 "FETCH".
    @Test(arguments: Drafts.all) func `a FETCH is tried at a publisher`(profile: Profile) throws {
        let world = World()
        let sources = [world.publisher("live", profile), world.publisher("live", profile)]
        for source in sources { source.add(track("a")).putGroup(0, objects: 2, size: 10) }
        let client = world.subscriber(profile)
        try client.fetch(.zero, RangeEnd(group: 0))
        world.run()
        let asked = sources.map { $0.events.contains { if case .fetch = $0 { true } else { false } } }
        #expect(asked.contains(true) && client.fetched == places(0...0, 2) && client.fetchEnd == .fin)
    }

    /// draft-18 "Track Naming".
    @Test(arguments: Drafts.all) func `names are compared byte by byte`(profile: Profile) throws {
        let world = World()
        let source = world.publisher("", profile)
        source.announce("caf\u{E9}")
        let name = track("a", in: "caf\u{E9}")
        _ = source.add(name)
        let client = world.subscriber(profile)
        let others = [track("a", in: "cafe\u{301}"), track("a", in: "CAF\u{E9}"), track("a", in: "caf\u{E9} ")]
        for other in others + [name, track("A", in: "caf\u{E9}"), track("a\0", in: "caf\u{E9}")] {
            client.subscribe(other)
        }
        world.run()
        #expect(Set(source.asked.map(\.name)) == [name.name, TrackName(utf8: "A"), TrackName(utf8: "a\0")])
        #expect(Set(source.asked.map(\.namespace)) == [name.namespace] && client.refusals.count == 5)
        #expect(client.events.count { if case .subscribeAccepted = $0 { true } else { false } } == 1)
    }
}
