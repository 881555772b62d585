import Testing
import Wire

@Suite("bytes and slabs")
struct BytesTests {
    @Test("slices share the slab")
    func slices() {
        let all: Bytes = [1, 2, 3, 4, 5]
        let middle = all.slice(from: 1, count: 3)
        #expect(middle.array == [2, 3, 4])
        #expect(middle.slab === all.slab)
        #expect(middle == [2, 3, 4])
        #expect(middle.hashValue == ([2, 3, 4] as Bytes).hashValue)
        #expect(all.slice(from: 5).isEmpty)
        #expect(all.span.count == 5)
        #expect(all.span[4] == 5)
    }

    @Test("neighbours join, others do not")
    func joining() {
        let all: Bytes = [1, 2, 3, 4]
        #expect(all.slice(from: 0, count: 2).joined(with: all.slice(from: 2))?.array == [1, 2, 3, 4])
        #expect(all.slice(from: 2).joined(with: all.slice(from: 0, count: 2)) == nil)
        #expect(all.joined(with: Bytes())?.array == all.array)
        #expect(all.joined(with: [5]) == nil)
    }

    @Test("a slab takes what there is room for")
    func slab() {
        let slab = Slab(capacity: 3)
        let first = [UInt8](arrayLiteral: 1, 2).withUnsafeBytes { slab.append($0) }
        let second = [UInt8](arrayLiteral: 3, 4).withUnsafeBytes { slab.append($0) }
        #expect(first.array == [1, 2])
        #expect(second.array == [3])
        #expect(slab.room == 0)
        #expect(first.joined(with: second)?.array == [1, 2, 3])
    }

    @Test("bytes append to an array")
    func appending() {
        var out: [UInt8] = [9]
        ([1, 2, 3] as Bytes).slice(from: 1).append(to: &out)
        Bytes().append(to: &out)
        #expect(out == [9, 2, 3])
    }

    @Test("time saturates")
    func time() {
        #expect(Instant(nanoseconds: .max) + .seconds(1) == Instant(nanoseconds: .max))
        #expect(Instant(nanoseconds: 1) - Instant(nanoseconds: 2) == .zero)
        #expect(Interval.seconds(.max).nanoseconds == .max)
        #expect(Interval(nanoseconds: 1).millisecondsRoundedUp == 1)
    }
}
