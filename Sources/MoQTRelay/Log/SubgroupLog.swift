package import MoQTCodec
package import Wire

/// One object as a log holds it: its header, and where its payload lies among the subgroup's chunks.
package struct LoggedObject {
    package var id: UInt64
    package var status: ObjectStatus
    /// As they came; empty when there are none.
    package var properties: Properties
    /// Length announced for the payload, in bytes.
    package var payloadLength: UInt64
    /// Payload bytes that have arrived.
    package internal(set) var received: UInt64 = 0
    /// Number of the payload's first chunk in its ``SubgroupLog``.
    package internal(set) var firstChunk: Int = 0
    /// When the first byte arrived, for delivery timeouts and cache durations.
    package var arrived: Instant
    /// When the last byte so far arrived.
    fileprivate(set) var arrivedThrough: Instant
    /// Stream bytes before this object, for flow-control credit; 0 for what was not received from a stream.
    package internal(set) var wireStart: UInt64 = 0

    package init(
        id: UInt64, status: ObjectStatus = .normal, properties: Properties = Properties(), payloadLength: UInt64,
        arrived: Instant
    ) {
        self.id = id
        self.status = status
        self.properties = properties
        self.payloadLength = payloadLength
        self.arrived = arrived
        arrivedThrough = arrived
    }

    /// When a byte of the payload arrived, as if they all had come at an even pace.
    /// - Parameter offset: less than ``received``, or 0.
    func arrival(of offset: UInt64) -> Instant {
        guard offset > 0, arrivedThrough > arrived else { return arrived }
        let share = Double(offset) / Double(max(received, 1))
        return arrived + Interval(nanoseconds: UInt64(Double((arrivedThrough - arrived).nanoseconds) * share))
    }

    /// An object whose header was received on a subgroup stream.
    package init(_ object: SubgroupObject, arrived: Instant) {
        self.init(
            id: object.id, status: object.status, properties: object.properties,
            payloadLength: object.payloadLength, arrived: arrived)
    }

    /// All of the payload is there.
    package var isComplete: Bool { received == payloadLength }

    /// What an object counts in a ``Cache`` besides its payload, in bytes: its entry and that of a chunk, in arrays that
    /// may be half empty.
    static let fixedCost = 2 * (MemoryLayout<LoggedObject>.stride + MemoryLayout<Bytes>.stride)
    var headerCost: Int { Self.fixedCost + properties.raw.count }
}

