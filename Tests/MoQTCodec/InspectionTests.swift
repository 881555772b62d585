import MoQTCodec
import Testing
import Wire

/// What an inspector shows beyond the vectors.
@Suite("inspection")
struct InspectionTests {
    private func items(
        _ text: String, _ source: InspectedSource = .message, _ profile: Profile = draft18,
        _ context: InspectionContext = InspectionContext()
    ) -> [InspectedItem] {
        var inspector = Inspector(Bytes(hex(text)), source, profile: profile, context: context)
        var items: [InspectedItem] = []
        while let item = inspector.next() { items.append(item) }
        return items
    }

    @Test func anUnknownMessageIsShownAndTheNextOneRead() {
        let items = items("3f0002ffff" + "1000020000")
        #expect(items.map(\.kind) == [.error, .message])
        #expect(items[0].code == 0x3F && items[0].length == 5 && items[0].error?.what == "unknown type 0x3f")
        #expect(items[1].name == "GOAWAY" && items[1].offset == 5)
    }

    @Test func whatWasReadBeforeAnErrorIsShown() throws {
        let item = try #require(items("0300100001046c69766505766964656f011002").first)
        #expect(item.kind == .error && item.error?.field == "FORWARD" && item.error?.offset == 18)
        #expect(item.field("Request ID")?.value == .number(0))
        #expect(item.field("Track Name")?.value == .bytes(Bytes(Array("video".utf8))))
        #expect(item.field("FORWARD")?.value == .pair(type: 16, item.field("FORWARD")?.parts ?? []))
    }

    @Test func aCutMessageIsAnError() {
        for text in ["03", "0300", "030010", "0300100001"] {
            let items = items(text)
            #expect(items.count == 1 && items[0].error?.scope == .session(.protocolViolation), "\(text)")
            #expect(items[0].length == text.count / 2)
        }
    }

    @Test func aCutStreamIsAnErrorBehindWhatIsWhole() {
        let items = items("1407050180020361626302000000026465" + "0002" + "61", .uni)
        #expect(items.map(\.kind) == [.header, .object, .object, .object, .error])
        #expect(items.last?.error?.section == "Streams")
    }

    @Test func propertiesWithinPropertiesHaveOffsetsOfTheirOwn() throws {
        let object = try #require(items("1107058000" + "050b031e4001" + "0161", .uni).last)
        let list = try #require(object.field("IMMUTABLE_PROPERTIES"))
        #expect(list.offset == 6 && list.length == 5)
        #expect(list.first("UNKNOWN")?.offset == 8 || list.first("Undecodable") == nil)
    }

    @Test func listsWithinListsEndSomewhere() {
        // Immutable Properties within themselves, as deep as a message can hold.
        var list: [UInt8] = []
        while list.count < 60_000 {
            var head: [UInt8] = [0x0B]
            draft18.integers.append(UInt64(list.count), to: &head)
            list = head + list
            if list.count > 2000 { break }
        }
        let raw = Properties(raw: Bytes(list), coding: draft18.pairs)
        #expect(Field.pairs(of: raw, at: 0, draft18).count == 1)
    }

    @Test func theRequestThatAnAnswerIsForTellsWhatItMayHold() {
        let bytes = "070003000401"
        #expect(items(bytes).first?.kind == .message)
        var context = InspectionContext()
        context.answers = .publish
        #expect(items(bytes, .message, draft18, context).first?.kind == .error)
        context.answers = .trackStatus
        #expect(items(bytes, .message, draft18, context).first?.kind == .message)
    }

    @Test func aStreamIsJudgedAsOne() {
        let setup = "af000000"
        #expect(items(setup + setup, .control).map(\.kind) == [.message, .error])
        // SUBSCRIBE, then another on the same stream.
        let subscribe = "030006000101610000"
        #expect(items(subscribe + subscribe, .request).map(\.kind) == [.message, .error])
        #expect(items(subscribe + "0200020200", .request).map(\.kind) == [.message, .message])
    }

    @Test("random bytes never trap", arguments: Array(UInt64(1)...20))
    func random(_ seed: UInt64) {
        var random = Seeded(seed)
        for profile in Profile.all {
            for source in InspectedSource.allCases {
                let bytes = random.bytes(0...200)
                var inspector = Inspector(Bytes(bytes), source, profile: profile, reencodes: true)
                var count = 0
                while let item = inspector.next() {
                    count += 1
                    #expect(item.offset + UInt64(item.length) <= UInt64(bytes.count), "seed \(seed) \(profile.name)")
                }
                #expect(count <= 2 * bytes.count + 1, "seed \(seed) \(profile.name)")
            }
        }
    }

    @Test("a flipped bit of a vector is shown or told, never traps", arguments: VectorFiles.good)
    func flipped(_ vector: Vector) throws {
        let bytes = vector.bytes
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            for item in try vector.items(of: changed) {
                #expect(item.offset + UInt64(item.length) <= UInt64(changed.count), "\(vector.id) bit \(bit)")
            }
        }
    }
}
