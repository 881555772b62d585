import CommandLine
import Testing

private func value<T>(_ type: ValueType<T>, _ text: String) -> T? { try? type.parse(text) }

@Suite struct ValueTypeTests {
    @Test(
        "durations are seconds unless named MS or with a unit",
        arguments: [
            ("1", 1_000_000_000), ("1s", 1_000_000_000), ("1.5", 1_500_000_000), ("250ms", 250_000_000),
            ("2m", 120_000_000_000),
            ("0.000000001", 1), ("1.25ms", 1_250_000), ("0.5m", 30_000_000_000),
            ("18446744073", 18_446_744_073_000_000_000),
        ] as [(String, UInt64)])
    func durations(_ text: String, _ nanoseconds: UInt64) {
        #expect(value(.nanoseconds("SECONDS"), text) == nanoseconds)
    }

    @Test func aBareNumberIsMillisecondsWhereTheValueIsNamedSo() {
        #expect(value(.nanoseconds("MS"), "20") == 20_000_000)
        #expect(value(.nanoseconds("MS"), "20s") == 20_000_000_000)
    }

    @Test func zeroIsADurationOnlyWhereAllowed() {
        #expect(value(.nanoseconds("SECONDS"), "0") == nil)
        #expect(value(.nanoseconds("SECONDS"), "0.0ms") == nil)
        #expect(value(.nanoseconds("SECONDS", zero: true), "0") == 0)
    }

    @Test(
        "what is no duration is refused",
        arguments: [
            "", "s", "-1", "+1", "1.", ".5", "1.s", "1e3", "1 s", "1h", "1S", "0x1", "1.1234567890", "18446744074",
            "99999999999999999999", "307445734562m", "\u{0661}",
        ])
    func notDurations(_ text: String) {
        #expect(value(.nanoseconds("SECONDS"), text) == nil)
    }

    @Test(
        "sizes know powers of 1000 and of 1024",
        arguments: [
            ("0", 0), ("4096", 4096), ("1k", 1000), ("2M", 2_000_000), ("3G", 3_000_000_000), ("64Ki", 65536),
            ("1.5Ki", 1536),
            ("256Mi", 268_435_456), ("1Gi", 1_073_741_824), ("0.5G", 500_000_000), ("18446744073709551615", .max),
            ("17179869183Gi", 17_179_869_183 << 30), ("0.999999999Gi", 1_073_741_822),
        ] as [(String, UInt64)])
    func sizes(_ text: String, _ bytes: UInt64) {
        #expect(value(.size("BYTES", in: 0...UInt64.max), text) == bytes)
    }

    @Test(
        "sizes that overflow or have no such unit are refused",
        arguments: [
            "18446744073709551616", "17179869184Gi", "18446744073709551615k", "18446744073709551.616k", "1K", "1ki",
            "1B", "1Ti",
        ])
    func notSizes(_ text: String) {
        #expect(value(.size("BYTES", in: 0...UInt64.max), text) == nil)
    }

    @Test func rangesAreKept() {
        #expect(value(.size("BYTES", in: 1...1024), "0") == nil)
        #expect(value(.size("BYTES", in: 1...1024), "1Ki") == 1024)
        #expect(value(.size("BYTES", in: 1...1024), "1025") == nil)
        #expect(value(.number("N", in: 0...UInt8.max), "255") == 255)
        #expect(value(.number("N", in: 0...UInt8.max), "256") == nil)
        #expect(value(.number("N", in: -5...5), "-5") == -5)
    }

    @Test("numbers are plain decimal digits", arguments: ["", "+1", "1.0", " 1", "0x1", "one", "18446744073709551616"])
    func notNumbers(_ text: String) {
        #expect(value(.number("N", in: 0...UInt64.max), text) == nil)
    }

    @Test func bitRatesArePositive() {
        #expect(value(.bitRate("RATE"), "2.5M") == 2_500_000)
        #expect(value(.bitRate("RATE"), "0") == nil)
    }

    @Test(
        "expectations read well behind 'expected'",
        arguments: [
            (ValueType<UInt64>.number("N", in: 0...UInt64.max).expectation, "a number 0 or more"),
            (ValueType<UInt8>.number("N", in: 0...UInt8.max).expectation, "a number from 0 to 255"),
            (ValueType<UInt64>.number("N", in: 1...9).expectation, "a number from 1 to 9"),
            (
                ValueType<UInt64>.number("N", in: 1...9).or([("forever", 0)]).expectation,
                "forever or a number from 1 to 9"
            ),
            (ValueType<Int>.choice([("a", 1), ("b", 2), ("c", 3)]).expectation, "a, b or c"),
        ])
    func expectations(_ expectation: String, _ text: String) {
        #expect(expectation == text)
    }

    @Test func aWordMayStandBesideAValue() throws {
        let type = ValueType<UInt64>.number("N", in: 1...9).or([("forever", 0)])
        #expect(try type.parse("forever") == 0)
        #expect(try type.parse("9") == 9)
        #expect(throws: UsageError("expected forever or a number from 1 to 9, got '10'")) { try type.parse("10") }
        #expect(type.name == "N|forever")
    }
}
