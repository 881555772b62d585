import MoQTCodec
import Testing
import Wire

private let alias7 = TrackAlias(rawValue: 7)

@Suite("subgroup streams of every draft")
struct SubgroupFormTests {
    struct Stream: Sendable, CustomTestStringConvertible {
        var drafts: ClosedRange<Int>
        var hex: String
        var events: @Sendable (Profile) -> [DataEvent]
        var testDescription: String { "\(drafts) \(hex)" }

        init(_ drafts: ClosedRange<Int>, _ hex: String, _ events: @escaping @Sendable (Profile) -> [DataEvent]) {
            self.drafts = drafts
            self.hex = hex
            self.events = events
        }
    }

    private static func header(
        _ subgroup: SubgroupHeader.SubgroupID, group: UInt64 = 5, priority: UInt8? = 128, properties: Bool = false,
        last: Bool = false, first: Bool = false
    ) -> DataEvent {
        .subgroup(
            SubgroupHeader(
                trackAlias: alias7, group: group, subgroup: subgroup, priority: priority, hasProperties: properties,
                endOfGroup: last, isFirstObject: first))
    }

    // Derived by hand from "Subgroup Header" and "Object Status" of each draft.
    static let streams: [Stream] = [
        Stream(14...22, "10070580" + "000161" + "000162" + "020163") { _ in
            [header(.zero)] + object(0, .init(), "a") + object(1, .init(), "b") + object(4, .init(), "c")
        },
        Stream(14...22, "12070580" + "090161") { _ in [header(.firstObject)] + object(9, .init(), "a") },
        Stream(14...22, "1407050380" + "000000" + "000003") { _ in
            [header(.explicit(3))] + object(0) + object(1, status: .endOfGroup)
        },
        Stream(14...22, "1c07050380" + "000004") { _ in
            [header(.explicit(3), last: true)] + object(0, status: .endOfTrack)
        },
        Stream(15...22, "300705" + "000161") { _ in [header(.zero, priority: nil)] + object(0, .init(), "a") },
        Stream(15...22, "3d070503" + "00" + "00" + "0161") { _ in
            [header(.explicit(3), priority: nil, properties: true, last: true)] + object(0, .init(), "a")
        },
        Stream(18...22, "500705800001" + "61") { _ in [header(.zero, first: true)] + object(0, .init(), "a") },
        Stream(18...22, "7a0705" + "030161") { _ in
            [header(.firstObject, priority: nil, last: true, first: true)] + object(3, .init(), "a")
        },
        // Statuses that later drafts do not have, or not with properties.
        Stream(14...15, "10070580" + "000001" + "000003") { _ in
            [header(.zero)] + object(0, status: .doesNotExist) + object(1, status: .endOfGroup)
        },
        Stream(14...14, "11070580" + "00" + "020405" + "00" + "03") { profile in
            [header(.zero, properties: true)]
                + object(0, status: .endOfGroup, Properties([.init(type: 4, integer: 5)], profile: profile))
        },
        // Property types in full: 0x3E, then 0x41; then as differences.
        Stream(14...15, "11070580" + "07" + "06" + "3e02" + "4041" + "01aa" + "0161") { profile in
            let properties = Properties(
                [.init(type: 62, integer: 2), .init(type: 65, bytes: [0xAA])], profile: profile)
            return [header(.zero, properties: true)] + object(7, properties, "a")
        },
        Stream(16...22, "11070580" + "07" + "05" + "3e02" + "0301aa" + "0161") { profile in
            let properties = Properties(
                [.init(type: 62, integer: 2), .init(type: 65, bytes: [0xAA])], profile: profile)
            return [header(.zero, properties: true)] + object(7, properties, "a")
        },
    ]

    @Test("bytes and values give each other", arguments: streams)
    func exact(_ stream: Stream) throws {
        for draft in stream.drafts {
            let expected = stream.events(data(draft))
            #expect(try events(stream.hex, draft) == expected, "draft \(draft)")
            #expect(try hex(encode(expected, draft).bytes) == stream.hex, "draft \(draft)")
        }
    }

