internal import EventLoop
internal import Glibc
internal import MoQTCodec
internal import MoQTRelay
internal import Wire

/// A track that a case publishes: groups of small objects whose payload says where they are.
final class InteropTrack {
    let name: FullTrackName
    let log: TrackLog
    /// Where the last group's objects are.
    private(set) var sent: [Location] = []
    private var group: UInt64
    private var subgroup: SubgroupLog?

    init(_ name: FullTrackName, by publisher: Publisher) {
        self.name = name
        log = publisher.addTrack(name, properties: Properties(), delivery: .lossless)
        // A relay may still keep what the run before this one has published under the name.
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        group = UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
    }

    /// - Parameter namespace: its fields, which are known to be a name.
    static func name(_ name: String, _ namespace: String...) -> FullTrackName { Self.name(name, namespace) }

    static func name(_ name: String, _ namespace: [String]) -> FullTrackName {
        (try? FullTrackName(namespace: Self.namespace(namespace), name: TrackName(utf8: name))) ?? FullTrackName()
    }

    static func namespace(_ fields: [String]) -> TrackNamespace {
        (try? TrackNamespace(fields.map { Array($0.utf8) })) ?? TrackNamespace()
    }

    static func payload(_ location: Location) -> Bytes { Bytes(Array("moq-test object \(location)".utf8)) }

    /// Publishes the next group.
    /// - Parameter isLast: nothing follows in the group.
    /// - Returns: where its objects are.
    func putGroup(_ count: Int, isLast: Bool = true) -> [Location] {
        sent = []
        for _ in 0..<count { put() }
        if isLast { endGroup() }
        return sent
    }

    /// Publishes the next object of the group.
    @discardableResult
    func put() -> Location {
        let location = Location(group: group, object: UInt64(sent.count))
        let payload = Self.payload(location)
        let subgroup =
            subgroup ?? log.openSubgroup(group: group, subgroup: 0, traits: SubgroupTraits(endsGroup: true))
        self.subgroup = subgroup
        log.begin(
            LoggedObject(id: location.object, payloadLength: UInt64(payload.count), arrived: EventLoop.clock()),
            in: subgroup)
        log.append(payload, to: subgroup)
        sent.append(location)
        return location
    }

    func endGroup() {
        if let subgroup { log.finish(subgroup, .finished) }
        subgroup = nil
        group += 1
    }

    /// Publishes an object in a datagram.
    func putDatagram() {
        let location = Location(group: group, object: UInt64(sent.count))
        let payload = Self.payload(location)
        let object = LoggedObject(id: location.object, payloadLength: UInt64(payload.count), arrived: EventLoop.clock())
        log.append(LoggedDatagram(object: object, payload: payload), group: group)
        sent.append(location)
    }
}
