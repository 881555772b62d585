/// Why bytes could not be decoded, and where.
package struct WireError: Error, Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// The bytes end before the field does; at least `needed` bytes in all are wanted from `offset` on.
        case truncated(needed: Int)
        /// A length or count exceeds its limit.
        case tooLong(limit: UInt64)
        /// Any other rule; the text says what was expected.
        case invalid(String)
    }

    package var reason: Reason
    /// Bytes from the start of the element to the field that failed.
    package var offset: Int
    /// The field's name in the draft, such as "Track Alias".
    package var field: String

    package init(_ reason: Reason, offset: Int, field: String) {
        self.reason = reason
        self.offset = offset
        self.field = field
    }
}

extension WireError: CustomStringConvertible {
    package var description: String {
        switch reason {
        case .truncated(let needed): "\(field) at byte \(offset): needs \(needed) bytes, the input ends before"
        case .tooLong(let limit): "\(field) at byte \(offset): longer than \(limit)"
        case .invalid(let what): "\(field) at byte \(offset): \(what)"
        }
    }
}
