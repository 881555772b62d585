internal import MoQTCodec

/// What each draft changes, as a table in Markdown or as JSON.
enum DraftTable {
    /// A row for each draft and topic.
    static var markdown: String {
        var lines = ["| draft | ALPN | what | new | changed | gone |", "|---|---|---|---|---|---|"]
        var last = 0
        for change in DraftChange.all() {
            let isNext = change.draft != last
            last = change.draft
            let head = isNext ? "| \(change.draft) | `\(change.alpn)` " : "| | "
            let cells = [change.added, change.changed, change.removed].map { $0.joined(separator: ", ") }
            lines.append(
                head + "| \(change.topic) | " + cells.map { $0.isEmpty ? "" : $0 + " " }.joined(separator: "| ") + "|")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// One object for each draft and topic.
    static var json: String {
        var json = JSONLine()
        return DraftChange.all().map { change in
            json.add("kind", "change")
            json.add("draft", change.draft)
            json.add("alpn", change.alpn)
            json.add("topic", change.topic)
            json.add("new", change.added)
            json.add("changed", change.changed)
            json.add("gone", change.removed)
            return json.finished()
        }.joined()
    }
}
