package import MoQTCodec
package import Wire

/// The objects of one group.
package final class GroupLog {
    package let id: UInt64
    private var roster = Roster<SubgroupLog>(\.placeInGroup)
    /// The last part of each subgroup received by subscription.
    private(set) var latest: [UInt64: SubgroupLog] = [:]
    /// Of subgroups that came out of order: the parts that hold objects, by their ids.
    var parts: [UInt64: [SubgroupLog]] = [:]
    package private(set) var datagrams: [LoggedDatagram] = []
    private var datagramIDs: Set<UInt64> = []
    private var droppedThrough: UInt64?
    /// Its datagrams are listed in the cache.
    var isListed = false

    init(id: UInt64) { self.id = id }

    package var subgroups: [SubgroupLog] { roster.members }

    func add(_ log: SubgroupLog, isLatest: Bool) {
        roster.insert(log)
        if isLatest { latest[log.subgroup] = log }
    }

    func remove(_ log: SubgroupLog) {
        roster.remove(log)
        if latest[log.subgroup] === log, parts[log.subgroup] == nil { latest[log.subgroup] = nil }
    }

    /// False when the object is there already.
    func add(_ datagram: LoggedDatagram) -> Bool {
        let id = datagram.object.id
        guard droppedThrough.map({ id > $0 }) ?? true, datagramIDs.insert(id).inserted else { return false }
        datagrams.append(datagram)
        return true
    }

    /// Drops the oldest datagrams until `size` bytes are saved; returns what was saved, and the largest id dropped.
    func dropDatagrams(saving size: Int) -> (saved: Int, through: UInt64?) {
        var saved = 0
        var through = droppedThrough
        var count = 0
        while count < datagrams.count, saved < size {
            saved += datagrams[count].cost
            through = max(through ?? 0, datagrams[count].object.id)
            count += 1
        }
        for datagram in datagrams[..<count] { datagramIDs.remove(datagram.object.id) }
        datagrams.removeFirst(count)
        droppedThrough = through
        return (saved, through)
    }

    /// The last object that is `limit` or before it; nil: there is none.
    func lastObject(through limit: UInt64) -> UInt64? {
        var last: UInt64?
        for log in subgroups {
            for index in (log.firstReadable..<log.objectCount).reversed() where log[index].id <= limit {
                last = max(last ?? 0, log[index].id)
                break
            }
        }
        for datagram in datagrams where datagram.object.id <= limit { last = max(last ?? 0, datagram.object.id) }
        return last
    }

    /// From this object on some are missing, because a subgroup was cut off and did not go on; nil: none is.
    var unknownFrom: UInt64? {
        var first: UInt64?
        for log in latest.values {
            guard case .reset = log.end, log.wholeThrough != .max else { continue }
            first = min(first ?? .max, log.wholeThrough.map { $0 + 1 } ?? 0)
        }
        for parts in parts.values {
            for part in parts.dropLast() where !part.meetsNext {
                first = min(first ?? .max, part.wholeThrough.map { $0 &+ 1 } ?? 0)
            }
        }
        return first
    }
}

/// An object that travels in a datagram.
package struct LoggedDatagram {
    package var object: LoggedObject
    package var payload: Bytes
    package var priority: UInt8?
    package var endsGroup: Bool
    package var isFill: Bool
    /// It does not come from another loop of the same relay.
    var isOwn = true

    package init(
        object: LoggedObject, payload: Bytes, priority: UInt8? = nil, endsGroup: Bool = false,
        isFill: Bool = false
    ) {
        self.object = object
        self.payload = payload
        self.priority = priority
        self.endsGroup = endsGroup
        self.isFill = isFill
    }

    /// A datagram as it was received.
    package init(_ datagram: ObjectDatagram, arrived: Instant) {
        let status: ObjectStatus
        switch datagram.content {
        case .payload(let bytes): (status, payload) = (.normal, bytes)
        case .status(let said): (status, payload) = (said, Bytes())
        }
        object = LoggedObject(
            id: datagram.location.object, status: status, properties: datagram.properties,
            payloadLength: UInt64(payload.count), arrived: arrived)
        priority = datagram.priority
        endsGroup = datagram.endOfGroup
        isFill = false
    }

    /// What it counts in a ``Cache``, in bytes.
    var cost: Int { object.headerCost + payload.count }
}
