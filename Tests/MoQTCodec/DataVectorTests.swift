import MoQTCodec
import Testing
import Wire

private let alias7 = TrackAlias(rawValue: 7)

private func properties(_ entries: KeyValue...) -> Properties { Properties(entries, profile: draft18) }

@Suite("draft-18 subgroup streams")
struct SubgroupVectorTests {
    struct Vector: Sendable {
        var hex: String
        var header: SubgroupHeader
        var objects: [(SubgroupObject, [UInt8])]
    }

    static let vectors = [
        // 18-18: FIRST_OBJECT, multi-byte delta, End of Group status.
        Vector(
            hex: "5080c80a800003616263812b017a000003",
            header: SubgroupHeader(
                trackAlias: TrackAlias(rawValue: 200), group: 10, subgroup: .zero, priority: 128,
                isFirstObject: true),
            objects: [
                (SubgroupObject(id: 0, payloadLength: 3), Array("abc".utf8)),
                (SubgroupObject(id: 300, payloadLength: 1), Array("z".utf8)),
                (SubgroupObject(id: 301, status: .endOfGroup, payloadLength: 0), []),
            ]),
        // 18-19: everything on.
        Vector(
            hex: "7d070b0205053e024301ff016100000000",
            header: SubgroupHeader(
                trackAlias: alias7, group: 11, subgroup: .explicit(2), hasProperties: true, endOfGroup: true,
                isFirstObject: true),
            objects: [
                (
                    SubgroupObject(
                        id: 5, properties: properties(.init(type: 62, integer: 2), .init(type: 129, bytes: [0xFF])),
                        payloadLength: 1), Array("a".utf8)
                ),
                (SubgroupObject(id: 6, payloadLength: 0), []),
            ]),
    ]

    private func events(_ vector: Vector) -> [SubgroupStreamDecoder.Event] {
        [.header(vector.header)]
            + vector.objects.flatMap { object, payload in
                [.object(object)] + (payload.isEmpty ? [] : [.payload(Bytes(payload))]) + [.objectEnd]
            }
    }

    @Test("bytes and values give each other, however split", arguments: vectors)
    func exact(_ vector: Vector) throws {
        let bytes = hex(vector.hex)
        for chunks in [[bytes]] + splits(bytes) {
            #expect(try subgroupEvents(chunks) == events(vector))
        }
        var out: [UInt8] = []
        try vector.header.append(to: &out, profile: draft18)
        var encoder = SubgroupObjectEncoder(profile: draft18, header: vector.header)
        for (object, payload) in vector.objects {
            try encoder.append(object, to: &out)
            out += payload
        }
        #expect(hex(out) == vector.hex)
    }

    @Test("a flipped bit decodes or errs, never traps", arguments: vectors)
    func flipped(_ vector: Vector) throws {
        let bytes = hex(vector.hex)
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            _ = try? subgroupEvents([changed])
            _ = try? fetchEvents([changed])
            _ = try? Datagram(decoding: Bytes(changed), profile: draft18)
        }
    }

    @Test("every header form comes back as it was")
    func forms() throws {
        for form in 0..<48 {
            let subgroup = [SubgroupHeader.SubgroupID.zero, .firstObject, .explicit(9)][form % 3]
            let header = SubgroupHeader(
                trackAlias: alias7, group: 300, subgroup: subgroup, priority: form / 3 & 1 == 0 ? nil : 7,
                hasProperties: form / 6 & 1 == 0, endOfGroup: form / 12 & 1 == 0, isFirstObject: form / 24 & 1 == 0)
            var out: [UInt8] = []
            try header.append(to: &out, profile: draft18)
            var decoder = SubgroupStreamDecoder(profile: draft18)
            var input = Bytes(out)
            #expect(try decoder.next(&input) == .header(header))
            var recognizer = UniStreamRecognizer(profile: draft18)
            #expect(try recognizer.received(Bytes(out))?.kind == .subgroup)
        }
    }

    @Test("in mode 01 the Subgroup ID is the first object's (Subgroup Header)")
    func firstObjectID() throws {
        var decoder = SubgroupStreamDecoder(profile: draft18)
        var input = Bytes(hex("32070a"))
        #expect(try decoder.next(&input) != nil)
        #expect(decoder.subgroupID == nil)
        input = Bytes(hex("050000"))
        #expect(try decoder.next(&input) != nil)
        #expect(decoder.subgroupID == 5)
    }

    @Test("the payload is a slice of the input, not a copy")
    func payloadByReference() throws {
        let bytes = Bytes(hex("1007058000026162"))
        var input = bytes
        var decoder = SubgroupStreamDecoder(profile: draft18)
        while let event = try decoder.next(&input) {
            if case .payload(let payload) = event { #expect(payload.slab === bytes.slab) }
        }
    }

    @Test("an encoder refuses what cannot follow, and leaves the buffer alone")
    func refusals() throws {
        let header = SubgroupHeader(trackAlias: alias7, group: 0, subgroup: .zero)
        var encoder = SubgroupObjectEncoder(profile: draft18, header: header)
        var out: [UInt8] = []
        try encoder.append(SubgroupObject(id: 4, payloadLength: 1), to: &out)
        let before = out
        for object in [
            SubgroupObject(id: 4, payloadLength: 1), SubgroupObject(id: 3, payloadLength: 1),
            SubgroupObject(id: 5, status: .endOfGroup, payloadLength: 1),
            SubgroupObject(id: 5, properties: properties(.init(type: 2, integer: 1)), payloadLength: 1),
        ] {
            let error = #expect(throws: CodecError.self) { try encoder.append(object, to: &out) }
            #expect(error?.scope == .caller)
            #expect(out == before)
        }
    }
}

