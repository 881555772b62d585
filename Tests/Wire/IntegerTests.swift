import Testing
import Wire

private func vi64(_ value: UInt64) -> [UInt8] {
    var out: [UInt8] = []
    VI64.append(value, to: &out)
    return out
}

private func quic(_ value: UInt64) -> [UInt8] {
    var out: [UInt8] = []
    QUICVarint.append(value, to: &out)
    return out
}

@Suite("vi64 (draft-18 Variable-Length Integers)")
struct VI64Tests {
    static let rows: [(UInt64, [UInt8])] = [
        (0, [0x00]), (63, [0x3F]), (64, [0x40]), (127, [0x7F]), (128, [0x80, 0x80]), (16383, [0xBF, 0xFF]),
        (16384, [0xC0, 0x40, 0x00]), (2_097_152, [0xE0, 0x20, 0, 0]), (268_435_456, [0xF0, 0x10, 0, 0, 0]),
        (1_073_741_823, [0xF0, 0x3F, 0xFF, 0xFF, 0xFF]), (4_398_046_511_104, [0xFC, 0x04, 0, 0, 0, 0, 0]),
        (562_949_953_421_311, [0xFD, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
        (562_949_953_421_312, [0xFE, 0x02, 0, 0, 0, 0, 0, 0]),
        (1 << 62 - 1, [0xFF, 0x3F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
        (.max, Array(repeating: 0xFF, count: 9)),
        (15_293, [0xBB, 0xBD]), (226_442_877, [0xED, 0x7F, 0x3E, 0x7D]),
        (2_893_212_287_960, [0xFA, 0xA1, 0xA0, 0xE4, 0x03, 0xD8]),
        (151_288_809_941_952, [0xFC, 0x89, 0x98, 0xAB, 0xC6, 0x6B, 0xC0]),
        (70_423_237_261_249_041, [0xFE, 0xFA, 0x31, 0x8F, 0xA8, 0xE3, 0xCA, 0x11]),
    ]

    @Test("shortest form both ways", arguments: rows)
    func exact(_ value: UInt64, _ bytes: [UInt8]) {
        #expect(vi64(value) == bytes)
        #expect(VI64.byteCount(of: value) == bytes.count)
        var offset = 0
        #expect(VI64.read(bytes.span, at: &offset) == value)
        #expect(offset == bytes.count)
    }

    @Test("what lies around an integer changes nothing", arguments: rows)
    func surrounded(_ value: UInt64, _ bytes: [UInt8]) {
        for before in 0..<3 {
            for after in 0..<10 {
                let all = Array(repeating: 0xFF, count: before) + bytes + Array(repeating: 0xFF, count: after)
                var offset = before
                #expect(VI64.read(all.span, at: &offset) == value)
                #expect(offset == before + bytes.count)
            }
        }
    }

    @Test(
        "longer forms are valid",
        arguments: [[0x80, 0x25], [0xC0, 0, 0x25], [0xFF, 0, 0, 0, 0, 0, 0, 0, 0x25]] as [[UInt8]])
    func longer(_ bytes: [UInt8]) {
        var offset = 0
        #expect(VI64.read(bytes.span, at: &offset) == 37)
    }

    @Test("every power of two and its neighbours")
    func edges() {
        for bit in 0..<64 {
            for value in [1 << UInt64(bit), 1 << UInt64(bit) - 1, (1 << UInt64(bit)) | 1] as [UInt64] {
                let bytes = vi64(value)
                var offset = 0
                #expect(VI64.read(bytes.span, at: &offset) == value)
                #expect(bytes.count == VI64.byteCount(of: value))
            }
        }
    }

    @Test("an end inside leaves the offset", arguments: rows)
    func truncated(_ value: UInt64, _ bytes: [UInt8]) {
        for count in 0..<bytes.count {
            let part = Array(bytes[..<count])
            var offset = 0
            #expect(VI64.read(part.span, at: &offset) == nil)
            #expect(offset == 0)
            let needed = count == 0 ? 1 : bytes.count
            #expect(throws: WireError(.truncated(needed: needed), offset: 0, field: "x")) {
                try VI64.decode(part.span, at: &offset, field: "x")
            }
        }
    }
}

@Suite("QUIC varint (RFC 9000 §16)")
struct QUICVarintTests {
    static let rows: [(UInt64, [UInt8])] = [
        (0, [0]), (63, [0x3F]), (64, [0x40, 0x40]), (16383, [0x7F, 0xFF]), (16384, [0x80, 0, 0x40, 0]),
        (1_073_741_823, [0xBF, 0xFF, 0xFF, 0xFF]), (1_073_741_824, [0xC0, 0, 0, 0, 0x40, 0, 0, 0]),
        (1 << 62 - 1, Array(repeating: 0xFF, count: 8)),
        (151_288_809_941_952_652, [0xC2, 0x19, 0x7C, 0x5E, 0xFF, 0x14, 0xE8, 0x8C]),
    ]

    @Test("shortest form both ways", arguments: rows)
    func exact(_ value: UInt64, _ bytes: [UInt8]) {
        #expect(quic(value) == bytes)
        var offset = 0
        #expect(QUICVarint.read(bytes.span, at: &offset) == value)
        #expect(offset == bytes.count)
        for count in 0..<bytes.count {
            offset = 0
            #expect(QUICVarint.read(Array(bytes[..<count]).span, at: &offset) == nil)
        }
    }

    @Test("what lies around an integer changes nothing", arguments: rows)
    func surrounded(_ value: UInt64, _ bytes: [UInt8]) {
        for before in 0..<3 {
            for after in 0..<10 {
                let all = Array(repeating: 0xFF, count: before) + bytes + Array(repeating: 0xFF, count: after)
                var offset = before
                #expect(QUICVarint.read(all.span, at: &offset) == value)
                #expect(offset == before + bytes.count)
            }
        }
    }
}
