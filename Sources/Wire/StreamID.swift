/// A transport stream, numbered as QUIC numbers them (RFC 9000 §2.1).
package struct StreamID: RawRepresentable, Hashable, Comparable, Sendable {
    /// 0 through 2^62−1.
    package var rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The server opened it.
    package var isServerInitiated: Bool { rawValue & 1 != 0 }
    package var direction: StreamDirection { rawValue & 2 != 0 ? .unidirectional : .bidirectional }

    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// Whether one or both ends send on a stream.
package enum StreamDirection: Hashable, Sendable {
    case bidirectional, unidirectional
}

/// Which end of the connection this is.
public enum EndpointRole: Hashable, Sendable {
    case client, server
}
