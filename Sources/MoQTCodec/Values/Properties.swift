package import Wire

/// Track or Object Properties, kept to the byte as they came, so that a relay passes on what it does not know
/// (draft-18 "Properties").
package struct Properties: Hashable, Sendable {
    /// The Key-Value-Pairs, without the length in front.
    package var raw: Bytes
    /// How ``raw`` is written; it differs between drafts.
    package var coding: KeyValueCoding

    /// No properties.
    package init() {
        raw = Bytes()
        coding = .delta(.vi64)
    }

    /// Bytes as received, which must have been checked.
    package init(raw: Bytes, coding: KeyValueCoding) {
        self.raw = raw
        self.coding = coding
    }

    package var isEmpty: Bool { raw.isEmpty }

    /// The same pairs, written the same way; no properties are the same whichever way that is.
    package static func == (a: Self, b: Self) -> Bool {
        a.raw == b.raw && (a.coding == b.coding || a.isEmpty)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(raw) }
}

/// How a list of Key-Value-Pairs is written.
package enum KeyValueCoding: Hashable, Sendable {
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
