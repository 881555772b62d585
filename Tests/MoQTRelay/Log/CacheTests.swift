import Glibc
import MoQTCodec
import Testing
import Wire

@testable import MoQTRelay

/// What the relay keeps for later readers is bounded by its size, whatever is published.
@Suite struct CacheTests {
    private static let hour = 30 * 60
    private static let day = 24 * hour
    private static let mebibyte = 1 << 20

    private func log(_ cache: Cache, _ properties: [KeyValue] = []) -> TrackLog {
        TrackLog(
            name: track("a"), properties: Properties(properties, profile: .draft18), delivery: .lossless, cache: cache,
            isOriginal: false)
    }

    private func time(_ group: Int) -> Instant { Instant(nanoseconds: UInt64(group) * 2_000_000_000) }

    /// 30 groups a minute.
    @Test func `a day of groups stays within the size`() {
        let cache = Cache(limit: 256 * Self.mebibyte)
        let log = log(cache)
        defer { cache.remove(log) }
        var most = 0
        for group in 0..<Self.day {
            cache.settle(time(group))
            let open = log.open(UInt64(group), endsGroup: true)
            for id in 0..<4 as Range<UInt64> { log.put(open, id, size: 16_000, at: time(group)) }
            log.finish(open, .finished)
            most = max(most, cache.used)
        }
        cache.settle(time(Self.day))
        #expect(most <= (256 + 64) * Self.mebibyte && most > 250 * Self.mebibyte)
        #expect(cache.used <= 256 * Self.mebibyte)
        // The newest groups are there, and known; the oldest are not.
        let newest = UInt64(Self.day - 1)
        #expect(log.isKnown(Location(group: newest - 100, object: 0)...Location(group: newest, object: 3), cache.clock))
        #expect(log.groups[0] == nil && log.groupIDs.count > 3000)
    }

    /// How a publisher may fill memory with next to nothing.
    enum Trifle: CaseIterable {
        case tinyObjects, tinyGroups, emptyGroups, backwards, datagrams, gaps
    }

    private func publish(_ trifle: Trifle, _ group: Int, _ log: TrackLog) {
        let id = UInt64(trifle == .backwards ? Int(Int32.max) - group : group)
        switch trifle {
        case .tinyObjects:
            let open = log.open(id)
            let slab = Slab(capacity: 2048)
            for object in 0..<20 as Range<UInt64> { tiny(object, open, log, in: slab) }
            log.finish(open, .finished)
        case .tinyGroups, .backwards:
            let open = log.open(id, endsGroup: true)
            tiny(0, open, log, in: Slab(capacity: 2048))
            log.finish(open, .finished)
        case .emptyGroups: log.finish(log.open(id), .finished)
        case .datagrams:
            log.append(
                LoggedDatagram(object: LoggedObject(id: 0, payloadLength: 1, arrived: time(group)), payload: [7]),
                group: id)
        case .gaps:
            log.noteAbsent(Location(group: 2 * id, object: 5)...Location(group: 2 * id, object: 9))
        }
    }

    /// As it comes from a connection: in a block of the stream's own.
    private func tiny(_ id: UInt64, _ open: SubgroupLog, _ log: TrackLog, in slab: Slab) {
        log.begin(LoggedObject(id: id, payloadLength: 1, arrived: time(Int(open.group % 100_000))), in: open)
        let byte: [UInt8] = [7]
        log.append(byte.withUnsafeBytes { slab.append($0) }, to: open)
    }

    @Test(arguments: Trifle.allCases) func `a day of next to nothing stays within the size`(trifle: Trifle) {
        let cache = Cache(limit: 8 * Self.mebibyte)
        let log = log(cache)
        var most = 0
        for group in 0..<Self.day {
            publish(trifle, group, log)
            cache.settle(time(group))
            most = max(most, cache.used)
        }
        #expect(most <= 9 * Self.mebibyte)
        cache.remove(log)
        #expect(cache.used == 0)
    }

