internal import Wire

/// Reads bits from the front; past the end it throws.
struct BitReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// - Parameter count: bits, 0...32.
    mutating func bits(_ count: Int) throws(WireError) -> UInt32 {
        guard position + count <= bytes.count * 8 else {
            throw WireError(.truncated(needed: (position + count + 7) / 8), offset: 0, field: "codec header")
        }
        var value: UInt32 = 0
        for _ in 0..<count {
            value = value << 1 | UInt32(bytes[position >> 3] >> UInt8(7 - position & 7) & 1)
            position += 1
        }
        return value
    }

    mutating func flag() throws(WireError) -> Bool { try bits(1) == 1 }

    mutating func skip(_ count: Int) throws(WireError) {
        var left = count
        while left > 0 {
            _ = try bits(min(left, 32))
            left -= 32
        }
    }

    /// An unsigned Exp-Golomb number (Rec. ITU-T H.264 §9.1).
    mutating func exponentialGolomb() throws(WireError) -> UInt32 {
        var zeros = 0
        while try !flag() {
            zeros += 1
            guard zeros < 32 else {
                throw WireError(.invalid("not an Exp-Golomb code"), offset: 0, field: "codec header")
            }
        }
        return try zeros == 0 ? 0 : (1 << UInt32(zeros)) - 1 + bits(zeros)
    }
}
