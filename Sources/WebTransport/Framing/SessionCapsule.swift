internal import Wire

/// Capsules of a session (draft-ietf-webtrans-http3-16 "Session Termination", "Flow Control Capsules", "Interaction with
/// the HTTP/3 GOAWAY frame").
enum SessionCapsule {
    static let close: UInt64 = 0x2843
    static let drain: UInt64 = 0x78AE
    static let maxData: UInt64 = 0x190B_4D3D
    static let maxStreamsBidirectional: UInt64 = 0x190B_4D3F
    static let maxStreamsUnidirectional: UInt64 = 0x190B_4D40
    static let dataBlocked: UInt64 = 0x190B_4D41
    static let streamsBlockedBidirectional: UInt64 = 0x190B_4D43
    static let streamsBlockedUnidirectional: UInt64 = 0x190B_4D44
    /// Those of flow control, each of which holds one integer.
    static let flowControl: Set<UInt64> = [
        maxData, maxStreamsBidirectional, maxStreamsUnidirectional, dataBlocked, streamsBlockedBidirectional,
        streamsBlockedUnidirectional,
    ]
    /// WT_MAX_STREAM_DATA and WT_STREAM_DATA_BLOCKED, which are HTTP/2's.
    static let prohibited: Set<UInt64> = [0x190B_4D3E, 0x190B_4D42]
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

    /// A capsule of flow control.
    static func integer(_ type: UInt64, _ value: UInt64) -> [UInt8] {
        var body: [UInt8] = []
        QUICVarint.append(value, to: &body)
        var out: [UInt8] = []
        FrameReader.append(type, body, to: &out)
        return out
    }

    /// The integer of a capsule of flow control; nil when it holds anything else.
    static func parseInteger(_ value: [UInt8]) -> UInt64? {
        let bytes = Bytes(value)
        var offset = 0
        guard let number = QUICVarint.read(bytes.span, at: &offset), offset == bytes.count else { return nil }
        return number
    }

    /// Code and message of a close, whose length has been checked.
    static func parseClose(_ value: [UInt8]) -> (code: UInt32, reason: [UInt8]) {
        (value.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }, Array(value.dropFirst(4)))
    }
}
