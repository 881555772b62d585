import Wire

/// Variable-length integers, one after the other.
func integerCases() -> [Benchmark] {
    vi64Cases(named: "mixed") { mixed($0) } + vi64Cases(named: "1-byte") { mixed($0) & 0x7F }
        + vi64Cases(named: "8-bytes") { 1 << 55 | mixed($0) >> 9 }
        + quicCases(named: "mixed") { mixed($0) >> 2 } + quicCases(named: "1-byte") { mixed($0) & 0x3F }
        + quicCases(named: "8-bytes") { 1 << 61 | mixed($0) >> 3 }
}

/// Numbers of every length, always the same ones.
private func mixed(_ index: UInt64) -> UInt64 {
    let scrambled = (index &+ 1) &* 0x9E37_79B9_7F4A_7C15
    return (scrambled ^ scrambled >> 29) >> (scrambled % 64)
}

/// 1,000 integers in a row; an operation is one of them.
private func vi64Cases(named name: String, _ number: (UInt64) -> UInt64) -> [Benchmark] {
    var encoded: [UInt8] = []
    for index in 0..<1_000 as Range<UInt64> { VI64.append(number(index), to: &encoded) }
    let bytes = Bytes(encoded)
    return [
        Benchmark(integers: "vi64-decode-" + name, byteCount: bytes.count) {
            let span = bytes.span
            var offset = 0
            var sum: UInt64 = 0
            while let value = VI64.read(span, at: &offset) { sum &+= value }
            keep(sum)
        }
    ]
}

private func quicCases(named name: String, _ number: (UInt64) -> UInt64) -> [Benchmark] {
    var encoded: [UInt8] = []
    for index in 0..<1_000 as Range<UInt64> { QUICVarint.append(number(index), to: &encoded) }
    let bytes = Bytes(encoded)
    return [
        Benchmark(integers: "quic-decode-" + name, byteCount: bytes.count) {
            let span = bytes.span
            var offset = 0
            var sum: UInt64 = 0
            while let value = QUICVarint.read(span, at: &offset) { sum &+= value }
            keep(sum)
        }
    ]
}

extension Benchmark {
    /// - Parameter row: reads 1,000 integers.
    fileprivate init(integers name: String, byteCount: Int, row: @escaping () -> Void) {
        self.init(name, byteCount: byteCount, operations: 1_000, profiledCount: 100_000) { count in
            for _ in 0..<count / 1_000 { row() }
        }
    }
}
