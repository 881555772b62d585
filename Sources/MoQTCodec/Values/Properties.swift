public import Wire

/// Track or Object Properties, kept to the byte as they came, so that a relay passes on what it does not know
/// (draft-18 "Properties").
public struct Properties: Hashable, Sendable {
    /// The Key-Value-Pairs, without the length in front.
    public var raw: Bytes
    /// How ``raw`` is written; it differs between drafts.
    public var coding: KeyValueCoding

    /// No properties.
    public init() {
        raw = Bytes()
        coding = .delta(.vi64)
    }

    /// Bytes as received, which must have been checked.
    public init(raw: Bytes, coding: KeyValueCoding) {
        self.raw = raw
        self.coding = coding
    }

    /// There are no pairs.
    public var isEmpty: Bool { raw.isEmpty }

    /// The same pairs, written the same way; no properties are the same whichever way that is.
    public static func == (a: Self, b: Self) -> Bool {
        a.raw == b.raw && (a.coding == b.coding || a.isEmpty)
    }

    /// Hashes the pairs as they are written.
    public func hash(into hasher: inout Hasher) { hasher.combine(raw) }
}

/// How a list of Key-Value-Pairs is written.
public enum KeyValueCoding: Hashable, Sendable {
    /// Each type as the difference from the one before (drafts since 16).
    case delta(IntegerCoding)
    /// Each type in full (drafts 14 and 15).
    case absolute(IntegerCoding)

    var integers: IntegerCoding {
        switch self {
        case .delta(let integers), .absolute(let integers): integers
        }
    }
}
