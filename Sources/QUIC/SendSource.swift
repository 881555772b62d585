package import Wire

/// What may be sent, best first. A connection pulls from it while it fills packets: nothing is queued below.
package protocol SendSource: ~Copyable {
    /// The stream to send from next; nil when there is nothing to send now. May be asked many times.
    mutating func nextStream() -> StreamID?

    /// Appends the stream's next unsent bytes to `list`, up to about 16 slices or 64 KiB.
    ///
    /// Returns whether the stream ends after the last slice. Neither bytes nor an end: nothing is sent, and
    /// ``Connection/write(into:from:now:)`` stops pulling.
    mutating func gather(_ stream: StreamID, into list: inout [Bytes]) -> Bool

    /// The first `byteCount` unsent bytes, and the end if `fin`, are in a packet; they are not to be given again.
    mutating func sent(_ stream: StreamID, byteCount: Int, fin: Bool)

    /// The peer's flow control stops the stream; do not offer it before ``ConnectionEvent/streamWritable(_:)``.
    mutating func blocked(_ stream: StreamID)

    /// The stream takes no more data: it was reset, stopped or has gone. Do not offer it again.
    mutating func refused(_ stream: StreamID)
}

/// A source that never has anything to send.
package struct NothingToSend: SendSource {
    package init() {}
    package mutating func nextStream() -> StreamID? { nil }
    package mutating func gather(_ stream: StreamID, into list: inout [Bytes]) -> Bool { false }
    package mutating func sent(_ stream: StreamID, byteCount: Int, fin: Bool) {}
    package mutating func blocked(_ stream: StreamID) {}
    package mutating func refused(_ stream: StreamID) {}
}

/// Datagrams to send on one path with one system call.
package struct Transmission: Sendable {
    /// Bytes filled in all.
    package var byteCount: Int
    /// Length of every datagram but the last, which may be shorter.
    package var segmentSize: Int
    package var path: NetworkPath
    package var ecn: ECN
}

/// What became of a datagram given to ``Connection/send(datagram:)``.
package enum DatagramDisposition: Sendable {
    case queued
    /// More than ``Connection/maxDatagramPayload``.
    case tooLarge
    /// The peer takes none, or the handshake is not complete.
    case unsupported
    /// Too many are waiting already.
    case full
}
