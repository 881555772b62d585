package import Wire

extension Codec {
    /// H.265 (ISO/IEC 14496-15) from the body of an `hvcC` box.
    ///
    /// - Throws: a configuration too short, or of an unknown version.
    package static func hevc(configuration: [UInt8]) throws(WireError) -> Codec {
        guard configuration.count >= 23, configuration[0] == 1 else {
            throw WireError(.invalid("not an HEVC configuration"), offset: 0, field: "hvcC")
        }
        return Codec(
            sampleEntry: "hvc1", configurationBox: "hvcC", configuration: configuration,
            string: hevcString(configuration))
    }

    /// ISO/IEC 14496-15 Annex E: profile, compatibility, tier and level, constraints.
    private static func hevcString(_ configuration: [UInt8]) -> String {
        let space = ["", "A", "B", "C"][Int(configuration[1] >> 6)]
        let compatibility = configuration[2...5].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        var reversed: UInt32 = 0
        for bit in 0..<UInt32(32) where compatibility >> bit & 1 == 1 { reversed |= 1 << (31 - bit) }
        var constraints = Array(configuration[6...11])
        while constraints.last == 0 { constraints.removeLast() }
        let parts = [
            "hvc1", space + String(configuration[1] & 31), String(reversed, radix: 16),
            (configuration[1] & 0x20 == 0 ? "L" : "H") + String(configuration[12]),
        ]
        return (parts + constraints.map { String($0, radix: 16) }).joined(separator: ".")
    }

    /// H.265 from its parameter sets in byte stream format; also gives the sets that the configuration holds.
    package static func hevc(byteStream: Bytes) throws(WireError) -> (codec: Codec, sets: Set<Bytes>) {
        let units = AnnexB.units(byteStream).map { byteStream.slice(from: $0.lowerBound, count: $0.count).array }
        let arrays = [32, 33, 34].map { type in (type, unique(units.filter { Int($0[0] >> 1 & 63) == type })) }
        guard arrays.allSatisfy({ !$0.1.isEmpty }) else {
            throw WireError(.invalid("no parameter sets"), offset: 0, field: "hvcC")
        }
        var writer = BoxWriter()
        try writer.hevcHeader(sequence: arrays[1].1[0])
        writer.u8(UInt8(arrays.count))
        for (type, sets) in arrays {
            writer.u8(0x80 | UInt8(type))
            writer.u16(UInt16(clamping: sets.count))
            sets.forEach { writer.lengthPrefixed($0) }
        }
        return (try hevc(configuration: writer.bytes), Set(arrays.flatMap { $0.1 }.map { Bytes($0) }))
    }
}

extension BoxWriter {
    /// The 22 bytes of `hvcC` before its arrays, from a sequence parameter set.
    fileprivate mutating func hevcHeader(sequence: [UInt8]) throws(WireError) {
        let unit = AnnexB.unescaped(sequence)
        var reader = BitReader(unit)
        try reader.skip(16 + 4)
        let layers = try reader.bits(3)
        let isNested = try reader.bits(1)
        try reader.skip(96)  // general profile, tier and level, copied below
        try Self.skipLayers(layers, &reader)
        _ = try reader.exponentialGolomb()
        let chroma = try reader.exponentialGolomb()
        if chroma == 3 { try reader.skip(1) }
        for _ in 0..<2 { _ = try reader.exponentialGolomb() }
        if try reader.flag() { for _ in 0..<4 { _ = try reader.exponentialGolomb() } }
        let luma = try reader.exponentialGolomb()
        let depth = try reader.exponentialGolomb()
        u8(1)
        append(unit[3..<15])
        u16(0xF000)
        append([0xFC, 0xFC | UInt8(chroma & 3), 0xF8 | UInt8(luma & 7), 0xF8 | UInt8(depth & 7), 0, 0])
        u8(UInt8(layers + 1) << 3 | UInt8(isNested) << 2 | 3)
    }

    /// Profiles and levels of the sub-layers (Rec. ITU-T H.265 §7.3.3).
    private static func skipLayers(_ layers: UInt32, _ reader: inout BitReader) throws(WireError) {
        guard layers > 0 else { return }
        var present = 0
        for _ in 0..<layers {
            if try reader.flag() { present += 88 }
            if try reader.flag() { present += 8 }
        }
        try reader.skip(Int(8 - layers) * 2 + present)
    }
}
