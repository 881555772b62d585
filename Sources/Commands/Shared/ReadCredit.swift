internal import Wire

/// Flow control that publishers are owed for what was read.
struct ReadCredit {
    /// Bytes of streams.
    private(set) var bytes: [(stream: Scoped<StreamID>, byteCount: Int)] = []
    /// Streams that are over and read, by session.
    private(set) var finishedStreams: [UInt64: Int] = [:]

    mutating func add(_ stream: Scoped<StreamID>, _ byteCount: Int) {
        guard byteCount > 0 else { return }
        if let last = bytes.indices.last, bytes[last].stream == stream {
            bytes[last].byteCount += byteCount
        } else {
            bytes.append((stream, byteCount))
        }
    }

    mutating func addFinishedStream(of session: UInt64) { finishedStreams[session, default: 0] += 1 }

    mutating func add(_ other: ReadCredit) {
        bytes += other.bytes
        finishedStreams.merge(other.finishedStreams, uniquingKeysWith: +)
    }

    var isEmpty: Bool { bytes.isEmpty && finishedStreams.isEmpty }
}
