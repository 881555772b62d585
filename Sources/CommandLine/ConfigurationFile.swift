/// Options in a file: a name and its value in each line, as `name = value` or `name value`; what takes no value stands
/// alone, or with `yes` or `no`. `#` begins a comment at the start of a line and after a space.
struct ConfigurationFile {
    struct Entry: Hashable {
        /// Counted from 1.
        var line: Int
        /// Without dashes.
        var name: String
        /// Nil: the name stands alone.
        var value: String?
    }

    let path: String
    private(set) var entries: [Entry] = []

    /// - Parameter text: all of the file.
    init(path: String, text: String) throws(UsageError) {
        self.path = path
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            guard let entry = Self.entry(Self.withoutComment(line), line: index + 1) else { continue }
            guard !entry.name.isEmpty else {
                throw UsageError("expected a name before '='", subject: place(of: entry))
            }
            entries.append(entry)
        }
    }

    /// `relay.conf:7`, for an error.
    func place(of entry: Entry) -> String { "\(path.printable()):\(entry.line)" }

    private static func entry(_ line: Substring, line number: Int) -> Entry? {
        let text = trimmed(line)
        guard !text.isEmpty else { return nil }
        let end = text.firstIndex { $0 == "=" || $0.isWhitespace } ?? text.endIndex
        var rest = trimmed(text[end...])
        let hasSign = rest.first == "="
        if hasSign { rest = trimmed(rest.dropFirst()) }
        // The dashes of the command line do no harm.
        let name = String(text[..<end].drop { $0 == "-" })
        return Entry(line: number, name: name, value: rest.isEmpty && !hasSign ? nil : String(rest))
    }

    private static func withoutComment(_ line: Substring) -> Substring {
        var previous: Character = " "
        for index in line.indices {
            if line[index] == "#", previous.isWhitespace { return line[..<index] }
            previous = line[index]
        }
        return line
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop(while: \.isWhitespace)
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return start[...last]
    }
}
