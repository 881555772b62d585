@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

@Suite struct ForwardingTests {
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func everyObjectReachesEverySubscriberOnceAndInOrder(seed: UInt64) {
        let world = World(seed: seed)
        let source = world.publisher()
        let log = source.add(track("a"))
        let subscribers = (0..<3).map { _ in world.subscriber(streamWindow: 5000) }
        for subscriber in subscribers { subscriber.subscribe(track("a")) }
        world.run()
        for group in 0..<10 as Range<UInt64> {
            log.putGroup(group, objects: 5, size: Int(group) * 1000)
            world.step()
        }
        log.end(.trackEnded, reason: "")
        world.run()
        let all = (0..<10).flatMap { group in (0..<5).map { Location(group: UInt64(group), object: UInt64($0)) } }
        for subscriber in subscribers {
            #expect(subscriber.objects.sorted() == all)
            #expect(subscriber.streams.values.allSatisfy { $0.end == .fin && $0.objects == [0, 1, 2, 3, 4] })
            #expect(subscriber.streams.values.allSatisfy { $0.header.endOfGroup && $0.header.isFirstObject })
            #expect(subscriber.done?.code == .trackEnded)
            #expect(subscriber.done?.streamCount == 10)
        }
    }

    @Test func noCreditIsLost() {
        let world = World()
        let source = world.publisher(streamWindow: 3000, streams: 4)
        let log = source.add(track("a"))
        let subscriber = world.subscriber(streamWindow: 3000, streams: 4)
        subscriber.subscribe(track("a"))
        world.run()
        for group in 0..<50 as Range<UInt64> { log.putGroup(group, objects: 4, size: 2500) }
        world.run()
        #expect(subscriber.objects.count == 200)
        let relay = source.link.far
        #expect(relay.uniArrived.count == 51)
        #expect(relay.streamsCredited == 50)
        for (stream, state) in relay.receiving where stream.direction == .unidirectional && stream.rawValue > 2 {
            #expect(relay.credited(stream) == state.next)
        }
    }

    @Test func bytesAreForwardedBeforeTheirObjectIsWhole() {
        let world = World()
        let source = world.publisher()
        let log = source.add(track("a"))
        let subscriber = world.subscriber()
        subscriber.subscribe(track("a"))
        world.run()
        let subgroup = log.open(0)
        let whole = payload(0, 0, 1000)
        log.begin(LoggedObject(id: 0, payloadLength: 1000, arrived: world.now), in: subgroup)
        log.append(whole.slice(from: 0, count: 400), to: subgroup)
        world.run()
        #expect(subscriber.bytes == 400)
        log.append(whole.slice(from: 400, count: 100), to: subgroup)
        world.run()
        #expect(subscriber.bytes == 500)
        #expect(subscriber.objects.isEmpty)
        log.append(whole.slice(from: 500), to: subgroup)
        world.run()
        #expect(subscriber.objects == [Location(group: 0, object: 0)])
    }

    @Test func statusAndPropertiesAreKept() {
        let world = World()
        let source = world.publisher()
        let log = source.add(track("a"))
        let subscriber = world.subscriber()
        var seen: [SubgroupObject] = []
        let handle = subscriber.link.near.handle
        subscriber.link.near.handle = {
            if case .object(_, let object, _) = $0 { seen.append(object) }
            handle($0)
        }
        subscriber.subscribe(track("a"))
        world.run()
        let properties = Properties([KeyValue(type: 0x1234, integer: 7)], profile: .draft18)
        let subgroup = log.openSubgroup(group: 0, subgroup: 0, traits: SubgroupTraits(hasProperties: true))
        log.begin(LoggedObject(id: 0, properties: properties, payloadLength: 0, arrived: world.now), in: subgroup)
        log.begin(LoggedObject(id: 1, status: .endOfGroup, payloadLength: 0, arrived: world.now), in: subgroup)
        log.finish(subgroup, .finished)
        world.run()
        #expect(seen.map(\.status) == [.normal, .endOfGroup])
        #expect(seen.first?.properties == properties)
    }

