internal import MoQTCodec
internal import Wire

/// What `moqt announce` prints: a line for each namespace or track that comes or goes, or for a track's status.
final class AnnounceReport {
    enum Event: String {
        /// The peer accepted what is held here; told only to programs.
        case accepted
        case added, removed

        var sign: String? {
            switch self {
            case .accepted: nil
            case .added: "+"
            case .removed: "-"
            }
        }
    }

    private let json: Bool
    private let writer = ByteWriter.standardOutput
    private var line = JSONLine()

    init(json: Bool) { self.json = json }

    func flush() throws(WriteError) { try writer.flush() }

    func namespace(_ namespace: TrackNamespace, _ event: Event) throws(WriteError) {
        try write("namespace", namespace.description, event)
    }

    func track(_ track: FullTrackName, _ event: Event) throws(WriteError) {
        try write("track", track.description, event)
    }

    private func write(_ kind: String, _ name: String, _ event: Event) throws(WriteError) {
        if json {
            line.add("kind", kind)
            line.add("event", event.rawValue)
            line.add(kind, name)
            try line.write(to: writer)
        } else if let sign = event.sign {
            try writer.write("\(sign) \(name)\n")
        }
    }

    // MARK: - Status

    func status(of track: FullTrackName, _ answer: RequestOK) throws(WriteError) {
        if json { return try statusLine(track, answer) }
        let largest = answer.parameters.largestObject
        var words = "\(track) largest \(largest.map { "\($0.group):\($0.object)" } ?? "-")"
        if let expires = answer.parameters.expires, expires > 0 { words += " expires in \(expires) ms" }
        for entry in answer.trackProperties.entries { words += " 0x\(String(entry.type, radix: 16))=\(entry.text)" }
        try writer.write(words + "\n")
    }

    private func statusLine(_ track: FullTrackName, _ answer: RequestOK) throws(WriteError) {
        line.add("kind", "status")
        line.add("track", track.description)
        if let largest = answer.parameters.largestObject {
            line.add("largest") { (line: inout JSONLine) in
                line.add("group", largest.group)
                line.add("object", largest.object)
            }
        } else {
            line.addNull("largest")
        }
        // 0 and absent both mean that nothing is known of it.
        if let expires = answer.parameters.expires, expires > 0 {
            line.add("expires_ms", expires)
        } else {
            line.addNull("expires_ms")
        }
        line.add("properties") { $0.add(answer.trackProperties) }
        try line.write(to: writer)
    }
}

extension KeyValue {
    /// A number as it is, bytes in hex.
    fileprivate var text: String {
        switch value {
        case .integer(let number): "\(number)"
        case .bytes(let bytes): bytes.array.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
    }
}
