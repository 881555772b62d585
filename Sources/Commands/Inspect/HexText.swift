internal import CommandLine

/// Hex text as people have it: plain digits, with spaces, colons or 0x between them, or a dump by xxd or hexdump -C.
struct HexText {
    /// Bytes of one line, or of the lines of one dump.
    struct Unit: Hashable {
        /// Number of its first line, from 1.
        var line: Int
        var bytes: [UInt8] = []
    }

    struct Failure: Error, CustomStringConvertible {
        var line: Int
        var what: String
        var description: String { "line \(line): \(what)" }
    }

    private(set) var units: [Unit] = []
    /// Lines of the last unit are numbered by their place in it.
    private var isDump = false

    /// - Throws: `Failure` for what is no hex text.
    init(_ text: [UInt8]) throws(Failure) {
        var number = 0
        for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            try add(Line(line), number)
        }
    }

    private mutating func add(_ line: Line, _ number: Int) throws(Failure) {
        if isDump, let end = line.end, end == units.last?.bytes.count { return }
        let digits: [UInt8]
        do { digits = try line.bytes() } catch { throw Failure(line: number, what: error.what) }
        if let place = line.place, isDump, place > 0, place == units.last?.bytes.count {
            units[units.count - 1].bytes += digits
        } else if !digits.isEmpty {
            units.append(Unit(line: number, bytes: digits))
            isDump = line.place != nil
        }
    }

    /// One line, without comment, place and text column.
    private struct Line {
        struct Failure: Error { var what: String }

        /// Where the bytes belong in the dump; nil on a line that is not of a dump.
        var place: Int?
        /// Eight digits alone, with which hexdump -C ends: the length of the dump.
        private(set) var end: Int?
        private var digits: String

        init(_ line: ArraySlice<UInt8>) {
            let text = String(decoding: line.prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self)
            digits = text
            let head = text.prefix(8)
            let rest = text.dropFirst(8)
            guard head.count == 8, let place = Int(head, radix: 16) else { return }
            if rest.hasPrefix(": ") {
                // xxd: its text column follows two spaces.
                self.place = place
                digits = String(rest.dropFirst(2).split(separator: "  ", maxSplits: 1).first ?? "")
            } else if rest.allSatisfy(\.isWhitespace) {
                self.end = place
            } else if rest.hasPrefix("  "), let column = rest.firstIndex(of: "|") {
                // hexdump -C: its text column stands between bars.
                self.place = place
                digits = String(rest[..<column])
            }
        }

        func bytes() throws(Failure) -> [UInt8] {
            var result: [UInt8] = []
            for word in digits.split(whereSeparator: { $0.isWhitespace || $0 == ":" || $0 == "," }) {
                let word = word.hasPrefix("0x") || word.hasPrefix("0X") ? word.dropFirst(2) : word
                var high: UInt8?
                for character in word {
                    guard let digit = character.hexDigitValue, character.isASCII else {
                        throw Failure(what: "expected hex digits, got '\(String(character).printable())'")
                    }
                    if let first = high {
                        result.append(first << 4 | UInt8(digit))
                        high = nil
                    } else {
                        high = UInt8(digit)
                    }
                }
                if high != nil { throw Failure(what: "half a byte in '\(String(word).printable(limit: 40))'") }
            }
            return result
        }
    }
}