@Suite("draft-18 datagrams")
struct DatagramTests {
    @Test("18-21: status Normal with properties is legal")
    func vector() throws {
        let bytes = hex("29070c03023c0100")
        let object = ObjectDatagram(
            trackAlias: alias7, location: Location(group: 12, object: 3),
            properties: properties(.init(type: 60, integer: 1)), content: .status(.normal))
        #expect(try Datagram(decoding: Bytes(bytes), profile: draft18) == .object(object))
        var out: [UInt8] = []
        try object.appendHeader(to: &out, profile: draft18)
        #expect(out == bytes)
    }

    @Test("18-25: padding is told by its count")
    func padding() throws {
        #expect(try Datagram(decoding: Bytes(hex("f0132b3e290000")), profile: draft18) == .padding(count: 2))
        var out: [UInt8] = []
        try Padding.appendDatagramType(to: &out, profile: draft18)
        #expect(out == hex("f0132b3e29"))
    }

    @Test("every form comes back as it was")
    func forms() throws {
        for form in 0..<64 {
            let isStatus = form & 1 == 0
            let object = ObjectDatagram(
                trackAlias: alias7, location: Location(group: 4000, object: form & 2 == 0 ? 0 : 77),
                priority: form & 4 == 0 ? nil : 3, endOfGroup: !isStatus && form & 8 == 0,
                properties: !isStatus && form & 16 == 0 ? properties(.init(type: 13, bytes: [1, 2])) : Properties(),
                content: isStatus ? .status(form & 32 == 0 ? .endOfTrack : .endOfGroup) : .payload([9, 9, 9]))
            var out: [UInt8] = []
            try object.appendHeader(to: &out, profile: draft18)
            if case .payload(let payload) = object.content { payload.append(to: &out) }
            #expect(try Datagram(decoding: Bytes(out), profile: draft18) == .object(object))
        }
    }

    @Test("a status cannot be the last of a group as well (Object Datagram)")
    func statusEndOfGroup() {
        let object = ObjectDatagram(trackAlias: alias7, location: .zero, endOfGroup: true, content: .status(.normal))
        var out: [UInt8] = []
        #expect(throws: CodecError.self) { try object.appendHeader(to: &out, profile: draft18) }
        #expect(out.isEmpty)
    }
}

@Suite("draft-18 fetch streams")
struct FetchVectorTests {
    private let bytes = hex("05081c02058001610403016208000163810c030f0c010001644c00020165")

    private var items: [(FetchStreamDecoder.Event, String)] {
        func object(_ group: UInt64, _ id: UInt64, _ subgroup: UInt64?) -> FetchStreamDecoder.Event {
            .object(
                FetchObject(
                    location: Location(group: group, object: id), subgroup: subgroup, priority: 128, payloadLength: 1))
        }
        return [
            (object(2, 5, 0), "a"), (object(2, 8, 0), "b"), (object(3, 9, 0), "c"),
            (.gap(FetchGap(reason: .unknown, end: Location(group: 3, object: 15))), ""),
            (object(5, 0, 0), "d"), (object(6, 2, nil), "e"),
        ]
    }

    @Test("18-22: ascending deltas, an object id across a group change, an absolute End of Range")
    func vector() throws {
        var expected: [FetchStreamDecoder.Event] = [.header(RequestID(rawValue: 8))]
        for (event, payload) in items {
            expected.append(event)
            if !payload.isEmpty { expected += [.payload(Bytes(Array(payload.utf8))), .objectEnd] }
        }
        for chunks in [[bytes]] + splits(bytes) { #expect(try fetchEvents(chunks) == expected) }
        var out: [UInt8] = []
        var encoder = FetchObjectEncoder(profile: draft18, order: .ascending)
        try encoder.appendHeader(RequestID(rawValue: 8), to: &out)
        for (event, payload) in items {
            switch event {
            case .object(let object): try encoder.append(object, to: &out)
            case .gap(let gap): try encoder.append(gap, to: &out)
            case .header, .payload, .objectEnd: break
            }
            out += Array(payload.utf8)
        }
        #expect(hex(out) == hex(bytes))
    }
}

@Suite("draft-18 unidirectional streams")
struct UniStreamTests {
    @Test(
        "the type tells the kind, however split",
        arguments: [
            ("af000000", UniStreamKind.control), ("0508", .fetch), ("1007", .subgroup), ("7d07", .subgroup),
            ("f0132b3e28000000", .padding),
        ])
    func kinds(_ bytes: String, _ kind: UniStreamKind) throws {
        var recognizer = UniStreamRecognizer(profile: draft18)
        var seen: [UInt8] = []
        for byte in hex(bytes) {
            seen.append(byte)
            if let (found, all) = try recognizer.received([byte]) {
                #expect(found == kind)
                #expect(all.array == seen)
                return
            }
        }
        Issue.record("not recognized")
    }

    @Test("every subgroup type of the draft is valid, and no other below 0x80 (Subgroup Header)")
    func subgroupTypes() {
        for type in 0..<0x80 as Range<UInt8> {
            var recognizer = UniStreamRecognizer(profile: draft18)
            let kind = try? recognizer.received([type])?.kind
            let low = type & 0x0F
            let isSubgroup = type & 0x10 != 0 && low & 6 != 6
            #expect(kind == (isSubgroup ? .subgroup : type == 5 ? .fetch : nil))
        }
    }
}
