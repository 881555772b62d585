import MoQTCodec
import Testing
import Wire

/// draft-22 "Location Filters".
@Suite("location filters")
struct LocationFilterTests {
    private let largest = Location(group: 4, object: 2)

    @Test("a relative start counts groups back from the next one, down to the first")
    func relativeStart() {
        let starts = ([0, 1, 2, 5, 6, .max] as [UInt64]).map {
            LocationFilter.relativeStart(groups: $0).start(largest: largest)
        }
        #expect(starts.map(\.group) == [5, 4, 3, 0, 0, 0])
        #expect(starts.allSatisfy { $0.object == 0 })
    }

    @Test("a start beyond the last number is the last number")
    func lastGroup() {
        let end = Location(group: .max, object: .max)
        #expect(LocationFilter.nextGroup.start(largest: end) == Location(group: .max, object: 0))
        #expect(LocationFilter.nextObject.start(largest: end) == end)
        #expect(LocationFilter.relativeStart(groups: .max).start(largest: end) == Location(group: 1, object: 0))
    }

    @Test("where nothing was published every relative start is {0, 0}")
    func nothingPublished() {
        for filter in [LocationFilter.nextGroup, .relativeStart(groups: 9), .nextObject, .unfiltered] {
            #expect(filter.start(largest: nil) == .zero)
        }
    }

    @Test("a range is inverted when it ends before it starts")
    func inverted() {
        func range(_ group: UInt64, _ object: UInt64?) -> LocationFilter {
            .absoluteRange(start: largest, end: RangeEnd(group: group, object: object))
        }
        #expect(range(3, nil).isInverted && range(3, 9).isInverted && range(4, 1).isInverted)
        #expect(!range(4, 2).isInverted && !range(4, nil).isInverted && !range(5, 0).isInverted)
        #expect(!LocationFilter.absoluteStart(largest).isInverted)
    }
}
