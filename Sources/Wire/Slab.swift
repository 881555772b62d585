/// A block of memory that is written once, from front to back, and then only read.
///
/// ``Bytes`` are slices of slabs. The written part never changes and never moves, so it may be read from any
/// thread and its address may be lent to C for as long as the slab is referenced. Only the owner that fills the
/// slab appends, on one thread.
@safe public final class Slab: @unchecked Sendable {
    // `storage` is immutable; `count` and the bytes behind it are touched by the one filling thread only, and
    // readers hold slices of what was written before the slice was made and handed over.
    @usableFromInline
    let storage: UnsafeMutableRawBufferPointer
    /// Bytes written so far.
    package private(set) var count: Int = 0

    /// - Parameter capacity: bytes, 1 or more; allocated at once.
    package init(capacity: Int) {
        precondition(capacity > 0, "a slab holds at least one byte")
        unsafe storage = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { unsafe storage.deallocate() }

    /// Bytes the slab can hold in all.
    package var capacity: Int { unsafe storage.count }
    /// Bytes that can still be appended.
    package var room: Int { unsafe storage.count - count }

    /// Appends as many of `bytes` as there is room for, and returns the slice that holds them.
    package func append(_ bytes: UnsafeRawBufferPointer) -> Bytes {
        let taken = min(room, bytes.count)
        if taken > 0 {
            unsafe UnsafeMutableRawBufferPointer(rebasing: storage[count..<count + taken])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<taken]))
        }
        defer { count += taken }
        return Bytes(slab: self, offset: count, count: taken)
    }

    /// Lets `fill` write into the free part; it returns how many bytes it wrote, from the front.
    package func fill<E: Error>(
        _ fill: (UnsafeMutableRawBufferPointer) throws(E) -> Int
    ) throws(E) -> Bytes {
        let written = try unsafe fill(UnsafeMutableRawBufferPointer(rebasing: storage[count...]))
        precondition(written >= 0 && written <= room, "wrote past the slab")
        defer { count += written }
        return Bytes(slab: self, offset: count, count: written)
    }

    /// Address of the byte at `offset`; valid while the slab is referenced.
    @inlinable
    package func address(_ offset: Int) -> UnsafeRawPointer {
        unsafe UnsafeRawPointer(storage.baseAddress!) + offset
    }
}
