internal import Synchronization
internal import Wire

/// How many connections there are, over all loops of a server.
package final class ConnectionCount: Sendable {
    private struct State: Sendable {
        var all = 0
        var handshakes = 0
        var byNetwork: [Network: Int] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// Handshakes under way.
    package var handshakes: Int { state.withLock { $0.handshakes } }

    /// Counts one more, whose handshake begins, unless there are too many.
    /// - Returns: the limit that is in the way; nil: it was counted.
    func add(_ network: Network, _ settings: ServerSettings) -> Limit? {
        state.withLock { state in
            if state.all >= settings.maxConnections { return .connections }
            if state.handshakes >= settings.maxHandshakes { return .handshakes }
            let here = state.byNetwork[network] ?? 0
            if here >= settings.maxConnectionsPerAddress { return .connectionsPerAddress }
            state.byNetwork[network] = here + 1
            state.all += 1
            state.handshakes += 1
            return nil
        }
    }

    /// The handshake of one is over, or was given up.
    func handshakeEnded() { state.withLock { $0.handshakes -= 1 } }

    /// One is over.
    func remove(_ network: Network) {
        state.withLock { state in
            state.all -= 1
            guard let count = state.byNetwork[network] else { return }
            state.byNetwork[network] = count > 1 ? count - 1 : nil
        }
    }
}

/// Whose connections are counted together: an IPv4 address, or the first half of an IPv6 one, of which a single host
/// can have all the others.
struct Network: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    init(_ address: SocketAddress) {
        func word(_ range: Range<Int>) -> UInt64 { range.reduce(0) { $0 << 8 | UInt64(address.address[$1]) } }
        let high = word(0..<8), low = word(8..<16)
        switch address.family {
        case .ipv4: (self.high, self.low) = (0, Self.mapped | high >> 32)
        // RFC 4291 §2.5.5.2: an IPv4 address on a socket for both.
        case .ipv6: (self.high, self.low) = (high, high == 0 && low >> 32 == Self.mapped >> 32 ? low : 0)
        }
    }

    private static let mapped: UInt64 = 0xFFFF_0000_0000
}
