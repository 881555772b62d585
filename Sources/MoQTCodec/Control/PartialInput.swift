internal import Wire

/// The front of a stream, of which some bytes may have to wait for the rest of what they belong to.
///
/// While nothing waits, ``view(_:)`` is the input itself and nothing is copied. What waits is copied, and only as much
/// as is known to belong to the one element, into a slab that grows as bytes come, whatever length was claimed.
struct PartialInput: Sendable {
    /// What waits, from the front of the slab; nil when nothing does.
    private var slab: Slab?
    private var needed = 0
    /// Bytes of the stream taken so far; waiting ones are not.
    private(set) var consumed: UInt64 = 0

    /// Nothing waits. Something does where a view lies in a slab of the element's own, which may be kept with it.
    var isEmpty: Bool { slab == nil }

    /// Bytes of the stream that came: those taken, and those that wait.
    var end: UInt64 { consumed + UInt64(held) }

    /// What waits.
    private var waiting: Bytes { slab.map { Bytes(slab: $0, offset: 0, count: $0.count) } ?? Bytes() }

    /// The bytes from ``consumed`` on, or nil when the input is used up and more is needed.
    mutating func view(_ input: inout Bytes) -> Bytes? {
        if slab == nil { return input.isEmpty ? nil : input }
        let count = min(needed - held, input.count)
        wait(for: input.slice(from: 0, count: count))
        input = input.slice(from: count)
        return held < needed ? nil : waiting
    }

    /// Says that the element is at least `count` bytes long, more than the view held.
    mutating func needs(_ count: Int, _ input: inout Bytes) {
        needed = count
        guard slab == nil else { return }
        wait(for: input)
        input = Bytes()
    }

    /// Says that the element was `count` bytes long.
    mutating func take(_ count: Int, _ input: inout Bytes) {
        if slab == nil { input = input.slice(from: count) } else { slab = nil }
        consumed += UInt64(count)
    }

    /// Says that `count` bytes of the input were passed on.
    mutating func pass(_ count: Int) { consumed += UInt64(count) }

    /// Bytes that wait.
    private var held: Int { slab?.count ?? 0 }

    private mutating func wait(for bytes: Bytes) {
        // A copy of the decoder may hold the slab too.
        if !isKnownUniquelyReferenced(&slab) || slab?.room ?? 0 < bytes.count {
            let wider = Slab(capacity: max(64, min(needed, max(2 * held, held + bytes.count))))
            waiting.append(to: wider)
            slab = wider
        }
        if let slab { bytes.append(to: slab) }
    }
}

extension Bytes {
    fileprivate func append(to slab: Slab) { unsafe withUnsafeBytes { _ = unsafe slab.append($0) } }
}
