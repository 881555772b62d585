// The text form of names (draft-18 "Representing Namespace and Track Names"): fields joined by "-", then "--" and the
// track name; a-z A-Z 0-9 _ stand for themselves, every other byte is "." and two lower-case hex digits. The form is
// bijective: each name has one text and the parser accepts no other.

extension TrackNamespace: CustomStringConvertible {
    /// Parses text such as `example.2enet-team2`; the empty text is the namespace without fields.
    ///
    /// - Throws: ``NameError`` with the byte of `text` that is wrong.
    public init(text: String) throws(NameError) {
        self.init()
        try self.init(utf8Text: Array(text.utf8)[...])
    }

    fileprivate init(utf8Text text: ArraySlice<UInt8>) throws(NameError) {
        self.init()
        guard !text.isEmpty else { return }
        var start = text.startIndex
        while true {
            let end = text[start...].firstIndex(of: hyphen) ?? text.endIndex
            let field = try NameText.parse(text[start..<end])
            guard !field.isEmpty else { throw NameError(.emptyField, at: start) }
            do { try append(field) } catch { throw NameError(error.reason, at: start) }
            guard end < text.endIndex else { return }
            start = end + 1
        }
    }

    /// The canonical text, such as `example.2enet-team2`; empty for no fields.
    public var description: String {
        fields.map(NameText.print).joined(separator: "-")
    }
}

extension TrackName: CustomStringConvertible {
    /// Parses the text of one track name. - Throws: ``NameError`` with the byte that is wrong.
    public init(text: String) throws(NameError) {
        self.init(try NameText.parse(Array(text.utf8)[...]))
    }

    /// The canonical text; empty for the empty name.
    public var description: String { NameText.print(bytes) }
}

extension FullTrackName: CustomStringConvertible {
    /// Parses text such as `example.2enet-team2--report`.
    ///
    /// - Throws: ``NameError`` with the byte of `text` that is wrong.
    public init(text: String) throws(NameError) {
        let bytes = Array(text.utf8)
        var separator: Int?
        for index in bytes.indices.dropLast() where bytes[index] == hyphen && bytes[index + 1] == hyphen {
            separator = index
            break
        }
        guard let separator else { throw NameError(.missingSeparator, at: bytes.count) }
        let namespace = try TrackNamespace(utf8Text: bytes[..<separator])
        let name = TrackName(try NameText.parse(bytes[(separator + 2)...]))
        do { try self.init(namespace: namespace, name: name) } catch {
            throw NameError(error.reason, at: separator + 2)
        }
    }

    /// The canonical text, such as `example.2enet-team2--report`.
    public var description: String { "\(namespace)--\(name)" }
}

private let hyphen = UInt8(ascii: "-")

private enum NameText {
    static func isLiteral(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    static func print(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            if isLiteral(byte) {
                text.append(byte)
            } else {
                text += [UInt8(ascii: "."), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    static func parse(_ text: ArraySlice<UInt8>) throws(NameError) -> [UInt8] {
        var result: [UInt8] = []
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            if isLiteral(byte) {
                result.append(byte)
                index += 1
                continue
            }
            guard byte == UInt8(ascii: ".") else { throw NameError(.invalidCharacter, at: index) }
            guard text.endIndex - index > 2 else { throw NameError(.truncatedEscape, at: index) }
            let value =
                try digit(text[index + 1], at: index + 1, of: index) << 4
                | digit(text[index + 2], at: index + 2, of: index)
            guard !isLiteral(value) else { throw NameError(.redundantEscape, at: index) }
            result.append(value)
            index += 3
        }
        return result
    }

    static func digit(_ byte: UInt8, at offset: Int, of escape: Int) throws(NameError) -> UInt8 {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): throw NameError(.upperCaseHex, at: offset)
        default: throw NameError(.truncatedEscape, at: escape)
        }
    }
}
