import MoQTCodec
import MoQTSession
import Testing
import Wire

@testable import MoQTRelay

/// A FETCH of which a part is here: only what is missing is had from a publisher, and once (draft-18 "FETCH").
@Suite struct FetchGapTests {
    /// Ranges that a publisher was asked for.
    private func asked(_ source: TestPublisher) -> [ClosedRange<UInt64>] {
        source.events.compactMap { event in
            guard case .fetch(let request, _) = event, case .standalone(_, let filter) = request.target,
                let start = filter?.absoluteStart, let end = filter?.end
            else { return nil }
            return start.group...end.group
        }
    }

    /// A relay that has had ten groups of a track and keeps the last of them.
    private func ready(_ profile: Profile = .draft18) -> (World, TestPublisher, TrackLog, TestSubscriber) {
        let world = World(cache: 36_000)
        let source = world.publisher()
        let log = source.add(track("a"))
        let subscriber = world.subscriber(profile)
        subscriber.subscribe(track("a"))
        world.run()
        for group in 0..<10 as Range<UInt64> {
            log.putGroup(group, objects: 4, size: 1500)
            world.run()
        }
        return (world, source, log, subscriber)
    }

    @Test(arguments: [GroupOrder.ascending, .descending])
    func `only the gaps are asked for`(order: GroupOrder) {
        let (world, source, _, subscriber) = ready()
        let held = world.relay.tracks[track("a")]?.log?.groupIDs.first ?? 0
        #expect(held > 2)
        subscriber.fetch(0...9) { $0.groupOrder = order }
        world.run()
        #expect(subscriber.fetched.sorted() == places(0...9, 4) && subscriber.fetchEnd == .fin)
        #expect(asked(source) == [0...held] || asked(source) == [0...held - 1])
    }

    @Test func `equal and overlapping fetches go to the publisher once`() {
        let (world, source, _, first) = ready()
        let others = (0..<3).map { _ in world.subscriber() }
        first.fetch(0...2)
        others[0].fetch(0...2)
        others[1].fetch(1...3)
        others[2].fetch(0...2) { $0.groupOrder = .descending }
        world.run()
        #expect(first.fetched == places(0...2, 4) && others[0].fetched == places(0...2, 4))
        #expect(others[1].fetched == places(1...3, 4) && others[2].fetched.sorted() == places(0...2, 4))
        let groups = asked(source).flatMap(Array.init)
        #expect(groups.count == Set(groups).count, "\(groups)")
    }

