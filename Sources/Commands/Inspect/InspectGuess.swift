internal import MoQTCodec
internal import Wire

/// Finds the draft, and the kind of stream, that bytes make most sense as.
struct InspectGuess {
    var profile: Profile
    var source: InspectedSource
    /// Numbers of the other drafts that read the bytes as well.
    var others: [Int] = []

    /// How far one way of reading comes.
    private struct Score: Comparable {
        /// Units without an error.
        var whole = 0
        /// Bytes before the first error of each unit.
        var bytes = 0

        static func < (a: Self, b: Self) -> Bool { (a.whole, a.bytes) < (b.whole, b.bytes) }
    }

    /// Units that are tried; the draft of a session is the same throughout.
    private static let sample = 200

    /// - Parameters:
    ///   - profiles: drafts to choose from, newest first; the newest wins a tie.
    ///   - sources: what to choose from; the first wins a tie.
    init(
        _ units: [InspectInput.Unit], profiles: [Profile], sources: [InspectedSource], context: InspectionContext
    ) {
        profile = profiles[0]
        source = sources[0]
        var best: Score?
        for source in sources {
            for profile in profiles {
                let score = Self.score(units, profile, source, context)
                if let best, score <= best {
                    if score == best, source == self.source { others.append(profile.number) }
                    continue
                }
                best = score
                (self.profile, self.source, others) = (profile, source, [])
            }
        }
    }

    private static func score(
        _ units: [InspectInput.Unit], _ profile: Profile, _ source: InspectedSource, _ context: InspectionContext
    ) -> Score {
        var score = Score()
        for unit in units.prefix(sample) {
            var inspector = Inspector(unit.bytes, source, profile: profile, context: context)
            var failure: InspectedItem?
            while failure == nil, let item = inspector.next() {
                if item.kind == .error { failure = item }
            }
            if failure == nil { score.whole += 1 }
            score.bytes += failure.map { Int(clamping: $0.offset) } ?? unit.bytes.count
        }
        return score
    }
}
