/// One data item of CBOR (RFC 8949).
package indirect enum CBOR: Hashable, Sendable {
    case unsigned(UInt64)
    /// -1 minus the number.
    case negative(UInt64)
    case bytes([UInt8])
    case text([UInt8])
    case array([CBOR])
    /// In the order in which they came; keys may repeat.
    case map([Pair])
    case tagged(UInt64, CBOR)
    /// false, true, null and others by their number.
    case simple(UInt8)
    case float(Double)

    package struct Pair: Hashable, Sendable {
        package var key: CBOR
        package var value: CBOR
    }

    static let null = CBOR.simple(22)

    /// One item and nothing behind it, in deterministic lengths only.
    package init(_ bytes: [UInt8]) throws(TokenError) {
        var reader = Reader(bytes: bytes)
        self = try reader.item(depth: 0)
        guard reader.index == bytes.count else { throw .malformed("bytes behind its CBOR") }
    }

    /// An integer that fits.
    package var integer: Int64? {
        switch self {
        case .unsigned(let value): Int64(exactly: value)
        case .negative(let value): Int64(exactly: value).map { -1 - $0 }
        default: nil
        }
    }

    /// The value of a map for an integer key; nil when there is none, or it is no map.
    package subscript(key: Int64) -> CBOR? {
        guard case .map(let pairs) = self else { return nil }
        return pairs.first { $0.key.integer == key }?.value
    }

    /// Its head and bytes, as a byte string.
    static func encode(_ bytes: [UInt8], as kind: UInt8 = 2) -> [UInt8] {
        let count = UInt32(clamping: bytes.count)
        let head: [UInt8] =
            switch count {
            case 0..<24: [kind << 5 | UInt8(count)]
            case 24...0xFF: [kind << 5 | 24, UInt8(count)]
            case 0x100...0xFFFF: [kind << 5 | 25, UInt8(count >> 8), UInt8(count & 0xFF)]
            default:
                [kind << 5 | 26] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) }
            }
        return head + bytes
    }
}

private struct Reader {
    let bytes: [UInt8]
    var index = 0

    /// Items may lie in each other so deep.
    private static let depthLimit = 16

    mutating func item(depth: Int) throws(TokenError) -> CBOR {
        guard depth < Self.depthLimit else { throw .malformed("its CBOR is nested too deep") }
        let head = try byte()
        let kind = head >> 5, info = head & 0x1F
        if kind == 7 { return try other(info) }
        let value = try argument(info)
        switch kind {
        case 0: return .unsigned(value)
        case 1: return .negative(value)
        case 2: return .bytes(try take(value))
        case 3: return .text(try take(value))
        case 4: return .array(try items(value, depth))
        case 5:
            let (double, overflow) = value.multipliedReportingOverflow(by: 2)
            guard !overflow else { throw .malformed("its CBOR is cut short") }
            let flat = try items(double, depth)
            return .map(
                stride(from: 0, to: flat.count, by: 2).map { CBOR.Pair(key: flat[$0], value: flat[$0 + 1]) })
        default: return .tagged(value, try item(depth: depth + 1))
        }
    }

    private mutating func items(_ count: UInt64, _ depth: Int) throws(TokenError) -> [CBOR] {
        // Each takes a byte at least.
        guard count <= UInt64(bytes.count - index) else { throw .malformed("its CBOR is cut short") }
        var items: [CBOR] = []
        for _ in 0..<count { items.append(try item(depth: depth + 1)) }
        return items
    }

    private mutating func other(_ info: UInt8) throws(TokenError) -> CBOR {
        switch info {
        case 0..<24: return .simple(info)
        case 24: return .simple(try byte())
        case 25: return .float(Double(Self.half(UInt16(try number(2)))))
        case 26: return .float(Double(Float(bitPattern: UInt32(try number(4)))))
        case 27: return .float(Double(bitPattern: try number(8)))
        default: throw .malformed("CBOR of indefinite length")
        }
    }

    /// RFC 8949 appendix D.
    private static func half(_ bits: UInt16) -> Float {
        let exponent = Int((bits >> 10) & 0x1F), fraction = Float(bits & 0x3FF)
        let value: Float =
            switch exponent {
            case 0: fraction / Float(1 << 24)
            case 31: fraction == 0 ? .infinity : .nan
            default:
                (1 + fraction / 1024) * (exponent >= 15 ? Float(1 << (exponent - 15)) : 1 / Float(1 << (15 - exponent)))
            }
        return bits & 0x8000 == 0 ? value : -value
    }

    private mutating func argument(_ info: UInt8) throws(TokenError) -> UInt64 {
        switch info {
        case 0..<24: return UInt64(info)
        case 24: return try number(1)
        case 25: return try number(2)
        case 26: return try number(4)
        case 27: return try number(8)
        default: throw .malformed("CBOR of indefinite length")
        }
    }

    private mutating func number(_ count: Int) throws(TokenError) -> UInt64 {
        var value: UInt64 = 0
        for _ in 0..<count { value = value << 8 | UInt64(try byte()) }
        return value
    }

    private mutating func byte() throws(TokenError) -> UInt8 {
        guard index < bytes.count else { throw .malformed("its CBOR is cut short") }
        defer { index += 1 }
        return bytes[index]
    }

    private mutating func take(_ count: UInt64) throws(TokenError) -> [UInt8] {
        guard count <= UInt64(bytes.count - index) else { throw .malformed("its CBOR is cut short") }
        defer { index += Int(count) }
        return Array(bytes[index..<index + Int(count)])
    }
}
