@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// A relay with another one above it, which has what nobody publishes here.
@Suite struct UpstreamTests {
    /// Knows the relays above.
    private final class Finder: RouteFinder {
        let relay: Relay
        var upstream: Peer?
        var sought: [TrackNamespace] = []

        init(_ relay: Relay) {
            self.relay = relay
            relay.seek(by: self)
        }

        func find(_ namespace: TrackNamespace) {
            sought.append(namespace)
            if let upstream, !upstream.isClosed { relay.found(namespace, at: upstream) }
        }
    }

    private let world = World()
    private let finder: Finder

    init() { finder = Finder(world.relay) }

    /// A relay above takes over; what it publishes is the test's.
    private func rise(_ profile: Profile = .draft18) -> TestPublisher {
        let origin = TestPublisher(world, world.connectUpward(profile))
        world.run()
        let peer = origin.link.far.peer
        finder.upstream = peer
        world.relay.join(peer)
        world.run()
        return origin
    }

    private func locations(_ groups: Range<UInt64>, _ objects: Range<UInt64>) -> [Location] {
        groups.flatMap { group in objects.map { Location(group: group, object: $0) } }
    }

    @Test func whatNobodyPublishesHereIsAskedForOnceAndOnlyWhileItIsWanted() {
        let origin = rise()
        let log = origin.add(track("a"))
        let subscribers = (0..<3).map { _ in world.subscriber() }
        for subscriber in subscribers { subscriber.subscribe(track("a")) }
        world.run()
        #expect(log.subscriptions.count == 1)
        log.putGroup(0, objects: 3, size: 100)
        world.run()
        for subscriber in subscribers { #expect(subscriber.objects == locations(0..<1, 0..<3)) }
        for subscriber in subscribers { subscriber.peer.say { $0.close() } }
        world.run()
        #expect(log.subscriptions.isEmpty)
    }

    @Test func whatIsPublishedHereIsNotAskedForAbove() {
        let origin = rise()
        let above = origin.add(track("a"))
        let source = world.publisher()
        let log = source.add(track("a"))
        let subscriber = world.subscriber()
        subscriber.subscribe(track("a"))
        world.run()
        #expect(log.subscriptions.count == 1 && above.subscriptions.isEmpty)
    }

    @Test func namespacesOfClientsAreToldAboveAsLongAsAnyClientHasThem() throws {
        let first = world.publisher()
        let origin = rise()
        let second = world.publisher()
        let other = world.publisher("other")
        func told() -> [TrackNamespace] {
            origin.events.compactMap { if case .publishNamespace(let request) = $0 { request.namespace } else { nil } }
        }
        func withdrawn() -> Int {
            origin.events.count { if case .requestCancelled = $0 { true } else { false } }
        }
        #expect(told() == [try TrackNamespace(utf8: "live"), try TrackNamespace(utf8: "other")])
        first.withdraw()
        world.run()
        #expect(withdrawn() == 0)
        second.withdraw()
        other.die()
        world.run()
        #expect(withdrawn() == 2)
    }

    /// draft-18 "SUBSCRIBE_NAMESPACE": prefixes of one session may not overlap.
    @Test func prefixesOfClientsAreAskedForAboveTheShortestOnly() throws {
        let origin = rise()
        func asked() -> [TrackNamespace] {
            origin.events.compactMap {
                if case .subscribeNamespace(let request) = $0 { request.prefix } else { nil }
            }
        }
        for prefix in [["a", "b"], ["a", "b", "c"], ["a"]] {
            let watcher = world.subscriber()
            let namespace = try TrackNamespace(prefix.map { Array($0.utf8) })
            watcher.peer.say { _ = try $0.subscribeNamespace(namespace) }
            world.run()
        }
        #expect(asked() == [try TrackNamespace(utf8: "a", "b"), try TrackNamespace(utf8: "a")])
    }

    @Test func whatTheRelayAboveTellsIsToldToClientsAndNotBack() throws {
        let origin = rise()
        let watcher = world.subscriber()
        watcher.peer.say { _ = try $0.subscribeNamespace(TrackNamespace()) }
        world.run()
        let request = try #require(
            origin.events.compactMap {
                if case .subscribeNamespace(let request) = $0 { request.requestID } else { nil }
            }.first)
        let live = try TrackNamespace(utf8: "live")
        origin.peer.say { try $0.announce(live, on: request) }
        world.run()
        #expect(watcher.heardOf == [live: 1])
        #expect(!origin.events.contains { if case .publishNamespace = $0 { true } else { false } })
        origin.die()
        world.run()
        #expect(watcher.heardOf == [live: 0])
    }