    @Test("in mode 01 the Subgroup ID is the first object's (Subgroup Header)", arguments: drafts)
    func firstObjectID(_ draft: Int) throws {
        var decoder = SubgroupStreamDecoder(profile: data(draft))
        var input = Bytes(hex("12070580"))
        #expect(try decoder.next(&input) != nil)
        #expect(decoder.subgroupID == nil)
        input = Bytes(hex("050000"))
        #expect(try decoder.next(&input) != nil)
        #expect(decoder.subgroupID == 5)
    }

    @Test("the payload is a slice of the input, not a copy", arguments: drafts)
    func payloadByReference(_ draft: Int) throws {
        for text in ["100705800002616200036a6b6c", "05081c0205800261621403800161"] {
            let bytes = Bytes(hex(text))
            var input = bytes
            var found = 0
            var subgroup = SubgroupStreamDecoder(profile: data(draft))
            var fetch = FetchStreamDecoder(profile: data(draft))
            if text.hasPrefix("10") {
                while let event = try subgroup.next(&input) {
                    guard case .payload(let payload) = event else { continue }
                    #expect(payload.slab === bytes.slab)
                    found += 1
                }
                #expect(found == 2)
            } else if draft >= 15 {
                while let event = try? fetch.next(&input) {
                    if case .payload(let payload) = event { #expect(payload.slab === bytes.slab) }
                }
            }
        }
    }

    private func refusal(_ events: [DataEvent], _ draft: Int) throws -> CodecError? {
        #expect(throws: CodecError.self, "draft \(draft)") { try encode(events, draft) }
    }

    @Test("draft 14 must state the priority (Subgroup Header)")
    func priority() throws {
        #expect(try refusal([Self.header(.zero, priority: nil)], 14)?.scope == .caller)
        for draft in 15...22 { #expect(throws: Never.self) { try encode([Self.header(.zero, priority: nil)], draft) } }
    }

    @Test("before draft 18 no stream says that it begins with the first object (Subgroup Header)")
    func firstObject() throws {
        for draft in 14...17 {
            #expect(try refusal([Self.header(.zero, first: true)], draft)?.field == "FIRST_OBJECT")
        }
    }

    @Test("from draft 16 on no object is said not to exist (Object Status)")
    func doesNotExist() throws {
        for draft in 16...22 {
            let error = try refusal([Self.header(.zero)] + object(0, status: .doesNotExist), draft)
            #expect(error?.scope == .caller)
            #expect(error?.field == "Object Status")
        }
    }

    @Test("from draft 15 on only normal objects have properties (Object Properties)")
    func statusProperties() throws {
        for draft in drafts {
            let properties = Properties([.init(type: 4, integer: 5)], profile: data(draft))
            let stream = [Self.header(.zero, properties: true)] + object(0, status: .endOfTrack, properties)
            if draft == 14 {
                #expect(throws: Never.self) { try encode(stream, 14) }
            } else {
                #expect(try refusal(stream, draft)?.scope == .caller)
            }
        }
        let absent =
            [Self.header(.zero, properties: true)]
            + object(0, status: .doesNotExist, Properties([.init(type: 4, integer: 5)], profile: data(14)))
        #expect(try refusal(absent, 14)?.scope == .caller)
    }

    @Test("identities that a draft's integers cannot hold are refused")
    func tooLarge() throws {
        for draft in 14...16 {
            #expect(try refusal([Self.header(.zero, group: 1 << 62)], draft)?.scope == .caller)
            #expect(try refusal([Self.header(.explicit(1 << 62))], draft)?.scope == .caller)
            #expect(try refusal([Self.header(.zero)] + object(1 << 62), draft)?.scope == .caller)
            // The difference would fit, the Object ID does not.
            let largest = object((1 << 62) - 1)
            #expect(try refusal([Self.header(.zero)] + largest + object(1 << 62), draft)?.scope == .caller)
        }
        for draft in 17...22 {
            #expect(throws: Never.self) { try encode([Self.header(.explicit(.max))] + object(.max), draft) }
        }
    }

    @Test("properties of another draft are written anew, their values kept")
    func recoded() throws {
        let entries = [KeyValue(type: 62, integer: 2), KeyValue(type: 65, bytes: [0xAA])]
        for from in drafts {
            for to in drafts {
                let properties = Properties(entries, profile: data(from))
                let sent = [Self.header(.zero, properties: true)] + object(7, properties, "a")
                let expected =
                    [Self.header(.zero, properties: true)]
                    + object(7, Properties(entries, profile: data(to)), "a")
                #expect(try events([encode(sent, to).bytes], to) == expected, "from \(from) to \(to)")
            }
        }
    }

    @Test("an object with a status has no payload (Object Status)", arguments: drafts)
    func statusPayload(_ draft: Int) throws {
        let object = SubgroupObject(id: 0, status: .endOfGroup, payloadLength: 1)
        #expect(try refusal([Self.header(.zero), .subgroupObject(object)], draft)?.field == "Object Payload")
    }

    @Test("properties stay as they came, to the byte, whatever they are and however long they are written")
    func rawProperties() throws {
        // 0x9D, an unknown odd type, in two bytes; within Immutable Properties 4 = 9, the 9 in two bytes.
        for (draft, list) in [
            (14, "0b03" + "04" + "4009" + "409d01aa"), (15, "0b03" + "04" + "4009" + "409d01aa"),
            (16, "0b03" + "04" + "4009" + "409201aa"), (17, "0b03" + "04" + "8009" + "809201aa"),
            (18, "0b03" + "04" + "8009" + "809201aa"), (19, "0b03" + "04" + "8009" + "809201aa"),
            (22, "0b03" + "04" + "8009" + "809201aa"),
        ] {
            let bytes = "11070580" + "05" + "09" + list + "0161"
            let read = try events(bytes, draft)
            #expect(try hex(encode(read, draft).bytes) == bytes, "draft \(draft)")
            guard case .subgroupObject(let object) = read[1] else { continue }
            #expect(object.properties.entries.map(\.type) == [0x0B, 0x9D], "draft \(draft)")
            #expect(object.properties.bytes(0x9D) == [0xAA])
        }
    }

    @Test("a property is looked for both outside and within Immutable Properties", arguments: drafts)
    func immutables(_ draft: Int) {
        let inner = Properties([.init(type: 4, integer: 9)], profile: data(draft))
        let all = Properties(
            [.init(type: 0x02, integer: 1), .init(type: 0x0B, bytes: inner.raw), .init(type: 0x9D, bytes: [1])],
            profile: data(draft))
        #expect(all.integer(0x02) == 1)
        #expect(all.integer(0x04) == 9)
        #expect(all.bytes(0x9D) == [1])
        #expect(all.integer(0x30) == nil)
    }

    @Test(
        "Immutable Properties pass to another draft where their bytes mean the same there, and are refused elsewhere",
        arguments: [
            // 4 = 9 is the same everywhere; 4 = 9, then 5 = "a" only where types are written the same way.
            ("0409", 14, 22, true), ("0409", 16, 17, true), ("0409" + "050161", 14, 15, true),
            ("0409" + "050161", 15, 16, false), ("0409" + "010161", 16, 22, true),
            // 4 = 64, in one byte of MoQT's integers or two of QUIC's.
            ("0440", 17, 18, true), ("0440", 18, 16, false), ("044040", 16, 17, false),
            // 4 = 2^42, in seven bytes or eight.
            ("04" + "fc040000000000", 18, 17, false), ("04" + "fe00040000000000", 17, 18, true),
        ])
    func immutableBytes(_ inner: String, _ from: Int, _ to: Int, _ passes: Bool) throws {
        let properties = Properties([.init(type: 0x0B, bytes: Bytes(hex(inner)))], profile: data(from))
        let sent = [Self.header(.zero, properties: true)] + object(7, properties, "a")
        guard passes else {
            #expect(try refusal(sent, to)?.scope == .caller)
            return
        }
        guard case .subgroupObject(let object) = try events([encode(sent, to).bytes], to)[1] else { return }
        #expect(object.properties.bytes(0x0B) == Bytes(hex(inner)))
    }
}
