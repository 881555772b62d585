/// Text as it came over the wire: meant to be UTF-8, kept to the byte even when it is not.
///
/// Used for reason phrases, URIs and implementation names. Shown, it is escaped, so that a peer's bytes do no harm
/// in a log or on a terminal.
public struct WireText: Hashable, Sendable {
    /// The bytes as sent.
    public var bytes: [UInt8]

    /// Bytes that may be any.
    public init(bytes: [UInt8]) { self.bytes = bytes }
    /// As UTF-8.
    public init(_ text: String) { bytes = Array(text.utf8) }
    /// No text.
    public init() { bytes = [] }

    /// There is no byte.
    public var isEmpty: Bool { bytes.isEmpty }
    /// The text, with anything that is not UTF-8 replaced; not escaped.
    public var string: String { String(decoding: bytes, as: UTF8.self) }
}

extension WireText: ExpressibleByStringLiteral, CustomStringConvertible {
    /// As UTF-8.
    public init(stringLiteral value: String) { self.init(value) }

    /// The text with control characters and non-ASCII written as escapes.
    public var description: String {
        string.unicodeScalars.map { $0.escaped(asASCII: true) }.joined()
    }
}
