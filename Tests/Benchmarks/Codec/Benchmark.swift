/// One thing to measure.
struct Benchmark {
    var name: String
    /// Bytes of an input or output: what is copied at a time for comparison.
    var byteCount: Int
    /// Operations that read or write so many bytes.
    var operations: Int
    /// Operations that are enough for a profiler.
    var profiledCount: Int
    /// Does so many operations, a multiple of 1,000.
    var run: (Int) -> Void

    init(
        _ name: String, byteCount: Int, operations: Int = 1, profiledCount: Int = 10_000,
        run: @escaping (Int) -> Void
    ) {
        self.name = name
        self.byteCount = byteCount
        self.operations = operations
        self.profiledCount = profiledCount
        self.run = run
    }
}

/// Keeps the compiler from leaving out what makes `value`.
@inline(never)
@_optimize(none)
func keep(_ value: UInt64) {}
