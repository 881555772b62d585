@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// draft-18 "RENDEZVOUS TIMEOUT Parameter", "Publisher Interactions".
@Suite struct RequestTests {
    @Test func withoutAPublisherAndPatienceTheTrackDoesNotExist() {
        let world = World()
        let subscriber = world.subscriber()
        subscriber.subscribe(track("a"))
        world.run()
        #expect(subscriber.rejection == .doesNotExist)
        #expect(world.relay.tracks.isEmpty)
    }

    @Test func patienceEndsInTimeout() {
        let world = World()
        let subscriber = world.subscriber()
        subscriber.subscribe(track("a")) { $0.rendezvousTimeout = 3000 }
        world.pass(.seconds(2))
        #expect(subscriber.rejection == nil)
        world.pass(.seconds(3))
        #expect(subscriber.rejection == .timeout)
        world.pass(.seconds(2))
        #expect(world.relay.tracks.isEmpty)
    }

    @Test func allWhoWaitAreAttachedBeforeTheFirstObject() {
        let world = World()
        let subscribers = (0..<5).map { _ in world.subscriber() }
        for subscriber in subscribers { subscriber.subscribe(track("a")) { $0.rendezvousTimeout = 60_000 } }
        world.run()
        let source = world.publisher("")
        let log = source.add(track("a"))
        source.publisher.subscribed = { log in
            if log.groups.isEmpty { log.putGroup(0, objects: 3, size: 100) }
        }
        source.announce("live")
        world.run()
        for subscriber in subscribers { #expect(subscriber.objects.count == 3) }
        #expect(log.subscriptions.count == 1)
    }

    @Test func publishAnswersAHeldSubscribeAndIsNotOfferedBesides() throws {
        let world = World()
        let waiting = world.subscriber()
        waiting.subscribe(track("a")) { $0.rendezvousTimeout = 60_000 }
        waiting.peer.say { _ = try $0.subscribeTracks(TrackNamespace(utf8: "live")) }
        let interested = world.subscriber()
        interested.peer.say { _ = try $0.subscribeTracks(TrackNamespace(utf8: "live")) }
        let other = world.subscriber()
        other.peer.say { _ = try $0.subscribeTracks(TrackNamespace(utf8: "liv")) }
        world.run()
        let source = world.publisher("")
        let log = source.add(track("a"))
        try source.publisher.offer(log, to: source.peer)
        world.run()
        log.putGroup(0, objects: 3, size: 100)
        world.run()
        #expect(waiting.objects.count == 3)
        #expect(interested.objects.count == 3)
        #expect(other.objects.isEmpty)
        #expect(!waiting.events.contains { if case .publish = $0 { true } else { false } })
        #expect(interested.events.contains { if case .publish = $0 { true } else { false } })
    }

    @Test func aRefusalReachesTheSubscriber() {
        let world = World()
        let source = world.publisher()
        _ = source
        let subscriber = world.subscriber()
        subscriber.subscribe(track("unknown")) { $0.rendezvousTimeout = 1000 }
        world.run()
        #expect(subscriber.rejection == .doesNotExist)
        #expect(world.relay.tracks.isEmpty)
    }

    @Test func theUpstreamGoesWithTheLastSubscriber() throws {
        let world = World()
        let source = world.publisher()
        let log = source.add(track("a"))
        let subscribers = [world.subscriber(), world.subscriber()]
        let ids = subscribers.map { $0.subscribe(track("a")) }
        world.run()
        log.putGroup(0, objects: 3, size: 100)
        world.run()
        subscribers[0].peer.say { try $0.cancel(try #require(ids[0])) }
        world.run()
        #expect(log.subscriptions.count == 1)
        subscribers[1].link.cut()
        subscribers[1].link.notice(subscribers[1].link.far)
        world.run()
        #expect(log.subscriptions.isEmpty)
        #expect(world.relay.tracks.isEmpty)
        #expect(world.relay.cache.used == 0)
        subscribers[0].subscribe(track("a"))
        world.run()
        log.putGroup(1, objects: 3, size: 100)
        world.run()
        #expect(subscribers[0].objects.count == 6)
    }

    @Test func aPublishedTrackIsPausedWithoutSubscribers() throws {
        let world = World()
        let source = world.publisher("")
        let log = source.add(track("a"))
        try source.publisher.offer(log, to: source.peer)
        world.run()
        #expect(log.subscriptions.map(\.forwards) == [false])
        let subscriber = world.subscriber()
        let id = try #require(subscriber.subscribe(track("a")))
        world.run()
        #expect(log.subscriptions.map(\.forwards) == [true])
        log.putGroup(0, objects: 2, size: 10)
        world.run()
        #expect(subscriber.objects.count == 2)
        subscriber.peer.say { try $0.cancel(id) }
        world.run()
        #expect(log.subscriptions.map(\.forwards) == [false])
        log.putGroup(1, objects: 2, size: 10)
        world.run()
        subscriber.subscribe(track("a"))
        world.run()
        log.putGroup(2, objects: 2, size: 10)
        world.run()
        #expect(log.subscriptions.map(\.forwards) == [true])
        #expect(subscriber.objects.suffix(2).map(\.group) == [2, 2])
    }

    @Test func namespacesMatchByWholeFields() throws {
        let world = World()
        let watcher = world.subscriber()
        watcher.peer.say { _ = try $0.subscribeNamespace(TrackNamespace(utf8: "live", "foo")) }
        world.run()
        let source = world.publisher("")
        source.announce("live", "foo")
        source.announce("live", "foobar")
        source.announce("live", "foo", "x")
        let second = world.publisher("")
        second.announce("live", "foo")
        func announced() -> [TrackNamespace] {
            watcher.events.compactMap { if case .namespaceAnnounced(_, let namespace) = $0 { namespace } else { nil } }
        }
        func gone() -> [TrackNamespace] {
            watcher.events.compactMap { if case .namespaceGone(_, let namespace) = $0 { namespace } else { nil } }
        }
        #expect(announced() == [try TrackNamespace(utf8: "live", "foo"), try TrackNamespace(utf8: "live", "foo", "x")])
        source.die()
        world.run()
        #expect(gone() == [try TrackNamespace(utf8: "live", "foo", "x")])
        second.die()
        world.run()
        #expect(Set(gone()) == Set(announced()))
        _ = second.add(track("t", in: "live", "foo"))
        let subscriber = world.subscriber()
        subscriber.subscribe(track("t", in: "live", "foo"))
        world.run()
        #expect(subscriber.rejection == .doesNotExist)
    }

    /// Requests and streams may be cancelled while events about them are on their way.
    @Test func eventsAboutWhatIsUnknownDoNothing() {
        let world = World()
        let link = world.connect()
        world.run()
        let (id, stream) = (RequestID(rawValue: 77), StreamID(rawValue: 2))
        let header = SubgroupHeader(trackAlias: TrackAlias(rawValue: 1), group: 0, subgroup: .zero)
        let object = SubgroupObject(id: 0, payloadLength: 5)
        let fetched = FetchObject(location: .zero, subgroup: 0, priority: 1, payloadLength: 5)
        let events: [SessionEvent] = [
            .object(stream, object, wireBytes: 3), .payload(stream, Bytes([1, 2])),
            .subgroupEnded(stream, .fin, wireBytes: 0),
            .subgroupOpened(stream, id, header, wireBytes: 3), .fetchOpened(stream, id, wireBytes: 3),
            .fetchObject(stream, fetched, wireBytes: 3),
            .fetchGap(stream, FetchGap(reason: .unknown, end: .zero), wireBytes: 2),
            .fetchEnded(stream, .reset(.cancelled), wireBytes: 0), .requestCancelled(id, .cancelled),
            .subscribeAccepted(id, SubscribeOK()), .publishAccepted(id, Parameters()), .fetchAccepted(id, FetchOK()),
            .accepted(id, RequestOK()), .rejected(id, RequestError()), .updateAccepted(id, Parameters()),
            .updateRejected(id, RequestError()), .updateRequested(id, Parameters()), .publishDone(id, PublishDone()),
            .namespaceGone(id, TrackNamespace()), .publishBlocked(id, track("x")), .malformedTrack(id, what: ""),
            .datagramObject(
                id, ObjectDatagram(trackAlias: TrackAlias(rawValue: 1), location: .zero, content: .payload(Bytes([1])))),
            .goAway(GoAway(), request: nil), .fetch(Fetch(), track: track("x")), .trackStatus(TrackStatus()),
        ]
        for event in events + events.reversed() { world.relay.handle(event, from: link.far.peer, now: world.now) }
        let downlink = link.far.peer.downlink
        downlink.acknowledged(stream, 10, world.now)
        downlink.stopped(stream)
        downlink.writable(stream)
        downlink.took(5, fin: true, world.now)
        downlink.blocked()
        downlink.refused()
        downlink.tookDatagram(world.now)
        downlink.dropDatagram()
        world.run()
        #expect(world.relay.tracks.isEmpty)
    }
}
