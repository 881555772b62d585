@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// FETCH of what the relay does not have (draft-18 "FETCH").
@Suite struct RelayedFetchTests {
    /// Nothing of the request is left at the relay.
    private func isForgotten(_ ends: [SimulatedLink]) -> Bool {
        ends.allSatisfy { link in
            link.far.peer.requests.values.allSatisfy { request in
                switch request {
                case .openingFetch, .fetchReply, .fillAsked: false
                default: true
                }
            }
        }
    }

    /// Drafts of the publisher and of who fetches.
    static let pairs: [(Profile, Profile)] = [
        (.draft18, .draft18), (.draft14, .draft22), (.draft22, .draft14), (.draft16, .draft17), (.draft20, .draft16),
    ]

    @Test(arguments: pairs)
    func `a track that nobody subscribes to is had from its publisher`(_ from: Profile, _ to: Profile) throws {
        let world = World()
        let source = world.publisher("live", from)
        let log = source.add(track("a"))
        for group in 0..<6 as Range<UInt64> { log.putGroup(group, objects: 4, size: 1500) }
        let subscriber = world.subscriber(to)
        subscriber.fetch(1...4)
        world.run()
        #expect(subscriber.fetched == places(1...4, 4) && subscriber.fetchEnd == .fin && subscriber.gaps.isEmpty)
        let answer = subscriber.events.compactMap {
            if case .fetchAccepted(_, let answer) = $0 { answer } else { nil }
        }
        #expect(answer.count == 1 && answer.first?.end.group == 4 && answer.first?.endOfTrack == false)
        #expect(isForgotten([source.link, subscriber.link]))
        world.pass(.seconds(63))
        #expect(world.relay.tracks.isEmpty && world.relay.cache.used == 0)
    }

    /// draft-18 "FILL_TIMEOUT Parameter": 0 waits for no publisher.
    @Test(arguments: [nil, 0] as [UInt64?])
    func `what was evicted is had from the publisher again`(_ timeout: UInt64?) {
        let world = World(cache: 30_000)
        let source = world.publisher()
        let log = source.add(track("a"))
        let subscriber = world.subscriber(streamWindow: 3000)
        subscriber.subscribe(track("a"))
        world.run()
        for group in 0..<10 as Range<UInt64> { log.putGroup(group, objects: 4, size: 1500) }
        world.run()
        subscriber.fetch(0...9) { $0.fillTimeout = timeout }
        world.run()
        #expect(subscriber.gaps.map(\.reason) == (timeout == nil ? [] : [.unknown]))
        #expect((subscriber.fetched == places(0...9, 4)) == (timeout == nil) && subscriber.fetchEnd == .fin)
    }

    @Test func `a slow reader holds the publisher back, and loses nothing`() {
        let world = World()
        let source = world.publisher(streamWindow: 8000)
        let log = source.add(track("a"))
        for group in 0..<20 as Range<UInt64> { log.putGroup(group, objects: 4, size: 5000) }
        let subscriber = world.subscriber(streamWindow: 8000)
        subscriber.reads = false
        subscriber.fetch(0...19)
        world.run()
        #expect(subscriber.fetched.count < 5)
        subscriber.resumeReading()
        world.run()
        #expect(subscriber.fetched == places(0...19, 4) && subscriber.fetchEnd == .fin)
    }

    /// Drafts 14 and 15 have no sign for what is unknown.
    @Test(arguments: [Profile.draft14, .draft15])
    func `what cannot be passed on cuts it off`(_ profile: Profile) {
        let world = World()
        let source = world.publisher()
        let log = source.add(track("a"))
        log.putGroup(0, objects: 4, size: 100)
        let open = log.open(1)
        log.put(open, 0, size: 100)
        log.finish(open, .reset(.deliveryTimeout))
        log.putGroup(2, objects: 4, size: 100)
        let subscriber = world.subscriber(profile)
        subscriber.fetch(0...2)
        world.run()
        #expect(subscriber.fetchEnd == .reset(.internalError) && isForgotten([source.link, subscriber.link]))
    }

    @Test func `the publisher's refusal is passed on`() {
        let world = World()
        let source = world.publisher()
        _ = source.add(track("b"))
        let subscriber = world.subscriber()
        subscriber.fetch(0...1)
        world.run()
        #expect(subscriber.rejection == .doesNotExist && isForgotten([source.link, subscriber.link]))
    }

    @Test func `without a publisher there is no such track`() {
        let world = World()
        let subscriber = world.subscriber()
        subscriber.fetch(0...1)
        world.run()
        #expect(subscriber.rejection == .doesNotExist)
    }

    @Test func `who gives up has the publisher told`() throws {
        let world = World()
        let source = world.publisher(streamWindow: 8000)
        let log = source.add(track("a"))
        for group in 0..<20 as Range<UInt64> { log.putGroup(group, objects: 4, size: 5000) }
        let subscriber = world.subscriber(streamWindow: 8000)
        subscriber.reads = false
        let id = try #require(subscriber.fetch(0...19))
        world.run()
        subscriber.peer.say { try $0.cancel(id) }
        world.run()
        #expect(isForgotten([source.link, subscriber.link]))
        #expect(source.events.contains { if case .requestCancelled = $0 { true } else { false } })
    }

    @Test func `a publisher that is lost cuts it off`() {
        let world = World()
        let source = world.publisher(streamWindow: 8000)
        let log = source.add(track("a"))
        for group in 0..<20 as Range<UInt64> { log.putGroup(group, objects: 4, size: 5000) }
        let subscriber = world.subscriber(streamWindow: 8000)
        subscriber.reads = false
        subscriber.fetch(0...19)
        world.run()
        source.die()
        subscriber.resumeReading()
        world.run()
        // What has not come is unknown, unless it is the rest of an object.
        let isCutOff = subscriber.fetchEnd == .reset(.unknownObjectStatus)
        let isTold = subscriber.fetchEnd == .fin && subscriber.gaps.map(\.end.group) == [19]
        #expect(isCutOff || isTold, "\(subscriber.fetchEnd as Any), \(subscriber.gaps)")
        #expect(isForgotten([subscriber.link]))
    }

    /// draft-14 "FETCH_ERROR": the stream has no signs for them.
    @Test(arguments: [Profile.draft14, .draft15])
    func `old drafts are told at once of what is unknown`(_ profile: Profile) {
        let world = World(cache: 30_000)
        let source = world.publisher()
        let log = source.add(track("a"))
        let subscriber = world.subscriber(profile, streamWindow: 3000)
        subscriber.subscribe(track("a"))
        world.run()
        for group in 0..<10 as Range<UInt64> { log.putGroup(group, objects: 4, size: 1500) }
        world.run()
        // Nobody can be asked any more, while the log has its reader.
        source.die()
        subscriber.fetch(0...9)
        world.run()
        #expect(subscriber.rejection == .unknownStatusInRange)
    }
}
