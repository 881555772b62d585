import MoQTCodec
import Testing
import Wire

/// One way in which a draft writes a kind of message.
struct DraftLayout: Sendable, CustomTestStringConvertible {
    var profile: Profile
    var layout: MessageLayout

    var testDescription: String { "\(profile.name) \(layout.name)" }
}

private let layouts = [Profile.draft14, .draft15, .draft16, .draft17, .draft18].flatMap { profile in
    profile.messages.map { DraftLayout(profile: profile, layout: $0) }
}

@Suite("round trips of drafts 14 to 18")
struct DraftRoundTripTests {
    @Test("random messages come back as they were", arguments: layouts)
    func messages(_ given: DraftLayout) throws {
        for seed in 0..<50 as Range<UInt64> {
            var messages = DraftMessages(given.profile, seed: seed << 8 | UInt64(given.layout.kind.rawValue))
            let context = messages.context(given.layout)
            let message = try messages.message(given.layout, context)
            let bytes = try encode(message, given.profile, context)
            let decoded = try decode(bytes, given.profile, context)
            #expect(decoded == message, "seed \(seed)")
            #expect(try encode(decoded, given.profile, context) == bytes, "seed \(seed)")
            guard seed < 2 else { continue }
            try withEverySplit(bytes, given, context, message)
        }
    }

    private func withEverySplit(
        _ bytes: [UInt8], _ given: DraftLayout, _ context: MessageContext, _ message: ControlMessage
    ) throws {
        for count in 0..<bytes.count {
            var decoder = ControlDecoder(profile: given.profile, receiver: .server, stream: .any(context))
            var front = Bytes(Array(bytes[..<count]))
            #expect(try decoder.next(&front) == nil)
            var back = Bytes(Array(bytes[count...]))
            #expect(try decoder.next(&back)?.message == message)
        }
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            guard let decoded = try? decode(changed, given.profile, context) else { continue }
            // What decodes can be written; once written it stays as it is.
            guard let again = try? encode(decoded, given.profile, context) else { continue }
            #expect(try decode(again, given.profile, context) == decoded)
        }
    }

    @Test("random bodies never trap", arguments: layouts)
    func noise(_ given: DraftLayout) {
        for seed in 0..<100 as Range<UInt64> {
            var random = Seeded(seed)
            var bytes: [UInt8] = []
            given.profile.integers.append(given.layout.code, to: &bytes)
            let body = random.bytes(0...60)
            bytes += [0, UInt8(body.count)] + body
            _ = try? decode(bytes, given.profile, MessageContext(sender: nil, place: .any))
        }
    }
}
