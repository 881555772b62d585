import MoQTCodec
import Testing
import Wire

@testable import MoQTRelay

/// What the caches of several loops may hold together.
@Suite struct CacheBudgetTests {
    /// A loop that keeps what is published on it.
    private final class Loop {
        let cache: Cache
        let log: TrackLog
        private var group: UInt64 = 0

        init(_ budget: CacheBudget) {
            cache = Cache(budget)
            log = TrackLog(
                name: track("a"), properties: Properties(), delivery: .lossless, cache: cache, isOriginal: false)
        }

        deinit { cache.remove(log) }

        func publish(_ count: Int) {
            for _ in 0..<count {
                log.putGroup(group, objects: 4, size: 2000)
                group += 1
                settle()
            }
        }

        func settle() { cache.settle(Instant(nanoseconds: group)) }
    }

    private static let limit = 1 << 20

    private func loops(_ count: Int) -> [Loop] {
        let budget = CacheBudget(limit: Self.limit, count: count)
        return (0..<count).map { _ in Loop(budget) }
    }

    private func total(_ loops: [Loop]) -> Int { loops.reduce(0) { $0 + $1.cache.used } }

    @Test func `one loop may use what others leave`() {
        let loops = loops(4)
        loops[0].publish(500)
        #expect(loops[0].cache.used > Self.limit * 9 / 10 && loops[0].cache.used <= Self.limit)
    }

    @Test(arguments: [2, 3, 4, 8]) func `all together hold no more than one would`(count: Int) {
        let loops = loops(count)
        for round in 0..<2000 {
            loops[round * round % count].publish(1)
            #expect(total(loops) <= Self.limit)
        }
        #expect(total(loops) > Self.limit * 3 / 4)
    }

    @Test(arguments: [2, 3, 4, 8]) func `who comes late gets a share`(count: Int) {
        let loops = loops(count)
        loops[0].publish(500)
        for _ in 0..<100 {
            for loop in loops[1...] { loop.publish(1) }
            // Nothing comes for it any more, but its clock goes on.
            loops[0].settle()
            #expect(total(loops) <= Self.limit)
        }
        for loop in loops { #expect(loop.cache.used > Self.limit / count * 3 / 4, "of \(count)") }
    }

    @Test func `a loop that ends leaves its room to the others`() {
        var loops = loops(2)
        loops[0].publish(500)
        loops.removeFirst()
        loops[0].publish(500)
        #expect(loops[0].cache.used > Self.limit * 9 / 10)
    }
}
