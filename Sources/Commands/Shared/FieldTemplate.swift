package import CommandLine
package import Wire

/// How `-F` writes an object: text with fields such as `%g` in it.
package struct FieldTemplate: Hashable, Sendable {
    package enum Field: Character, CaseIterable, Sendable {
        case track = "n"
        case group = "g"
        case object = "o"
        /// Bytes of the payload.
        case size = "s"
        /// Milliseconds from capture to arrival, `-` without a capture time.
        case latency = "t"
        case payload = "p"
    }

    private enum Part: Hashable, Sendable { case text([UInt8]), field(Field) }
    private var parts: [Part] = []

    /// An object to write.
    package struct Item: Sendable {
        /// Track name in the draft's text form.
        package var track: [UInt8]
        package var group: UInt64
        package var object: UInt64
        package var payload: Bytes
        /// Below 0 when the clocks differ; nil without a capture time.
        package var latencyMilliseconds: Int64?

        package init(track: [UInt8], group: UInt64, object: UInt64, payload: Bytes, latencyMilliseconds: Int64? = nil) {
            self.track = track
            self.group = group
            self.object = object
            self.payload = payload
            self.latencyMilliseconds = latencyMilliseconds
        }
    }

    /// - Throws: what is wrong: an unknown field or escape, or one that the text ends in.
    package init(_ text: String) throws(UsageError) {
        var literal: [UInt8] = []
        var rest = text.makeIterator()
        while let character = rest.next() {
            switch character {
            case "\\": literal.append(try Self.escaped(rest.next()))
            case "%":
                let letter = rest.next()
                if letter == "%" { literal.append(UInt8(ascii: "%")); continue }
                guard let letter, let field = Field(rawValue: letter) else {
                    let known = Field.allCases.map { "%\($0.rawValue)" } + ["%%"]
                    throw .expected(String.alternatives(known), got: "%" + (letter.map { String($0) } ?? ""))
                }
                if !literal.isEmpty { parts.append(.text(literal)) }
                literal = []
                parts.append(.field(field))
            default: literal += String(character).utf8
            }
        }
        if !literal.isEmpty { parts.append(.text(literal)) }
    }

    private static func escaped(_ letter: Character?) throws(UsageError) -> UInt8 {
        switch letter {
        case "n": return 10
        case "t": return 9
        case "r": return 13
        case "0": return 0
        case "\\": return UInt8(ascii: "\\")
        default: throw .expected("\\n, \\t, \\r, \\0 or \\\\", got: "\\" + (letter.map { String($0) } ?? ""))
        }
    }
    /// The text of one object.
    package func bytes(for item: Item) -> [UInt8] {
        var result: [UInt8] = []
        for part in parts {
            switch part {
            case .text(let bytes): result += bytes
            case .field(.track): result += item.track
            case .field(.group): result += String(item.group).utf8
            case .field(.object): result += String(item.object).utf8
            case .field(.size): result += String(item.payload.count).utf8
            case .field(.latency): result += (item.latencyMilliseconds.map { String($0) } ?? "-").utf8
            case .field(.payload): result += item.payload.array
            }
        }
        return result
    }
}
