internal import Wire

/// A QUIC variable-length integer (RFC 9000 §16) whose bytes arrive in any pieces; holds at most eight of them.
struct PartialVarint {
    private var value: UInt64 = 0
    /// Bytes still to come; nil before the first.
    private var missing: Int?

    /// No byte of it has come.
    var isEmpty: Bool { missing == nil }

    /// Takes the integer's bytes off the front of `input`; nil: more are needed, and all were taken.
    mutating func take(_ input: inout Bytes) -> UInt64? {
        var taken = 0
        while taken < input.count {
            let byte = input.span[taken]
            taken += 1
            let left: Int
            if let missing {
                value = value << 8 | UInt64(byte)
                left = missing - 1
            } else {
                value = UInt64(byte & 0x3F)
                left = (1 << Int(byte >> 6)) - 1
            }
            guard left > 0 else {
                defer { self = Self() }
                input = input.slice(from: taken)
                return value
            }
            missing = left
        }
        input = Bytes()
        return nil
    }
}
