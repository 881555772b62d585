@testable import MoQTRelay
import MoQTCodec
import Testing

@Suite struct LocationSetTests {
    private func place(_ group: UInt64, _ object: UInt64) -> Location { Location(group: group, object: object) }

    @Test func `ranges that touch become one, across groups, too`() {
        var set = LocationSet()
        set.insert(place(1, 4)...place(1, .max))
        set.insert(place(3, 0)...place(3, 2))
        set.insert(place(2, 0)...place(2, .max))
        #expect(Array(set.ranges) == [place(1, 4)...place(3, 2)])
        set.remove(place(2, 5)...place(2, 5))
        #expect(Array(set.ranges) == [place(1, 4)...place(2, 4), place(2, 6)...place(3, 2)])
    }

    @Test func `the last location has none after it`() {
        var set = LocationSet()
        set.insert(place(.max, .max)...place(.max, .max))
        set.insert(place(.max, 3)...place(.max, .max))
        set.insert(place(0, 0)...place(0, 0))
        #expect(Array(set.ranges) == [.zero ... .zero, place(.max, 3)...place(.max, .max)])
        set.remove(.zero...place(.max, .max))
        #expect(set.isEmpty)
    }

    @Test func `the lowest range goes first`() {
        var set = LocationSet(limit: 3)
        for group in [4, 2, 8, 6] as [UInt64] { set.insert(place(group, 0)...place(group, 1)) }
        #expect(set.ranges.map(\.lowerBound.group) == [4, 6, 8])
    }

    /// Compared with a set of numbers.
    @Test(arguments: 1...50 as ClosedRange<UInt64>) func `it holds what was put in and not taken out`(seed: UInt64) {
        var random = Seeded(state: seed)
        var set = LocationSet()
        var model: Set<UInt64> = []
        for step in 0..<300 {
            let low = UInt64(random.number(0...200))
            let high = low + UInt64(random.number(0...20))
            if random.once(in: 3) {
                set.remove(place(0, low)...place(0, high))
                model.subtract(low...high)
            } else {
                set.insert(place(0, low)...place(0, high))
                model.formUnion(low...high)
            }
            let at = UInt64(random.number(0...230))
            let what = "seed \(seed), step \(step)"
            #expect(set.contains(place(0, at)) == model.contains(at), "\(what)")
            #expect(set.first(from: place(0, at))?.object == model.filter { $0 >= at }.min(), "\(what)")
            #expect(set.last(through: place(0, at))?.object == model.filter { $0 <= at }.max(), "\(what)")
        }
        #expect(Set(set.ranges.flatMap { Array($0.lowerBound.object...$0.upperBound.object) }) == model, "\(seed)")
        for (left, right) in zip(set.ranges, set.ranges.dropFirst()) {
            #expect(left.upperBound.next < right.lowerBound, "seed \(seed)")
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>) func `an array with two ends is an array`(seed: UInt64) {
        var random = Seeded(state: seed)
        var array = TwoEndedArray<Int>()
        var model: [Int] = []
        for step in 0..<2000 {
            switch random.number(0...5) {
            case 0, 1:
                let index = random.once(in: 2) ? 0 : random.number(0...model.count)
                array.insert(step, at: index)
                model.insert(step, at: index)
            case 2, 3:
                array.insert(step, at: model.count)
                model.append(step)
            case 4 where !model.isEmpty:
                let low = random.once(in: 2) ? 0 : random.number(0...model.count - 1)
                let high = min(model.count, low + random.number(0...6))
                array.removeSubrange(low..<high)
                model.removeSubrange(low..<high)
            default:
                guard !model.isEmpty else { continue }
                array.remove(at: 0)
                model.removeFirst()
            }
        }
        #expect(Array(array) == model, "seed \(seed)")
    }
}
