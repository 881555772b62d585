import Foundation
import Testing

/// What a vector of `Tests/MoQTCodec/Vectors` wants of `moqt inspect`.
private struct InspectVector: Sendable {
    /// Vectors that one run can decode together.
    struct Batch: Hashable, Sendable, CustomTestStringConvertible {
        var draft: Int
        var stream: String
        var context: [String]
        var testDescription: String { "draft \(draft), \(stream) \(context.joined(separator: " "))" }

        var arguments: [String] {
            ["--hex", "--draft", String(draft), "--stream", stream] + context.flatMap { ["--context", $0] }
        }
    }

    var id: String
    var hex: String
    var batch: Batch
    /// Name of the first item; nil of a malformed one, and where the vector has none.
    var name: String?
    /// nil of a good one.
    var scope: String?
    var codes: [String]

    init(_ json: [String: Any]) {
        let context = json["ctx"] as? [String: Any] ?? [:]
        id = json["id"] as? String ?? ""
        hex = json["hex"] as? String ?? ""
        batch = Batch(
            draft: json["draft"] as? Int ?? json["d"] as? Int ?? 0,
            stream: Self.stream(json["kind"] as? String ?? "", context), context: Self.context(context))
        name = (json["value"] as? [String: Any])?["name"] as? String
        scope = json["scope"] as? String
        codes = [json["code"], json["or"]].compactMap { $0 as? String }
    }

    private static func stream(_ kind: String, _ context: [String: Any]) -> String {
        switch kind {
        case "sub", "fet", "uni": "uni"
        case "dg": "datagram"
        case "raw": context["f"] as? String == "dg" ? "datagram" : "uni"
        default: context["stream"] as? String ?? "message"
        }
    }

    private static func context(_ members: [String: Any]) -> [String] {
        members.filter { $0.key != "stream" && $0.key != "f" }.map { key, value in
            let text: String =
                switch value {
                case let list as [Any]: list.map { "\($0)" }.joined(separator: ",")
                case let flag as Bool where key != "max_ranges": flag ? "true" : "false"
                default: "\(value)"
                }
            return "\(key)=\(text)"
        }.sorted()
    }

    static let all: [InspectVector] = ["vectors.json", "vectors-20-22.json"].flatMap { name -> [InspectVector] in
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = tests.appendingPathComponent("MoQTCodec/Vectors/" + name)
        guard let data = try? Data(contentsOf: file),
            let json = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
        else { return [] }
        return ["good", "malformed"].flatMap { json[$0] as? [[String: Any]] ?? [] }.map(InspectVector.init)
    }

    static let batches = Dictionary(grouping: all, by: \.batch)
}

/// The vectors through the program: a line each, a run for those that share draft, stream and context.
@Suite struct InspectVectorTests {
    @Test(
        "items are named, with their fields, and encode to the same bytes", arguments: Array(InspectVector.batches.keys)
    )
    fileprivate func batch(_ batch: InspectVector.Batch) throws {
        let vectors = try #require(InspectVector.batches[batch])
        let text = vectors.map(\.hex).joined(separator: "\n")
        let arguments = ["inspect", "--json", "--reencode"] + batch.arguments + ["-"]
        let finished = try Moqt(arguments, input: .bytes(Array(text.utf8))).wait()
        #expect(finished.status == (vectors.contains { $0.scope != nil } ? 7 : 0), "\(finished.stderr)")
        var items: [Int: [[String: Any]]] = [:]
        for line in finished.text.split(separator: "\n") {
            let item = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(item["draft"] as? Int == batch.draft)
            items[try #require(item["line"] as? Int), default: []].append(item)
        }
        for (index, vector) in vectors.enumerated() { check(vector, items[index + 1] ?? []) }
    }

    private func check(_ vector: InspectVector, _ items: [[String: Any]]) {
        let error = items.first { $0["kind"] as? String == "error" }
        guard let scope = vector.scope else {
            #expect(error == nil && !items.isEmpty, "\(vector.id): \(items)")
            if let name = vector.name { #expect(items.first?["name"] as? String == name, "\(vector.id)") }
            for item in items { #expect((item["fields"] as? [String: Any])?.isEmpty == false, "\(vector.id): \(item)") }
            let bytes = items.map { $0["reencoded"] as? String ?? "?" }.joined()
            #expect(bytes == vector.hex, "\(vector.id)")
            return
        }
        #expect(error?["scope"] as? String == scope, "\(vector.id): \(items)")
        #expect(vector.codes.contains(error?["code"] as? String ?? ""), "\(vector.id): \(items)")
        for key in ["field", "reason", "section"] { #expect(error?[key] is String, "\(vector.id) \(key)") }
    }

    @Test func theVectorsAreThere() { #expect(InspectVector.all.count == 161) }
}
