import MoQTCodec
import Testing
import Wire

/// "Object Status", "Object Datagram", "Subgroup Header", "Padding".
@Suite("musts of objects")
struct MustObjectTests {
    @Test("OBJ-1: an object with a status has no payload", arguments: Draft.allCases)
    func statusPayload(_ draft: Draft) throws {
        // A status comes where there is no payload, and nothing else does.
        #expect(try draft.fault(stream: hex("10070580" + "00" + "00" + "03")) == nil)
        #expect(draft.fault(datagram: hex("2007050080" + "03")) == nil)
        #expect(draft.fault(datagram: hex("2007050080" + "0361")) == .violation)
        let header = SubgroupHeader(
            trackAlias: TrackAlias(rawValue: 7), group: 5, subgroup: .zero, priority: 1)
        var encoder = SubgroupObjectEncoder(profile: draft.profile, header: header)
        var out: [UInt8] = []
        for status in [ObjectStatus.endOfGroup, .endOfTrack] {
            let error = #expect(throws: CodecError.self) {
                try encoder.append(SubgroupObject(id: 0, status: status, payloadLength: 1), to: &out)
            }
            #expect(error?.scope == .caller && out.isEmpty)
        }
    }

    @Test("OBJ-2: only normal objects have properties", arguments: Draft.allCases)
    func statusProperties(_ draft: Draft) throws {
        let gap: [UInt8] = [0x3C, 0]
        #expect(try draft.fault(stream: draft.stream(properties: gap, status: 0)) == nil)
        for status in [3, 4] as [UInt8] {
            #expect(try draft.fault(stream: draft.stream(properties: [], status: status)) == nil)
            #expect(try draft.fault(stream: draft.stream(properties: gap, status: status)) == .violation)
        }
    }

    @Test("DGM-1: a datagram with properties has some", arguments: Draft.allCases)
    func emptyProperties(_ draft: Draft) {
        #expect(draft.fault(datagram: draft.datagram(properties: [0x3C, 0])) == nil)
        #expect(draft.fault(datagram: draft.datagram(properties: [])) == .violation)
        #expect(draft.fault(datagram: hex("2107050080" + "00" + "00")) == .violation)
    }

    @Test("DGM-2, DGM-3: the types of datagrams", arguments: Draft.allCases)
    func datagramTypes(_ draft: Draft) {
        let valid = Set(0x00...0x0F).union([0x20, 0x21, 0x24, 0x25, 0x28, 0x29, 0x2C, 0x2D])
        for type in 0...0x7F {
            // The fields that the type announces, then a status or the first byte of a payload.
            var datagram = draft.number(UInt64(type)) + [7, 5]
            if type & 0x04 == 0 { datagram.append(0) }
            if type & 0x08 == 0 { datagram.append(0x80) }
            if type & 0x01 != 0 { datagram += hex("023c00") }
            let fault = draft.fault(datagram: datagram + [0])
            #expect(fault == (valid.contains(type) ? nil : .violation), "0x\(String(type, radix: 16))")
        }
    }

    @Test("DGM-4: a datagram with a status but Normal has no properties", arguments: Draft.allCases)
    func datagramStatusProperties(_ draft: Draft) {
        #expect(draft.fault(datagram: hex("2107050080" + "023c00" + "00")) == nil)
        #expect(draft.fault(datagram: hex("2107050080" + "023c00" + "03")) == .violation)
        #expect(draft.fault(datagram: hex("2107050080" + "023c00" + "04")) == .violation)
    }

    @Test("SUB-1: the types of subgroup streams", arguments: Draft.allCases)
    func subgroupTypes(_ draft: Draft) throws {
        let first = Set(0x10...0x15).union(0x18...0x1D).union(0x30...0x35).union(0x38...0x3D)
        let valid = draft == .draft16 ? first : first.union(first.map { $0 | 0x40 })
        for type in 0...0x1FF where type != 0x05 {
            var recognizer = UniStreamRecognizer(profile: draft.profile)
            let bytes = Bytes(draft.number(UInt64(type)))
            if valid.contains(type) {
                #expect(try recognizer.received(bytes)?.kind == .subgroup)
            } else {
                let error = #expect(throws: CodecError.self, "0x\(String(type, radix: 16))") {
                    _ = try recognizer.received(bytes)
                }
                #expect(error?.scope == .violation)
            }
        }
    }

    @Test("SUB-2: an Object ID beyond 2^64-1 closes the session", arguments: Draft.since18)
    func objectOverflow(_ draft: Draft) throws {
        let header = hex("10070580")
        let object = hex("0161")
        let last = header + draft.number(.max) + object
        #expect(try draft.fault(stream: last) == nil)
        #expect(try draft.fault(stream: last + [0] + object) == .violation)
        let second = header + [5] + object
        #expect(try draft.fault(stream: second + draft.number(.max - 6) + object) == nil)
        #expect(try draft.fault(stream: second + draft.number(.max - 5) + object) == .violation)
        #expect(try draft.fault(stream: second + draft.number(.max) + object) == .violation)
    }

    @Test("SUB-3: FIRST_OBJECT is bit 0x40", arguments: Draft.since18)
    func firstObject(_ draft: Draft) throws {
        for (isFirst, type) in [(false, 0x10), (true, 0x50)] as [(Bool, UInt8)] {
            let header = SubgroupHeader(
                trackAlias: TrackAlias(rawValue: 7), group: 5, subgroup: .zero, priority: 0x80,
                isFirstObject: isFirst)
            var out: [UInt8] = []
            try header.append(to: &out, profile: draft.profile)
            #expect(out == [type] + hex("070580"))
            #expect(try draft.subgroupEvents(Bytes(out)) == [.header(header)])
        }
    }

    @Test("PAD-1, PAD-2: padding is set apart from objects", arguments: Draft.since18)
    func padding(_ draft: Draft) throws {
        var recognizer = UniStreamRecognizer(profile: draft.profile)
        #expect(try recognizer.received(Bytes(draft.number(0x132B_3E28) + [0, 0]))?.kind == .padding)
        let datagram = Bytes(draft.number(0x132B_3E29) + [0, 0, 0])
        #expect(try Datagram(decoding: datagram, profile: draft.profile) == .padding(count: 3))
    }

    @Test("MAL-5: nothing follows the end of a group or track", arguments: Draft.allCases)
    func afterEnd(_ draft: Draft) throws {
        for status in ["03", "04"] {
            let ended = hex("10070580" + "00" + "0161" + "00" + "00" + status)
            #expect(try draft.fault(stream: ended) == nil)
            #expect(try draft.fault(stream: ended + hex("00" + "0161")) == .track)
        }
    }
}

