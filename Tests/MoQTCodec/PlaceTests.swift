import MoQTCodec
import Testing
import Wire

/// Bytes with something wrong in them, and where.
struct Misplaced: Sendable, CustomTestStringConvertible {
    var draft: Int
    var hex: String
    var source = InspectedSource.message
    var field: String
    var offset: UInt64
    var context = InspectionContext()

    var testDescription: String { "draft-\(draft) \(field) of \(hex)" }

    init(
        _ draft: Int, _ hex: String, _ field: String, at offset: UInt64, in source: InspectedSource = .message,
        _ fill: (inout InspectionContext) -> Void = { _ in }
    ) {
        (self.draft, self.hex, self.source, self.field, self.offset) = (draft, hex, source, field, offset)
        fill(&context)
    }
}

private let misplaced: [Misplaced] = [
    // Ranges that end before they start.
    .init(14, "16000e0080000101016101740708060000", "End Group", at: 14),
    .init(15, "16000c000101016101740708060000", "End Group", at: 12),
    .init(17, "16000d00000101016101740708060000", "End Group", at: 13),
    .init(18, "16000c000101016101740708070500", "End Object", at: 13),
    .init(14, "03000e0001016101748000010407080600", "End Group", at: 15),
    .init(14, "0200080200070803000000", "End Group", at: 7),
    .init(14, "1e0009000080010407080600", "End Group", at: 10),
    .init(15, "0300170002046c69766502657505766964656f01210404070806", "End Group", at: 25),
    .init(20, "16000d00010161017401210405090003", "EndObject", at: 15),
    // Filters.
    .init(19, "03001a0001046c69766505766964656f03250200010002010101020001", "OBJECTID_FILTER", at: 25) {
        $0.maximumFilterRanges = 2
    },
    .init(19, "03000b0001016101740125020001", "SUBGROUP_FILTER", at: 10) { $0.maximumFilterRanges = 0 },
    // Messages.
    .init(18, "070003003001", "Track Properties", at: 4) { $0.answers = .subscribeNamespace },
    .init(18, "af00000403020205", "Alias Type", at: 6) { $0.receiver = .server },
    .init(18, "100003000002", "Message Length", at: 5, in: .request),
    .init(18, "1000020000", "Request ID", at: 5, in: .control),
    .init(18, "af00000101", "Message Type", at: 0, in: .request),
    .init(18, "03000e0101046c69766505766964656f00", "Request ID", at: 3) { $0.receiver = .server },
    .init(14, "0300110001046c69766505766964656f8000010200", "Request ID", at: 3) { $0.receiver = .client },
    // Streams.
    .init(18, "05001c0a05800161080a0162", "Group ID Delta", at: 9, in: .uni) { $0.isDescending = true },
    .init(18, "05001c0a0580016110010162", "Publisher Priority", at: 9, in: .uni),
    .init(18, "05001c0a058001610cffffffffffffffffff00800162", "Group ID Delta", at: 9, in: .uni),
    .init(17, "05001c0a0580016104030162", "Object ID", at: 9, in: .uni),
    .init(14, "05000101010100016101010101000161", "Object ID", at: 11, in: .uni),
    .init(18, "1101028005023c01016100023c020162", "Prior Group ID Gap", at: 12, in: .uni),
    .init(18, "1001", "FIN", at: 2, in: .uni),
    .init(18, "1001020300", "FIN", at: 5, in: .uni),
]

@Suite("where errors say that something is wrong")
struct PlaceTests {
    @Test("the field and its first byte", arguments: misplaced)
    func place(_ input: Misplaced) throws {
        let profile = try #require(Profile.all.first { $0.number == input.draft })
        var inspector = Inspector(Bytes(hex(input.hex)), input.source, profile: profile, context: input.context)
        var error: CodecError?
        while error == nil, let item = inspector.next() { error = item.error }
        #expect(error?.field == input.field && error?.offset == input.offset, "\(String(describing: error))")
    }

    @Test func `a refusal to encode says no byte`() {
        let error = CodecError.inexpressible("no", field: "Forward", section: "SUBSCRIBE")
        #expect(error.description == "cannot be expressed: Forward: no (SUBSCRIBE)")
    }

    @Test("an end that is sent though it need not be is sent again")
    func explicitEnd() throws {
        let bytes = "030014" + "00" + "010161" + "0174" + "01" + "260b" + "0000" + "ffffffffffffffffff"
        var inspector = Inspector(Bytes(hex(bytes)), .message, profile: .draft19, reencodes: true)
        #expect(inspector.next()?.encoding == .bytes(hex(bytes)))
    }

    @Test func `properties go by the names of the container's version`() {
        func names(_ version: LOCVersion?) -> [String] {
            var context = InspectionContext()
            context.containerVersion = version
            // Types 0x02, 0x06 and 0x10 in a datagram.
            var inspector = Inspector(
                Bytes(hex("0102030580" + "06" + "020104010a01" + "61")), .datagram, profile: .draft18, context: context)
            return inspector.next()?.field("Properties")?.parts.map(\.name) ?? []
        }
        #expect(names(nil) == ["OBJECT_DELIVERY_TIMEOUT", "SUBGROUP_DELIVERY_TIMEOUT", "TIMESTAMP"])
        #expect(names(.loc01) == ["CAPTURE_TIMESTAMP", "AUDIO_LEVEL", "UNKNOWN"])
        #expect(names(.loc02) == ["OBJECT_DELIVERY_TIMEOUT", "TIMESTAMP", "UNKNOWN"])
    }
}
