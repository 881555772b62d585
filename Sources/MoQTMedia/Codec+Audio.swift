package import Wire

extension Codec {
    /// AAC from its AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2).
    package static func aac(configuration: [UInt8]) throws(WireError) -> Codec {
        var reader = BitReader(configuration)
        var type = try reader.bits(5)
        if type == 31 { type = try 32 + reader.bits(6) }
        return Codec(
            sampleEntry: "mp4a", configurationBox: "esds",
            configuration: elementaryStream(objectType: 0x40, streamType: 5, specific: configuration),
            string: "mp4a.40.\(type)")
    }

    /// MPEG-1 or 2 layer I to III audio; MPEG-2 has the lower sample rates.
    package static func mpegAudio(sampleRate: Int) -> Codec {
        let type: UInt8 = sampleRate <= 24_000 ? 0x69 : 0x6B
        return Codec(
            sampleEntry: "mp4a", configurationBox: "esds",
            configuration: elementaryStream(objectType: type, streamType: 5, specific: []),
            string: "mp4a." + hex(type))
    }

    /// Opus from an identification header (RFC 7845 §5.1).
    package static func opus(header: [UInt8]) throws(WireError) -> Codec {
        guard header.count >= 19, header.starts(with: "OpusHead".utf8) else {
            throw WireError(.invalid("not an Opus header"), offset: 0, field: "dOps")
        }
        // The box has the header's fields, but big-endian and with version 0.
        let fields = [
            0, header[9], header[11], header[10], header[15], header[14], header[13], header[12],
            header[17], header[16], header[18],
        ]
        return Codec(
            sampleEntry: "Opus", configurationBox: "dOps", configuration: fields + header[19...],
            string: "opus")
    }

    /// FLAC from its STREAMINFO block of 34 bytes (RFC 9639 §8.2).
    package static func flac(streamInfo: [UInt8]) throws(WireError) -> Codec {
        guard streamInfo.count == 34 else {
            throw WireError(.invalid("not a STREAMINFO block"), offset: 0, field: "dfLa")
        }
        return Codec(
            sampleEntry: "fLaC", configurationBox: "dfLa",
            configuration: [0, 0, 0, 0, 0x80, 0, 0, 34] + streamInfo, string: "flac")
    }

    /// AC-3 from a sync frame (ETSI TS 102 366 §4.3, Annex F.4).
    package static func ac3(frame: Bytes) throws(WireError) -> Codec {
        var reader = try syncFrame(frame, box: "dac3")
        try reader.skip(16)
        let rate = try reader.bits(2)
        let size = try reader.bits(6)
        let id = try reader.bits(5)
        let mode = try reader.bits(3)
        let channels = try reader.bits(3)
        if channels & 1 == 1, channels != 1 { try reader.skip(2) }
        if channels & 4 == 4 { try reader.skip(2) }
        if channels == 2 { try reader.skip(2) }
        let effects = try reader.bits(1)
        let word = (((((rate << 5 | id) << 3 | mode) << 3 | channels) << 1 | effects) << 5 | size >> 1) << 5
        return Codec(
            sampleEntry: "ac-3", configurationBox: "dac3", configuration: Array(bigEndian(word).dropFirst()),
            string: "ac-3")
    }

    /// E-AC-3 from a sync frame (ETSI TS 102 366 Annex E.1.2, F.6), with one independent substream.
    ///
    /// - Parameter bitrate: bits per second; 0 when unknown.
    package static func eac3(frame: Bytes, bitrate: UInt64) throws(WireError) -> Codec {
        var reader = try syncFrame(frame, box: "dec3")
        try reader.skip(16)
        let rate = try reader.bits(2)
        try reader.skip(2)
        let channels = try reader.bits(3)
        let effects = try reader.bits(1)
        let id = try reader.bits(5)
        let head = UInt16(clamping: min(bitrate / 1000, 8191)) << 3
        let body = ((((rate << 5 | id) << 5) << 3 | channels) << 1 | effects) << 8
        return Codec(
            sampleEntry: "ec-3", configurationBox: "dec3",
            configuration: bigEndian(UInt32(head)).suffix(2) + bigEndian(body).dropFirst(),
            string: "ec-3")
    }

    private static func syncFrame(_ frame: Bytes, box: String) throws(WireError) -> BitReader {
        var reader = BitReader(frame.slice(from: 0, count: min(16, frame.count)).array)
        guard try reader.bits(16) == 0x0B77 else {
            throw WireError(.invalid("not a sync frame"), offset: 0, field: box)
        }
        return reader
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    /// The body of an `esds` box (ISO/IEC 14496-14 §5.6).
    static func elementaryStream(objectType: UInt8, streamType: UInt8, specific: [UInt8]) -> [UInt8] {
        let decoder =
            [objectType, streamType << 2 | 1] + [UInt8](repeating: 0, count: 11)
            + (specific.isEmpty ? [] : descriptor(5, specific))
        return [0, 0, 0, 0] + descriptor(3, [0, 1, 0] + descriptor(4, decoder) + descriptor(6, [2]))
    }

    /// A descriptor with its length in four groups of seven bits.
    private static func descriptor(_ tag: UInt8, _ body: [UInt8]) -> [UInt8] {
        let length = [21, 14, 7, 0].map { UInt8(body.count >> $0 & 0x7F) | ($0 > 0 ? 0x80 : 0) }
        return [tag] + length + body
    }
}