/// "Fetch Header", "Flags", "End of Range".
@Suite("musts of fetch streams")
struct MustFetchTests {
    /// The first object of a stream: {5, 6} of subgroup 0 and priority 128, one byte.
    private let first = "0500" + "1c050680" + "0161"

    @Test("FST-1: the first object refers to none before it", arguments: Draft.allCases)
    func firstReference(_ draft: Draft) throws {
        #expect(try draft.fault(stream: hex(first)) == nil)
        // Without group, without object, without priority, of the prior subgroup and of the one after it.
        for object in ["140680", "180580", "0c0506", "1d050680", "1e050680"] {
            #expect(try draft.fault(stream: hex("0500" + object + "0161")) == .violation, "\(object)")
            // It is the reference that is wrong: behind another object it is not.
            #expect(try draft.fault(stream: hex(first + object + "0161")) != .violation, "\(object)")
        }
    }

    @Test("FST-2: the first object is written whole", arguments: Draft.since18)
    func firstWritten(_ draft: Draft) throws {
        for order in [GroupOrder.ascending, .descending] {
            var encoder = FetchObjectEncoder(profile: draft.profile, order: order)
            var out: [UInt8] = []
            try encoder.append(
                FetchObject(
                    location: Location(group: 5, object: 6), subgroup: 0, priority: 0x80, payloadLength: 1),
                to: &out)
            #expect(hex(out) == "1c050680" + "01")
        }
    }

    @Test("FST-3: a Group ID out of range closes the session", arguments: Draft.since18)
    func groupRange(_ draft: Draft) throws {
        let ascending: [(UInt64, CodecError.Scope?)] = [
            (.max - 6, nil), (.max - 5, .violation), (.max, .violation),
        ]
        for (delta, fault) in ascending {
            let stream = hex(first) + [0x0C] + draft.number(delta) + hex("06" + "0161")
            #expect(try draft.fault(stream: stream) == fault, "\(delta)")
        }
        let descending: [(UInt64, CodecError.Scope?)] = [(4, nil), (5, .violation), (.max, .violation)]
        for (delta, fault) in descending {
            let stream = hex(first) + [0x0C] + draft.number(delta) + hex("06" + "0161")
            #expect(try draft.fault(stream: stream, order: .descending) == fault, "\(delta)")
        }
    }

