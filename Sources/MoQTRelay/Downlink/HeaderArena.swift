internal import MoQTCodec
internal import Wire

/// Memory for the small headers that precede shared payloads: bump-allocated, freed slab by slab.
struct HeaderArena {
    private static let slabSize = 4096
    /// Nil until something is sent: an idle session holds none.
    private var slab: Slab?
    private var scratch: [UInt8] = []

    /// Runs `body` on an empty buffer and returns what it appended as shared bytes.
    mutating func encode(_ body: (inout [UInt8]) throws(CodecError) -> Void) throws(CodecError) -> Bytes {
        scratch.removeAll(keepingCapacity: true)
        try body(&scratch)
        let slab =
            slab.flatMap { $0.room >= scratch.count ? $0 : nil } ?? Slab(capacity: max(Self.slabSize, scratch.count))
        self.slab = slab
        return unsafe scratch.withUnsafeBytes { unsafe slab.append($0) }
    }
}
