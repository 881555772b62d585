package import MoQTCodec
package import MoQTSession

/// What a relay was at one moment, in numbers; those of its loops add up.
package struct RelaySnapshot: Sendable {
    /// Open sessions by their draft and transport.
    package var sessions: [SessionKind: Int] = [:]
    package var requests = RequestCounts()
    /// Names of tracks that are published, wanted or kept; several loops may have the same.
    fileprivate(set) var trackNames: [FullTrackName] = []
    /// Namespaces that are published, each counted once.
    package var namespaces = 0
    /// Of all sessions there have been.
    package var traffic = Traffic()
    /// Sessions that are over, by the code they were closed with.
    package var closes: [SessionClose.Origin: CodeCounts<SessionCode>] = [:]
    package var cache = CacheFigures()

    package init() {}

    /// Tracks that are published, wanted or kept. Takes time in proportion to how many there are.
    package var trackCount: Int { Set(trackNames).count }

    package static func += (a: inout Self, b: Self) {
        a.sessions.merge(b.sessions, uniquingKeysWith: +)
        a.requests += b.requests
        a.trackNames += b.trackNames
        // Every loop knows those of all.
        a.namespaces = max(a.namespaces, b.namespaces)
        a.traffic += b.traffic
        for (origin, counts) in b.closes { a.closes[origin, default: CodeCounts()] += counts }
        a.cache += b.cache
    }
}

/// How a session speaks.
package struct SessionKind: Hashable, Sendable {
    /// ALPN identifier of its draft.
    package var draft: String
    package var transport: SessionConfiguration.Transport

    package init(_ peer: Peer) {
        draft = peer.session.profile.alpn
        transport = peer.session.configuration.transport
    }
}

/// Requests that are open, by what they are about.
package struct RequestCounts: Hashable, Sendable {
    /// Subscriptions of peers.
    package var subscriptions = 0
    /// Subscriptions of the relay's own, and tracks that are published to it.
    package var upstreams = 0
    /// FETCHes that are being answered.
    package var fetches = 0
    /// Tracks that peers receive, wait for, or are offered.
    package var claims = 0
    /// Namespaces that peers publish.
    package var namespaces = 0

    package init() {}

    package static func += (a: inout Self, b: Self) {
        a.subscriptions += b.subscriptions
        a.upstreams += b.upstreams
        a.fetches += b.fetches
        a.claims += b.claims
        a.namespaces += b.namespaces
    }
}

/// What a ``Cache`` holds and has given up.
package struct CacheFigures: Hashable, Sendable {
    /// Bytes held, and its share of what is held at most.
    package var used = 0
    package var limit = 0
    /// Objects held.
    package var objects = 0
    package var evictedBytes: UInt64 = 0
    package var evictedObjects: UInt64 = 0

    package init() {}

    init(_ cache: Cache) {
        used = cache.used
        limit = cache.budget.share
        objects = cache.objectCount
        (evictedBytes, evictedObjects) = cache.evicted
    }

    package static func += (a: inout Self, b: Self) {
        a.used += b.used
        a.limit += b.limit
        a.objects += b.objects
        a.evictedBytes += b.evictedBytes
        a.evictedObjects += b.evictedObjects
    }
}

/// A track as a relay has it.
package struct TrackSnapshot: Sendable {
    package var name: FullTrackName
    /// ``Peer/number`` of clients it is received from, ascending.
    package var publishers: [UInt64]
    package var subscribers: Int
    /// Subscribers that wait for a publisher.
    package var waiting: Int
    package var largest: Location?
    /// Groups of which something is held.
    package var groups: Int
    /// Objects, and bytes of payload, that were received.
    package var objects: UInt64
    package var bytes: UInt64
    /// Objects that are late are dropped.
    package var isLive: Bool
}

extension Relay {
    /// The relay in numbers. Takes time in proportion to sessions and their requests.
    package var snapshot: RelaySnapshot {
        var snapshot = past
        for peer in peers.values where peer.kind != .loop {
            snapshot.sessions[SessionKind(peer), default: 0] += 1
            snapshot.traffic += peer.traffic
            snapshot.requests += peer.requests.counts
        }
        snapshot.trackNames = Array(tracks.keys)
        snapshot.namespaces = publishers.namespaceCount
        snapshot.cache = CacheFigures(cache)
        return snapshot
    }

    /// Every track, in no order.
    package var trackSnapshots: [TrackSnapshot] { tracks.values.map(Self.snapshot) }

    private static func snapshot(_ track: RelayTrack) -> TrackSnapshot {
        let log = track.log
        return TrackSnapshot(
            name: track.name, publishers: track.upstreams.filter { $0.peer.kind != .loop }.map(\.peer.number).sorted(),
            subscribers: log?.subscriptions.count { $0.downlink.kind != .loop } ?? 0, waiting: track.waiting.count,
            largest: log?.largest,
            groups: log?.groupIDs.count ?? 0, objects: log?.appended.objects ?? 0, bytes: log?.appended.bytes ?? 0,
            isLive: log.map { $0.delivery != .lossless } ?? false)
    }

    /// A session is over: its share stays in the sums.
    func remember(_ peer: Peer, _ close: SessionClose) {
        past.traffic += peer.traffic
        past.closes[close.origin, default: CodeCounts()].count(close.code)
    }
}
