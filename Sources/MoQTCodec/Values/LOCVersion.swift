/// A version of the Low Overhead Media Container, named by the last draft that numbers its properties so.
///
/// The numbers moved with every version, onto others that were in use before: bytes do not tell the version.
package enum LOCVersion: UInt8, Hashable, Sendable, CaseIterable {
    /// draft-ietf-moq-loc-00 and -01.
    case loc01 = 1
    /// draft-ietf-moq-loc-02. Its Audio Level has the number of its Timestamp, and is not read or written.
    case loc02
    /// draft-ietf-moq-loc-03. Its body says 0x0A for the Timestamp, which is taken here; its registry says 0x06.
    case loc03
    /// draft-ietf-moq-loc-04.
    case loc04

    /// The version to write.
    package static let newest = Self.loc04
}

/// Types of the LOC properties of one version; nil where it has no such property.
package struct LOCTypes: Hashable, Sendable {
    /// Even.
    package var timestamp: UInt64
    /// Even.
    package var timescale: UInt64?
    /// Odd.
    package var videoConfig: UInt64
    /// Odd.
    package var audioConfig: UInt64?
    /// Even where the value is a number, odd where it is bytes.
    package var videoFrameMarking: UInt64
    /// Even.
    package var audioLevel: UInt64?
}

extension LOCVersion {
    /// The types of its properties.
    package var types: LOCTypes {
        switch self {
        case .loc01:
            LOCTypes(timestamp: 0x02, videoConfig: 0x0D, videoFrameMarking: 0x04, audioLevel: 0x06)
        case .loc02:
            LOCTypes(timestamp: 0x06, timescale: 0x08, videoConfig: 0x0D, videoFrameMarking: 0x04)
        case .loc03:
            LOCTypes(
                timestamp: 0x0A, timescale: 0x08, videoConfig: 0x0D, audioConfig: 0x0F, videoFrameMarking: 0x09,
                audioLevel: 0x0C)
        case .loc04:
            LOCTypes(
                timestamp: 0x10, timescale: 0x08, videoConfig: 0x0D, audioConfig: 0x0F, videoFrameMarking: 0x09,
                audioLevel: 0x0C)
        }
    }

    /// The property's name in this version, such as "Timestamp"; nil for a type that is not LOC's.
    package func name(ofType type: UInt64) -> String? {
        let types = types
        return switch type {
        case types.timestamp: self == .loc01 ? "Capture Timestamp" : "Timestamp"
        case types.timescale: "Timescale"
        case types.videoConfig: "Video Config"
        case types.audioConfig: "Audio Config"
        case types.videoFrameMarking: "Video Frame Marking"
        case types.audioLevel: "Audio Level"
        default: nil
        }
    }
}
