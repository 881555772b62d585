package import Wire

extension Codec {
    /// AV1 from the body of an `av1C` box.
    package static func av1(configuration: [UInt8]) throws(WireError) -> Codec {
        guard configuration.count >= 4, configuration[0] == 0x81 else {
            throw WireError(.invalid("not an AV1 configuration"), offset: 0, field: "av1C")
        }
        let level = configuration[1] & 31
        let tier = configuration[2] & 0x80 == 0 ? "M" : "H"
        let depth = configuration[2] & 0x40 == 0 ? "08" : configuration[2] & 0x20 == 0 ? "10" : "12"
        return Codec(
            sampleEntry: "av01", configurationBox: "av1C", configuration: configuration,
            string: "av01.\(configuration[1] >> 5).\(twoDigits(level))\(tier).\(depth)")
    }

    /// VP9 from its first key frame (VP9 bitstream §6.2) and the picture's size in pixels.
    package static func vp9(keyFrame: Bytes, width: Int, height: Int) throws(WireError) -> Codec {
        var reader = BitReader(keyFrame.slice(from: 0, count: min(16, keyFrame.count)).array)
        guard try reader.bits(2) == 2 else {
            throw WireError(.invalid("not a VP9 frame"), offset: 0, field: "vpcC")
        }
        let profile = try reader.bits(1) | reader.bits(1) << 1
        if profile == 3 { try reader.skip(1) }
        guard try reader.bits(2) == 0, try reader.bits(2) >= 0, try reader.bits(24) == 0x49_8342 else {
            throw WireError(.invalid("the first frame is not a key frame"), offset: 0, field: "vpcC")
        }
        let depth: UInt8 = profile < 2 ? 8 : try reader.flag() ? 12 : 10
        let (chroma, isFull) = try vp9Color(profile, &reader)
        let level = vp9Level(width: width, height: height)
        var writer = BoxWriter()
        writer.append([1, 0, 0, 0, UInt8(profile), level, depth << 4 | chroma << 1 | (isFull ? 1 : 0)])
        writer.append([2, 2, 2, 0, 0])  // colour: unspecified, as in the frame; no initialization data
        return Codec(
            sampleEntry: "vp09", configurationBox: "vpcC", configuration: writer.bytes,
            string: "vp09.\(twoDigits(UInt8(profile))).\(twoDigits(level)).\(twoDigits(depth))")
    }

    /// Chroma subsampling as `vpcC` numbers it, and whether the range is full.
    private static func vp9Color(_ profile: UInt32, _ reader: inout BitReader) throws(WireError) -> (UInt8, Bool) {
        let isRGB = try reader.bits(3) == 7
        if isRGB { return (3, true) }
        let isFull = try reader.flag()
        guard profile & 1 == 1 else { return (1, isFull) }
        return (try [3, 3, 2, 1][Int(reader.bits(2))], isFull)
    }

    /// The lowest level whose picture size is enough; the frame rate is not known here.
    private static func vp9Level(width: Int, height: Int) -> UInt8 {
        let size = width.multipliedReportingOverflow(by: height).partialValue
        let levels: [(size: Int, level: UInt8)] = [
            (36_864, 10), (73_728, 11), (122_880, 20), (245_760, 21), (552_960, 30), (983_040, 31),
            (2_228_224, 41), (8_912_896, 51),
        ]
        return levels.first { size <= $0.size }?.level ?? 62
    }

    /// MPEG-1, 2 or 4 Part 2 video by its object type (MP4RA), with its decoder configuration.
    package static func mpegVideo(objectType: UInt8, configuration: [UInt8]) -> Codec {
        Codec(
            sampleEntry: "mp4v", configurationBox: "esds",
            configuration: elementaryStream(objectType: objectType, streamType: 4, specific: configuration),
            string: "mp4v." + hex(objectType))
    }

    static func twoDigits(_ value: UInt8) -> String { (value < 10 ? "0" : "") + String(value) }
}
