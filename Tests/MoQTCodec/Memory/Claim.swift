import CAllocations
import MoQTCodec
import Wire

/// Bytes that a decoder is given, and which decoder.
struct Claim: Sendable {
    enum Form: Sendable {
        case control(ControlStreamKind)
        case uni, subgroup, fetch, datagram
    }

    var profile: Profile
    var form: Form
    var bytes: [UInt8]
    /// Bytes in a piece; nil for one piece.
    var split: Int?

    /// Most bytes that decoding holds at a time, beyond those it was given by then. The last event is held too.
    var excess: Int {
        var pieces: [Bytes] = []
        for start in stride(from: 0, to: bytes.count, by: split ?? max(1, bytes.count)) {
            pieces.append(Bytes(Array(bytes[start..<min(bytes.count, start + (split ?? bytes.count))])))
        }
        let excess = measure(pieces)
        // What is made once for all, such as a table, is not the input's doing.
        return excess < 16 << 10 ? excess : min(excess, measure(pieces))
    }

    private func measure(_ pieces: [Bytes]) -> Int {
        switch form {
        case .control(let stream):
            var decoder = ControlDecoder(profile: profile, receiver: .server, stream: stream)
            return measure(pieces) { input throws(CodecError) in try decoder.next(&input) }
        case .uni:
            var recognizer = UniStreamRecognizer(profile: profile)
            return measure(pieces) { input throws(CodecError) in
                let found = try recognizer.received(input)
                input = Bytes()
                return found?.bytes
            }
        case .subgroup:
            var decoder = SubgroupStreamDecoder(profile: profile)
            return measure(pieces) { input throws(CodecError) in try decoder.next(&input) }
        case .fetch:
            var decoder = FetchStreamDecoder(profile: profile)
            return measure(pieces) { input throws(CodecError) in try decoder.next(&input) }
        case .datagram:
            return measure([Bytes(bytes)]) { input throws(CodecError) in
                if input.isEmpty { return nil as Datagram? }
                defer { input = Bytes() }
                return try Datagram(decoding: input, profile: profile)
            }
        }
    }

    private func measure<Event>(
        _ pieces: [Bytes], _ next: (inout Bytes) throws(CodecError) -> Event?
    ) -> Int {
        var excess = 0
        var given = 0
        var last: Event?
        allocations_begin()
        do throws(CodecError) {
            for piece in pieces {
                given += piece.count
                var input = piece
                while let event = try next(&input) { last = event }
                excess = max(excess, Int(allocations_peak()) - given)
            }
        } catch {
            excess = max(excess, Int(allocations_peak()) - given)
        }
        _ = allocations_end()
        withExtendedLifetime(last) {}
        return excess
    }
}
