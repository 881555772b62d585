import CAllocations
import Glibc

/// What one benchmark came to.
struct Measurement: CustomStringConvertible {
    /// Blocks allocated per operation.
    private var allocations: Double
    /// Nanoseconds per operation, the best of several runs.
    private var time: Double
    /// The same for a plain copy of the same bytes.
    private var copyTime: Double
    private let benchmark: Benchmark

    init(_ benchmark: Benchmark) {
        self.benchmark = benchmark
        benchmark.run(1_000)
        allocations_begin()
        benchmark.run(2_000)
        let more = allocations_end()
        allocations_begin()
        benchmark.run(1_000)
        allocations = Double(more - allocations_end()) / 1_000
        time = Self.best { benchmark.run($0) }
        copyTime = Self.copyTime(benchmark)
    }

    /// Nanoseconds per operation.
    private static func best(_ run: (Int) -> Void) -> Double {
        var count = 1_000
        while nanoseconds({ run(count) }) < 20_000_000 { count *= 2 }
        let times = (0..<7).map { _ in nanoseconds { run(count) } }
        return times.min()! / Double(count)
    }

    private static func nanoseconds(_ body: () -> Void) -> Double {
        func now() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
        }
        let start = now()
        body()
        return now() - start
    }

    private static func copyTime(_ benchmark: Benchmark) -> Double {
        let size = benchmark.byteCount
        let source = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
        let copy = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
        memset(source, 1, size)
        defer {
            source.deallocate()
            copy.deallocate()
        }
        let perCopy = best { count in
            for _ in 0..<count {
                memcpy(copy, source, size)
                keep(UInt64(UInt(bitPattern: copy)))
            }
        }
        return perCopy / Double(benchmark.operations)
    }

    static let heading = row(["case", "allocations", "ns", "million/s", "GB/s", "x memcpy"])

    var description: String {
        Self.row([
            benchmark.name, Self.decimal(allocations, 3), Self.decimal(time, 2), Self.decimal(1_000 / time, 2),
            Self.decimal(Double(benchmark.byteCount) / Double(benchmark.operations) / time, 2),
            Self.decimal(time / copyTime, 2),
        ])
    }

    private static func row(_ columns: [String]) -> String {
        columns.enumerated().map { index, text in
            let padding = String(repeating: " ", count: max(0, (index == 0 ? 24 : 12) - text.utf8.count))
            return index == 0 ? text + padding : padding + text
        }.joined()
    }

    private static func decimal(_ value: Double, _ places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let digits = String(Int((value * scale).rounded()))
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        return padded.dropLast(places) + "." + padded.suffix(places)
    }
}
