/// Lists of strings as `WT-Available-Protocols` and `WT-Protocol` hold them (RFC 9651; draft-ietf-webtrans-http3
/// "Application Protocol Negotiation"). Bare tokens, which drafts 10 to 12 had, are read as well.
enum ProtocolList {
    /// Entries read at most; the rest is ignored.
    static let limit = 64

    /// `"a", "b"`; names have printable ASCII only.
    static func text(_ names: [String]) -> String { names.map(quoted).joined(separator: ", ") }

    /// A string item.
    static func quoted(_ name: String) -> String {
        "\"" + name.flatMap { "\"\\".contains($0) ? ["\\", $0] : [$0] } + "\""
    }

    /// The entries in their order; nil when the text is no such list, which counts as no header at all (RFC 9651 §4.2).
    /// Parameters are skipped.
    static func parse(_ text: some Sequence<UInt8>) -> [String]? {
        var cursor = Cursor(Array(text))
        var names: [String] = []
        cursor.skipSpace()
        if cursor.isAtEnd { return [] }
        while true {
            guard let name = cursor.item() else { return nil }
            if names.count < limit { names.append(name) }
            cursor.skipSpace()
            if cursor.isAtEnd { return names }
            guard cursor.take(UInt8(ascii: ",")) else { return nil }
            cursor.skipSpace()
        }
    }
}

private struct Cursor {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }
    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    mutating func skipSpace() {
        while next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") { offset += 1 }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        offset += 1
        return true
    }

    /// A string or a token, with its parameters left out.
    mutating func item() -> String? {
        guard let value = next == UInt8(ascii: "\"") ? string() : token() else { return nil }
        while take(UInt8(ascii: ";")) {
            skipSpace()
            guard token() != nil else { return nil }
            guard take(UInt8(ascii: "=")) else { continue }
            guard (next == UInt8(ascii: "\"") ? string() : token()) != nil else { return nil }
        }
        return value
    }

    private mutating func string() -> String? {
        offset += 1
        var value: [UInt8] = []
        while let byte = next {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: value, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = next, escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") else {
                    return nil
                }
                offset += 1
                value.append(escaped)
            case 0x20...0x7E: value.append(byte)
            default: return nil
            }
        }
        return nil
    }

    /// Anything else of a token's characters (RFC 9651 §3.3.4); numbers and booleans, as parameters have them, too.
    private mutating func token() -> String? {
        let start = offset
        while let byte = next, Self.isTokenByte(byte) { offset += 1 }
        return offset > start ? String(decoding: bytes[start..<offset], as: UTF8.self) : nil
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~:/?@".utf8.contains(byte)
        }
    }
}
