import MoQTCodec
import Testing
import Wire

/// A filter, and the parameter 0x21 that says it: of drafts 17 to 19, of 20 and 21, and since 22. The bytes are put
/// together by hand from the drafts' definitions; nil where a draft has none.
struct FilterBytes: Sendable {
    var filter: LocationFilter
    var typed: String?
    var counted: String?
    var fieldTyped: String?

    init(_ filter: LocationFilter, _ typed: String?, _ counted: String?, _ fieldTyped: String?) {
        self.filter = filter
        self.typed = typed
        self.counted = counted
        self.fieldTyped = fieldTyped
    }

    static func range(_ group: UInt64, _ object: UInt64, _ endGroup: UInt64, _ endObject: UInt64?) -> LocationFilter {
        .absoluteRange(
            start: Location(group: group, object: object), end: RangeEnd(group: endGroup, object: endObject))
    }

    static let all: [FilterBytes] = [
        .init(.nextGroup, "210101", "210100", "210100"),
        .init(.relativeStart(groups: 1), nil, "210101", "210101"),
        .init(.relativeStart(groups: 200), nil, "210280c8", "210180c8"),
        .init(.nextObject, "210102", "21020000", "2105"),
        .init(.absoluteStart(Location(group: 5, object: 0)), "2103030500", "21020500", "21020500"),
        .init(.absoluteStart(Location(group: 0, object: 1)), "2103030001", "21020001", "21020001"),
        .init(.absoluteStart(Location(group: 300, object: 64)), "210403812c40", "2103812c40", "2102812c40"),
        .init(range(5, 3, 7, nil), "210404050302", "2103050302", "2103050302"),
        .init(range(5, 3, 5, nil), "210404050300", "2103050300", "2103050300"),
        .init(range(5, 3, 7, 9), nil, "210405030209", "210405030209"),
        .init(range(0, 0, 0, 0), nil, "210400000000", "210400000000"),
        .init(
            range(1, 0, .max, .max), nil, "21140100fffffffffffffffffeffffffffffffffffff",
            "21040100fffffffffffffffffeffffffffffffffffff"),
        .init(.unfiltered, nil, "2100", "2100"),
    ]
}

/// draft-22 "Location Filters" and what they were before.
@Suite("location filters on the wire")
struct FilterEncodingTests {
    private func body(_ parameter: String) -> String { "00000001" + parameter }

    private func check(_ bytes: String?, _ filter: LocationFilter, _ profile: Profile) throws {
        var parameters = Parameters()
        parameters.locationFilter = filter
        guard let bytes else {
            let error = #expect(throws: CodecError.self) { try Carrier.subscribe.encode(parameters, profile) }
            #expect(error?.scope == .caller)
            return
        }
        let encoded = try Carrier.subscribe.encode(parameters, profile)
        #expect(hex(encoded) == "0300" + hex([UInt8(bytes.utf8.count / 2 + 4)]) + body(bytes), "\(profile.name)")
        #expect(try Carrier.subscribe.decode(encoded, profile) == Carrier.subscribe.message(parameters))
    }

    @Test("each has the draft's bytes, or is refused", arguments: FilterBytes.all)
    func bytes(_ input: FilterBytes) throws {
        if input.filter != .unfiltered {
            for profile in [Profile.draft18, .draft19] { try check(input.typed, input.filter, profile) }
        }
        for profile in [Profile.draft20, .draft21] { try check(input.counted, input.filter, profile) }
        try check(input.fieldTyped, input.filter, .draft22)
    }

    @Test("everything from {0, 0} on is written as no filter where {0, 0} means the next object")
    func everything() throws {
        var parameters = Parameters()
        parameters.locationFilter = .absoluteStart(.zero)
        for profile in [Profile.draft20, .draft21] {
            #expect(try hex(Carrier.subscribe.encode(parameters, profile)) == "030006" + body("2100"))
        }
        #expect(try hex(Carrier.subscribe.encode(parameters, .draft22)) == "030008" + body("21020000"))
        #expect(try hex(Carrier.subscribe.encode(parameters, .draft19)) == "030009" + body("2103030000"))
    }

    @Test("no filter is written as everything from {0, 0} on where a filter cannot be taken away")
    func unfiltered() throws {
        var parameters = Parameters()
        parameters.locationFilter = .unfiltered
        #expect(try hex(Carrier.subscribe.encode(parameters, .draft19)) == "030009" + body("2103030000"))
    }

    @Test("a range that ends in an earlier group than it starts is not written", arguments: recentDrafts)
    func earlierEnd(_ profile: Profile) throws {
        try check(nil, FilterBytes.range(5, 0, 4, nil), profile)
    }

    @Test("a range that ends before it starts within a group refuses the request", arguments: latestDrafts)
    func inverted(_ profile: Profile) throws {
        let message = try Carrier.subscribe.decode(type: 3, body("210405030002"), profile)
        #expect(message?.refusal(profile)?.scope == .request(.invalidRange))
        let fetch = try Carrier.fetch(profile).decode(type: 0x16, body("210405030002"), profile)
        #expect(fetch?.refusal(profile)?.scope == .request(.invalidRange))
    }

    @Test(
        "what cannot be read closes the session",
        arguments: [
            (Profile.draft19, "210105", SessionCode.protocolViolation),
            (.draft19, "21020200", .keyValueFormattingError),
            (.draft19, "210103", .keyValueFormattingError),
            (.draft19, "210c04ffffffffffffffffff0001", .protocolViolation),
            (.draft20, "21050102030405", .protocolViolation),
            (.draft20, "210181", .protocolViolation),
            (.draft20, "210281", .protocolViolation),
            (.draft21, "210bffffffffffffffffff0001", .protocolViolation),
            (.draft22, "2106", .protocolViolation),
            (.draft22, "210205", .protocolViolation),
            (.draft22, "2103ffffffffffffffffff0001", .protocolViolation),
            (.draft22, "2104ffffffffffffffffff000100", .protocolViolation),
        ] as [(Profile, String, SessionCode)])
    func malformed(_ profile: Profile, _ parameter: String, _ code: SessionCode) {
        let error = #expect(throws: CodecError.self) {
            try Carrier.subscribe.decode(type: 3, body(parameter), profile)
        }
        #expect(error?.scope == .session(code), "\(String(describing: error))")
    }

    @Test("a longer form of an integer counts as one field")
    func longIntegers() throws {
        guard case .subscribe(let message)? = try Carrier.subscribe.decode(type: 3, body("21028001"), .draft20)
        else { return #expect(Bool(false)) }
        #expect(message.parameters.locationFilter == .relativeStart(groups: 1))
    }
}
