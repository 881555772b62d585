import MoQTCodec
import Testing
import Wire

/// "Properties", "MOQT Properties", "Mandatory Track Properties".
@Suite("musts of properties")
struct MustPropertyTests {
    /// MAX_CACHE_DURATION, then an unknown number and unknown bytes; numbers in longer forms than needed.
    private func unknown(_ draft: Draft) -> [UInt8] {
        let long = draft == .draft16 ? "4009" : "8009"
        return hex("04" + long) + draft.number(0x74) + hex(long) + hex("01" + "03010203")
    }

    @Test("PRP-1: unknown properties are kept and forwarded unchanged", arguments: Draft.allCases)
    func unknownKept(_ draft: Draft) throws {
        let properties = unknown(draft)
        let bytes = draft.subscribeOK(properties: properties)
        let message = try #require(try draft.messages(bytes, .reply(.subscribe)).first)
        guard case .subscribeOK(let body) = message else { throw Unexpected() }
        #expect(body.trackProperties.raw.array == properties)
        #expect(try draft.encode(message, from: .server, .request(.subscribe)) == bytes)
        let stream = draft.stream(properties: properties)
        let events = try draft.subgroupEvents(Bytes(stream))
        guard case .header(let header) = events[0], case .object(let object) = events[1] else {
            throw Unexpected()
        }
        var out: [UInt8] = []
        try header.append(to: &out, profile: draft.profile)
        var encoder = SubgroupObjectEncoder(profile: draft.profile, header: header)
        try encoder.append(object, to: &out)
        #expect(out == stream)
    }

    @Test(
        "PRP-2: unknown properties are skipped by the parity of their type", arguments: Draft.since18)
    func unknownSkipped(_ draft: Draft) throws {
        // MAX_CACHE_DURATION, then a number under 0x78 and 3 bytes under 0x79.
        let properties = hex("0409") + draft.number(0x74) + draft.number(300) + hex("01" + "03040506")
        let message = try draft.messages(draft.subscribeOK(properties: properties), .reply(.subscribe))
            .first
        guard case .subscribeOK(let body)? = message else { throw Unexpected() }
        #expect(body.trackProperties.maxCacheDuration == 9)
        let entries = body.trackProperties.entries
        #expect(entries.map(\.type) == [4, 0x78, 0x79])
        #expect(entries.map(\.value) == [.integer(9), .integer(300), .bytes([4, 5, 6])])
        #expect(try draft.fault(stream: draft.stream(properties: properties)) == nil)
        #expect(draft.fault(datagram: draft.datagram(properties: properties)) == nil)
    }

    @Test("PRP-3: a mandatory property on an object is malformed", arguments: Draft.since18)
    func mandatoryOnObject(_ draft: Draft) throws {
        let cases: [(UInt64, CodecError.Scope?)] = [
            (0x3FFF, nil), (0x4000, .track), (0x5555, .track), (0x7FFF, .track), (0x8000, nil),
        ]
        for (type, fault) in cases {
            let properties = draft.number(type) + [0]
            #expect(try draft.fault(stream: draft.stream(properties: properties)) == fault, "\(type)")
            #expect(draft.fault(datagram: draft.datagram(properties: properties)) == fault, "\(type)")
            let fetch = hex("0500" + "3c050680") + [UInt8(properties.count)] + properties + [0]
            #expect(try draft.fault(stream: fetch) == fault, "\(type)")
        }
    }

