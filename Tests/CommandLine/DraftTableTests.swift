import Foundation
import MoQTCodec
import Testing

/// What `moqt inspect --drafts` says is read off the profiles, and the README has it.
@Suite struct DraftTableTests {
    private let table: String

    init() throws { table = try Moqt.run("inspect", "--drafts").text }

    @Test func theReadmeHasTheTable() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("README.md")
        let readme = try String(contentsOf: file, encoding: .utf8)
        #expect(readme.contains("\n" + table), "put what moqt inspect --drafts prints into README.md")
    }

    @Test func everyDraftHasARow() {
        for profile in Profile.all { #expect(table.contains("\n| \(profile.number) | `\(profile.alpn)` | ")) }
    }

    @Test(
        "the table says what is known to differ",
        arguments: [
            (16, "request codes", "new", "DUPLICATE_SUBSCRIPTION 0x19"), (17, "messages", "new", "SETUP 0x2F00"),
            (17, "setup options", "gone", "MAX_REQUEST_ID 0x2"),
            (18, "messages", "changed", "SUBSCRIBE_NAMESPACE 0x11 -> 0x50"),
            (18, "PUBLISH_DONE codes", "changed", "EXPIRED 0x5 -> 0x6"),
            (19, "setup options", "new", "MAX_REQUEST_UPDATES 0x8"), (20, "messages", "changed", "FETCH"),
            (22, "parameters", "changed", "LOCATION_FILTER"),
            (18, "parameters", "changed", "DELIVERY_TIMEOUT -> OBJECT_DELIVERY_TIMEOUT"),
        ])
    func change(_ draft: Int, _ topic: String, _ member: String, _ entry: String) throws {
        let rows = try Moqt.run("inspect", "--drafts", "--json").text.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        let row = rows.first { $0["draft"] as? Int == draft && $0["topic"] as? String == topic }
        #expect((row?[member] as? [String])?.contains(entry) == true)
    }
}
