import MoQTCodec
import Testing
import Wire

private let vectors = draft14Vectors + draft15Vectors + draft16Vectors + draft17Vectors

@Suite("control vectors of drafts 14 to 17")
struct DraftVectorTests {
    @Test("bytes and value give each other", arguments: vectors)
    func exact(_ vector: DraftVector) throws {
        let bytes = hex(vector.hex)
        #expect(try decode(bytes, vector.profile, vector.context) == vector.message)
        #expect(hex(try encode(vector.message, vector.profile, vector.context)) == vector.hex)
    }

    @Test("without a word on where it was sent, it decodes to what encodes to the same bytes", arguments: vectors)
    func unplaced(_ vector: DraftVector) throws {
        let context = MessageContext(sender: nil, place: .any)
        var decoder = ControlDecoder(profile: vector.profile, receiver: .server, stream: .any(context))
        var input = Bytes(hex(vector.hex))
        let decoded = try #require(try decoder.next(&input))
        #expect(decoded.message == vector.message)
        var out: [UInt8] = []
        try decoded.append(to: &out, profile: vector.profile)
        #expect(hex(out) == vector.hex)
    }

    @Test("every split gives the same message, every proper prefix none", arguments: vectors)
    func split(_ vector: DraftVector) throws {
        let bytes = hex(vector.hex)
        for count in 0..<bytes.count {
            var decoder = ControlDecoder(profile: vector.profile, receiver: .server, stream: .any(vector.context))
            var front = Bytes(Array(bytes[..<count]))
            #expect(try decoder.next(&front) == nil)
            var back = Bytes(Array(bytes[count...]))
            #expect(try decoder.next(&back)?.message == vector.message)
        }
    }

    @Test("a body cut short inside its length closes the session", arguments: vectors)
    func shortBody(_ vector: DraftVector) throws {
        let bytes = hex(vector.hex)
        let header = vector.profile.integers.length(startingWith: bytes[0]) + 2
        for count in 0..<bytes.count - header {
            let cut = Array(bytes[..<(header - 2)]) + [0, UInt8(count)] + bytes[header..<header + count]
            do {
                // Cut before properties or options, it is a message too.
                _ = try decode(cut, vector.profile, vector.context)
            } catch let error as CodecError {
                #expect(
                    error.scope == .session(.protocolViolation) || error.scope == .session(.keyValueFormattingError))
                #expect(error.offset <= UInt64(cut.count))
            }
        }
    }

    @Test("one byte more in a body without an open end closes the session", arguments: vectors)
    func longBody(_ vector: DraftVector) throws {
        let layout = try #require(vector.profile.layout(of: vector.message.kind, in: vector.context))
        guard layout.fields.last != .trackProperties, layout.fields.last != .setupOptions else { return }
        var bytes = hex(vector.hex) + [0]
        bytes[vector.profile.integers.length(startingWith: bytes[0]) + 1] += 1
        let error = #expect(throws: CodecError.self) { try decode(bytes, vector.profile, vector.context) }
        #expect(error?.scope == .session(.protocolViolation))
    }

    @Test("a flipped bit decodes or errs, never traps", arguments: vectors)
    func flipped(_ vector: DraftVector) throws {
        let bytes = hex(vector.hex)
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            _ = try? decode(changed, vector.profile, vector.context)
            _ = try? decode(changed, vector.profile, MessageContext(sender: nil, place: .any))
        }
    }
}
