import MoQTCodec
import Testing
import Wire

private let invalid = CodecError.Scope.request(.invalidFilter)

/// draft-22 "Range Filters".
@Suite("range filters")
struct RangeFilterTests {
    private func subscribe(_ filters: String, count: Int = 1, _ profile: Profile = .draft19) throws -> Subscribe {
        let body = "000000" + hex([UInt8(count)]) + filters
        guard case .subscribe(let message)? = try Carrier.subscribe.decode(type: 3, body, profile) else {
            throw CodecError.inexpressible("no SUBSCRIBE", field: "", section: "")
        }
        return message
    }

    private func refusal(_ filters: String, count: Int = 1, limit: UInt64 = 99) throws -> CodecError.Scope? {
        try ControlMessage.subscribe(subscribe(filters, count: count)).refusal(.draft19, maxFilterRanges: limit)?.scope
    }

    @Test("starts count from the end before, ends from their start; the last may have none", arguments: recentDrafts)
    func deltas(_ profile: Profile) throws {
        var parameters = Parameters()
        parameters.rangeFilters = [
            RangeFilter(.subgroupID, setID: 7, [0...0]),
            RangeFilter(.objectID, [3...5, 10...15]),
            RangeFilter(.objectID, setID: 1, [100...(.max)]),
            RangeFilter(.publisherPriority, [0...127, 255...255]),
            RangeFilter(.objectProperty, propertyType: 0x4000, [4...4, 4...9]),
        ]
        // 255 is 128 behind 127. 10 is 5 behind 5, and 15 is 5 behind that.
        let expected = [
            "000000", "05", "2503" + "070000", "0105" + "0003020505", "0002" + "0164", "0106" + "00007f808000",
            "0108" + "00c0400004000005",
        ]
        let encoded = try Carrier.subscribe.encode(parameters, profile)
        #expect(hex(Array(encoded[3...])) == expected.joined())
        #expect(try Carrier.subscribe.decode(encoded, profile) == Carrier.subscribe.message(parameters))
    }

    @Test("Length 0 in an update takes the filters of a kind away", arguments: recentDrafts)
    func removal(_ profile: Profile) throws {
        var parameters = Parameters()
        parameters.rangeFilters = [RangeFilter(.objectID), RangeFilter(.objectProperty)]
        let encoded = try Carrier.subscriptionUpdate.encode(parameters, profile)
        #expect(hex(encoded) == "02000602022600" + "0200")
        #expect(
            try Carrier.subscriptionUpdate.decode(encoded, profile) == Carrier.subscriptionUpdate.message(parameters))
        #expect(throws: CodecError.self) { try Carrier.subscribe.encode(parameters, profile) }
    }

    @Test(
        "a filter that makes no sense refuses the request with INVALID_FILTER, and the message is read",
        arguments: [
            ("the property's type is odd", "2803000b01", 1),
            ("the same kind, set and property twice", "26020001" + "00020005", 2),
            ("a priority above 255 to start with", "2703" + "008100", 1),
            ("a priority above 255 to end with", "27040001" + "80ff", 1),
            ("a start beyond 2^64-1", "260c0001" + "00" + "ffffffffffffffffff", 1),
            ("an end beyond 2^64-1", "260b0001" + "ffffffffffffffffff", 1),
            ("no range", "260100", 1),
            ("no range behind the property", "28020010", 1),
        ])
    func refused(_ name: String, _ filters: String, _ count: Int) throws {
        #expect(try refusal(filters, count: count) == invalid)
    }

    @Test("an invalid filter is not passed on")
    func notWritten() throws {
        let message = try subscribe("2803000b01")
        #expect(message.parameters.rangeFilters.isEmpty)
        let error = #expect(throws: CodecError.self) { try Carrier.subscribe.encode(message.parameters, .draft19) }
        #expect(error?.scope == .caller)
    }

    @Test("filters of one kind differ in set or property")
    func distinct() throws {
        #expect(try refusal("26020001" + "00020105", count: 2) == nil)
        #expect(try refusal("2803001001" + "0003001201", count: 2) == nil)
    }

    @Test("no more ranges than MAX_FILTER_RANGES, those of the fill included; by default none (MAX_FILTER_RANGES)")
    func limit() throws {
        let three = "260700" + "000002000200"
        #expect(try refusal(three, limit: 3) == nil)
        #expect(try refusal(three, limit: 2) == invalid)
        let withFill = try ControlMessage.subscribe(subscribe("2305" + "0126020001" + "03020001", count: 2, .draft20))
        #expect(withFill.refusal(.draft20, maxFilterRanges: 2) == nil)
        #expect(withFill.refusal(.draft20, maxFilterRanges: 1)?.scope == invalid)
        #expect(withFill.refusal(.draft20)?.scope == invalid)
    }

    @Test("what is stored is bounded, however many ranges a message claims")
    func bounded() throws {
        let ranges = String(repeating: "01", count: 20_000)
        let parameters = try subscribe("26" + "c04e21" + "00" + ranges).parameters
        #expect(parameters.filterRangeCount <= Profile.draft19.limits.filterRanges)
        #expect(parameters.refusal(maxFilterRanges: .max)?.scope == invalid)
    }

    @Test(
        "what ends inside a field closes the session with KEY_VALUE_FORMATTING_ERROR",
        arguments: ["26020080", "280100", "2602" + "00c0"])
    func cut(_ filters: String) {
        let error = #expect(throws: CodecError.self) { try subscribe(filters) }
        #expect(error?.scope == .session(.keyValueFormattingError))
    }

    @Test(
        "the encoder refuses what a receiver would",
        arguments: [
            [RangeFilter(.objectID, [5...6, 3...4])],
            [RangeFilter(.objectID, [1...2]), RangeFilter(.objectID, [4...5])],
            [RangeFilter(.publisherPriority, [0...256])],
            [RangeFilter(.objectProperty, [0...1])],
            [RangeFilter(.objectProperty, propertyType: 0x0B, [0...1])],
            [RangeFilter(.objectID, propertyType: 0x10, [0...1])],
            [RangeFilter(.publisherPriority, [0...(.max), .max...(.max)])],
        ])
    func caller(_ filters: [RangeFilter]) {
        var parameters = Parameters()
        parameters.rangeFilters = filters
        let error = #expect(throws: CodecError.self) { try Carrier.subscribe.encode(parameters, .draft22) }
        #expect(error?.scope == .caller)
    }
}
