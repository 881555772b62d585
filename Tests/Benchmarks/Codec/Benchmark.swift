/// One thing to measure.
struct Benchmark {
    var name: String
    /// Bytes of the wire that one operation reads or writes.
    var byteCount: Int
    /// Bytes that are copied at a time for comparison: those of a whole input.
    var copiedCount: Int
    /// Operations that are enough for a profiler.
    var profiledCount: Int
    /// Does so many operations, a multiple of 1,000.
    var run: (Int) -> Void

    init(
        _ name: String, byteCount: Int, copiedCount: Int? = nil, profiledCount: Int = 10_000,
        run: @escaping (Int) -> Void
    ) {
        self.name = name
        self.byteCount = byteCount
        self.copiedCount = copiedCount ?? byteCount
        self.profiledCount = profiledCount
        self.run = run
    }
}

/// Keeps the compiler from leaving out what makes `value`.
@inline(never)
@_optimize(none)
func keep(_ value: UInt64) {}
