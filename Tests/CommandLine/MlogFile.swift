import Foundation
import Testing

/// A file that `--mlog` has written, read as any reader of JSON text sequences would.
struct MlogFile {
    typealias Object = [String: Any]

    /// The first record.
    let header: Object
    let events: [Object]

    /// - Throws: also when a record is no JSON object, or does not stand between separator and newline (RFC 7464).
    init(_ path: String) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        try #require(data.first == 0x1E && data.last == UInt8(ascii: "\n"), "\(path)")
        let records = try data.split(separator: 0x1E).map {
            try #require($0.last == UInt8(ascii: "\n"))
            return try #require(try JSONSerialization.jsonObject(with: Data($0)) as? Object)
        }
        header = try #require(records.first)
        events = Array(records.dropFirst())
    }

    /// All that are in a directory.
    static func all(in directory: String) throws -> [MlogFile] {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        #expect(names.allSatisfy { $0.hasSuffix(".mlog") }, "\(names)")
        return try names.map { try MlogFile(directory + "/" + $0) }
    }

    private var common: Object {
        ((header["trace"] as? Object)?["common_fields"] as? Object) ?? [:]
    }

    /// The connection, which has the same name at both ends.
    var connection: String { common["group_id"] as? String ?? "" }
    /// The session, by which the log of its process names it.
    var session: Int { common["session"] as? Int ?? -1 }
    var draft: Int { common["draft"] as? Int ?? -1 }

    /// What events of a name say, such as `control_message_parsed`.
    func data(_ name: String) -> [Object] {
        events.filter { $0["name"] as? String == "moqt:\(name)" }.compactMap { $0["data"] as? Object }
    }

    /// What the peer's file says of what one end has sent, and of what it has received: as text, by stream.
    func streams(_ event: String) -> [Int: [String]] {
        var streams: [Int: [String]] = [:]
        for data in data(event) { streams[data["stream_id"] as? Int ?? -1, default: []].append(Self.text(data)) }
        return streams
    }

    private static func text(_ object: Object) -> String {
        let data = try? JSONSerialization.data(withJSONObject: object, options: .sortedKeys)
        return data.map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Types of the control messages of one direction.
    func messages(_ event: String) -> [String] {
        data("control_message_\(event)").compactMap { ($0["message"] as? Object)?["type"] as? String }
    }

    /// Bytes of the control messages of one direction, in ascending order.
    func lengths(_ event: String) -> [Int] {
        data("control_message_\(event)").compactMap { $0["length"] as? Int }.sorted()
    }
}

/// What the log of a process at `-vv` says of the control messages of a session.
struct LoggedMessages {
    /// Bytes of each, in ascending order.
    var sent: [Int] = []
    var received: [Int] = []

    init(_ log: String, session: Int) throws {
        for line in try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard let place = words.firstIndex(of: "session"), words.dropFirst(place + 1).first == "\(session):",
                words.last == "bytes", let count = Int(words[words.count - 2])
            else { continue }
            if words[place + 2] == "sent" { sent.append(count) }
            if words[place + 2] == "received" { received.append(count) }
        }
        sent.sort()
        received.sort()
    }
}