/// The objects of one subgroup in the order they arrived, appended once and read by any number of cursors.
///
/// Objects and chunks are numbered from 0; eviction takes them from the front, and the numbers stay.
///
/// A subgroup that was cut off upstream and goes on later on another stream is a second log with the same ids:
/// draft-18 "Closing Subgroup Streams" wants a new stream downstream too.
package final class SubgroupLog {
    /// How the subgroup ended.
    package enum End: Equatable {
        case open
        /// Every object was delivered.
        case finished
        /// The rest will not come.
        case reset(StreamResetCode)
    }

    package let group: UInt64
    package let subgroup: UInt64
    /// What the subgroup's header said.
    package let traits: SubgroupTraits
    /// Of its first object; nil: those of the track hold.
    var timeouts: StatedTimeouts?
    /// Received by FETCH rather than by subscription: serves FETCH, never a subscription.
    package let isFill: Bool
    /// Up to here nothing of the subgroup is missing in earlier parts of it, or ever will come; nil: there is none.
    var resumesAfter: UInt64?
    /// Someone brings it, or has brought it, who is no other loop of the same relay: only then do other loops get it.
    var isOwn: Bool

    private var objects: [LoggedObject] = []
    private var objectBase = 0
    private var chunks: [Bytes] = []
    private var chunkBase = 0
    package private(set) var end: End = .open
    /// When the end was known, for the subgroup delivery timeout.
    private(set) var endedAt = Instant(nanoseconds: 0)
    /// The id of the first object; nil when there never was one.
    private(set) var firstID: UInt64?
    /// The id of the last object, complete or not; nil when there never was one.
    package private(set) var lastID: UInt64?
    /// The last object that is whole, here or in an earlier part.
    private(set) var wholeThrough: UInt64?
    /// No object waits for the rest of its payload.
    private(set) var isLastWhole = true
    /// The first object that can be read from its beginning; earlier ones have been evicted.
    package private(set) var firstReadable = 0
    /// What its objects count in its ``Cache``, in bytes.
    private(set) var cost = 0
    /// What it counts without objects: itself, its arrays, and its places in the lists of others.
    static let fixedCost = 768

    /// Cursors that will read, or are reading, this log.
    var cursors = Roster<SubgroupCursor>(\.placeInLog)
    /// Fetches that wait for more of an object.
    var waiters: [OutgoingStream] = []
    /// Objects that fetches are in the midst of: they stay until then.
    var begun: [Int] = []
    /// What brings it, while somebody reads that; nil also for what was not fetched.
    weak var fill: Fill?
    /// Streams that bring this subgroup.
    var writers: [SubgroupWriter] = []
    /// Where the bytes come from, when flow-control credit must follow the readers.
    package internal(set) var source: CreditSource?
    /// Stream bytes that have arrived, and how many of them were credited.
    package private(set) var wireReceived: UInt64 = 0
    var wireCredited: UInt64 = 0
    var streamCredited = false
    /// Some reader has had everything and is gone.
    var wasReadThrough = false
    /// Evicted and out of its track.
    var isForgotten = false
    /// Already listed for the next credit round, or for the next look at stalled readers.
    var isDirty = false
    var isWatched = false
    var placeInGroup = -1
    /// The first object of the part after it; nil: there is none, as where a subgroup came in order.
    var endsBefore: UInt64?
    /// Nothing is missing between its last object and ``endsBefore``.
    var meetsNext = false
    /// Its first object need not belong behind those of the other parts.
    var isUnplaced = false

    init(
        group: UInt64, subgroup: UInt64, traits: SubgroupTraits, isFill: Bool, resumesAfter: UInt64? = nil,
        isOwn: Bool = true
    ) {
        self.group = group
        self.subgroup = subgroup
        self.traits = traits
        self.isFill = isFill
        self.resumesAfter = resumesAfter
        self.isOwn = isOwn
        wholeThrough = resumesAfter
    }

    /// Objects there have been, evicted ones included.
    package var objectCount: Int { objectBase + objects.count }

    /// Objects held, whole or not.
    var heldCount: Int { objects.count }

    /// The object of that number. Traps when it was dropped, which a cursor at it prevents.
    package subscript(index: Int) -> LoggedObject { objects[index - objectBase] }

    func chunk(_ number: Int) -> Bytes { chunks[number - chunkBase] }

    /// The number after the last chunk of an object.
    func endOfChunks(of index: Int) -> Int {
        index + 1 < objectCount ? self[index + 1].firstChunk : chunkBase + chunks.count
    }

    // MARK: - Appending

    /// Counts bytes of the stream that credit is owed for.
    package func receivedWire(_ count: Int) { wireReceived += UInt64(count) }

    func begin(_ object: LoggedObject) {
        var object = object
        object.firstChunk = chunkBase + chunks.count
        object.wireStart = wireReceived
        objects.append(object)
        if firstID == nil { firstID = object.id }
        lastID = object.id
        cost += object.headerCost
        noteProgress()
    }

    /// Appends payload to the last object. Bytes past its announced length trap: decoders never give more.
    func append(_ payload: Bytes, at now: Instant) {
        let last = objects.count - 1
        precondition(
            last >= 0 && UInt64(payload.count) <= objects[last].payloadLength - objects[last].received,
            "payload without room in its object")
        objects[last].received += UInt64(payload.count)
        objects[last].arrivedThrough = max(now, objects[last].arrived)
        cost += payload.count
        if let tail = chunks.last, chunkBase + chunks.count > objects[last].firstChunk,
            let joined = tail.joined(with: payload)
        {
            chunks[chunks.count - 1] = joined
        } else {
            chunks.append(payload)
        }
        noteProgress()
    }

    private func noteProgress() {
        isLastWhole = objects.last?.isComplete ?? true
        if isLastWhole { wholeThrough = lastID ?? resumesAfter }
    }

    func finish(_ end: End, at now: Instant) {
        guard self.end == .open else { return }
        self.end = end == .finished && !isLastWhole ? .reset(.internalError) : end
        endedAt = now
    }

    /// Whether the object is the next one here (draft-18 "Closing Subgroup Streams").
    /// - Parameter previous: what its stream brought before it; nil: nothing.
    func takes(_ id: UInt64, after previous: UInt64?) -> Bool {
        guard end == .open, isLastWhole, endsBefore.map({ id < $0 }) ?? true else { return false }
        guard let last = lastID else { return !isUnplaced && resumesAfter.map { id > $0 } ?? true }
        return id > last && (previous == last || id - 1 == last)
    }

    /// Whether the object is here, or on its way.
    func has(_ id: UInt64) -> Bool {
        guard let first = firstID, let last = end == .open ? lastID : wholeThrough else { return false }
        return first <= id && id <= last
    }

    /// Nothing of the subgroup precedes what is here.
    var beginsSubgroup: Bool { traits.startsSubgroup || firstID == resumesAfter.map { $0 &+ 1 } ?? 0 }

    /// Gives memory back that payload does not fill: a short stream lies in a block that is mostly empty.
    func compact() {
        guard let slab = chunks.last?.slab else { return }
        var first = chunks.count
        var size = 0
        while first > 0, chunks[first - 1].slab === slab {
            first -= 1
            size += chunks[first].count
        }
        guard size > 0, size < slab.capacity / 2 else { return }
        let fresh = Slab(capacity: size)
        for index in first..<chunks.count {
            chunks[index] = unsafe chunks[index].withUnsafeBytes { unsafe fresh.append($0) }
        }
        for index in objects.indices.reversed() {
            guard objects[index].firstChunk >= chunkBase + first else { return }
            objects[index].properties.raw = objects[index].properties.raw.compact
        }
    }

    /// The stream that credit is owed to still brings something.
    func isFed(by source: CreditSource) -> Bool { writers.contains { $0.isFed(by: source) } }

    // MARK: - Evicting

    /// Everything but the entry of an object that is still arriving.
    var evictable: (object: Int, chunk: Int) { (objectCount - (isLastWhole ? 0 : 1), chunkBase + chunks.count) }

    /// How much must go to save `size` bytes, or everything evictable.
    func limit(saving size: Int) -> (object: Int, chunk: Int) {
        var left = size
        for (offset, object) in objects.enumerated() {
            guard left > 0 else { return (objectBase + offset, max(object.firstChunk, chunkBase)) }
            guard object.isComplete else { return (objectBase + offset, chunkLimit(saving: left)) }
            left -= object.headerCost + Int(clamping: object.received)
        }
        return evictable
    }

    /// The same within the last object.
    private func chunkLimit(saving size: Int) -> Int {
        var left = size
        var index = max(0, (objects.last?.firstChunk ?? 0) - chunkBase)
        while index < chunks.count, left > 0 {
            left -= chunks[index].count
            index += 1
        }
        return chunkBase + index
    }

    /// What arrived before.
    func limit(arrivedBefore oldest: Instant) -> (object: Int, chunk: Int) {
        for (offset, object) in objects.enumerated() where object.arrived >= oldest || !object.isComplete {
            return (objectBase + offset, max(object.firstChunk, chunkBase))
        }
        return evictable
    }

    /// What lies before a byte of the stream that brings it.
    func limit(readTo position: UInt64) -> (object: Int, chunk: Int) {
        for (offset, object) in objects.enumerated() {
            guard object.wireStart < position else { return (objectBase + offset, max(object.firstChunk, chunkBase)) }
            guard object.wireStart + object.received > position || !object.isComplete else { continue }
            var left = position - object.wireStart
            var chunk = max(object.firstChunk, chunkBase)
            while chunk < endOfChunks(of: objectBase + offset), UInt64(self.chunk(chunk).count) <= left {
                left -= UInt64(self.chunk(chunk).count)
                chunk += 1
            }
            return (objectBase + offset, chunk)
        }
        return evictable
    }

    /// Gives up objects and chunks before `limit`; returns what that saves, in bytes.
    func evict(before limit: (object: Int, chunk: Int)) -> Int {
        let objectCount = min(max(0, limit.object - objectBase), objects.count)
        let chunkCount = min(max(0, limit.chunk - chunkBase), chunks.count)
        guard objectCount > 0 || chunkCount > 0 else { return 0 }
        var saved = chunks[..<chunkCount].reduce(0) { $0 + $1.count }
        saved += objects[..<objectCount].reduce(0) { $0 + $1.headerCost }
        chunks.removeFirst(chunkCount)
        objects.removeFirst(objectCount)
        chunkBase += chunkCount
        objectBase += objectCount
        firstReadable = max(firstReadable, objectBase)
        if let first = objects.first, first.firstChunk < chunkBase {
            firstReadable = max(firstReadable, objectBase + 1)
        }
        cost -= saved
        return saved
    }
}

