import Wire

/// What a network does to the datagrams of one client, each way.
struct Impairment: Sendable {
    /// Share of the datagrams that never arrive, 0 through 1.
    var loss = 0.0
    /// Share of them that arrive twice.
    var duplication = 0.0
    /// Share of them that later ones overtake.
    var reordering = 0.0
    /// How long each takes, one way.
    var delay = Interval.zero
    /// Bits per second that a bottleneck lets through; nil: as many as come.
    var bottleneck: UInt64?
    /// Bytes that wait before the bottleneck; a datagram that finds no room is dropped.
    var queue: UInt64 = 65_536
    /// A client has another address each time it has sent so many datagrams; nil: always the same.
    var datagramsPerAddress: Int?
}

/// A die that rolls the same in every run.
struct Dice {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// 0 up to 1.
    mutating func roll() -> Double { Double(next() >> 11) * 0x1p-53 }
}

/// What became of the datagrams of all clients, both ways.
struct ImpairmentCounts: Sendable {
    var arrived = 0, lost = 0, duplicated = 0, reordered = 0, overflowed = 0, addressChanges = 0
}

/// One way through an impaired network.
struct ImpairedWay {
    private let impairment: Impairment
    private var dice: Dice
    /// When the bottleneck is done with what has come so far.
    private var freeAt = Instant(nanoseconds: 0)

    /// How long what is overtaken is held back at most.
    private static let longestHold = 20_000_000.0

    init(_ impairment: Impairment, seed: UInt64) {
        self.impairment = impairment
        dice = Dice(seed: seed)
    }

    /// When a datagram that enters now comes out: never, once or twice.
    mutating func exits(_ byteCount: Int, _ now: Instant, _ counts: inout ImpairmentCounts) -> [Instant] {
        counts.arrived += 1
        // One roll for each, whatever comes of the others, so that the impairments stay independent.
        let (loss, duplication, reordering, hold) = (dice.roll(), dice.roll(), dice.roll(), dice.roll())
        if loss < impairment.loss {
            counts.lost += 1
            return []
        }
        guard let through = bottleneckExit(UInt64(byteCount), now) else {
            counts.overflowed += 1
            return []
        }
        var exit = through + impairment.delay
        if reordering < impairment.reordering {
            counts.reordered += 1
            exit = exit + Interval(nanoseconds: UInt64(hold * Self.longestHold))
        }
        guard duplication < impairment.duplication else { return [exit] }
        counts.duplicated += 1
        return [exit, exit]
    }

    private mutating func bottleneckExit(_ byteCount: UInt64, _ now: Instant) -> Instant? {
        guard let rate = impairment.bottleneck else { return now }
        let start = max(freeAt, now)
        guard (start - now).nanoseconds * rate / 8_000_000_000 + byteCount <= impairment.queue else { return nil }
        freeAt = start + Interval(nanoseconds: byteCount * 8_000_000_000 / rate)
        return freeAt
    }
}
