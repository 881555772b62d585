internal import Wire

/// What a connection keeps of one stream. ngtcp2 hands it back as the stream's user data.
final class Stream {
    let id: StreamID
    /// Sequence numbers of the latest data and acknowledgement events, for joining more to them.
    var dataEvent = -1
    var acknowledgementEvent = -1
    /// Bytes that have come.
    var received = 0
    /// It has the largest window (``StreamWindows``).
    var hasGrown = false
    /// A STOP_SENDING has been reported.
    var isStopped = false
    /// The code of the STOP_SENDING that this end sent; nil: none was.
    var stoppedWith: UInt64?
    /// The end of what the peer sends was told: FIN or reset.
    var isInputOver = false
    // Touched only in turn, by the connection's thread.
    @exclusivity(unchecked) var unacknowledged = RetainedBytes()
    @exclusivity(unchecked) private var inbox = Inbox()

    init(_ id: StreamID) { self.id = id }

    /// Copies as much of `bytes` as fits into the current block.
    func store(_ bytes: UnsafeRawBufferPointer) -> Bytes { inbox.store(bytes) }

    /// The stream that ngtcp2's user data stands for.
    static func of(_ pointer: UnsafeMutableRawPointer) -> Stream {
        Unmanaged<Stream>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// For ngtcp2; the connection's table keeps the stream alive.
    var pointer: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }
}

/// Blocks that received bytes are copied into: small first, so that a short stream costs little.
struct Inbox {
    private var slab: Slab?
    private var nextCapacity = 2048
    private static let largest = 65_536

    /// Copies as much of `bytes` as fits into the current block.
    mutating func store(_ bytes: UnsafeRawBufferPointer) -> Bytes {
        if let slab, slab.room > 0 { return slab.append(bytes) }
        let fresh = Slab(capacity: nextCapacity)
        nextCapacity = min(nextCapacity * 2, Self.largest)
        slab = fresh
        return fresh.append(bytes)
    }

    /// Copies all of `bytes` into one block.
    mutating func storeWhole(_ bytes: UnsafeRawBufferPointer) -> Bytes {
        if let slab, slab.room >= bytes.count { return slab.append(bytes) }
        let fresh = Slab(capacity: max(nextCapacity, bytes.count))
        nextCapacity = min(nextCapacity * 2, Self.largest)
        slab = fresh
        return fresh.append(bytes)
    }
}

/// Bytes lent to ngtcp2 until the peer has them, oldest first.
struct RetainedBytes {
    private var slices: [Bytes] = []
    private var head = 0

    mutating func append(_ bytes: Bytes) {
        if bytes.isEmpty { return }
        if slices.count > head, let joined = slices[slices.count - 1].joined(with: bytes) {
            slices[slices.count - 1] = joined
        } else {
            slices.append(bytes)
        }
    }

    /// Lets the first `count` bytes go.
    mutating func release(_ count: Int) {
        var left = count
        while left > 0, head < slices.count {
            let first = slices[head]
            if first.count > left {
                slices[head] = first.slice(from: left)
                return
            }
            left -= first.count
            slices[head] = Bytes()
            head += 1
        }
        compact()
    }

    private mutating func compact() {
        if head == slices.count {
            slices.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 64, head > slices.count / 2 {
            slices.removeFirst(head)
            head = 0
        }
    }
}
