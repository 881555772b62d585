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
    /// Those that were fetched and that nobody has read, by their ids.
    private var awaited: [UInt64: Awaited] = [:]
    private var droppedThrough: UInt64?
    /// Its datagrams are listed in the cache.
    var isListed = false

    /// What it counts in a ``Cache`` without objects, in bytes: itself, its tables, and its places in those of the track.
    static let fixedCost = 512

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
        // What is had again had been dropped.
        guard datagram.isFill || droppedThrough.map({ id > $0 }) ?? true, datagramIDs.insert(id).inserted else {
            return false
        }
        datagrams.append(datagram)
        return true
    }

    /// Drops the oldest datagrams until `size` bytes are saved; returns what was saved.
    func dropDatagrams(saving size: Int) -> Int {
        var saved = 0
        var through = droppedThrough
        var count = 0
        while count < datagrams.count, saved < size, !isAwaited(datagrams[count].object.id) {
            saved += datagrams[count].cost
            if !datagrams[count].isFill { through = max(through ?? 0, datagrams[count].object.id) }
            count += 1
        }
        for datagram in datagrams[..<count] { datagramIDs.remove(datagram.object.id) }
        datagrams.removeFirst(count)
        droppedThrough = through
        return saved
    }

    /// What brings a datagram, and from which byte on.
    private struct Awaited {
        weak var fill: Fill?
        let wireStart: UInt64
    }

    /// A datagram has come that readers of `fill` wait for: it stays for them.
    func hold(_ id: UInt64, for fill: Fill, wireStart: UInt64) {
        awaited[id] = Awaited(fill: fill, wireStart: wireStart)
    }

    /// The reader ahead has not come to it.
    private func isAwaited(_ id: UInt64) -> Bool {
        guard !awaited.isEmpty, let place = awaited[id] else { return false }
        if let fill = place.fill, fill.holdsLog, fill.position <= place.wireStart { return true }
        awaited[id] = nil
        return false
    }

    /// A reader has it.
    func took(_ datagram: LoggedDatagram) {
        guard !awaited.isEmpty, let place = awaited.removeValue(forKey: datagram.object.id) else { return }
        place.fill?.took(through: place.wireStart + 1 + UInt64(datagram.payload.count))
    }

    /// Drops datagrams that arrived before; returns what was saved, in bytes.
    func dropDatagrams(before oldest: Instant) -> Int {
        var size = 0
        for datagram in datagrams {
            guard datagram.object.arrived < oldest else { break }
            size += datagram.cost
        }
        return size > 0 ? dropDatagrams(saving: size) : 0
    }

    /// Objects from `first` through `last` in order, each once; of two copies the whole one.
    ///
    /// - Parameter oldest: what arrived before is left out.
    func held(from first: UInt64, through last: UInt64, since oldest: Instant) -> [HeldObject] {
        guard first <= last else { return [] }
        var found: [HeldObject] = []
        for log in subgroups { log.appendHeld(from: first, through: last, since: oldest, to: &found) }
        for datagram in datagrams where datagram.object.status == .normal && datagram.object.arrived >= oldest {
            guard (first...last).contains(datagram.object.id) else { continue }
            found.append(HeldObject(id: datagram.object.id, isWhole: true, source: .datagram(datagram)))
        }
        guard subgroups.count + datagrams.count > 1 else { return found }
        found.sort { $0.id != $1.id ? $0.id < $1.id : $0.isWhole && !$1.isWhole }
        var kept = 0
        for index in found.indices where kept == 0 || found[kept - 1].id != found[index].id {
            found[kept] = found[index]
            kept += 1
        }
        found.removeSubrange(kept...)
        return found
    }
}

/// An object of a group, and where it is.
struct HeldObject {
    var id: UInt64
    /// All of its payload is there.
    var isWhole: Bool
    var source: Source

    enum Source {
        case subgroup(SubgroupLog, index: Int)
        case datagram(LoggedDatagram)
    }
}

extension SubgroupLog {
    fileprivate func appendHeld(
        from first: UInt64, through last: UInt64, since oldest: Instant, to found: inout [HeldObject]
    ) {
        guard let lastID, lastID >= first else { return }
        var index = firstIndex(atLeast: first)
        while index < objectCount {
            let object = self[index]
            guard object.id <= last else { return }
            // What is not whole is worth waiting for while it may come.
            if object.status == .normal, object.isComplete || end == .open, object.arrived >= oldest {
                found.append(
                    HeldObject(id: object.id, isWhole: object.isComplete, source: .subgroup(self, index: index)))
            }
            index += 1
        }
    }

    /// The first object with this ID or a larger one that can be read from its beginning.
    private func firstIndex(atLeast id: UInt64) -> Int {
        var low = firstReadable
        var high = objectCount
        while low < high {
            let middle = (low + high) / 2
            if self[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low
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
    var cost: Int {
        2 * MemoryLayout<LoggedDatagram>.stride + 32 + object.properties.raw.count + payload.count
    }
}
