import MoQTCodec
import Wire

@testable import Commands

/// An assembler that is told of streams in short, and what it gave.
struct Assembly {
    var assembler: ObjectAssembler
    var now = Instant(nanoseconds: 1_000_000_000)
    /// Whose streams these are.
    var session: UInt64 = 1
    private(set) var received: [Scoped<StreamID>: Int] = [:]
    private(set) var credited: [Scoped<StreamID>: Int] = [:]
    private(set) var finishedStreams = 0

    static let patience = Interval.seconds(2)

    init(isUnordered: Bool = false, groupLimit: UInt64? = nil) {
        assembler = ObjectAssembler(isUnordered: isUnordered, patience: Self.patience, groupLimit: groupLimit)
    }

    private func id(_ stream: UInt64) -> Scoped<StreamID> { Scoped(session, StreamID(rawValue: stream * 4 + 3)) }

    mutating func open(_ stream: UInt64, group: UInt64, subgroup: UInt64? = 0, endsGroup: Bool = false) {
        received[id(stream), default: 0] += 5
        assembler.opened(
            id(stream), group: group, subgroup: subgroup, priority: 128, endsGroup: endsGroup, wireBytes: 5, now)
    }

    /// A whole object in pieces of one byte.
    mutating func object(
        _ stream: UInt64, _ object: UInt64, size: Int = 2, status: ObjectStatus = .normal,
        properties: Properties = Properties()
    ) {
        received[id(stream), default: 0] += 3 + size
        let header = SubgroupObject(
            id: object, status: status, properties: properties, payloadLength: UInt64(size))
        assembler.beganInSubgroup(header, on: id(stream), wireBytes: 3, now)
        for _ in 0..<size { assembler.payload([7], on: id(stream), now) }
    }

    mutating func end(_ stream: UInt64, finished: Bool = true) { assembler.ended(id(stream), finished: finished, now) }

    /// A stream with all its objects.
    mutating func stream(
        _ stream: UInt64, group: UInt64, subgroup: UInt64 = 0, _ objects: [UInt64], endsGroup: Bool = true
    ) {
        open(stream, group: group, subgroup: subgroup, endsGroup: endsGroup)
        for id in objects { object(stream, id) }
        end(stream)
    }

    mutating func fetched(_ stream: UInt64, _ location: Location) {
        received[id(stream), default: 0] += 4
        let object = ReceivedObject(
            location: location, subgroup: 0, status: .normal, priority: 1, properties: Properties(), payload: [])
        assembler.began(object, length: 1, on: id(stream), wireBytes: 3, now)
        assembler.payload([9], on: id(stream), now)
    }

    mutating func openFetch(_ stream: UInt64) {
        received[id(stream), default: 0] += 2
        assembler.openedFetch(id(stream), wireBytes: 2)
    }

    mutating func pass(_ interval: Interval) {
        now = now + interval
        assembler.timeReached(now)
    }

    /// What was given since the last call, as `group/object`.
    mutating func given() -> [String] {
        defer { assembler.ready = [] }
        return assembler.ready.map { "\($0.location.group)/\($0.location.object)" }
    }

    mutating func takeCredit() {
        for (stream, count) in assembler.credit.bytes { credited[stream, default: 0] += count }
        finishedStreams += assembler.credit.finishedStreams.values.reduce(0, +)
        assembler.credit = ReadCredit()
    }

    /// Bytes credited on a stream so far.
    mutating func credit(_ stream: UInt64) -> Int {
        takeCredit()
        return credited[id(stream)] ?? 0
    }
}
