internal import CommandLine
internal import MoQTCodec
internal import Wire

/// Items as text for people; text from the wire is escaped.
struct ItemText {
    /// The line of the input that the item is from; nil when there is only one.
    var line: Int?
    /// The unit that the item is from, where its bytes are to be shown.
    var bytes: Bytes?
    /// The unit, of which what was not understood is shown.
    var undecoded: Bytes

    /// One line, and the bytes under it.
    func line(_ item: InspectedItem) -> String {
        var text = head(item)
        if let error = item.error {
            text += "  ERROR  " + error.described(in: item.name)
        } else {
            let about = summary(item.fields)
            text += "  " + (about.isEmpty ? item.name : item.name.padded(to: 18) + "  " + about)
        }
        return text + "\n" + dump(item)
    }

    /// The item and under it all its fields, a line each: offset, length, name and value.
    func tree(_ item: InspectedItem) -> String {
        var text = head(item) + "  "
        if let error = item.error {
            text += "ERROR  " + error.described(in: item.name) + "\n"
        } else {
            text += item.name + (item.code.map { " (0x\(String($0, radix: 16)))" } ?? "") + "\n"
        }
        for field in item.fields { add(field, depth: 1, to: &text) }
        return text + (item.error == nil && bytes == nil ? "" : dump(item))
    }

    private func head(_ item: InspectedItem) -> String {
        let place = line.map { "\($0):" } ?? ""
        let length = item.length == 0 ? "" : String(item.length)
        return (place + String(item.offset)).padded(left: line == nil ? 6 : 10) + length.padded(left: 7)
    }

    private func add(_ field: Field, depth: Int, to text: inout String) {
        let indent = String(repeating: "    ", count: depth)
        let head =
            field.length == 0
            ? "".padded(left: 13) : String(field.offset).padded(left: 6) + String(field.length).padded(left: 7)
        // What is not on the wire stands in brackets.
        let label = field.length == 0 ? "[\(Self.label(field))]" : Self.label(field)
        text += "  " + head + indent + label + "\n"
        for part in field.parts { add(part, depth: depth + 1, to: &text) }
    }

    private static func label(_ field: Field) -> String {
        switch field.value {
        case .pair(let type, _): field.name + (type.map { " (0x\(String($0, radix: 16)))" } ?? "")
        case .structure: field.name
        case .list, .number, .bytes: "\(field.name): \(field.shown)"
        }
    }

    private func summary(_ fields: [Field]) -> String {
        fields.filter { !$0.isFraming && !$0.isLongPayload }.flatMap { field -> [String] in
            guard case .list(let parts) = field.value, parts.contains(where: \.isPair) else { return [field.summary] }
            return field.content.map(\.summary)
        }.joined(separator: ", ")
    }

    /// The bytes of the item where they were asked for, or were not understood.
    private func dump(_ item: InspectedItem) -> String {
        guard let source = bytes ?? (item.error == nil ? nil : undecoded), item.length > 0 else { return "" }
        let slice = source.slice(from: Int(item.offset), count: item.length).array
        var text = ""
        for start in stride(from: 0, to: slice.count, by: 16) {
            let row = slice[start..<min(start + 16, slice.count)]
            let hex = row.map { $0.hex }.joined(separator: " ").padded(to: 47)
            let shown = row.map { (0x20...0x7E).contains($0) ? String(UnicodeScalar($0)) : "." }.joined()
            text += String(Int(item.offset) + start).padded(left: 15) + "  \(hex)  \(shown)\n"
        }
        return text
    }
}

extension CodecError {
    /// `PROTOCOL_VIOLATION (session) in SUBSCRIBE: FORWARD at byte 20: 2 is outside 0...1 (FORWARD Parameter)`.
    func described(in name: String) -> String {
        "\(code) (\(scopeName))\(name.isEmpty ? "" : " in \(name)"): \(field) at byte \(offset): \(what) (\(section))"
    }

    /// What the error ends.
    var scopeName: String {
        switch scope {
        case .session: "session"
        case .request: "request"
        case .track: "track"
        case .caller: "encoding"
        }
    }
}

extension Field {
    /// A payload that a line has no room for; its length is a field of its own.
    fileprivate var isLongPayload: Bool {
        guard name == "Object Payload" || name == "Padding Data", case .bytes(let bytes) = value else { return false }
        return bytes.count > 64 || bytes.text == nil
    }

    fileprivate var isPair: Bool {
        if case .pair = value { true } else { false }
    }

    /// `Track Alias 7`; the parts of a structure in braces.
    fileprivate var summary: String {
        switch value {
        case .pair(let type, _):
            let name = text(of: type)
            let content = content.map(\.shown)
            return content.isEmpty ? name : name + " " + content.joined(separator: " ")
        case .number, .bytes, .list, .structure: return "\(name) \(shown)"
        }
    }

    /// The name of a pair, with its type where the name does not say it.
    private func text(of type: UInt64?) -> String {
        guard let type, name == "UNKNOWN" || name == "GREASE" else { return name }
        return "\(name) 0x\(String(type, radix: 16))"
    }

    /// The value.
    var shown: String {
        switch value {
        case .number(let number): meaning.map { "\(number) (\($0))" } ?? String(number)
        case .bytes(let bytes): bytes.shown
        case .structure: "{" + content.map(\.summary).joined(separator: ", ") + "}"
        case .list(let parts):
            parts.contains(where: \.isPair)
                ? "{" + content.map(\.summary).joined(separator: ", ") + "}"
                : "(" + content.map(\.shown).joined(separator: ", ") + ")"
        case .pair: content.map(\.shown).joined(separator: " ")
        }
    }
}

extension Bytes {
    /// Text in quotes when it is printable, hex digits otherwise.
    fileprivate var shown: String {
        if let text { return "\"" + text.printable(limit: .max) + "\"" }
        return array.hex
    }

    /// The bytes as text; nil unless they are UTF-8 without control characters.
    var text: String? {
        guard let text = String(validating: array, as: UTF8.self) else { return nil }
        return text.unicodeScalars.allSatisfy { !$0.properties.generalCategory.isControl } ? text : nil
    }
}

extension Unicode.GeneralCategory {
    fileprivate var isControl: Bool {
        switch self {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}

extension UInt8 {
    /// Two hex digits.
    var hex: String { (self < 16 ? "0" : "") + String(self, radix: 16) }
}

extension Sequence<UInt8> {
    /// Two hex digits a byte.
    var hex: String { map(\.hex).joined() }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(0, width - count))
    }

    fileprivate func padded(left width: Int) -> String {
        String(repeating: " ", count: Swift.max(0, width - count)) + self
    }
}
