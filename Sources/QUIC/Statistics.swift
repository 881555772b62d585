internal import CNgtcp2
package import Wire

/// UDP payloads that went each way.
struct Counts {
    private(set) var bytesReceived: UInt64 = 0
    private(set) var datagramsReceived: UInt64 = 0
    private(set) var bytesSent: UInt64 = 0
    private(set) var datagramsSent: UInt64 = 0

    mutating func received(_ count: Int) {
        bytesReceived &+= UInt64(count)
        datagramsReceived &+= 1
    }

    mutating func sent(_ count: Int, datagrams: Int) {
        bytesSent &+= UInt64(count)
        datagramsSent &+= UInt64(datagrams)
    }
}

/// Figures of one connection.
package struct ConnectionStatistics: Hashable, Sendable {
    package var smoothedRoundTrip: Interval
    package var latestRoundTrip: Interval
    /// Zero before the first measurement.
    package var minimumRoundTrip: Interval
    package var roundTripVariation: Interval
    /// Bytes that may be in flight.
    package var congestionWindow: UInt64
    /// Bytes sent and not acknowledged.
    package var bytesInFlight: UInt64
    /// UDP payload bytes and datagrams, each way, since the connection began.
    package var bytesReceived: UInt64
    package var datagramsReceived: UInt64
    package var bytesSent: UInt64
    package var datagramsSent: UInt64
}

extension Connection {
    /// Smoothed round-trip time (RFC 9002 §5.3); the assumed one before a measurement.
    package var smoothedRoundTrip: Interval { statistics.smoothedRoundTrip }

    package var statistics: ConnectionStatistics {
        let figures = raw.map { CNgtcp2_conn_get_figures($0) } ?? CNgtcp2_figures()
        let minimum = figures.min_rtt == .max ? 0 : figures.min_rtt
        return ConnectionStatistics(
            smoothedRoundTrip: Interval(nanoseconds: figures.smoothed_rtt),
            latestRoundTrip: Interval(nanoseconds: figures.latest_rtt),
            minimumRoundTrip: Interval(nanoseconds: minimum),
            roundTripVariation: Interval(nanoseconds: figures.rtt_variation),
            congestionWindow: figures.congestion_window, bytesInFlight: figures.bytes_in_flight,
            bytesReceived: counts.bytesReceived, datagramsReceived: counts.datagramsReceived,
            bytesSent: counts.bytesSent, datagramsSent: counts.datagramsSent)
    }
}
