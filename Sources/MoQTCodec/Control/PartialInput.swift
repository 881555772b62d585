internal import Wire

/// The front of a stream, of which some bytes may have to wait for the rest of what they belong to.
///
/// While nothing waits, ``view(_:)`` is the input itself and nothing is copied. What waits is copied, and only as much
/// as is known to belong to the one element.
struct PartialInput: Sendable {
    private var pending: [UInt8] = []
    private var needed = 0
    /// Bytes of the stream taken so far; waiting ones are not.
    private(set) var consumed: UInt64 = 0

    /// Nothing waits.
    var isEmpty: Bool { pending.isEmpty }

    /// The bytes from ``consumed`` on, or nil when the input is used up and more is needed.
    mutating func view(_ input: inout Bytes) -> Bytes? {
        if pending.isEmpty { return input.isEmpty ? nil : input }
        let count = min(needed - pending.count, input.count)
        input.slice(from: 0, count: count).append(to: &pending)
        input = input.slice(from: count)
        return pending.count < needed ? nil : Bytes(pending)
    }

    /// Says that the element is at least `count` bytes long, more than the view held.
    mutating func needs(_ count: Int, _ input: inout Bytes) {
        if pending.isEmpty {
            input.append(to: &pending)
            input = Bytes()
        }
        needed = count
    }

    /// Says that the element was `count` bytes long.
    mutating func take(_ count: Int, _ input: inout Bytes) {
        if pending.isEmpty { input = input.slice(from: count) } else { pending.removeAll(keepingCapacity: true) }
        consumed += UInt64(count)
    }

    /// Says that `count` bytes of the input were passed on.
    mutating func pass(_ count: Int) { consumed += UInt64(count) }
}
