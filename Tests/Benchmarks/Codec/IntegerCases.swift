import MoQTCodec
import Wire

/// Variable-length integers, one after the other.
func integerCases() -> [Benchmark] {
    [
        integers("vi64-decode-mixed", .vi64) { mixed($0) & (1 << 62 - 1) },
        integers("vi64-decode-8-bytes", .vi64) { 1 << 55 | mixed($0) & (1 << 55 - 1) },
        integers("quic-decode-mixed", .quic) { mixed($0) & (1 << 62 - 1) },
        integers("quic-decode-8-bytes", .quic) { 1 << 61 | mixed($0) & (1 << 61 - 1) },
    ]
}

/// Numbers of every length alike, always the same ones.
private func mixed(_ index: UInt64) -> UInt64 {
    let scrambled = (index &+ 1) &* 0x9E37_79B9_7F4A_7C15
    return (scrambled ^ scrambled >> 29) >> (scrambled % 60)
}

/// 1,000 integers in a row; an operation is one of them.
private func integers(_ name: String, _ coding: IntegerCoding, _ number: (UInt64) -> UInt64) -> Benchmark {
    var encoded: [UInt8] = []
    for index in 0..<1_000 as Range<UInt64> { coding.append(number(index), to: &encoded) }
    let bytes = Bytes(encoded)
    return Benchmark(
        name, byteCount: encoded.count / 1_000, copiedCount: encoded.count, profiledCount: 100_000
    ) { count in
        for _ in 0..<count / 1_000 {
            let span = bytes.span
            var offset = 0
            var sum: UInt64 = 0
            while let value = coding.read(span, at: &offset) { sum &+= value }
            keep(sum)
        }
    }
}