    @Test func requestsWaitForARelayToBeFoundButNotForEver() {
        let early = world.subscriber()
        early.subscribe(track("a"))
        world.run()
        #expect(early.rejection == nil && early.accepted == nil)
        let origin = rise()
        let log = origin.add(track("a"))
        world.run()
        // It was asked before there was such a track.
        #expect(early.rejection == .doesNotExist)
        early.subscribe(track("a"))
        world.run()
        #expect(log.subscriptions.count == 1)
        origin.die()
        finder.upstream = nil
        let late = world.subscriber()
        late.subscribe(track("b"))
        world.pass(.seconds(8))
        #expect(late.rejection == nil)
        world.pass(.seconds(5))
        #expect(late.rejection == .doesNotExist)
    }

    @Test func aPublisherThatComesMeanwhileAnswers() {
        let subscriber = world.subscriber()
        subscriber.subscribe(track("a"))
        world.run()
        let source = world.publisher("")
        let log = source.add(track("a"))
        source.announce("live")
        #expect(log.subscriptions.count == 1 && subscriber.accepted != nil)
    }

    @Test func aRequestThatWaitsCanBeGivenUp() throws {
        let subscriber = world.subscriber()
        let id = try #require(subscriber.subscribe(track("a")))
        world.run()
        subscriber.peer.say { try $0.cancel(id) }
        world.run()
        let origin = rise()
        #expect(!origin.events.contains { if case .subscribe = $0 { true } else { false } })
        #expect(world.relay.soughtNamespaces.isEmpty)
    }

    @Test func readersOfALostRelayGoOnAtTheNext() {
        let first = rise()
        let log = first.add(track("a"))
        let subscriber = world.subscriber()
        subscriber.subscribe(track("a"))
        world.run()
        log.putGroup(0, objects: 2, size: 100)
        world.run()
        finder.upstream = nil
        first.die()
        world.pass(.seconds(5))
        #expect(subscriber.done == nil)
        let second = TestPublisher(world, world.connectUpward())
        let next = second.add(track("a"))
        world.run()
        finder.upstream = second.link.far.peer
        world.relay.join(second.link.far.peer)
        world.run()
        next.putGroup(1, objects: 2, size: 100)
        next.end(.trackEnded, reason: "")
        world.run()
        #expect(subscriber.objects == locations(0..<2, 0..<2))
        #expect(subscriber.done?.code == .trackEnded)
    }

    @Test func readersOfALostRelayAreToldWhenNoOtherIsFound() {
        let origin = rise()
        let log = origin.add(track("a"))
        let subscriber = world.subscriber()
        subscriber.subscribe(track("a"))
        world.run()
        log.putGroup(0, objects: 2, size: 100)
        world.run()
        finder.upstream = nil
        origin.die()
        world.pass(.seconds(13))
        #expect(subscriber.done?.code == .internalError)
    }

    @Test func aRelayThatDoesNotAnswerIsNotWaitedForForEver() {
        let origin = rise()
        origin.link.near.handle = { _ in }
        let subscriber = world.subscriber()
        subscriber.subscribe(track("a"))
        world.pass(.seconds(8))
        #expect(subscriber.rejection == nil)
        world.pass(.seconds(5))
        #expect(subscriber.rejection == .timeout)
    }

    /// draft-18 "Session Migration": what is being fetched is fetched on in the session that takes over.
    @Test(arguments: Profile.spoken, [true, false])
    func aFetchGoesOnWhereTheRelayAboveSendsUs(profile: Profile, isAnswered: Bool) throws {
        let origins = (rise(profile), TestPublisher(world, world.connectUpward(profile)))
        world.run()
        for origin in [origins.0, origins.1] {
            let log = origin.add(track("a"))
            for group in 0..<4 as Range<UInt64> { log.putGroup(group, objects: 10, size: 20_000) }
        }
        if !isAnswered { origins.0.fallSilent() }
        let client = world.subscriber(profile)
        try client.fetch(.zero, RangeEnd(group: 3))
        if isAnswered { while client.fetched.count < 12 { world.step() } } else { world.run() }
        origins.0.peer.say { try $0.goAway(uri: "moqt://next", now: world.now) }
        let next = origins.1.link.far.peer
        finder.upstream = next
        world.relay.join(next)
        world.pass(.seconds(2))
        origins.0.die()
        world.run()
        #expect(client.fetched == locations(0..<4, 0..<10) && client.gaps.isEmpty && client.fetchEnd == .fin)
        #expect(origins.1.events.contains { if case .fetch = $0 { true } else { false } })
    }

    /// draft-18 "GOAWAY": asked anew in the same session, it would only be sent away again.
    @Test(arguments: Drafts.since18) func aRequestThatIsWantedElsewhereGoesOnHere(profile: Profile) throws {
        let origin = rise(profile)
        let log = origin.add(track("a"))
        let client = world.subscriber(profile)
        client.subscribe(track("a"))
        world.run()
        log.putGroup(0, objects: 3, size: 100)
        world.run()
        let request = try #require(origin.request).requestID
        origin.peer.say { try $0.goAway(request, uri: "moqt://next", now: world.now) }
        world.run()
        log.putGroup(1, objects: 3, size: 100)
        world.run()
        #expect(origin.asked == [track("a")] && client.objects == locations(0..<2, 0..<3))
    }
}
