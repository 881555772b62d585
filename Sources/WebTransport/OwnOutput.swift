internal import Wire

/// Bytes of HTTP/3's own that wait to leave on one stream: frames, or what a session's stream begins with.
struct OwnOutput {
    private(set) var waiting: [Bytes] = []
    /// FIN follows them.
    private(set) var isEnding = false
    /// The peer's flow control stops the stream.
    var isBlocked = false

    var wantsToSend: Bool { !waiting.isEmpty || isEnding }

    mutating func append(_ bytes: [UInt8], fin: Bool) {
        if !bytes.isEmpty { waiting.append(Bytes(bytes)) }
        isEnding = isEnding || fin
    }

    /// The transport took the first `byteCount` bytes, and FIN when `fin`.
    mutating func sent(_ byteCount: Int, fin: Bool) {
        var left = byteCount
        while left > 0, let first = waiting.first {
            let taken = min(left, first.count)
            left -= taken
            if taken == first.count { waiting.removeFirst() } else { waiting[0] = first.slice(from: taken) }
        }
        if fin { isEnding = false }
    }
}
