package import Wire

/// AAC frames with ADTS headers (ISO/IEC 14496-3 §1.A.3.2), as transport streams carry them.
package enum ADTS {
    /// Whether `frame` begins with an ADTS header.
    package static func isFrame(_ frame: Bytes) -> Bool {
        let span = frame.span
        return span.count >= 7 && span[0] == 0xFF && span[1] & 0xF6 == 0xF0
    }

    /// The AudioSpecificConfig that the header of `frame` stands for.
    ///
    /// - Throws: not ADTS; or channels that are described inside the frames, which the header does not tell.
    package static func configuration(of frame: Bytes) throws(WireError) -> [UInt8] {
        guard isFrame(frame) else { throw WireError(.invalid("no sync word"), offset: 0, field: "ADTS") }
        let span = frame.span
        let type = span[2] >> 6 + 1
        let rate = span[2] >> 2 & 15
        let channels = (span[2] & 1) << 2 | span[3] >> 6
        guard channels != 0 else {
            throw WireError(.invalid("channels described in the stream are not supported"), offset: 2, field: "ADTS")
        }
        return [type << 3 | rate >> 1, rate << 7 | channels << 3]
    }

    /// The raw frame without its header; what is not ADTS stays as it is.
    ///
    /// - Throws: a header that is longer than the frame, or one for several raw data blocks.
    package static func payload(of frame: Bytes) throws(WireError) -> Bytes {
        guard isFrame(frame) else { return frame }
        let span = frame.span
        guard span[6] & 3 == 0 else {
            throw WireError(.invalid("several blocks in one frame"), offset: 6, field: "ADTS")
        }
        let header = span[1] & 1 == 1 ? 7 : 9
        let length = Int(span[3] & 3) << 11 | Int(span[4]) << 3 | Int(span[5] >> 5)
        guard length >= header, length <= span.count else {
            throw WireError(.truncated(needed: length), offset: 3, field: "ADTS")
        }
        return frame.slice(from: header, count: length - header)
    }
}
