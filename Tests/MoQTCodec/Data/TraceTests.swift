import MoQTCodec
import Testing
import Wire

/// A traced field as text: name, offset and length, value.
private func text(_ field: Field) -> String {
    "\(field.name) @\(field.offset)+\(field.length) \(text(field.value))"
}

private func text(_ value: Field.Value) -> String {
    switch value {
    case .number(let number): "\(number)"
    case .bytes(let bytes): hex(bytes.array)
    case .list(let pairs), .structure(let pairs): "[" + pairs.map { pair($0) }.joined(separator: ", ") + "]"
    case .pair: "nothing but lists of pairs are traced"
    }
}

private func pair(_ field: Field) -> String {
    guard case .pair(let type?, let parts) = field.value else { return "no pair" }
    return "\(type) @\(field.offset)+\(field.length) " + (parts.last.map { text($0.value) } ?? "")
}

@Suite("fields as they lie on the wire")
struct TraceTests {
    /// The fields of every element of a stream.
    private func fields(_ chunks: [[UInt8]], _ draft: Int) throws -> [[String]] {
        var result: [[String]] = []
        var subgroup = SubgroupStreamDecoder(profile: data(draft), isTracing: true)
        var fetch = FetchStreamDecoder(profile: data(draft), isTracing: true)
        let isFetch = chunks.first { !$0.isEmpty }?.first == 5
        for chunk in chunks {
            var input = Bytes(chunk)
            while true {
                if isFetch {
                    guard let event = try fetch.next(&input) else { break }
                    switch event {
                    case .header, .object, .gap: result.append(fetch.fields.map { text($0) })
                    case .payload, .objectEnd: break
                    }
                } else {
                    guard let event = try subgroup.next(&input) else { break }
                    switch event {
                    case .header, .object: result.append(subgroup.fields.map { text($0) })
                    case .payload, .objectEnd: break
                    }
                }
            }
        }
        return result
    }

    @Test("of a subgroup stream, by name, place and value, however it is split")
    func subgroup() throws {
        let bytes = hex("15" + "07058123" + "80" + "05" + "07" + "3e02" + "0b03020403" + "0161" + "00" + "00" + "0003")
        let expected = [
            [
                "Type @0+1 21", "Track Alias @1+1 7", "Group ID @2+1 5", "Subgroup ID @3+2 291",
                "Publisher Priority @5+1 128",
            ],
            [
                "Object ID Delta @6+1 5", "Properties Length @7+1 7",
                "Properties @8+7 [62 @8+2 2, 73 @10+5 020403]", "Object Payload Length @15+1 1",
            ],
            [
                "Object ID Delta @17+1 0", "Properties Length @18+1 0", "Properties @19+0 []",
                "Object Payload Length @19+1 0", "Object Status @20+1 3",
            ],
        ]
        for chunks in [[bytes]] + splits(bytes) { #expect(try fields(chunks, 18) == expected) }
    }

    @Test("Immutable Properties are pairs themselves, or bytes when they cannot be read")
    func immutables() throws {
        let whole = try fields([hex("11070580" + "05" + "07" + "0b05" + "02040101aa" + "0161")], 18)
        #expect(whole.last?[2] == "Properties @6+7 [11 @6+7 [2 @8+2 4, 3 @10+3 aa]]")
        var decoder = SubgroupStreamDecoder(profile: data(18), isTracing: true)
        var input = Bytes(hex("11070580" + "05" + "03" + "0b01" + "02" + "0161"))
        _ = try decoder.next(&input)
        #expect(throws: CodecError.self) { try decoder.next(&input) }
        #expect(decoder.fields.map { text($0) }[2] == "Properties @6+3 [11 @6+3 02]")
    }

    @Test("each draft's names are its own", arguments: drafts)
    func names(_ draft: Int) throws {
        let type = draft < 20 ? "Type" : "Type Flags"
        let length = draft < 17 ? "Extension Headers Length" : "Properties Length"
        let list = draft < 16 ? "Extension headers" : draft == 16 ? "Extension Headers" : "Properties"
        #expect(
            try fields([hex("11070580" + "05" + "020409" + "0161")], draft).joined().joined(separator: "; ")
                == "\(type) @0+1 17; Track Alias @1+1 7; Group ID @2+1 5; Publisher Priority @3+1 128; "
                + "Object ID Delta @4+1 5; \(length) @5+1 2; \(list) @6+2 [4 @6+2 9]; Object Payload Length @8+1 1")
        var traced: [Field] = []
        _ = try Datagram(
            decoding: Bytes(hex("01" + "070905c8" + "020409" + "6869")), profile: data(draft), fields: &traced)
        #expect(
            traced.map { text($0) }.joined(separator: "; ")
                == "\(type) @0+1 1; Track Alias @1+1 7; Group ID @2+1 9; Object ID @3+1 5; "
                + "Publisher Priority @4+1 200; \(length) @5+1 2; \(list) @6+2 [4 @6+2 9]; Object Payload @8+2 6869")
    }

    @Test("of fetch streams: flags, differences, ranges")
    func fetch() throws {
        #expect(
            try fields([hex("0508" + "1c0205800161" + "4c00000162" + "820c0409")], 20) == [
                ["Type @0+1 5", "Request ID @1+1 8"],
                [
                    "Serialization Flags @2+1 28", "Group ID Delta @3+1 2", "Object ID Delta @4+1 5",
                    "Publisher Priority @5+1 128", "Object Payload Length @6+1 1",
                ],
                [
                    "Serialization Flags @8+1 76", "Group ID Delta @9+1 0", "Object ID Delta @10+1 0",
                    "Object Payload Length @11+1 1",
                ],
                ["Serialization Flags @13+2 524", "Group ID @15+1 4", "Object ID @16+1 9"],
            ])
        #expect(
            try fields([hex("0508" + "02000080000003")], 14).last == [
                "Group ID @2+1 2", "Subgroup ID @3+1 0", "Object ID @4+1 0", "Publisher Priority @5+1 128",
                "Extension Headers Length @6+1 0", "Extension headers @7+0 []", "Object Payload Length @7+1 0",
                "Object Status @8+1 3",
            ])
    }

    @Test("up to where a rule is broken")
    func fault() throws {
        var decoder = SubgroupStreamDecoder(profile: data(18), isTracing: true)
        var input = Bytes(hex("10070580" + "050002"))
        _ = try decoder.next(&input)
        #expect(throws: CodecError.self) { try decoder.next(&input) }
        #expect(
            decoder.fields.map { text($0) } == [
                "Object ID Delta @4+1 5", "Object Payload Length @5+1 0", "Object Status @6+1 2",
            ])
        var traced: [Field] = []
        #expect(throws: CodecError.self) {
            try Datagram(decoding: Bytes(hex("0007")), profile: data(18), fields: &traced)
        }
        #expect(traced.map { text($0) } == ["Type @0+1 0", "Track Alias @1+1 7"])
    }

    @Test("padding is named too")
    func padding() throws {
        var traced: [Field] = []
        _ = try Datagram(decoding: Bytes(hex("f0132b3e290000")), profile: data(18), fields: &traced)
        #expect(traced.map { text($0) } == ["Type @0+5 321601065", "Padding Data @5+2 0000"])
    }

    @Test("nothing is kept unless asked for")
    func off() throws {
        var decoder = SubgroupStreamDecoder(profile: data(18))
        var input = Bytes(hex("10070580" + "050161"))
        while try decoder.next(&input) != nil {}
        #expect(decoder.fields.isEmpty)
    }
}