    @Test(
        "PRP-4, PRP-5, PRP-6: an unknown mandatory property refuses PUBLISH and ends subscription or fetch",
        arguments: Draft.since18)
    func mandatoryOnTrack(_ draft: Draft) throws {
        let cases: [(UInt64, CodecError.Scope?)] = [
            (0x3FFF, nil), (0x4000, .request(.unsupportedExtension)),
            (0x7FFF, .request(.unsupportedExtension)),
            (0x8000, nil),
        ]
        for (type, refusal) in cases {
            let properties = draft.number(type) + [0]
            #expect(
                try draft.refusal(draft.publish(properties: properties), .request(.publish)) == refusal)
            #expect(
                try draft.refusal(draft.subscribeOK(properties: properties), .reply(.subscribe)) == refusal)
            #expect(try draft.refusal(draft.fetchOK(properties: properties), .reply(.fetch)) == refusal)
        }
    }

    @Test("PRP-7: in draft-16 a track's DELIVERY_TIMEOUT is not 0")
    func deliveryTimeout() throws {
        let draft = Draft.draft16
        for (properties, fault) in [("0201", nil), ("0200", .violation)]
            as [(String, CodecError.Scope?)]
        {
            try expect(draft, hex(properties), fault)
        }
    }

    @Test("PRP-8: DEFAULT_PUBLISHER_GROUP_ORDER is 1 or 2", arguments: Draft.allCases)
    func groupOrder(_ draft: Draft) throws {
        for (properties, fault) in [
            ("2200", .violation), ("2201", nil), ("2202", nil), ("2203", .violation),
        ]
            as [(String, CodecError.Scope?)]
        {
            try expect(draft, hex(properties), fault)
        }
    }

    @Test("PRP-9: DYNAMIC_GROUPS is 0 or 1", arguments: Draft.allCases)
    func dynamicGroups(_ draft: Draft) throws {
        for (properties, fault) in [("3000", nil), ("3001", nil), ("3002", .violation)]
            as [(String, CodecError.Scope?)]
        {
            try expect(draft, hex(properties), fault)
        }
    }

    /// Track Properties, wherever they come.
    private func expect(_ draft: Draft, _ properties: [UInt8], _ fault: CodecError.Scope?) throws {
        #expect(try draft.fault(draft.publish(properties: properties), .request(.publish)) == fault)
        #expect(try draft.fault(draft.subscribeOK(properties: properties), .reply(.subscribe)) == fault)
        #expect(try draft.fault(draft.fetchOK(properties: properties), .reply(.fetch)) == fault)
    }

    @Test("IMM-1: what is within Immutable Properties stays as it is", arguments: Draft.allCases)
    func immutablesKept(_ draft: Draft) throws {
        // MAX_CACHE_DURATION of 9, the number in a longer form than needed.
        let properties = hex("0b" + "03" + "04" + (draft == .draft16 ? "4009" : "8009"))
        let bytes = draft.subscribeOK(properties: properties)
        let message = try #require(try draft.messages(bytes, .reply(.subscribe)).first)
        #expect(try draft.encode(message, from: .server, .request(.subscribe)) == bytes)
    }

    @Test("IMM-2: a property is found outside and within", arguments: Draft.since18)
    func immutablesSearched(_ draft: Draft) throws {
        for properties in ["0409", "0b020409", "0b020409" + "01" + "00"] {
            let message = try draft.messages(
                draft.subscribeOK(properties: hex(properties)), .reply(.subscribe)
            ).first
            guard case .subscribeOK(let body)? = message else { throw Unexpected() }
            #expect(body.trackProperties.maxCacheDuration == 9, "\(properties)")
        }
    }

    @Test("IMM-3: Immutable Properties within themselves are malformed", arguments: Draft.allCases)
    func nestedImmutables(_ draft: Draft) throws {
        try expectMalformed(draft, hex("0b02" + "0b00"), unlike: hex("0b02" + "0d00"))
    }

    @Test("IMM-4: a pair within that cannot be read is malformed", arguments: Draft.allCases)
    func brokenImmutables(_ draft: Draft) throws {
        try expectMalformed(draft, hex("0b02" + "0d01"), unlike: hex("0b03" + "0d0161"))
    }

    @Test("IMM-5: an object has Immutable Properties once", arguments: Draft.allCases)
    func twoImmutables(_ draft: Draft) throws {
        try expectMalformed(draft, hex("0b00" + "0000"), unlike: hex("0b00"))
    }

    /// The track, and on an object, the object's track are malformed; with the other properties they are not.
    private func expectMalformed(_ draft: Draft, _ properties: [UInt8], unlike others: [UInt8]) throws {
        for (properties, isMalformed) in [(properties, true), (others, false)] {
            let fault: CodecError.Scope? = isMalformed ? .track : nil
            #expect(try draft.fault(stream: draft.stream(properties: properties)) == fault)
            #expect(draft.fault(datagram: draft.datagram(properties: properties)) == fault)
            let answer = draft.subscribeOK(properties: properties)
            #expect(try draft.fault(answer, .reply(.subscribe)) == nil)
            #expect(
                try draft.refusal(answer, .reply(.subscribe))
                    == (isMalformed ? .track : nil))
        }
    }

    @Test("GAP-1: one Prior Group ID Gap, no larger than the Group ID", arguments: Draft.allCases)
    func groupGap(_ draft: Draft) throws {
        // The group is 5.
        let cases: [(String, CodecError.Scope?)] = [
            ("3c05", nil), ("3c06", .track), ("3c01" + "0001", .track),
        ]
        for (properties, fault) in cases {
            #expect(try draft.fault(stream: draft.stream(properties: hex(properties))) == fault)
            #expect(draft.fault(datagram: draft.datagram(properties: hex(properties))) == fault)
        }
    }

    @Test("GAP-2: one Prior Object ID Gap, no larger than the Object ID", arguments: Draft.allCases)
    func objectGap(_ draft: Draft) throws {
        let cases: [(String, CodecError.Scope?)] = [
            ("3e09", nil), ("3e0a", .track), ("3e01" + "0001", .track),
        ]
        for (properties, fault) in cases {
            #expect(
                try draft.fault(stream: draft.stream(object: 9, properties: hex(properties))) == fault)
            #expect(
                draft.fault(datagram: draft.datagram(object: 9, properties: hex(properties))) == fault)
        }
    }

    @Test("GAP-3: a Prior Object ID Gap covers no object that came", arguments: Draft.allCases)
    func coveredObject(_ draft: Draft) throws {
        for (gap, fault) in [(2, nil), (3, .track)] as [(UInt8, CodecError.Scope?)] {
            let first = draft.stream(object: 6, properties: [])
            // Object 9.
            #expect(
                try draft.fault(stream: first + draft.object(delta: 2, properties: [0x3E, gap])) == fault)
            let second = draft == .draft16 ? hex("3409" + "80") : hex("3403" + "80")
            let fetch = hex("0500" + "1c050680" + "00") + second + [2, 0x3E, gap] + [0]
            #expect(try draft.fault(stream: fetch) == fault)
        }
    }

    @Test("GAP-4: Prior Group ID Gaps agree, and cover no group that came", arguments: Draft.allCases)
    func coveredGroup(_ draft: Draft) throws {
        let first = draft.stream(properties: hex("3c02"))
        #expect(try draft.fault(stream: first + draft.object(delta: 0, properties: hex("3c02"))) == nil)
        #expect(
            try draft.fault(stream: first + draft.object(delta: 0, properties: hex("3c01"))) == .track)
        // Group 5, then group 8 with a gap: absolute, or the delta to it.
        let second = draft == .draft16 ? hex("3c080080") : hex("3c020080")
        for (gap, fault) in [(2, nil), (3, .track)] as [(UInt8, CodecError.Scope?)] {
            let fetch = hex("0500" + "1c050680" + "00") + second + [2, 0x3C, gap] + [0]
            #expect(try draft.fault(stream: fetch) == fault)
        }
    }
}
