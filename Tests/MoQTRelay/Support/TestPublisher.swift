@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// An original publisher connected to the relay.
final class TestPublisher {
    let world: World
    let link: SimulatedLink
    let publisher: Publisher
    var peer: Peer { link.near.peer }
    var events: [SessionEvent] = []
    var namespaceRequest: RequestID?

    /// Announced under `namespace`, unless that is empty.
    convenience init(_ world: World, _ link: SimulatedLink, _ namespace: String) {
        self.init(world, link)
        world.run()
        if !namespace.isEmpty { announce(namespace) }
    }

    /// - Parameter publisher: what is published; nil: something of its own.
    init(_ world: World, _ link: SimulatedLink, of publisher: Publisher? = nil) {
        self.world = world
        self.link = link
        self.publisher = publisher ?? Publisher(cache: Cache(limit: .max))
        link.near.handle = { [unowned self] event in
            events.append(event)
            _ = self.publisher.handle(event, from: peer)
        }
    }

    func announce(_ namespace: String...) {
        peer.say { namespaceRequest = try $0.publishNamespace(TrackNamespace(namespace.map { Array($0.utf8) })) }
        world.run()
    }

    func add(_ name: FullTrackName, _ properties: [KeyValue] = []) -> TrackLog {
        let properties = Properties(properties, profile: .draft18)
        return publisher.addTrack(name, properties: properties, delivery: Delivery(properties))
    }

    /// The session breaks; both ends notice.
    func die() {
        link.cut()
        link.notice(link.far)
    }
}

extension TrackLog {
    /// A whole object.
    func put(_ log: SubgroupLog, _ id: UInt64, size: Int, at now: Instant = Instant(nanoseconds: 1_000_000_000)) {
        begin(LoggedObject(id: id, payloadLength: UInt64(size), arrived: now), in: log)
        if size > 0 { append(payload(log.group, id, size), to: log) }
    }

    /// A whole object in a datagram.
    func putDatagram(_ group: UInt64, _ id: UInt64, size: Int, at now: Instant) {
        let object = LoggedObject(id: id, payloadLength: UInt64(size), arrived: now)
        append(LoggedDatagram(object: object, payload: payload(group, id, size)), group: group)
    }

    func open(_ group: UInt64, _ subgroup: UInt64 = 0, endsGroup: Bool = false) -> SubgroupLog {
        openSubgroup(group: group, subgroup: subgroup, traits: SubgroupTraits(endsGroup: endsGroup))
    }

    /// A whole group in one subgroup.
    func putGroup(_ group: UInt64, objects: Int, size: Int, from first: Int = 0) {
        let log = open(group, endsGroup: true)
        for id in first..<objects { put(log, UInt64(id), size: size) }
        finish(log, .finished)
    }
}
