package import Wire

/// How a connection behaves; the same for client and server unless said otherwise.
package struct QUICSettings: Sendable {
    package enum CongestionControl: Sendable { case cubic, bbr, reno }

    /// Protocols this end speaks, best first (RFC 7301). The server picks the first of its own that the client offers;
    /// a client offers the first ``offeredProtocols`` only.
    package var protocols: [String]
    /// Protocols that a client can offer in one handshake.
    package static let offeredProtocols = ProtocolChoice.limit

    /// Those of ``protocols`` with which early data is sent and taken (RFC 9001 §4.6).
    package var earlyProtocols: Set<String> = []

    /// Bytes the peer may send on a bidirectional stream before credit is extended: it carries messages of 64 KiB at most,
    /// which are read at once but before SETUP.
    package var bidirectionalStreamWindow = 64 << 10
    /// Bytes the peer may send on a unidirectional stream before credit is extended.
    package var unidirectionalStreamWindow = 1 << 20
    /// The same for a stream that has brought half of that, while ``windowAllowance`` lasts.
    package var largestStreamWindow = 1 << 20
    /// Bytes that unidirectional streams get beyond their first windows, all together.
    package var windowAllowance = 0
    /// Bytes the peer may have in flight on the connection; extended as soon as data arrives.
    package var connectionWindow = 32 << 20
    /// Bidirectional streams the peer may open before ``Connection/extendStreamLimit(_:by:)``.
    package var bidirectionalStreams = 100
    /// Unidirectional streams the peer may open before ``Connection/extendStreamLimit(_:by:)``.
    package var unidirectionalStreams = 1000

    /// Silence after which the connection ends; zero for never. The smaller of both ends' values holds.
    package var idleTimeout: Interval = .seconds(30)
    /// Silence after which a packet is sent to keep the connection alive; nil for none.
    package var keepAlive: Interval?
    /// Time a handshake may take.
    package var handshakeTimeout: Interval = .seconds(10)
    /// Round-trip time assumed before one is measured.
    package var initialRoundTrip: Interval = .milliseconds(333)

    /// Whether the peer may change its address on purpose (RFC 9000 §18.2, disable_active_migration).
    package var allowsMigration = true

    /// Largest DATAGRAM frame accepted, in bytes with its header; 0 refuses datagrams (RFC 9221).
    package var maxDatagramFrame = 65_535
    /// Datagrams waiting to be sent before ``Connection/send(datagram:)`` answers `.full`.
    package var datagramQueueLimit = 1024

    package var congestionControl: CongestionControl = .cubic
    /// Largest UDP payload sent, 1200 through 65527 bytes; path MTU discovery looks for it.
    package var maxUDPPayload = 1452
    /// Whether larger packets than 1200 bytes are probed for.
    package var discoversPathMTU = true

    /// Receives qlog (JSON text sequences) of the connection with the given original destination connection id.
    /// Called on the connection's thread, with `isLast` when nothing follows the chunk, which may then be empty; nil
    /// writes none.
    package var qlog: (@Sendable (_ original: ConnectionID, _ chunk: UnsafeRawBufferPointer, _ isLast: Bool) -> Void)?
    /// Receives lines of the NSS key log format, without a line feed. Whoever has them can decrypt the connection.
    package var keyLog: (@Sendable (_ line: String) -> Void)?

    package init(protocols: [String]) { self.protocols = protocols }

    /// The least window of a stream, in bytes.
    package static let leastStreamWindow = 16 << 10

    /// Has at most `bytes` wait to be read on unidirectional streams, of which the peer may have `streams`: half of it is
    /// for their first windows, half for larger ones.
    ///
    /// - Parameter bytes: twice ``leastStreamWindow`` for each stream, or more.
    package mutating func hold(streams: Int, to bytes: Int) {
        unidirectionalStreams = streams
        unidirectionalStreamWindow = min(max(bytes / 2 / max(streams, 1), Self.leastStreamWindow), largestStreamWindow)
        windowAllowance = max(bytes - streams * unidirectionalStreamWindow, 0)
    }
}
