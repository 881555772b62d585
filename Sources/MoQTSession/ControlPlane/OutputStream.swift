internal import Wire

/// Bytes waiting to leave on one control or request stream.
struct OutputStream {
    private var chunks = Queue<Bytes>()
    /// Bytes of the first chunk that have left.
    private var sentOfFirst = 0
    /// FIN follows the last chunk.
    private(set) var isEnding = false
    /// FIN or reset has left, or the transport took the stream away.
    private(set) var isFinished = false
    /// The stream has no flow-control credit.
    var isBlocked = false
    /// It stands in the queue of streams with something to send.
    var isQueued = false

    var wantsToSend: Bool { !isFinished && (!chunks.isEmpty || isEnding) }
    var canSend: Bool { wantsToSend && !isBlocked }

    mutating func append(_ bytes: Bytes) {
        precondition(!isEnding, "nothing follows FIN")
        if !isFinished && !bytes.isEmpty { chunks.append(bytes) }
    }

    mutating func end() { isEnding = true }

    /// Nothing leaves any more.
    mutating func finish() {
        chunks.removeAll()
        sentOfFirst = 0
        isFinished = true
    }

    /// Appends what is waiting to `list`; true when FIN comes after it.
    func gather(into list: inout [Bytes]) -> Bool {
        for index in 0..<chunks.count {
            list.append(index == 0 ? chunks[0].slice(from: sentOfFirst) : chunks[index])
        }
        return isEnding
    }

    /// The transport took the first `byteCount` bytes, and FIN when `fin`.
    mutating func sent(_ byteCount: Int, fin: Bool) {
        var left = byteCount
        while left > 0, let first = chunks.first {
            let rest = first.count - sentOfFirst
            if left < rest {
                sentOfFirst += left
                left = 0
            } else {
                left -= rest
                sentOfFirst = 0
                _ = chunks.popFirst()
            }
        }
        precondition(left == 0, "more was sent than gathered")
        if fin { finish() }
    }
}
