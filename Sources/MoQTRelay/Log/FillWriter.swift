internal import MoQTCodec
internal import Wire

/// Puts the objects of a fill into the log.
struct FillWriter {
    private let log: TrackLog
    /// What takes the payload that comes; nil: it is left out.
    var current: SubgroupLog?
    /// Of the group that is coming.
    private var subgroups: [UInt64: SubgroupLog] = [:]
    private var group: UInt64?
    private var datagram: LoggedDatagram?
    private var datagramStart: UInt64 = 0
    /// All it opened that readers of the fill may not have read yet.
    private var unread: [SubgroupLog] = []

    init(_ log: TrackLog) { self.log = log }

    mutating func begin(_ object: FetchObject, of fill: Fill, wireStart: UInt64, _ now: Instant) {
        let logged = LoggedObject(
            id: object.location.object, properties: object.properties, payloadLength: object.payloadLength,
            arrived: now)
        if group != object.location.group { finishGroup() }
        group = object.location.group
        datagram = nil
        guard let subgroup = object.subgroup else {
            datagram = LoggedDatagram(
                object: logged, payload: Bytes(), priority: object.priority, endsGroup: false, isFill: true)
            datagramStart = wireStart
            if object.payloadLength == 0 { finishDatagram(of: fill) }
            return
        }
        let target = subgroups[subgroup] ?? open(subgroup, object, fill)
        target.receivedWire(Int(clamping: wireStart - min(wireStart, target.wireReceived)))
        current = target
        log.begin(logged, in: target)
    }

    private mutating func open(_ subgroup: UInt64, _ object: FetchObject, _ fill: Fill) -> SubgroupLog {
        let target = log.openSubgroup(
            group: object.location.group, subgroup: subgroup,
            traits: SubgroupTraits(priority: object.priority, hasProperties: !object.properties.isEmpty), isFill: true)
        target.fill = fill
        subgroups[subgroup] = target
        unread.removeAll { $0.wireReceived <= fill.position && $0.end != .open }
        unread.append(target)
        return target
    }

    /// A datagram is here as a whole, or not at all.
    var isMidDatagram: Bool { datagram != nil }

    /// - Returns: whether a datagram is whole now.
    mutating func append(_ payload: Bytes, of fill: Fill) -> Bool {
        if let current {
            log.append(payload, to: current)
            return false
        }
        guard let begun = datagram else { return false }
        // A datagram is small: its payload comes in one piece but for rare splits.
        datagram?.payload = begun.payload.isEmpty ? payload : Bytes(begun.payload.array + payload.array)
        guard UInt64(datagram?.payload.count ?? 0) == begun.object.payloadLength else { return false }
        finishDatagram(of: fill)
        return true
    }

    private mutating func finishDatagram(of fill: Fill) {
        guard let whole = datagram, let group else { return }
        log.append(whole, group: group)
        log.groups[group]?.hold(whole.object.id, for: fill, wireStart: datagramStart)
        datagram = nil
    }

    /// Objects of a group come together: with the next one it is complete.
    private mutating func finishGroup() {
        for target in subgroups.values { log.finish(target, .finished) }
        subgroups = [:]
        current = nil
    }

    mutating func finish() {
        finishGroup()
        datagram = nil
    }

    /// Nobody reads it: what it brought goes like anything else when room is needed.
    mutating func release() {
        for target in unread { target.fill = nil }
        unread = []
    }
}
