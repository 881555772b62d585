@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// draft-18 "Delivery Timeouts and Data Reliability".
@Suite struct DeliveryTimeoutTests {
    /// What comes of a group of five objects for a subscriber that reads nothing for `pause`.
    private func read(
        after pause: Interval, _ properties: [KeyValue] = [], _ set: (inout Parameters) -> Void = { _ in }
    ) -> [StreamEnd?] {
        let world = World()
        let source = world.publisher()
        let log = source.add(track("a"), properties)
        let subscriber = world.subscriber(streamWindow: 2000)
        subscriber.subscribe(track("a"), set)
        world.run()
        subscriber.reads = false
        log.putGroup(0, objects: 5, size: 1000)
        world.run()
        world.pass(pause)
        subscriber.resumeReading()
        world.run()
        return subscriber.streams.values.map(\.end)
    }

    @Test func `without a timeout nothing is late`() { #expect(read(after: .seconds(20)) == [.fin]) }

    /// draft-18 "SUBGROUP_DELIVERY_TIMEOUT Parameter".
    @Test(arguments: [500, 2000] as [UInt64])
    func `a subgroup that is whole has its own timeout`(_ timeout: UInt64) {
        let ends = read(after: .seconds(1)) { $0.subgroupDeliveryTimeout = timeout }
        #expect(ends == [timeout < 1000 ? .reset(.deliveryTimeout) : .fin])
    }

    /// The smaller of the publisher's and the subscriber's holds.
    @Test(arguments: [(500, 5000), (5000, 500), (5000, 5000), (5000, 0)] as [(UInt64, UInt64)])
    func `of two timeouts the smaller holds`(_ publisher: UInt64, _ subscriber: UInt64) {
        let ends = read(after: .seconds(1), [KeyValue(type: 0x02, integer: publisher)]) {
            $0.objectDeliveryTimeout = subscriber
        }
        let isLate = min(publisher, subscriber == 0 ? .max : subscriber) < 1000
        #expect(ends == [isLate ? .reset(.deliveryTimeout) : .fin])
    }

    /// draft-18 "OBJECT_DELIVERY_TIMEOUT Parameter": a datagram that waited too long is not sent.
    @Test(arguments: [10, 5000] as [UInt64])
    func `late datagrams are dropped`(_ timeout: UInt64) {
        let cache = Cache(limit: .max), downlink = Downlink(profile: .draft18)
        let log = TrackLog(name: track("a"), properties: Properties(), delivery: .lossless, cache: cache)
        let subscription = Subscription(
            requestID: RequestID(rawValue: 0), alias: TrackAlias(rawValue: 0), track: log, range: (.zero, nil),
            terms: SubscriptionTerms(objectTimeout: .milliseconds(timeout)), downlink: downlink)
        log.add(subscription)
        let sent = Instant(nanoseconds: 1_000_000_000)
        cache.tell(sent)
        log.append(
            LoggedDatagram(object: LoggedObject(id: 0, payloadLength: 1, arrived: sent), payload: [1]), group: 0)
        cache.tell(sent + .seconds(1))
        #expect((downlink.nextDatagram == nil) == (timeout < 1000))
        #expect(downlink.sent.droppedDatagrams == (timeout < 1000 ? 1 : 0))
        subscription.cancel()
        cache.remove(log)
        downlink.shutDown()
    }
}
