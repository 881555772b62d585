internal import Wire

/// Flow control that the publisher is owed for what was read.
struct ReadCredit {
    /// Bytes of streams.
    private(set) var bytes: [(stream: StreamID, byteCount: Int)] = []
    /// Streams that are over and read.
    var finishedStreams = 0

    mutating func add(_ stream: StreamID, _ byteCount: Int) {
        guard byteCount > 0 else { return }
        if let last = bytes.indices.last, bytes[last].stream == stream {
            bytes[last].byteCount += byteCount
        } else {
            bytes.append((stream, byteCount))
        }
    }

    mutating func add(_ other: ReadCredit) {
        bytes += other.bytes
        finishedStreams += other.finishedStreams
    }

    var isEmpty: Bool { bytes.isEmpty && finishedStreams == 0 }
}
