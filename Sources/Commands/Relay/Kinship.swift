internal import EventLoop

/// Which relays are above this one and below it, to find out when they go round in a circle: what is published at one of
/// them would come back to it, and stay for ever.
///
/// A relay that has one above it says who it is by MOQT_IMPLEMENTATION: `moqt/0.1.0 relay ID` to who connects to it, and
/// `moqt/0.1.0 edge ID ID…` to the relay above it, with those below it. An ID is chosen anew in each process.
final class Kinship: Sendable {
    private let id: String
    private let known = Guarded(Known())

    /// Relays below this one that are named at most.
    private static let limit = 32

    private struct Known {
        /// What relays below this one have said, by their sessions.
        var below: [UInt64: [String]] = [:]
        /// The relay above this one, by the session with it.
        var above: [UInt64: String] = [:]
    }

    init() {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        id = String(repeating: "0", count: 16 - digits.count) + digits
    }

    var asRelay: String { "\(Version.implementation) relay \(id)" }

    var asEdge: String {
        let below = known.withLock { Set($0.below.values.joined()) }
        return "\(Version.implementation) edge \(([id] + below.prefix(Self.limit)).joined(separator: " "))"
    }

    /// Somebody has connected to this relay.
    /// - Returns: false: it is this relay, or above it.
    func admits(client session: UInt64, _ implementation: String?) -> Bool {
        let words = Self.words(implementation)
        guard words.count > 2, words[1] == "edge" else { return true }
        let below = Array(words[2...])
        return known.withLock { known in
            guard !below.contains(id), !known.above.values.contains(below[0]) else { return false }
            known.below[session] = below
            return true
        }
    }

    /// This relay has connected to the one above it.
    /// - Returns: false: that is this relay, or below it.
    func admits(upstream session: UInt64, _ implementation: String?) -> Bool {
        let words = Self.words(implementation)
        guard words.count == 3, words[1] == "relay" else { return true }
        return known.withLock { known in
            guard words[2] != id, !known.below.values.contains(where: { $0.contains(words[2]) }) else { return false }
            known.above[session] = words[2]
            return true
        }
    }

    func forget(_ session: UInt64) {
        known.withLock { known in
            known.below[session] = nil
            known.above[session] = nil
        }
    }

    private static func words(_ implementation: String?) -> [String] {
        guard let implementation, implementation.hasPrefix("\(Version.program)/") else { return [] }
        return implementation.split(separator: " ").prefix(limit + 3).map(String.init)
    }
}
