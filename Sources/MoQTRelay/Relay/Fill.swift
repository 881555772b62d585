internal import MoQTCodec
internal import Wire

/// The beginning of the group in progress when the relay subscribed, fetched from the publisher once for all
/// subscribers that want to join there (draft-18 "Joining an Ongoing Track").
final class Fill {
    private(set) weak var track: RelayTrack?
    let log: TrackLog
    /// Where it begins.
    private let start: Location
    /// The whole range was received.
    var isWhole = false
    /// The publisher said that it does not know all of the range.
    var hasGaps = false
    private var current: SubgroupLog?
    private var subgroups: [Key: SubgroupLog] = [:]
    private var datagram: LoggedDatagram?
    private var datagramGroup: UInt64 = 0

    private struct Key: Hashable {
        var group: UInt64
        var subgroup: UInt64
    }

    init(track: RelayTrack, log: TrackLog, from start: Location) {
        self.track = track
        self.log = log
        self.start = start
    }

    func begin(_ object: FetchObject, _ now: Instant) {
        let logged = LoggedObject(
            id: object.location.object, properties: object.properties,
            payloadLength: object.payloadLength, arrived: now)
        guard let subgroup = object.subgroup else {
            current = nil
            datagram = LoggedDatagram(
                object: logged, payload: Bytes(), priority: object.priority, endsGroup: false,
                isFill: true)
            datagramGroup = object.location.group
            if object.payloadLength == 0 { finishDatagram() }
            return
        }
        let key = Key(group: object.location.group, subgroup: subgroup)
        let target =
            subgroups[key]
            ?? log.openSubgroup(
                group: key.group, subgroup: subgroup,
                traits: SubgroupTraits(priority: object.priority, hasProperties: !object.properties.isEmpty),
                isFill: true)
        subgroups[key] = target
        current = target
        // Objects of a fetch ascend within a group; one that does not is left out (draft-18 "Malformed Tracks").
        guard target.lastID.map({ $0 < logged.id }) ?? true else { return current = nil }
        log.begin(logged, in: target)
    }

    func append(_ payload: Bytes) {
        if let current { return log.append(payload, to: current) }
        guard let begun = datagram else { return }
        // A datagram is small: its payload comes in one piece but for rare splits.
        datagram?.payload = begun.payload.isEmpty ? payload : Bytes(begun.payload.array + payload.array)
        if UInt64(datagram?.payload.count ?? 0) == begun.object.payloadLength { finishDatagram() }
    }

    private func finishDatagram() {
        guard let whole = datagram else { return }
        log.append(whole, group: datagramGroup)
        datagram = nil
    }

    func finish() {
        for target in subgroups.values { log.finish(target, isWhole ? .finished : .reset(.unknownObjectStatus)) }
        if isWhole { log.filled(from: start) }
    }
}
