/// A codec as ISO BMFF describes it: the sample entry, its configuration box, and the RFC 6381 string.
package struct Codec: Sendable, Hashable {
    /// Sample entry type, such as `avc1`.
    package var sampleEntry: FourCC
    /// Configuration box inside the sample entry, such as `avcC`.
    package var configurationBox: FourCC
    /// Body of that box (with version and flags where it is a full box).
    package var configuration: [UInt8]
    /// Whole boxes that follow the configuration, such as `pasp` and `colr`.
    package var extensions: [UInt8] = []
    /// RFC 6381 codecs string, such as "avc1.64001f".
    package var string: String

    package init(sampleEntry: FourCC, configurationBox: FourCC, configuration: [UInt8], string: String) {
        self.sampleEntry = sampleEntry
        self.configurationBox = configurationBox
        self.configuration = configuration
        self.string = string
    }
}

extension Codec {
    /// Adds the shape of a pixel that is not square (`pasp`); 0 or 1:1 adds nothing.
    package mutating func addPixelAspect(width: Int, height: Int) {
        guard width > 0, height > 0, width != height else { return }
        var writer = BoxWriter()
        writer.box("pasp") {
            $0.u32(UInt32(clamping: width))
            $0.u32(UInt32(clamping: height))
        }
        extensions += writer.bytes
    }
}

/// A box type: four characters.
package struct FourCC: RawRepresentable, Sendable, Hashable {
    package var rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }
}

extension FourCC: ExpressibleByStringLiteral, CustomStringConvertible {
    package init(stringLiteral text: StaticString) {
        precondition(text.utf8CodeUnitCount == 4, "a box type has four characters")
        rawValue = text.withUTF8Buffer { bytes in unsafe bytes.reduce(0) { $0 << 8 | UInt32($1) } }
    }

    /// The four characters, with `?` for those that are not printable ASCII.
    package var description: String {
        String(
            decoding: [24, 16, 8, 0].map { shift in
                let byte = UInt8(truncatingIfNeeded: rawValue >> UInt32(shift))
                return (0x20..<0x7F).contains(byte) ? byte : UInt8(ascii: "?")
            }, as: UTF8.self)
    }
}