    /// draft-18 "Subgroup Header", FIRST_OBJECT; "Joining an Ongoing Track".
    @Test func aReaderThatStartsInsideASubgroupIsToldSo() {
        let world = World()
        let source = world.publisher()
        let log = source.add(track("a"))
        let early = world.subscriber()
        early.subscribe(track("a"))
        world.run()
        let subgroup = log.open(3)
        for id in 0..<5 as Range<UInt64> { log.put(subgroup, id, size: 10) }
        world.run()
        let late = world.subscriber()
        late.subscribe(track("a")) { $0.locationFilter = .nextObject }
        world.run()
        #expect(late.accepted?.parameters.largestObject == Location(group: 3, object: 4))
        log.put(subgroup, 5, size: 10)
        log.finish(subgroup, .finished)
        world.run()
        #expect(late.objects == [Location(group: 3, object: 5)])
        #expect(late.streams.values.map(\.header.isFirstObject) == [false])
        #expect(early.streams.values.map(\.header.isFirstObject) == [true])
        #expect(late.streams.values.map(\.end) == [.fin])
    }

    /// draft-18 "Subscription Filters".
    @Test func filtersChooseWhereItStartsAndEnds() {
        let world = World()
        let source = world.publisher()
        let log = source.add(track("a"))
        let first = world.subscriber()
        first.subscribe(track("a"))
        world.run()
        let open = log.open(5)
        log.put(open, 0, size: 10)
        log.put(open, 1, size: 10)
        world.run()
        let filters: [LocationFilter?] = [
            nil, .nextGroup, .nextObject, .absoluteStart(Location(group: 7, object: 1)),
            .absoluteRange(start: Location(group: 5, object: 1), end: RangeEnd(group: 6)),
        ]
        let subscribers = filters.map { filter in
            let subscriber = world.subscriber()
            subscriber.subscribe(track("a")) { $0.locationFilter = filter }
            return subscriber
        }
        world.run()
        log.put(open, 2, size: 10)
        log.finish(open, .finished)
        for group in 6..<9 as Range<UInt64> {
            log.putGroup(group, objects: 2, size: 10)
            world.run()
        }
        func places(_ text: String) -> [Location] {
            text.split(separator: " ").map {
                Location(group: UInt64($0.prefix(1)) ?? 0, object: UInt64($0.suffix(1)) ?? 0)
            }
        }
        #expect(subscribers[0].objects == places("5.0 5.1 5.2 6.0 6.1 7.0 7.1 8.0 8.1"))
        #expect(subscribers[1].objects == places("6.0 6.1 7.0 7.1 8.0 8.1"))
        #expect(subscribers[2].objects == places("5.2 6.0 6.1 7.0 7.1 8.0 8.1"))
        #expect(subscribers[3].objects == places("7.1 8.0 8.1"))
        #expect(subscribers[4].objects == places("5.1 5.2 6.0 6.1"))
        #expect(subscribers[4].done?.code == .subscriptionEnded)
        let past = world.subscriber()
        past.subscribe(track("a")) { $0.locationFilter = .absoluteRange(start: .zero, end: RangeEnd(group: 6)) }
        world.run()
        #expect(past.rejection == .invalidRange)
    }

    /// draft-18 "Closing Subgroup Streams": what arrived is delivered before the reset.
    @Test func aResetUpstreamFollowsWhatArrived() {
        let world = World()
        let source = world.publisher()
        let log = source.add(track("a"))
        let subscriber = world.subscriber(streamWindow: 1000)
        subscriber.subscribe(track("a"))
        world.run()
        let subgroup = log.open(0)
        for id in 0..<20 as Range<UInt64> { log.put(subgroup, id, size: 3000) }
        log.finish(subgroup, .reset(.deliveryTimeout))
        world.run()
        #expect(subscriber.objects.count == 20)
        #expect(subscriber.streams.values.map(\.end) == [.reset(.deliveryTimeout)])
    }

    @Test func datagramsReachEverySubscriberBeforePublishDone() {
        let world = World()
        let source = world.publisher()
        let log = source.add(track("a"))
        let subscriber = world.subscriber()
        var seen: [ObjectDatagram] = []
        let handle = subscriber.link.near.handle
        subscriber.link.near.handle = {
            if case .datagramObject(_, let datagram) = $0 { seen.append(datagram) }
            handle($0)
        }
        subscriber.subscribe(track("a"))
        world.run()
        for id in 0..<10 as Range<UInt64> {
            let bytes = payload(0, id, 100)
            log.append(
                LoggedDatagram(object: LoggedObject(id: id, payloadLength: 100, arrived: world.now), payload: bytes),
                group: 0)
        }
        log.end(.trackEnded, reason: "")
        world.run()
        #expect(seen.map(\.location.object) == Array(0..<10))
        #expect(seen.allSatisfy { $0.content == .payload(payload(0, $0.location.object, 100)) })
        #expect(subscriber.done?.code == .trackEnded)
    }
}
