package import Wire

extension Codec {
    /// H.264 (ISO/IEC 14496-15) from the body of an `avcC` box.
    ///
    /// - Throws: a configuration too short, or of an unknown version.
    package static func avc(configuration: [UInt8]) throws(WireError) -> Codec {
        guard configuration.count >= 7, configuration[0] == 1 else {
            throw WireError(.invalid("not an AVC configuration"), offset: 0, field: "avcC")
        }
        let profile = configuration[1...3].map(hex).joined()
        return Codec(
            sampleEntry: "avc1", configurationBox: "avcC", configuration: configuration,
            string: "avc1." + profile)
    }

    /// H.264 from its parameter sets in byte stream format; also gives the sets that the configuration holds.
    package static func avc(byteStream: Bytes) throws(WireError) -> (codec: Codec, sets: Set<Bytes>) {
        let units = AnnexB.units(byteStream).map { byteStream.slice(from: $0.lowerBound, count: $0.count).array }
        let sequence = unique(units.filter { $0[0] & 31 == 7 })
        let picture = unique(units.filter { $0[0] & 31 == 8 })
        guard let first = sequence.first, first.count >= 4, !picture.isEmpty else {
            throw WireError(.invalid("no parameter sets"), offset: 0, field: "avcC")
        }
        var writer = BoxWriter()
        writer.append([1, first[1], first[2], first[3], 0xFF, 0xE0 | UInt8(min(31, sequence.count))])
        sequence.prefix(31).forEach { writer.lengthPrefixed($0) }
        writer.u8(UInt8(min(255, picture.count)))
        picture.prefix(255).forEach { writer.lengthPrefixed($0) }
        if [100, 110, 122, 144].contains(first[1]) { writer.append(try highProfileFields(first)) }
        return (try avc(configuration: writer.bytes), Set((sequence + picture).map { Bytes($0) }))
    }

    /// Chroma format and bit depths, which a configuration of the High profiles ends with.
    private static func highProfileFields(_ sequence: [UInt8]) throws(WireError) -> [UInt8] {
        var reader = BitReader(AnnexB.unescaped(sequence))
        try reader.skip(32)
        _ = try reader.exponentialGolomb()
        let chroma = try reader.exponentialGolomb()
        if chroma == 3 { try reader.skip(1) }
        let luma = try reader.exponentialGolomb()
        let depth = try reader.exponentialGolomb()
        return [0xFC | UInt8(chroma & 3), 0xF8 | UInt8(luma & 7), 0xF8 | UInt8(depth & 7), 0]
    }

    /// The list without repetitions, in order.
    static func unique(_ units: [[UInt8]]) -> [[UInt8]] {
        units.enumerated().filter { index, unit in !units[..<index].contains(unit) }.map { $0.element }
    }

    /// Two lower-case hex digits.
    static func hex(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}

extension BoxWriter {
    /// A 16-bit length and the unit.
    mutating func lengthPrefixed(_ unit: [UInt8]) {
        u16(UInt16(clamping: unit.count))
        append(unit.prefix(Int(UInt16.max)))
    }
}
