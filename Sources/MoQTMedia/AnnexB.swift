package import Wire

/// NAL units in byte stream format (Rec. ITU-T H.264 Annex B), as transport streams carry them.
package enum AnnexB {
    /// Whether `bytes` begin with a start code.
    package static func isByteStream(_ bytes: Bytes) -> Bool {
        let span = bytes.span
        guard span.count >= 4, span[0] == 0, span[1] == 0 else { return false }
        return span[2] == 1 || (span[2] == 0 && span[3] == 1)
    }

    /// Where the NAL units lie, without start codes and trailing zeros; empty ones are left out.
    static func units(_ bytes: Bytes) -> [Range<Int>] {
        let span = bytes.span
        var units: [Range<Int>] = []
        var start: Int?
        var index = 0
        while index + 2 < span.count {
            // A byte above 1 cannot be part of a start code that begins at it or before it.
            if span[index + 2] > 1 {
                index += 3
            } else if span[index] == 0, span[index + 1] == 0, span[index + 2] == 1 {
                close(&units, start, index, span)
                start = index + 3
                index += 3
            } else {
                index += 1
            }
        }
        close(&units, start, span.count, span)
        return units
    }

    private static func close(_ units: inout [Range<Int>], _ start: Int?, _ end: Int, _ span: Span<UInt8>) {
        guard let start else { return }
        var end = end
        while end > start, span[end - 1] == 0 { end -= 1 }
        if end > start { units.append(start..<end) }
    }

    /// The units with lengths of four bytes in place of start codes, without those in `known` (the parameter sets
    /// that the configuration already holds; others stay in band).
    package static func lengthPrefixed(_ bytes: Bytes, without known: Set<Bytes>) -> Bytes {
        let kept = units(bytes).filter { !known.contains(bytes.slice(from: $0.lowerBound, count: $0.count)) }
        let size = kept.reduce(0) { $0 + 4 + $1.count }
        guard size > 0 else { return Bytes() }
        let slab = Slab(capacity: size)
        for unit in kept {
            let length = UInt32(clamping: unit.count).bigEndian
            _ = unsafe withUnsafeBytes(of: length) { unsafe slab.append($0) }
            let body = bytes.slice(from: unit.lowerBound, count: unit.count)
            _ = unsafe body.withUnsafeBytes { unsafe slab.append($0) }
        }
        return Bytes(slab: slab, offset: 0, count: size)
    }

    /// A NAL unit without its emulation prevention bytes (00 00 03 → 00 00).
    static func unescaped(_ unit: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(unit.count)
        var zeros = 0
        for byte in unit {
            if zeros >= 2, byte == 3 {
                zeros = 0
                continue
            }
            zeros = byte == 0 ? zeros + 1 : 0
            result.append(byte)
        }
        return result
    }
}
