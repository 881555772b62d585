/// Prints JSON (RFC 8259) without spaces; absent values are left out.
struct JSONPrinter {
    private(set) var text: [UInt8] = []
    private var needsComma = false

    mutating func object(_ body: (inout JSONPrinter) -> Void) {
        value(UInt8(ascii: "{"))
        needsComma = false
        body(&self)
        text.append(UInt8(ascii: "}"))
        needsComma = true
    }

    mutating func array<S: Sequence>(_ items: S, _ body: (inout JSONPrinter, S.Element) -> Void) {
        value(UInt8(ascii: "["))
        needsComma = false
        for item in items { body(&self, item) }
        text.append(UInt8(ascii: "]"))
        needsComma = true
    }

    mutating func key(_ name: String) {
        string(name)
        text.append(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func field(_ name: String, _ value: String?) {
        guard let value else { return }
        key(name)
        string(value)
    }

    mutating func field(_ name: String, _ value: (some BinaryInteger)?) {
        guard let value else { return }
        key(name)
        literal(String(value))
    }

    mutating func field(_ name: String, _ value: Bool) {
        key(name)
        literal(value ? "true" : "false")
    }

    /// A number; one that is not finite has no JSON and is left out.
    mutating func field(_ name: String, _ value: Double?) {
        guard let value, value.isFinite else { return }
        key(name)
        literal(Int64(exactly: value).map { String($0) } ?? value.description)
    }

    mutating func string(_ value: String) {
        self.value(UInt8(ascii: "\""))
        for byte in value.utf8 { escape(byte) }
        text.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
        case 0..<0x20: text += Array("\\u00".utf8) + [Self.digit(byte >> 4), Self.digit(byte & 15)]
        default: text.append(byte)
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    private mutating func literal(_ text: String) {
        guard let first = text.utf8.first else { return }
        value(first)
        self.text.append(contentsOf: text.utf8.dropFirst())
    }

    /// Starts a value with its first byte, after a comma where one is due.
    private mutating func value(_ first: UInt8) {
        if needsComma { text.append(UInt8(ascii: ",")) }
        text.append(first)
        needsComma = true
    }
}
