/// What an end grants its peers at most. Each layer holds them to the limits that are its own, and counts what it
/// refuses.
package enum Limit: String, CaseIterable, Sendable {
    /// QUIC connections at once.
    case connections
    /// Connections at once from one address: an IPv4 address, or the first 64 bits of an IPv6 one.
    case connectionsPerAddress = "connections_per_address"
    /// Handshakes under way at once.
    case handshakes
    /// WebTransport sessions at once on a connection.
    case sessions
    /// Requests of a session that are open.
    case requests
    /// Updates of a request that wait for an answer.
    case updates
    /// Ranges in the filters of a request.
    case filterRanges = "filter_ranges"
    /// Subscriptions of a session, those included that wait for a publisher.
    case subscriptions
    /// Namespaces that a session publishes.
    case namespaces
    /// Tracks that are published, wanted or kept.
    case tracks
    /// Unidirectional streams of a connection that are open.
    case streams
    /// Streams of a session that wait for what they belong to.
    case heldStreams = "held_streams"
    /// Datagrams of a session that wait for what they belong to.
    case heldDatagrams = "held_datagrams"
    /// Bytes on unidirectional streams of a connection that wait to be read.
    case buffer
    /// Bytes of an object's payload.
    case objectSize = "object_size"
    /// Datagrams that wait to be sent to a session.
    case datagramQueue = "datagram_queue"
    /// Bytes of tokens that are registered for a session.
    case tokenCache = "token_cache"
    /// Log lines on a session in a second.
    case logLines = "log_lines"
}

/// How often each limit was in a peer's way.
package struct LimitCounts: Hashable, Sendable {
    // Most peers never see one: nothing is allocated for them.
    private var counts: [Limit: UInt64] = [:]

    package init() {}

    package subscript(limit: Limit) -> UInt64 { counts[limit] ?? 0 }

    package mutating func count(_ limit: Limit, times: UInt64 = 1) {
        if times > 0 { counts[limit, default: 0] += times }
    }

    package static func += (a: inout Self, b: Self) { a.counts.merge(b.counts, uniquingKeysWith: +) }

    package static func + (a: Self, b: Self) -> Self {
        var sum = a
        sum += b
        return sum
    }
}
