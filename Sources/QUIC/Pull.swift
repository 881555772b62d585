internal import CNgtcp2
internal import Wire

/// What a source gave for one stream, as far as it has not been put into packets. Kept while one train is written, so
/// that a source is asked once per some dozens of packets.
struct Pull {
    private(set) var stream: Stream?
    /// Bytes that are left.
    private(set) var remaining = 0
    /// The stream ends after them.
    private(set) var fin = false
    private var list: [Bytes]
    private var index = 0
    private var offset = 0
    private let vectors: UnsafeMutablePointer<ngtcp2_vec>

    static let capacity = 32

    /// `list` is empty, but has room.
    init(list: [Bytes], vectors: UnsafeMutablePointer<ngtcp2_vec>) {
        self.list = list
        self.vectors = vectors
    }

    /// Gives the list back for the next train.
    mutating func finish() -> [Bytes] {
        drop()
        return exchange(&list, with: [])
    }

    /// What ngtcp2 reads.
    var vec: UnsafeMutablePointer<ngtcp2_vec> { vectors + index }
    var count: Int { list.count - index }

    func holds(_ id: StreamID) -> Bool { stream?.id == id && (remaining > 0 || fin) }

    mutating func drop() {
        stream = nil
        remaining = 0
        fin = false
        list.removeAll(keepingCapacity: true)
        index = 0
        offset = 0
    }

    mutating func gather<S: SendSource & ~Copyable>(_ stream: Stream, from source: inout S) {
        drop()
        self.stream = stream
        fin = source.gather(stream.id, into: &list)
        list.removeAll { $0.isEmpty }
        if list.count > Self.capacity {
            list.removeLast(list.count - Self.capacity)
            fin = false
        }
        for (position, slice) in list.enumerated() {
            slice.withUnsafeBytes { bytes in
                // ngtcp2 only reads; the list, and then the stream, keeps the slab alive.
                vectors[position] = ngtcp2_vec(
                    base: UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)),
                    len: bytes.count)
            }
            remaining += slice.count
        }
    }

    /// The first `count` bytes are in a packet: the stream keeps them until they are acknowledged.
    mutating func take(_ count: Int) {
        var left = min(count, remaining)
        remaining -= left
        while left > 0 {
            let slice = list[index], piece = min(left, slice.count - offset)
            stream?.unacknowledged.append(slice.slice(from: offset, count: piece))
            left -= piece
            offset += piece
            if offset == slice.count {
                index += 1
                offset = 0
            } else {
                vectors[index].base += piece
                vectors[index].len -= piece
            }
        }
    }

    mutating func takeEnd() { fin = false }
}
