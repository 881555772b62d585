package import Wire

/// One field as it stood on the wire: what an inspector shows of a message, a header, an object or a datagram.
package struct Field: Hashable, Sendable {
    package enum Value: Hashable, Sendable {
        case number(UInt64)
        case bytes(Bytes)
        /// Parts that have names of their own.
        case structure([Field])
        /// Any number of the same, behind their count where the draft has one.
        case list([Field])
        /// A parameter, a setup option or a property: its type, as written and then in full, and its value.
        case pair(type: UInt64?, [Field])
    }

    /// The draft's name, such as "Track Alias".
    package var name: String
    /// Bytes from the start of the stream or datagram to the field, its own length included in it.
    package var offset: UInt64
    /// Bytes that the field takes, its own length included; 0 for what follows from other fields and is not sent.
    package var length: Int
    package var value: Value
    /// What the number stands for, such as the name of a code; nil where it says all.
    package var meaning: String?
    /// It says how much follows or how it is written, and means nothing else.
    package var isFraming = false

    package init(_ name: String, at offset: UInt64, length: Int, _ value: Value, meaning: String? = nil) {
        self.name = name
        self.offset = offset
        self.length = length
        self.value = value
        self.meaning = meaning
    }

    /// A number that follows from other fields.
    package static func derived(_ name: String, _ number: UInt64, at offset: UInt64) -> Field {
        Field(name, at: offset, length: 0, .number(number))
    }

    /// The fields it is made of; empty for a number and for bytes.
    package var parts: [Field] {
        switch value {
        case .number, .bytes: []
        case .structure(let parts), .list(let parts), .pair(_, let parts): parts
        }
    }

    /// The parts that mean something: all but counts, lengths and types.
    package var content: [Field] { parts.filter { !$0.isFraming } }

    /// The first field of this name, at any depth; nil when there is none.
    package func first(_ name: String) -> Field? {
        self.name == name ? self : parts.lazy.compactMap { $0.first(name) }.first
    }
}