    @Test("FST-4: an Object ID beyond 2^64-1 closes the session", arguments: Draft.since18)
    func objectRange(_ draft: Draft) throws {
        for (delta, fault) in [(.max - 6, nil), (.max - 5, .violation)] as [(UInt64, CodecError.Scope?)] {
            #expect(
                try draft.fault(stream: hex(first) + [0x04] + draft.number(delta) + hex("0161")) == fault)
        }
        let last = hex("0500" + "1c05") + draft.number(.max) + hex("80" + "0161")
        #expect(try draft.fault(stream: last) == nil)
        #expect(try draft.fault(stream: last + hex("00" + "0161")) == .violation)
        // In the next group too the ID that is not sent is the prior one's plus one.
        #expect(try draft.fault(stream: last + hex("0800" + "0161")) == .violation)
    }

    @Test("FST-5: a datagram's object is written with 0x40", arguments: Draft.allCases)
    func datagramWritten(_ draft: Draft) throws {
        var encoder = FetchObjectEncoder(profile: draft.profile, order: .ascending)
        var out: [UInt8] = []
        let location = Location(group: 5, object: 6)
        try encoder.append(
            FetchObject(location: location, subgroup: nil, priority: 0x80, payloadLength: 1), to: &out)
        #expect(out == draft.number(0x5C) + hex("050680" + "01"))
    }

    @Test("FST-6: with 0x40 the two lowest bits mean nothing", arguments: Draft.allCases)
    func datagramRead(_ draft: Draft) throws {
        for low in 0...3 as ClosedRange<UInt64> {
            let bytes = hex("0500") + draft.number(0x5C | low) + hex("050680" + "0161")
            let object = FetchObject(
                location: Location(group: 5, object: 6), subgroup: nil, priority: 0x80, payloadLength: 1)
            #expect(try draft.fetchEvents(Bytes(bytes)).contains(.object(object)), "\(low)")
        }
    }

    @Test("FST-7: undefined flags close the session", arguments: Draft.allCases)
    func undefinedFlags(_ draft: Draft) throws {
        for flags in [0x80, 0x8B, 0x8D, 0xFF, 0x10B, 0x10D, 0x18C, 0x20C, 1 << 20] as [UInt64] {
            #expect(
                try draft.fault(stream: hex(first) + draft.number(flags) + hex("0709" + "80" + "0161"))
                    == .violation,
                "\(flags)")
        }
        for flags in [0x8C, 0x10C] as [UInt64] {
            #expect(
                try draft.fault(stream: hex(first) + draft.number(flags) + hex("0709")) == nil, "\(flags)")
        }
    }

    @Test(
        "FST-8: behind a leading End of Range no subgroup and no priority is prior",
        arguments: Draft.since18)
    func afterLeadingRange(_ draft: Draft) throws {
        let gap = hex("0500") + draft.number(0x8C) + hex("0506")
        #expect(try draft.fault(stream: gap + hex("1080" + "0161")) == nil)
        for object in ["00", "1180", "1280"] {
            #expect(try draft.fault(stream: gap + hex(object + "0161")) == .violation, "\(object)")
        }
        // Group and object of the range are prior ones.
        let event = try draft.fetchEvents(Bytes(gap + hex("1080" + "0161")))[2]
        #expect(
            event
                == .object(
                    FetchObject(
                        location: Location(group: 5, object: 7), subgroup: 0, priority: 0x80, payloadLength: 1))
        )
    }

    @Test("FST-9: objects are written in the order asked for", arguments: Draft.allCases)
    func writingOrder(_ draft: Draft) throws {
        let orders: [(GroupOrder, [Location])] = [
            (
                .ascending,
                [
                    Location(group: 5, object: 6), Location(group: 5, object: 5),
                    Location(group: 4, object: 9),
                ]
            ),
            (
                .descending,
                [
                    Location(group: 5, object: 6), Location(group: 5, object: 0),
                    Location(group: 6, object: 0),
                ]
            ),
        ]
        for (order, wrong) in orders {
            var encoder = FetchObjectEncoder(profile: draft.profile, order: order)
            var out: [UInt8] = []
            func object(_ location: Location) -> FetchObject {
                FetchObject(location: location, subgroup: 0, priority: 0, payloadLength: 0)
            }
            try encoder.append(object(Location(group: 5, object: 6)), to: &out)
            let count = out.count
            for location in wrong {
                let error = #expect(throws: CodecError.self) {
                    try encoder.append(object(location), to: &out)
                }
                #expect(error?.scope == .caller && out.count == count, "\(location)")
            }
            let next = Location(group: order == .ascending ? 6 : 4, object: 0)
            try encoder.append(object(next), to: &out)
        }
    }

    @Test("MAL-2: Object IDs grow within a group")
    func objectsGrow() throws {
        let draft = Draft.draft16
        #expect(try draft.fault(stream: hex(first + "0407" + "0161")) == nil)
        #expect(try draft.fault(stream: hex(first + "0406" + "0161")) == .track)
        #expect(try draft.fault(stream: hex(first + "0c0505" + "0161")) == .track)
    }

    @Test("MAL-3: groups come in the order asked for")
    func groupsOrdered() throws {
        let draft = Draft.draft16
        let (lower, higher) = (hex(first + "0c0409" + "0161"), hex(first + "0c0609" + "0161"))
        #expect(try draft.fault(stream: higher) == nil)
        #expect(try draft.fault(stream: lower) == .track)
        #expect(try draft.fault(stream: lower, order: .descending) == nil)
        #expect(try draft.fault(stream: higher, order: .descending) == .track)
    }

    @Test("MAL-4: a subgroup has one priority", arguments: Draft.allCases)
    func onePriority(_ draft: Draft) throws {
        #expect(try draft.fault(stream: hex(first + "1080" + "0161")) == nil)
        #expect(try draft.fault(stream: hex(first + "1081" + "0161")) == .track)
        // Another subgroup has another priority.
        #expect(try draft.fault(stream: hex(first + "1281" + "0161")) == nil)
    }
}
