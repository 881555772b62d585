@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

@Suite struct LifetimeTests {
    private struct Weak { weak var object: AnyObject? }

    /// Peers may go in any order.
    @Test(arguments: [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]])
    func nothingIsKeptWhenEverybodyHasGone(order: [Int]) {
        var weak: [Weak] = []
        let world = World { $0.orphanTime = .seconds(5) }
        do {
            let source = world.publisher()
            let log = source.add(track("a"))
            let subscribers = [world.subscriber(streamWindow: 2000), world.subscriber(streamWindow: 2000)]
            for subscriber in subscribers { subscriber.subscribe(track("a")) }
            world.run()
            subscribers[0].reads = false
            log.putGroup(0, objects: 5, size: 1000)
            let open = log.open(1)
            log.put(open, 0, size: 1000)
            world.run()
            subscribers[1].peer.say {
                _ = try $0.fetch(.standalone(track: track("a"), start: .zero, end: RangeEnd(group: 1)))
            }
            world.step()
            world.step()
            weak =
                world.links.map { Weak(object: $0.far.peer) } + world.links.map { Weak(object: $0.far.peer.downlink) }
            if let track = world.relay.tracks.values.first, let log = track.log {
                weak += [Weak(object: track), Weak(object: log)] + log.subscriptions.map { Weak(object: $0) }
                for group in log.groups.values {
                    weak.append(Weak(object: group))
                    for subgroup in group.subgroups {
                        weak += [Weak(object: subgroup)] + subgroup.cursors.members.map { Weak(object: $0) }
                    }
                }
            }
            #expect(weak.count > 12)
            for index in order {
                let link = [source.link, subscribers[0].link, subscribers[1].link][index]
                link.cut()
                link.notice(link.far)
                world.relay.settle(world.now)
            }
            world.links = []
        }
        world.pass(.seconds(10))
        #expect(world.relay.tracks.isEmpty)
        #expect(world.relay.peers.isEmpty)
        #expect(world.relay.cache.used == 0)
        #expect(weak.compactMap(\.object).isEmpty)
    }

    /// Attaching, serving and leaving must not cost more per subscriber when there are many.
    @Test func tenThousandSubscribersComeAndGo() throws {
        let cache = Cache(limit: 1 << 20)
        let log = TrackLog(name: track("a"), properties: Properties(), delivery: .lossless, cache: cache)
        defer { cache.remove(log) }
        let downlinks = (0..<10_000).map { _ in Downlink(profile: .draft18) }
        let now = Instant(nanoseconds: 1)
        let subscriptions = downlinks.map { downlink in
            Subscription(
                requestID: RequestID(rawValue: 0), alias: TrackAlias(rawValue: 0), track: log, range: (.zero, nil),
                terms: SubscriptionTerms(), downlink: downlink)
        }
        for subscription in subscriptions { log.add(subscription) }
        let subgroup = log.open(0)
        log.put(subgroup, 0, size: 100)
        for downlink in downlinks {
            #expect(downlink.nextStream(now) { _ in StreamID(rawValue: 3) } != nil)
            var list: [Bytes] = []
            _ = downlink.gather(into: &list)
            downlink.took(list.reduce(0) { $0 + $1.count }, fin: false, now)
        }
        cache.settle(now)
        for subscription in subscriptions { subscription.cancel() }
        #expect(log.subscriptions.isEmpty)
        #expect(subgroup.cursors.isEmpty)
        for downlink in downlinks { downlink.shutDown() }
    }

    @Test func tenThousandHeldSubscribesAreAnsweredAtOnce() {
        let world = World()
        let subscriber = world.subscriber()
        for index in 0..<10_000 { subscriber.subscribe(track("t\(index)")) { $0.rendezvousTimeout = 60_000 } }
        for _ in 0..<10 { world.step() }
        #expect(world.relay.tracks.count == 10_000)
        subscriber.link.cut()
        subscriber.link.notice(subscriber.link.far)
        #expect(world.relay.tracks.isEmpty)
    }
}
