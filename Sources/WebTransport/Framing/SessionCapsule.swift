internal import Wire

/// Capsules of a session (draft-ietf-webtrans-http3 "Session Termination"). Those of flow control have no meaning
/// where neither end offered it, DRAIN is only a hint beside MoQT's GOAWAY: they are ignored like unknown ones.
enum SessionCapsule {
    static let close: UInt64 = 0x2843
    /// Longest message of a close, in bytes of UTF-8.
    static let messageLimit = 1024
    /// Lengths that the value of a close can have.
    static let closeLengths: ClosedRange<UInt64> = 4...4 + 1024

    /// CLOSE_WEBTRANSPORT_SESSION; a longer reason is cut off between characters.
    static func close(_ code: UInt32, _ reason: String) -> [UInt8] {
        var value = (0..<4).map { UInt8(truncatingIfNeeded: code >> (24 - 8 * UInt32($0))) }
        for character in reason {
            guard value.count + character.utf8.count <= 4 + messageLimit else { break }
            value += character.utf8
        }
        var out: [UInt8] = []
        FrameReader.append(close, value, to: &out)
        return out
    }

    /// Code and message of a close, whose length has been checked.
    static func parseClose(_ value: [UInt8]) -> (code: UInt32, reason: [UInt8]) {
        (value.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }, Array(value.dropFirst(4)))
    }
}
