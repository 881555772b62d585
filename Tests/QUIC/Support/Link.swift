import QUIC
import Wire

/// Numbers that depend on the seed alone.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// A network between two ends: delays, loses, reorders and doubles datagrams as its seed says.
struct Link {
    struct Flight {
        var due: Instant
        var order: Int
        var toServer: Bool
        var bytes: [UInt8]
        /// As the sender sees it.
        var path: NetworkPath
        var ecn: ECN
    }

    var delay = Interval.milliseconds(10)
    /// Probabilities, 0 through 1.
    var loss = 0.0
    var reorder = 0.0
    var duplicate = 0.0
    /// Nothing sent arrives while true.
    var isCut = false
    /// Nothing sent to the client arrives while true.
    var isCutToClient = false
    private var generator: SeededGenerator
    private(set) var flights: [Flight] = []
    private var count = 0

    init(seed: UInt64 = 1) { generator = SeededGenerator(seed: seed) }

    var nextArrival: Instant? { flights.map(\.due).min() }

    mutating func send(_ bytes: ArraySlice<UInt8>, toServer: Bool, path: NetworkPath, ecn: ECN, now: Instant) {
        if isCut || isCutToClient && !toServer || Double.random(in: 0..<1, using: &generator) < loss { return }
        let copies = Double.random(in: 0..<1, using: &generator) < duplicate ? 2 : 1
        for _ in 0..<copies {
            let late = Double.random(in: 0..<1, using: &generator) < reorder
            let jitter = late ? Interval.milliseconds(UInt64.random(in: 1...8, using: &generator)) : .zero
            count += 1
            flights.append(
                Flight(
                    due: now + delay + jitter, order: count, toServer: toServer, bytes: Array(bytes), path: path,
                    ecn: ecn))
        }
    }

    mutating func arrivals(at now: Instant) -> [Flight] {
        let due = flights.filter { $0.due <= now }.sorted { ($0.due, $0.order) < ($1.due, $1.order) }
        flights.removeAll { $0.due <= now }
        return due
    }
}
