import MoQTCodec
import Testing
import Wire

@testable import MoQT

/// Objects from a publisher, through a relay, to a subscriber.
@Suite(.timeLimit(.minutes(1))) struct SubscriptionTests {
    @Test("objects arrive as they were sent", arguments: Way.all)
    func exact(_ way: Way) async throws {
        let relay = try await TestRelay.start()
        let publisher = try await relay.connect(way).publish(track("test--numbers"))
        let subscription = try await relay.connect(way).subscribe(to: track("test--numbers"))
        #expect(subscription.session.draft == way.draft && subscription.largest == nil)
        async let received = subscription.rest()
        try await publisher.subscribed()
        try await publisher.send(groups: 0..<3, objects: 4, of: 3000)
        try await publisher.finish()
        let objects = try await received.sorted { $0.location < $1.location }
        #expect(objects.count == 12)
        for object in objects {
            #expect(object.payload == payload(object.location.group, object.location.object, 3000))
            #expect(object.subgroup == 0 && object.status == .normal)
        }
    }

    @Test("objects of a group come in order, and with their properties and priority")
    func particulars() async throws {
        let relay = try await TestRelay.start()
        let publisher = try await relay.connect().publish(track("test--numbers"))
        let subscription = try await relay.connect().subscribe(to: track("test--numbers"))
        try await publisher.subscribed()
        let properties = Properties([KeyValue(type: 0x100, integer: 7)], profile: .draft18)
        for object in 0..<5 {
            try await publisher.send(
                group: 9, object: UInt64(object), Bytes([UInt8(object)]), priority: 3, properties: properties)
        }
        try await publisher.finish()
        let objects = try await subscription.rest()
        #expect(objects.map(\.location.object) == [0, 1, 2, 3, 4] && objects.map(\.payload.array).joined().count == 5)
        #expect(objects.allSatisfy { $0.priority == 3 && $0.properties.integer(0x100) == 7 })
    }

    @Test("filters choose objects of a subscription and of a fetch, and are refused where they cannot be said")
    func filters() async throws {
        let relay = try await TestRelay.start()
        let newest = Way(draft: "moqt-22", transport: .quic)
        let publisher = try await relay.connect(newest).publish(track("test--numbers"))
        let session = try await relay.connect(newest)
        let subscription = try await session.subscribe(
            to: track("test--numbers"), filters: [RangeFilter(.objectID, [1...1, 3...(.max)])])
        try await publisher.subscribed()
        try await publisher.send(groups: 0..<2, objects: 5, of: 100)
        let objects = subscription.objects.makeAsyncIterator()
        for _ in 0..<6 { #expect(try await [1, 3, 4].contains(objects.next()?.location.object)) }
        let fetch = try await session.fetch(
            track("test--numbers"), to: RangeEnd(group: 1), filters: [RangeFilter(.objectID, [0...0])])
        let items = try await fetch.rest()
        #expect(items.count == 2)
        try await publisher.finish()
        let old = try await relay.connect()
        let error = try await failure {
            _ = try await old.subscribe(to: track("test--numbers"), filters: [RangeFilter(.objectID, [0...0])])
        }
        #expect(error.reason == "the peer takes no range filters")
    }

    @Test("what is past comes before what is new", arguments: Way.some)
    func joins(_ way: Way) async throws {
        let relay = try await TestRelay.start()
        let publisher = try await relay.connect(way).publish(track("test--numbers"))
        let first = try await relay.connect(way).subscribe(to: track("test--numbers"))
        try await publisher.subscribed()
        try await publisher.send(groups: 0..<4, objects: 2, of: 100)
        try await first.take(8)
        let second = try await relay.connect(way).subscribe(to: track("test--numbers"), from: .groupsBack(1))
        #expect(second.largest == Location(group: 3, object: 1))
        try await publisher.send(groups: 4..<6, objects: 2, of: 100)
        try await publisher.finish()
        let locations = try await second.rest().map(\.location)
        #expect(locations.prefix(4).map(\.group) == [2, 2, 3, 3])
        #expect(Set(locations.dropFirst(4).map(\.group)) == [4, 5] && locations.count == 8)
    }

    @Test("a relay that has the track's properties tells them to the subscriber")
    func trackProperties() async throws {
        let relay = try await TestRelay.start()
        var options = PublishOptions()
        options.deliveryTimeout = .seconds(5)
        options.properties = [KeyValue(type: 0x100, integer: 11)]
        let publisher = try await relay.connect().publish(track("test--live"), options)
        let subscription = try await relay.connect().subscribe(to: track("test--live"))
        #expect(subscription.properties.objectDeliveryTimeout == 5000 && subscription.properties.integer(0x100) == 11)
        subscription.cancel()
        try await publisher.finish()
    }

    @Test("several tasks take objects of one subscription, each others")
    func sharing() async throws {
        let relay = try await TestRelay.start()
        let publisher = try await relay.connect().publish(track("test--numbers"))
        let subscription = try await relay.connect().subscribe(to: track("test--numbers"))
        try await publisher.subscribed()
        async let sent: Void = {
            try await publisher.send(groups: 0..<20, objects: 10, of: 50)
            try await publisher.finish()
        }()
        let taken = try await withThrowingTaskGroup(of: [Location].self) { group in
            for _ in 0..<4 { group.addTask { try await subscription.rest().map(\.location) } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        try await sent
        #expect(taken.count == 200 && Set(taken).count == 200)
    }
}
