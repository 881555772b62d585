import Testing
import Wire

@testable import WebTransport

/// Frames and capsules (RFC 9114 §7.1, RFC 9297 §3.2), whatever pieces they come in.
@Suite struct FramingTests {
    /// Reads `bytes` in pieces of the lengths that the ends `cuts` make.
    private func items(_ bytes: [UInt8], cuts: [Int]) -> (items: [FrameReader.Item], isBetween: Bool) {
        var reader = FrameReader()
        var items: [FrameReader.Item] = []
        var start = 0
        for end in cuts + [bytes.count] {
            var input = Bytes(Array(bytes[start..<end]))
            while let item = reader.next(&input) { items.append(item) }
            #expect(input.isEmpty)
            start = end
        }
        return (items, reader.isBetweenFrames)
    }

    /// Payload pieces that follow each other as one.
    private func joined(_ items: [FrameReader.Item]) -> [FrameReader.Item] {
        var result: [FrameReader.Item] = []
        for item in items {
            if case .payload(let piece) = item, case .payload(let before)? = result.last {
                result[result.count - 1] = .payload(Bytes(before.array + piece.array))
            } else {
                result.append(item)
            }
        }
        return result
    }

    private static let frames: [UInt8] =
        [0x00, 0x03, 1, 2, 3] + [0x04, 0x00] + [0x80, 0x00, 0x28, 0x43, 0x40, 0x02, 9, 9]

    private static let expected: [FrameReader.Item] = [
        .begin(type: 0, length: 3), .payload([1, 2, 3]), .end, .begin(type: 4, length: 0), .end,
        .begin(type: 0x2843, length: 2), .payload([9, 9]), .end,
    ]

    @Test func framesAreTheSameSplitAtEveryByte() {
        for cut in 0...Self.frames.count {
            let read = items(Self.frames, cuts: [cut])
            #expect(joined(read.items) == Self.expected && read.isBetween)
        }
        let read = items(Self.frames, cuts: Array(0..<Self.frames.count))
        #expect(joined(read.items) == Self.expected && read.isBetween)
    }

    @Test func aTruncatedFrameIsNoFrame() {
        let ends = [0, 5, 7, Self.frames.count]
        for length in 0..<Self.frames.count {
            let read = items(Array(Self.frames[..<length]), cuts: [])
            #expect(read.isBetween == ends.contains(length))
            #expect(Self.expected.starts(with: joined(read.items).dropLast()))
        }
    }

    @Test("a frame of 2^62-1 bytes is handed on piece by piece, and nothing is kept")
    func endlessFrame() {
        var reader = FrameReader()
        var input = Bytes([0x00] + [UInt8](repeating: 0xFF, count: 8) + [7])
        #expect(reader.next(&input) == .begin(type: 0, length: 1 << 62 - 1))
        #expect(reader.next(&input) == .payload([7]))
        for _ in 0..<100 {
            input = Bytes([UInt8](repeating: 1, count: 1000))
            #expect(reader.next(&input) == .payload(Bytes([UInt8](repeating: 1, count: 1000))))
            #expect(reader.next(&input) == nil)
        }
        #expect(!reader.isBetweenFrames)
    }

    @Test(
        "codes of streams go through HTTP/3's space and back, past the reserved ones",
        arguments: [
            (UInt32(0), UInt64(0x52E4_A40F_A8DB)), (1, 0x52E4_A40F_A8DC), (29, 0x52E4_A40F_A8F8),
            (30, 0x52E4_A40F_A8FA), (UInt32.max, 0x52E5_AC98_3162),
        ] as [(UInt32, UInt64)])
    func streamCodes(_ application: UInt32, _ wire: UInt64) {
        #expect(StreamCode.wire(application) == wire)
        #expect(StreamCode.application(wire) == application)
    }

    @Test func codesThatAreNotOfTheApplicationHaveNone() {
        #expect(StreamCode.application(0x52E4_A40F_A8DA) == nil)
        #expect(StreamCode.application(0x52E5_AC98_3163) == nil)
        #expect(StreamCode.application(0x52E4_A40F_A8F9) == nil)
        #expect(StreamCode.application(HTTP3Code.requestCancelled.rawValue) == nil)
        #expect(StreamCode.application(.max) == nil)
        for code in stride(from: UInt32(0), to: 4000, by: 1) {
            #expect(StreamCode.application(StreamCode.wire(code)) == code)
        }
    }

    @Test func aCloseIsCutOffBetweenCharacters() {
        let long = String(repeating: "é", count: 600)
        let capsule = SessionCapsule.close(0x0102_0304, "a" + long)
        #expect(capsule.starts(with: [0x68, 0x43, 0x44, 0x03, 1, 2, 3, 4]))
        let (code, reason) = SessionCapsule.parseClose(Array(capsule.dropFirst(4)))
        #expect(code == 0x0102_0304 && reason == Array(("a" + String(repeating: "é", count: 511)).utf8))
    }

    @Test(
        "lists of protocols are read with quotes and without",
        arguments: [
            (#""moqt-18", "moqt-16""#, ["moqt-18", "moqt-16"]), ("moq-00", ["moq-00"]), ("", []),
            (#""a\"b\\c""#, [#"a"b\c"#]), ("moqt-18,\t\"x\" ", ["moqt-18", "x"]),
            (#""a";q=1;b;c="d, e", b"#, ["a", "b"]),
        ])
    func protocolLists(_ text: String, _ names: [String]) {
        #expect(ProtocolList.parse(text.utf8) == names)
    }

    @Test(
        "what is no list of protocols counts as nothing",
        arguments: [#""moqt-18"#, "a,", ",a", "a b", #""a\b""#, "\"\u{7F}\"", "a;", "a;b=", "(a b)", "é"])
    func notLists(_ text: String) { #expect(ProtocolList.parse(text.utf8) == nil) }

    @Test func protocolListsComeBack() {
        let names = ["moqt-18", "a\"b", "c\\d", ""]
        #expect(ProtocolList.parse(ProtocolList.text(names).utf8) == names)
    }

    @Test func tooManyProtocolsAreNotKept() {
        let text = (0..<1000).map { "p\($0)" }.joined(separator: ",")
        #expect(ProtocolList.parse(text.utf8)?.count == ProtocolList.limit)
    }
}
