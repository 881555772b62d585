import QUIC
import Wire

/// A send source with a queue per stream, served in turn.
struct Outbox: SendSource {
    private struct Queue {
        var chunks: [Bytes] = []
        var fin = false
        var isBlocked = false
    }

    private var queues: [StreamID: Queue] = [:]
    private var order: [StreamID] = []
    private(set) var refusals: [StreamID] = []
    private(set) var blockedCount = 0
    private(set) var sentBytes: [StreamID: Int] = [:]

    mutating func send(_ bytes: Bytes, on stream: StreamID, fin: Bool = false) {
        if !bytes.isEmpty { queues[stream, default: Queue()].chunks.append(bytes) }
        if fin { queues[stream, default: Queue()].fin = true }
        if !order.contains(stream) { order.append(stream) }
    }

    mutating func unblock(_ stream: StreamID) { queues[stream]?.isBlocked = false }

    /// Puts the first stream last, so that streams take turns.
    mutating func rotate() { if let first = order.first { order.append(order.removeFirst()); _ = first } }

    mutating func nextStream() -> StreamID? {
        order.first { id in queues[id].map { !$0.isBlocked && (!$0.chunks.isEmpty || $0.fin) } ?? false }
    }

    mutating func gather(_ stream: StreamID, into list: inout [Bytes]) -> Bool {
        guard let queue = queues[stream] else { return false }
        list.append(contentsOf: queue.chunks.prefix(16))
        return queue.fin && queue.chunks.count <= 16
    }

    mutating func sent(_ stream: StreamID, byteCount: Int, fin: Bool) {
        sentBytes[stream, default: 0] += byteCount
        var left = byteCount
        while left > 0, var queue = queues[stream], let first = queue.chunks.first {
            if first.count <= left {
                queue.chunks.removeFirst()
                left -= first.count
            } else {
                queue.chunks[0] = first.slice(from: left)
                left = 0
            }
            queues[stream] = queue
        }
        if fin { forget(stream) }
    }

    mutating func blocked(_ stream: StreamID) {
        blockedCount += 1
        queues[stream]?.isBlocked = true
    }

    mutating func refused(_ stream: StreamID) {
        refusals.append(stream)
        forget(stream)
    }

    private mutating func forget(_ stream: StreamID) {
        queues[stream] = nil
        order.removeAll { $0 == stream }
    }
}
