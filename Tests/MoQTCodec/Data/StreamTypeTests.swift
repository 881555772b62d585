import MoQTCodec
import Testing
import Wire

@Suite("types of unidirectional streams")
struct StreamTypeTests {
    private func kind(_ type: UInt64, _ draft: Int) throws(CodecError) -> UniStreamKind? {
        var bytes: [UInt8] = []
        data(draft).integers.append(type, to: &bytes)
        var recognizer = UniStreamRecognizer(profile: data(draft))
        return try recognizer.received(Bytes(bytes))?.kind
    }

    /// The types of SUBGROUP_HEADER as the drafts list them.
    private func subgroups(_ draft: Int) -> Set<UInt64> {
        var bases: [UInt64] = [0x10, 0x18]
        if draft >= 15 { bases += [0x30, 0x38] }
        if draft >= 18 { bases += [0x50, 0x58, 0x70, 0x78] }
        return Set(bases.flatMap { base in (0...5).map { base + $0 } })
    }

    @Test("each draft has its own, and closes the session on any other", arguments: drafts)
    func kinds(_ draft: Int) throws {
        let subgroups = subgroups(draft)
        for type in Array(0...0x3FF) + [0x2F00, 0x132B_3E28, 0x132B_3E29, 1 << 40] as [UInt64] {
            let expected: UniStreamKind? =
                switch type {
                case 0x05: .fetch
                case 0x2F00 where draft >= 17: .control
                case 0x132B_3E28 where draft >= 18: .padding
                default: subgroups.contains(type) ? .subgroup : nil
                }
            guard expected == nil else {
                #expect(try kind(type, draft) == expected, "type \(type)")
                continue
            }
            let error = #expect(throws: CodecError.self, "type \(type)") { try kind(type, draft) }
            #expect(error?.scope == protocolViolation)
        }
    }

    @Test("a type is found however it is split", arguments: drafts)
    func split(_ draft: Int) throws {
        // 0x10 in two bytes.
        var recognizer = UniStreamRecognizer(profile: data(draft))
        #expect(try recognizer.received([draft < 17 ? 0x40 : 0x80]) == nil)
        let found = try recognizer.received([0x10, 7])
        #expect(found?.kind == .subgroup)
        #expect(found?.bytes.count == 3)
    }

    @Test("padding can be sent from draft 18 on (Padding)", arguments: drafts)
    func padding(_ draft: Int) throws {
        var out: [UInt8] = []
        guard draft >= 18 else {
            #expect(throws: CodecError.self) { try Padding.appendStreamType(to: &out, profile: data(draft)) }
            #expect(throws: CodecError.self) { try Padding.appendDatagramType(to: &out, profile: data(draft)) }
            #expect(out.isEmpty)
            return
        }
        try Padding.appendStreamType(to: &out, profile: data(draft))
        try Padding.appendDatagramType(to: &out, profile: data(draft))
        #expect(hex(out) == "f0132b3e28" + "f0132b3e29")
        #expect(try Datagram(decoding: Bytes(hex("f0132b3e29000000")), profile: data(draft)) == .padding(count: 3))
    }
}

@Suite("draft-17 integers (Variable-Length Integers)")
struct IntegerFormTests {
    @Test(
        "there is no form of seven bytes",
        arguments: [
            (4_398_046_511_103, "fbffffffffff"), (4_398_046_511_104, "fe00040000000000"),
            (562_949_953_421_311, "fe01ffffffffffff"), (562_949_953_421_312, "fe02000000000000"),
            (UInt64.max, "ffffffffffffffffff"),
        ] as [(UInt64, String)])
    func values(_ value: UInt64, _ bytes: String) {
        var out: [UInt8] = []
        IntegerCoding.vi64Without7.append(value, to: &out)
        #expect(hex(out) == bytes)
        #expect(IntegerCoding.vi64Without7.byteCount(of: value) == out.count)
        var position = 0
        #expect(IntegerCoding.vi64Without7.read(out.span, at: &position) == value)
    }

    @Test("every length holds every value that fits", arguments: 0..<64)
    func lengths(_ bits: UInt64) {
        let value = UInt64.max >> bits
        for length in VI64.byteCount(of: value)...9 {
            var out: [UInt8] = []
            VI64.append(value, byteCount: length, to: &out)
            #expect(out.count == length)
            var position = 0
            #expect(VI64.read(out.span, at: &position) == value)
        }
    }

    @Test(
        "0xFC and 0xFD close the session wherever an integer begins, at once",
        arguments: [
            "10fc", "1007fc", "14070bfc", "1007058000fc", "10070580fc", "1107058000fc", "110705800004fc0000000161",
            "11070580000302fc000161", "0500fc", "05001cfc", "05fc",
        ], ["fc", "fd"])
    func forbidden(_ text: String, _ lead: String) throws {
        let bytes = hex(text.replacing("fc", with: lead))
        let error = #expect(throws: CodecError.self) { try events([bytes], 17) }
        #expect(error?.scope == protocolViolation)
        #expect(error?.section == "Variable-Length Integers")
        // From draft 18 on it is an integer of seven bytes, which is not yet complete.
        var reader = DataReader(data(18), isFetch: bytes[0] == 5)
        if text.hasSuffix("fc") { try reader.take(bytes) }
    }

    @Test("in a message, in a datagram and as a stream type too", arguments: ["fc", "fd"])
    func elsewhere(_ lead: String) throws {
        for message in ["fc00000000000003", "af000003" + "02fc00"] {
            var decoder = ControlDecoder(profile: .draft17, receiver: .server, stream: .control)
            var input = Bytes(hex(message.replacing("fc", with: lead)))
            let error = #expect(throws: CodecError.self) { try decoder.next(&input) }
            #expect(error?.scope == protocolViolation)
        }
        #expect(datagramFault("00" + lead + "000000000000000000", 17)?.section == "Variable-Length Integers")
        #expect(datagramFault("00" + lead + "0000000000000000009968", 18) == nil)
        var recognizer = UniStreamRecognizer(profile: data(17))
        let error = #expect(throws: CodecError.self) { try recognizer.received(Bytes(hex(lead))) }
        #expect(error?.scope == protocolViolation)
    }
}
