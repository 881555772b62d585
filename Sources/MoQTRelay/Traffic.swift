package import MoQTCodec
package import MoQTSession
package import Wire

/// What sessions have brought and taken since they began, and what was refused to them.
package struct Traffic: Hashable, Sendable {
    package var received = Received()
    package var sent = Sent()
    /// Requests of peers that were refused.
    package var refused = CodeCounts<RequestErrorCode>()
    /// How often each limit was in a peer's way.
    package var limited = LimitCounts()

    /// What came on data streams and in datagrams.
    package struct Received: Hashable, Sendable {
        /// Objects whose first byte came.
        package var objects: UInt64 = 0
        /// Bytes of streams, headers included, and payload of datagrams.
        package var bytes: UInt64 = 0

        package init() {}
    }

    /// What was handed to connections on data streams and in datagrams.
    package struct Sent: Hashable, Sendable {
        /// Objects of subscriptions on streams; one counts once its header was handed over whole.
        package var streamObjects: UInt64 = 0
        /// Objects in datagrams.
        package var datagramObjects: UInt64 = 0
        /// Objects that answer a FETCH or fill a subscription; the same.
        package var fetchedObjects: UInt64 = 0
        /// Bytes of streams and datagrams, headers included.
        package var bytes: UInt64 = 0
        /// Streams that were reset.
        package var resets = CodeCounts<StreamResetCode>()
        /// Subscriptions that ended with PUBLISH_DONE.
        package var endings = CodeCounts<PublishDoneCode>()
        /// Datagrams that were dropped because the queue was full, the path too narrow, or it was too late for them.
        package var droppedDatagrams: UInt64 = 0
        /// Requests refused, and subgroups, fetches and datagrams cut off, because the peer's draft has no words for a
        /// track or an object.
        package var inexpressible: UInt64 = 0
        /// From an object's first byte coming in to handing it on, where a subscriber was there before the object.
        package var latency = LatencyHistogram()

        package init() {}
    }

    package init() {}

    package static func += (a: inout Self, b: Self) {
        a.received.objects += b.received.objects
        a.received.bytes += b.received.bytes
        a.sent += b.sent
        a.refused += b.refused
        a.limited += b.limited
    }
}

extension Traffic.Received {
    mutating func count(_ event: SessionEvent) {
        switch event {
        case .object(_, _, let byteCount), .fetchObject(_, _, let byteCount):
            objects += 1
            bytes += UInt64(byteCount)
        case .payload(_, let payload): bytes += UInt64(payload.count)
        case .datagramObject(_, let datagram):
            objects += 1
            if case .payload(let payload) = datagram.content { bytes += UInt64(payload.count) }
        case .subgroupOpened(_, _, _, let byteCount), .subgroupEnded(_, _, let byteCount),
            .fetchOpened(_, _, let byteCount), .fetchGap(_, _, let byteCount), .fetchEnded(_, _, let byteCount):
            bytes += UInt64(byteCount)
        default: break
        }
    }
}

extension Traffic.Sent {
    package static func += (a: inout Self, b: Self) {
        a.streamObjects += b.streamObjects
        a.datagramObjects += b.datagramObjects
        a.fetchedObjects += b.fetchedObjects
        a.bytes += b.bytes
        a.resets += b.resets
        a.endings += b.endings
        a.droppedDatagrams += b.droppedDatagrams
        a.inexpressible += b.inexpressible
        a.latency += b.latency
    }

    /// Objects of all kinds.
    package var objects: UInt64 { streamObjects + datagramObjects + fetchedObjects }
}

/// How often a time fell into each of some ranges.
package struct LatencyHistogram: Hashable, Sendable {
    /// Upper ends of the ranges, in microseconds, each part of its range; a last range has what is above.
    package static let bounds: [UInt64] = [
        50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
        5_000_000, 10_000_000,
    ]

    /// Per range; empty before the first.
    private var ranges: [UInt64] = []
    /// Sum of all times.
    package private(set) var sum = Interval.zero

    package init() {}

    /// How often a time fell into each range alone: one more than ``bounds``.
    package var counts: [UInt64] { ranges.isEmpty ? [UInt64](repeating: 0, count: Self.bounds.count + 1) : ranges }
    package var total: UInt64 { ranges.reduce(0, +) }

    package mutating func count(_ time: Interval) {
        // Kept out of idle sessions.
        if ranges.isEmpty { ranges = counts }
        var index = 0
        while index < Self.bounds.count, time.nanoseconds > Self.bounds[index] * 1000 { index += 1 }
        ranges[index] += 1
        sum = Interval(nanoseconds: sum.nanoseconds &+ time.nanoseconds)
    }

    package static func += (a: inout Self, b: Self) {
        guard !b.ranges.isEmpty else { return }
        a.ranges = zip(a.counts, b.ranges).map(+)
        a.sum = Interval(nanoseconds: a.sum.nanoseconds &+ b.sum.nanoseconds)
    }
}