    @Test func `equal fetches of a track that nobody follows go to the publisher once`() {
        let world = World()
        let source = world.publisher()
        let log = source.add(track("a"))
        for group in 0..<6 as Range<UInt64> { log.putGroup(group, objects: 4, size: 1500) }
        let subscribers = (0..<3).map { _ in world.subscriber() }
        for subscriber in subscribers { subscriber.fetch(1...4) }
        world.run()
        for subscriber in subscribers { #expect(subscriber.fetched == places(1...4, 4)) }
        // And it is kept for a while.
        subscribers[0].fetch(2...3)
        world.run()
        #expect(asked(source) == [1...4])
        #expect(subscribers[0].fetched.count == 24)
    }

    /// The first of them is refused by a draft that has no signs for what is unknown.
    @Test func `who waits for a longer FETCH is not refused with it`() {
        let world = World()
        let source = world.publisher("live", .draft14)
        let log = source.add(track("a"))
        log.putGroup(0, objects: 4, size: 100)
        let open = log.open(1)
        log.put(open, 0, size: 100)
        log.finish(open, .reset(.cancelled))
        log.putGroup(2, objects: 4, size: 100)
        let subscribers = (0..<2).map { _ in world.subscriber() }
        subscribers[0].fetch(0...2)
        subscribers[1].fetch(2...2)
        world.run()
        #expect(subscribers[0].rejection != nil)
        #expect(subscribers[1].fetched == places(2...2, 4) && subscribers[1].fetchEnd == .fin)
    }

    @Test func `datagrams that were evicted are had again`() {
        let world = World(cache: 20_000)
        let source = world.publisher()
        let log = source.add(track("a"))
        let subscriber = world.subscriber()
        subscriber.subscribe(track("a"))
        world.run()
        for group in 0..<10 as Range<UInt64> {
            for id in 0..<4 as Range<UInt64> {
                log.putDatagram(group, id, size: 1000, at: world.now)
            }
            world.run()
        }
        for _ in 0..<2 { subscriber.fetch(0...9) }
        world.run()
        #expect(subscriber.fetched.sorted() == (places(0...9, 4) + places(0...9, 4)).sorted())
        #expect(subscriber.gaps.isEmpty && subscriber.fetchEnd == .fin)
    }

    @Test func `what does not exist is asked for once`() {
        let world = World()
        let source = world.publisher()
        let log = source.add(track("a"))
        let subscriber = world.subscriber()
        subscriber.subscribe(track("a"))
        world.run()
        for group in [0, 4] as [UInt64] {
            let open = log.open(group)
            for id in [0, 3] as [UInt64] { log.put(open, id, size: 100) }
            log.finish(open, .finished)
        }
        world.run()
        subscriber.fetch(0...4)
        world.run()
        let count = asked(source).count
        #expect(count > 0 && subscriber.fetched.count == 4 && subscriber.gaps.isEmpty)
        subscriber.fetch(0...4)
        world.run()
        #expect(asked(source).count == count && subscriber.fetched.count == 8)
    }

    @Test func `the first bytes do not wait for the last`() {
        let world = World()
        let source = world.publisher()
        let log = source.add(track("a"))
        log.putGroup(0, objects: 4, size: 1500)
        let open = log.open(1)
        log.begin(LoggedObject(id: 0, payloadLength: 3000, arrived: world.now), in: open)
        log.append(payload(1, 0, 3000).slice(from: 0, count: 1000), to: open)
        let subscriber = world.subscriber()
        subscriber.fetch(0...1)
        world.run()
        #expect(subscriber.fetched == places(0...0, 4) && subscriber.fetchEnd == nil)
        log.append(payload(1, 0, 3000).slice(from: 1000), to: open)
        world.run()
        #expect(subscriber.fetched.count == 5 && subscriber.fetchEnd == .fin)
    }

    // MARK: - FILL_TIMEOUT

    /// draft-18 "FILL TIMEOUT Parameter"; since draft-20 with a sign of its own.
    @Test(arguments: Drafts.since18)
    func `a publisher that does not answer is waited for as long as the subscriber says`(profile: Profile) {
        let (world, source, _, subscriber) = ready(profile)
        source.link.near.isStopped = true
        subscriber.fetch(0...9) { $0.fillTimeout = 700 }
        world.pass(.milliseconds(600))
        #expect(subscriber.fetchEnd == nil && subscriber.gaps.isEmpty)
        world.pass(.milliseconds(400))
        let signs = profile.objects.fetch.gaps
        #expect(subscriber.gaps.map(\.reason) == [signs.contains(.timedOut) ? .timedOut : .unknown])
        #expect(subscriber.fetchEnd == .fin && subscriber.fetched.last == Location(group: 9, object: 3))
    }

    @Test func `a track that nobody follows has no end while its publisher does not answer`() {
        let world = World()
        let source = world.publisher()
        source.add(track("a")).putGroup(0, objects: 1, size: 10)
        let subscriber = world.subscriber()
        source.link.near.isStopped = true
        subscriber.fetch(0...1) { $0.fillTimeout = 700 }
        world.pass(.milliseconds(600))
        #expect(subscriber.rejection == nil)
        world.pass(.milliseconds(400))
        #expect(subscriber.rejection == .timeout)
    }

    @Test func `without a limit a publisher that stands still is waited for half a minute`() {
        let (world, source, _, subscriber) = ready()
        source.link.near.isStopped = true
        subscriber.fetch(0...9)
        world.pass(.seconds(28))
        #expect(subscriber.fetchEnd == nil)
        world.pass(.seconds(5))
        #expect(subscriber.gaps.map(\.reason) == [.unknown] && subscriber.fetchEnd == .fin)
    }

    /// draft-18 "MAX CACHE DURATION": what is too old is had again.
    @Test func `what is kept too long is asked for again`() {
        let world = World()
        let source = world.publisher()
        let log = source.add(track("a"), [KeyValue(type: 0x04, integer: 2000)])
        let subscriber = world.subscriber()
        subscriber.subscribe(track("a"))
        world.run()
        log.putGroup(0, objects: 4, size: 100)
        world.run()
        subscriber.fetch(0...0)
        world.run()
        #expect(asked(source).isEmpty && subscriber.fetched == places(0...0, 4))
        world.pass(.seconds(4))
        subscriber.fetch(0...0)
        world.run()
        #expect(asked(source) == [0...0] && subscriber.fetched.count == 8 && subscriber.gaps.isEmpty)
    }
}
