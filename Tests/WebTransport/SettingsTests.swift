import Testing
import Wire

@testable import WebTransport

/// SETTINGS, and field sections.
@Suite struct SettingsTests {
    @Test func settingsComeBack() throws {
        var settings = HTTP3Settings()
        settings.allowsExtendedConnect = true
        settings.allowsDatagrams = true
        settings.maxFieldSection = 16_384
        settings.dialects = .all
        settings.initialLimits.data = 1 << 40
        settings.initialLimits.unidirectionalStreams = 7
        #expect(try HTTP3Settings(Bytes(settings.payload(sessionLimit: 4))) == settings)
    }

    @Test(
        "each draft of WebTransport has a setting of its own",
        arguments: [
            ([0xAB, 0x60, 0x37, 0x42, 1], HTTP3Settings.Dialects.draft02),
            ([0xC0, 0, 0, 0, 0xC6, 0x71, 0x70, 0x6A, 2], .draft07), ([0x94, 0xE9, 0xCD, 0x29, 1], .draft13),
            ([0xAC, 0x7C, 0xF0, 0x00, 1], .draft15), ([0xAB, 0x60, 0x37, 0x42, 0], []),
        ] as [([UInt8], HTTP3Settings.Dialects)])
    func dialects(_ payload: [UInt8], _ dialects: HTTP3Settings.Dialects) throws {
        #expect(try HTTP3Settings(Bytes(payload)).dialects == dialects)
    }

    @Test func chromiumsSettingsAreUnderstood() throws {
        // 1:65536, 6:16384, 7:100, 0x33:1, 0xffd277:1, 0x2b603742:1 and a grease setting.
        let payload: [UInt8] =
            [0x01, 0x80, 0x01, 0x00, 0x00, 0x06, 0x80, 0x00, 0x40, 0x00, 0x07, 0x40, 0x64, 0x33, 0x01]
            + [
                0x80, 0xFF, 0xD2, 0x77, 0x01, 0xAB, 0x60, 0x37, 0x42, 0x01, 0xC0, 0, 0, 0x0A, 0xBC, 0xDE, 0xF0, 0x17,
                0x05,
            ]
        let settings = try HTTP3Settings(Bytes(payload))
        #expect(settings.allowsDatagrams && settings.dialects == .draft02 && settings.maxFieldSection == 16_384)
    }

    @Test(
        "wrong settings end the connection",
        arguments: [
            ([0x01, 0x00, 0x01, 0x00], HTTP3Code.settingsError), ([0x02, 0x00], .settingsError),
            ([0x05, 0x00], .settingsError), ([0x08, 0x02], .settingsError), ([0x33, 0x02], .settingsError),
            ([0x08], .frameError), ([0x08, 0x40], .frameError), ([0x40], .frameError),
        ] as [([UInt8], HTTP3Code)])
    func wrongSettings(_ payload: [UInt8], _ code: HTTP3Code) {
        let error = #expect(throws: HTTP3Error.self) { try HTTP3Settings(Bytes(payload)) }
        #expect(error?.code == code)
    }

    @Test func fieldSectionsComeBack() throws {
        let coder = FieldCoder(), fields = [Field(":status", "200"), Field("x-y", "é \"z\""), Field("empty", "")]
        let section = coder.encode(fields, on: StreamID(rawValue: 0))
        #expect(section.starts(with: [0, 0]))
        #expect(try coder.decode(section, on: StreamID(rawValue: 4)) == fields)
    }

    @Test func aTruncatedFieldSectionIsMalformedOrShorter() throws {
        let coder = FieldCoder(), fields = [Field(":method", "CONNECT"), Field(":path", "/a/b?c"), Field("x", "yz")]
        let section = coder.encode(fields, on: StreamID(rawValue: 0))
        for length in 0..<section.count {
            let read = try? coder.decode(Array(section[..<length]), on: StreamID(rawValue: 0))
            #expect(read.map { fields.starts(with: $0) && $0.count < fields.count } ?? true)
        }
    }

    @Test("a reference to a table that was never offered can't be read (RFC 9204 §2.2.3)")
    func dynamicReferences() {
        let coder = FieldCoder()
        for section: [UInt8] in [
            [0x02, 0x00, 0x80], [0x00, 0x00, 0x80], [0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
        ] {
            #expect(throws: FieldCoder.Failure.malformed) { try coder.decode(section, on: StreamID(rawValue: 0)) }
        }
    }

    @Test("few bytes that stand for many are refused")
    func expansion() {
        // Static entry 85, `content-security-policy`, costs two bytes and stands for 65.
        let section: [UInt8] = [0, 0] + [UInt8](repeating: 0, count: 400).flatMap { _ in [0xFF, 0x16] as [UInt8] }
        #expect(throws: FieldCoder.Failure.tooLarge) { try FieldCoder().decode(section, on: StreamID(rawValue: 0)) }
    }

    @Test func instructionsForNoTableAreRefused() {
        let coder = FieldCoder()
        // Capacity 0 may be said; capacity 100 and an insertion may not.
        #expect(throws: Never.self) { try coder.receivedInstructions([0x20]) }
        for bytes: Bytes in [[0x3F, 0x45], [0x40, 0x00]] {
            let error = #expect(throws: HTTP3Error.self) { try FieldCoder().receivedInstructions(bytes) }
            #expect(error?.code == .qpackEncoderStreamError)
        }
        // A section acknowledgement, and an insert count increment of 1.
        for bytes: Bytes in [[0x80], [0x01]] {
            let error = #expect(throws: HTTP3Error.self) { try FieldCoder().receivedAcknowledgements(bytes) }
            #expect(error?.code == .qpackDecoderStreamError)
        }
    }
}
