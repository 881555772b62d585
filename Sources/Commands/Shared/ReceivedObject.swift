internal import MoQTCodec
internal import Wire

/// A whole object as a subscriber writes it.
struct ReceivedObject {
    var location: Location
    /// Nil for an object that came in a datagram.
    var subgroup: UInt64?
    var status: ObjectStatus
    /// Publisher priority; nil: the track's default.
    var priority: UInt8?
    var properties: Properties
    /// The payload in pieces, as it arrived.
    var payload: [Bytes]
    /// When it was whole.
    var arrival = Instant(nanoseconds: 0)

    /// Payload bytes.
    var size: Int { payload.reduce(0) { $0 + $1.count } }

    /// Adds the next piece, as one with the last where they lie side by side.
    mutating func append(_ bytes: Bytes) {
        if let last = payload.last, let joined = last.joined(with: bytes) {
            payload[payload.count - 1] = joined
        } else {
            payload.append(bytes)
        }
    }

    /// The payload in one piece.
    var wholePayload: Bytes {
        if payload.count == 1, let only = payload.first { return only }
        var whole: [UInt8] = []
        whole.reserveCapacity(size)
        for piece in payload { piece.append(to: &whole) }
        return Bytes(whole)
    }
}
