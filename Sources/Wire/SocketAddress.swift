/// An IPv4 or IPv6 address with a port.
package struct SocketAddress: Hashable, Sendable {
    package enum Family: Hashable, Sendable { case ipv4, ipv6 }

    package var family: Family
    /// The address in network order: its first 4 bytes for IPv4 (the rest 0), all 16 for IPv6.
    package var address: InlineArray<16, UInt8>
    package var port: UInt16
    /// IPv6 zone of a link-local address; 0 for none.
    package var scope: UInt32

    package init(family: Family, address: InlineArray<16, UInt8>, port: UInt16, scope: UInt32 = 0) {
        self.family = family
        self.address = address
        self.port = port
        self.scope = scope
    }

    package static func == (a: Self, b: Self) -> Bool {
        guard a.family == b.family, a.port == b.port, a.scope == b.scope else { return false }
        for index in 0..<16 where a.address[index] != b.address[index] { return false }
        return true
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(port)
        for index in 0..<16 { hasher.combine(address[index]) }
    }
}

/// The two ends of a UDP exchange, as this end sees them.
package struct NetworkPath: Hashable, Sendable {
    package var local: SocketAddress
    package var remote: SocketAddress

    package init(local: SocketAddress, remote: SocketAddress) {
        self.local = local
        self.remote = remote
    }
}

/// Explicit congestion notification bits of a datagram (RFC 3168).
package enum ECN: UInt8, Sendable {
    case notCapable = 0, capable1 = 1, capable0 = 2, congestionExperienced = 3
}