    /// What is counted is what the process grows by, or more.
    @Test(arguments: Trifle.allCases) func `memory is counted as what it costs`(trifle: Trifle) async {
        switch trifle {
        case .tinyObjects: await #expect(processExitsWith: .success) { CacheTests().measure(.tinyObjects) }
        case .tinyGroups: await #expect(processExitsWith: .success) { CacheTests().measure(.tinyGroups) }
        case .emptyGroups: await #expect(processExitsWith: .success) { CacheTests().measure(.emptyGroups) }
        case .backwards: await #expect(processExitsWith: .success) { CacheTests().measure(.backwards) }
        case .datagrams: await #expect(processExitsWith: .success) { CacheTests().measure(.datagrams) }
        case .gaps: await #expect(processExitsWith: .success) { CacheTests().measure(.gaps) }
        }
    }

    /// Ends the process with 1 when it has grown by more than was counted, and a little.
    func measure(_ trifle: Trifle) {
        let cache = Cache(limit: 64 * Self.mebibyte)
        let log = log(cache)
        let before = residentBytes
        for group in 0..<Self.day / 2 { publish(trifle, group, log) }
        let grown = residentBytes - before
        if grown > cache.used + 4 * Self.mebibyte {
            print("\(trifle): \(grown) bytes for \(cache.used) counted")
            exit(1)
        }
        cache.remove(log)
    }

    private var residentBytes: Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, 256, file) != nil else { return 0 }
        let fields = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(
            separator: " ")
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * 4096
    }

    // MARK: - What is known

    /// draft-18 "Subgroup Header", END_OF_GROUP; "Object Status".
    @Test func `what is missing between objects is unknown until somebody says that there is none`() {
        let cache = Cache(limit: Self.mebibyte)
        let log = log(cache)
        defer { cache.remove(log) }
        let open = log.open(3, endsGroup: true)
        for id in [0, 1, 4] as [UInt64] { log.put(open, id, size: 10) }
        let all = Location(group: 2, object: 0)...Location(group: 4, object: 1)
        #expect(
            log.unknown(in: all, .ascending, limit: 9, cache.clock) == [
                Location(group: 2, object: 0)...Location(group: 2, object: .max),
                Location(group: 3, object: 2)...Location(group: 3, object: 3),
                Location(group: 3, object: 5)...Location(group: 4, object: 1),
            ])
        log.finish(open, .finished)
        #expect(
            log.unknown(in: all, .descending, limit: 9, cache.clock) == [
                Location(group: 4, object: 0)...Location(group: 4, object: 1),
                Location(group: 3, object: 2)...Location(group: 3, object: 3),
                Location(group: 2, object: 0)...Location(group: 2, object: .max),
            ])
        log.noteAbsent(Location(group: 3, object: 2)...Location(group: 3, object: 3))
        #expect(log.isKnown(Location.all(of: 3), cache.clock))
        // What comes after all is there, and what is evicted is unknown again.
        log.put(log.open(3, 1), 2, size: 10)
        #expect(
            log.held(from: Location(group: 3, object: 0), through: all.upperBound, cache.clock).map(\.id) == [
                0, 1, 2, 4,
            ])
    }

    @Test func `between two objects a part may be known to be empty`() {
        let cache = Cache(limit: Self.mebibyte)
        let log = log(cache)
        defer { cache.remove(log) }
        let open = log.open(3)
        for id in [0, 5] as [UInt64] { log.put(open, id, size: 10) }
        log.noteAbsent(Location(group: 3, object: 1)...Location(group: 3, object: 2))
        let all = Location(group: 3, object: 0)...Location(group: 3, object: 5)
        for order in [GroupOrder.ascending, .descending] {
            #expect(
                log.unknown(in: all, order, limit: 9, cache.clock) == [
                    Location(group: 3, object: 3)...Location(group: 3, object: 4)
                ])
        }
    }

    /// draft-18 "MAX CACHE DURATION": each object is given away for so long after its first byte.
    @Test func `a track's objects are kept no longer than it says`() {
        let cache = Cache(limit: Self.mebibyte)
        let log = log(cache, [KeyValue(type: 0x04, integer: 3000)])
        defer { cache.remove(log) }
        let open = log.open(0)
        for second in 1...5 {
            log.put(open, UInt64(second), size: 100, at: Instant(nanoseconds: UInt64(second) * 1_000_000_000))
        }
        let now = Instant(nanoseconds: 5_000_000_000)
        #expect(log.held(from: .zero, through: Location(group: 0, object: 9), now).map(\.id) == [2, 3, 4, 5])
        let used = cache.used
        cache.expire(Instant(nanoseconds: 7_000_000_000))
        #expect(cache.used < used && open.firstReadable == 3)
    }
}
