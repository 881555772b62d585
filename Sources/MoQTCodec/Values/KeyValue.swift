public import Wire

/// One Key-Value-Pair: a number under an even type, bytes under an odd one (draft-18 "Key-Value-Pair Structure").
public struct KeyValue: Hashable, Sendable {
    /// What stands under a type.
    public enum Value: Hashable, Sendable {
        /// Of an even type.
        case integer(UInt64)
        /// Of an odd type; at most 65,535 bytes.
        case bytes(Bytes)
    }

    /// Even for a number, odd for bytes.
    public var type: UInt64
    /// Of the kind that ``type`` tells.
    public var value: Value

    /// - Parameter type: even.
    public init(type: UInt64, integer: UInt64) {
        precondition(type & 1 == 0, "an even type holds an integer")
        self.type = type
        value = .integer(integer)
    }

    /// - Parameter type: odd.
    public init(type: UInt64, bytes: Bytes) {
        precondition(type & 1 == 1, "an odd type holds bytes")
        self.type = type
        value = .bytes(bytes)
    }

    /// A pair of this type with nothing in it.
    init(blank type: UInt64) {
        self = type & 1 == 0 ? KeyValue(type: type, integer: 0) : KeyValue(type: type, bytes: Bytes())
    }
}
