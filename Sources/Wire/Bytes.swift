/// An immutable, shared slice of bytes. Copying one costs a retain; the bytes are never copied.
///
/// Public for the reason that ``VI64`` is.
public struct Bytes: Sendable {
    /// The block the slice lies in; nil only when the slice is empty.
    @usableFromInline package let slab: Slab?
    /// Where the slice starts in the slab.
    @usableFromInline package let offset: Int
    /// Length in bytes.
    public let count: Int

    package init(slab: Slab, offset: Int, count: Int) {
        precondition(offset >= 0 && count >= 0 && offset + count <= slab.capacity, "slice outside its slab")
        self.slab = slab
        self.offset = offset
        self.count = count
    }

    /// A slice that is known to lie in its slab.
    @inlinable
    init(within slab: Slab, offset: Int, count: Int) {
        self.slab = slab
        self.offset = offset
        self.count = count
    }

    /// The empty slice.
    @inlinable
    public init() {
        slab = nil
        offset = 0
        count = 0
    }

    /// Copies `bytes` into a slab of their own size.
    public init(_ bytes: [UInt8]) {
        self = unsafe bytes.withUnsafeBytes { unsafe Bytes(copying: $0) }
    }

    /// Copies `bytes` into a slab of their own size.
    public init(copying bytes: UnsafeRawBufferPointer) {
        self = unsafe bytes.isEmpty ? Bytes() : Slab(capacity: bytes.count).append(bytes)
    }

    /// There is no byte.
    @inlinable
    public var isEmpty: Bool { count == 0 }

    /// The bytes from `start` on, `length` of them (all the rest when nil). Traps outside the slice.
    @inlinable
    public func slice(from start: Int, count length: Int? = nil) -> Bytes {
        let length = length ?? count - start
        precondition(start >= 0 && length >= 0 && length <= count - start, "slice outside its bytes")
        guard let slab else { return Bytes() }
        return Bytes(within: slab, offset: offset &+ start, count: length)
    }

    /// The same bytes for keeping: this slice when it is at least half of its slab, otherwise a copy, so that a few bytes
    /// do not keep many.
    public var compact: Bytes {
        guard let slab, count < slab.capacity / 2 else { return self }
        return unsafe withUnsafeBytes { unsafe Bytes(copying: $0) }
    }

    /// This slice and `next` as one, when `next` begins where this one ends in the same slab; otherwise nil.
    public func joined(with next: Bytes) -> Bytes? {
        if isEmpty { return next }
        if next.isEmpty { return self }
        guard let slab, slab === next.slab, offset + count == next.offset else { return nil }
        return Bytes(slab: slab, offset: offset, count: count + next.count)
    }

    /// Lends the memory; the pointer must not outlive the call, unless the slab is kept.
    @inlinable
    public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        guard let slab else { return try unsafe body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        defer { withExtendedLifetime(slab) {} }
        return try unsafe body(UnsafeRawBufferPointer(start: slab.address(offset), count: count))
    }

    /// The bytes for bounds-checked reading.
    public var span: Span<UInt8> {
        @inlinable
        @_lifetime(borrow self)
        get {
            guard let slab else {
                let none = unsafe UnsafeBufferPointer<UInt8>(start: nil, count: 0)
                return unsafe _overrideLifetime(Span(_unsafeElements: none), borrowing: self)
            }
            let memory = unsafe UnsafeBufferPointer(
                start: slab.address(offset).assumingMemoryBound(to: UInt8.self), count: count)
            return unsafe _overrideLifetime(Span(_unsafeElements: memory), borrowing: self)
        }
    }

    /// A copy as an array.
    public var array: [UInt8] { unsafe withUnsafeBytes { unsafe Array($0) } }

    /// Appends a copy of the bytes to `out`.
    public func append(to out: inout [UInt8]) {
        unsafe withUnsafeBytes { unsafe out.append(contentsOf: $0) }
    }
}

extension Bytes: Hashable {
    /// The bytes are the same, wherever they lie.
    public static func == (a: Self, b: Self) -> Bool {
        guard a.count == b.count else { return false }
        return unsafe a.withUnsafeBytes { left in unsafe b.withUnsafeBytes { right in unsafe left.elementsEqual(right) }
        }
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        unsafe withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}

extension Bytes: ExpressibleByArrayLiteral {
    /// Copies the elements into a slab of their own size.
    public init(arrayLiteral elements: UInt8...) { self.init(elements) }
}