/// What a SUBGROUP_HEADER says besides ids (draft-18 "Subgroup Header").
package struct SubgroupTraits: Hashable, Sendable {
    /// Publisher priority, 0 first; nil: the track's default.
    package var priority: UInt8?
    /// Objects carry a properties field.
    package var hasProperties: Bool
    /// The last object before FIN is the group's last.
    package var endsGroup: Bool
    /// The first object here is the first ever published in the subgroup.
    package var startsSubgroup: Bool
    /// A first object may state timeouts.
    package var statesTimeouts = true

    /// What the header of a received stream says.
    package init(_ header: SubgroupHeader, _ profile: Profile) {
        self.init(
            priority: header.priority, hasProperties: header.hasProperties, endsGroup: header.endOfGroup,
            startsSubgroup: header.isFirstObject)
        statesTimeouts = profile.behaviours.contains(.objectTimeouts)
    }

    package init(
        priority: UInt8? = nil, hasProperties: Bool = false, endsGroup: Bool = false,
        startsSubgroup: Bool = true
    ) {
        self.priority = priority
        self.hasProperties = hasProperties
        self.endsGroup = endsGroup
        self.startsSubgroup = startsSubgroup
    }
}

/// Where the bytes of a log come from, whose flow-control credit follows the log's readers: a stream of a publisher,
/// or a feeder in this process.
package struct CreditSource {
    /// Nil for a feeder of this process, and once the session is gone.
    package private(set) weak var peer: Peer?
    /// ``Peer/number``; the largest for a feeder.
    package let peerNumber: UInt64
    /// It is another loop of the same relay, or a relay that this one has connected to.
    let isSibling: Bool
    package let stream: StreamID

    package init(peer: Peer, stream: StreamID) {
        self.peer = peer
        peerNumber = peer.number
        isSibling = peer.isSibling
        self.stream = stream
    }

    /// Feeders of this process share their credit: who drains ``Cache/nextCredit()`` counts it.
    init() {
        peerNumber = .max
        isSibling = false
        stream = StreamID(rawValue: 0)
    }

    func isSame(as other: CreditSource) -> Bool { peerNumber == other.peerNumber && stream == other.stream }
}
