internal import Wire

/// Reads the payload of an object as it comes into a log, and goes on in another copy of it.
struct ObjectReader {
    private(set) var log: SubgroupLog
    private(set) var index: Int
    /// Payload that was read, in bytes.
    private(set) var taken: UInt64 = 0
    private var chunk: Int
    private var chunkOffset = 0
    /// What is to be passed over of this copy: it was read from another.
    private var known: UInt64 = 0

    init(_ log: SubgroupLog, _ index: Int) {
        self.log = log
        self.index = index
        chunk = log[index].firstChunk
    }

    /// The same object elsewhere.
    mutating func move(to log: SubgroupLog, _ index: Int) {
        (self.log, self.index) = (log, index)
        (chunk, chunkOffset, known) = (log[index].firstChunk, 0, taken)
    }

    var object: LoggedObject { log[index] }
    /// It was not dropped.
    var isHeld: Bool { index >= log.firstReadable }

    /// The next payload that is there, `most` bytes at most; nil: there is none.
    mutating func next(_ most: Int) -> Bytes? {
        let end = log.endOfChunks(of: index)
        while chunk < end {
            let bytes = log.chunk(chunk)
            let skipped = min(bytes.count - chunkOffset, Int(clamping: known))
            known -= UInt64(skipped)
            chunkOffset += skipped
            if bytes.count > chunkOffset {
                let part = bytes.slice(from: chunkOffset, count: min(bytes.count - chunkOffset, most))
                taken += UInt64(part.count)
                chunkOffset += part.count
                return part
            }
            // The last chunk may still grow in place: stay on it.
            guard chunk + 1 < end else { return nil }
            chunk += 1
            chunkOffset = 0
        }
        return nil
    }
}
