internal import Wire

/// Frames (RFC 9114 §7.1) or capsules (RFC 9297 §3.2): type, length and payload, whose bytes arrive in any pieces.
///
/// It keeps nothing but a partial integer: payloads are handed on as they come, however long they are said to be.
struct FrameReader {
    enum Item: Equatable {
        /// A frame begins; its payload has `length` bytes.
        case begin(type: UInt64, length: UInt64)
        /// More of the payload; never empty.
        case payload(Bytes)
        /// The payload is complete.
        case end
    }

    private enum Phase {
        case type(PartialVarint)
        case length(type: UInt64, PartialVarint)
        case payload(remaining: UInt64)
    }

    private var phase = Phase.type(PartialVarint())

    init() {}

    /// The type of the first frame has been read already.
    init(type: UInt64) { phase = .length(type: type, PartialVarint()) }

    /// The input may end here: no frame has begun.
    var isBetweenFrames: Bool {
        if case .type(let type) = phase { type.isEmpty } else { false }
    }

    /// Takes the next item off the front of `input`; nil when it needs more, and then all of it was taken.
    mutating func next(_ input: inout Bytes) -> Item? {
        switch phase {
        case .type(var partial):
            guard let type = partial.take(&input) else {
                phase = .type(partial)
                return nil
            }
            phase = .length(type: type, PartialVarint())
            return next(&input)
        case .length(let type, var partial):
            guard let length = partial.take(&input) else {
                phase = .length(type: type, partial)
                return nil
            }
            phase = .payload(remaining: length)
            return .begin(type: type, length: length)
        case .payload(0):
            phase = .type(PartialVarint())
            return .end
        case .payload(let remaining):
            guard !input.isEmpty else { return nil }
            let count = Int(clamping: min(remaining, UInt64(input.count)))
            let piece = input.slice(from: 0, count: count)
            input = input.slice(from: count)
            phase = .payload(remaining: remaining - UInt64(count))
            return .payload(piece)
        }
    }

    /// Appends a whole frame.
    static func append(_ type: UInt64, _ payload: [UInt8], to out: inout [UInt8]) {
        QUICVarint.append(type, to: &out)
        QUICVarint.append(UInt64(payload.count), to: &out)
        out += payload
    }
}
