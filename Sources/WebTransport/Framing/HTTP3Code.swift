/// Codes that HTTP/3 connections and streams are closed with (RFC 9114 §8.1, RFC 9204 §8.3, RFC 9297 §5.2).
package struct HTTP3Code: RawRepresentable, Hashable, Sendable {
    package var rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let datagramError = Self(rawValue: 0x33)
    package static let noError = Self(rawValue: 0x100)
    package static let generalProtocolError = Self(rawValue: 0x101)
    package static let internalError = Self(rawValue: 0x102)
    package static let streamCreationError = Self(rawValue: 0x103)
    package static let closedCriticalStream = Self(rawValue: 0x104)
    package static let frameUnexpected = Self(rawValue: 0x105)
    package static let frameError = Self(rawValue: 0x106)
    package static let excessiveLoad = Self(rawValue: 0x107)
    package static let idError = Self(rawValue: 0x108)
    package static let settingsError = Self(rawValue: 0x109)
    package static let missingSettings = Self(rawValue: 0x10A)
    package static let requestRejected = Self(rawValue: 0x10B)
    package static let requestCancelled = Self(rawValue: 0x10C)
    package static let requestIncomplete = Self(rawValue: 0x10D)
    package static let messageError = Self(rawValue: 0x10E)
    package static let qpackDecompressionFailed = Self(rawValue: 0x200)
    package static let qpackEncoderStreamError = Self(rawValue: 0x201)
    package static let qpackDecoderStreamError = Self(rawValue: 0x202)
    /// The stream's session is not known, and no more streams are held for sessions to come.
    package static let bufferedStreamRejected = Self(rawValue: 0x3994_BD84)
    /// The stream's session is over.
    package static let sessionGone = Self(rawValue: 0x170D_7B68)
    /// A session's limits were exceeded, or lowered.
    package static let flowControlError = Self(rawValue: 0x045D_4487)

    private static let names: [Self: String] = [
        .datagramError: "H3_DATAGRAM_ERROR", .noError: "H3_NO_ERROR",
        .generalProtocolError: "H3_GENERAL_PROTOCOL_ERROR", .internalError: "H3_INTERNAL_ERROR",
        .streamCreationError: "H3_STREAM_CREATION_ERROR", .closedCriticalStream: "H3_CLOSED_CRITICAL_STREAM",
        .frameUnexpected: "H3_FRAME_UNEXPECTED", .frameError: "H3_FRAME_ERROR",
        .excessiveLoad: "H3_EXCESSIVE_LOAD", .idError: "H3_ID_ERROR", .settingsError: "H3_SETTINGS_ERROR",
        .missingSettings: "H3_MISSING_SETTINGS", .requestRejected: "H3_REQUEST_REJECTED",
        .requestCancelled: "H3_REQUEST_CANCELLED", .requestIncomplete: "H3_REQUEST_INCOMPLETE",
        .messageError: "H3_MESSAGE_ERROR", .qpackDecompressionFailed: "QPACK_DECOMPRESSION_FAILED",
        .qpackEncoderStreamError: "QPACK_ENCODER_STREAM_ERROR",
        .qpackDecoderStreamError: "QPACK_DECODER_STREAM_ERROR",
        .bufferedStreamRejected: "WEBTRANSPORT_BUFFERED_STREAM_REJECTED",
        .sessionGone: "WEBTRANSPORT_SESSION_GONE", .flowControlError: "WT_FLOW_CONTROL_ERROR",
    ]
}

extension HTTP3Code: CustomStringConvertible {
    /// The name in the RFCs, or the number.
    package var description: String { Self.names[self] ?? "0x" + String(rawValue, radix: 16) }
}

/// What a peer did against HTTP/3, for which the connection ends.
package struct HTTP3Error: Error, Hashable, Sendable {
    package var code: HTTP3Code
    /// What was wrong, as a clause for a log.
    package var what: String

    init(_ code: HTTP3Code, _ what: String) {
        self.code = code
        self.what = what
    }
}

extension HTTP3Error: CustomStringConvertible {
    package var description: String { "\(code): \(what)" }
}

/// Application codes of a session's streams, as they stand in HTTP/3's space of codes (draft-ietf-webtrans-http3
/// "Resetting Data Streams"): every 31st number of the range is reserved for greasing.
package enum StreamCode {
    private static let first: UInt64 = 0x52E4_A40F_A8DB
    private static let last: UInt64 = 0x52E5_AC98_3162

    /// The code on the wire for an application's.
    package static func wire(_ code: UInt32) -> UInt64 { first + UInt64(code) + UInt64(code) / 0x1E }

    /// The application's code for one on the wire; nil when that is HTTP/3's own, or reserved.
    package static func application(_ code: UInt64) -> UInt32? {
        guard (first...last).contains(code), (code - 0x21) % 0x1F != 0 else { return nil }
        let shifted = code - first
        return UInt32(exactly: shifted - shifted / 0x1F)
    }
}
