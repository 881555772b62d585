import Foundation
import Testing

/// `moqt pub` and `moqt sub` on a host whose address changes while they run.
@Suite(.enabled(if: NamespacePair.isAvailable, "network namespaces take root"))
struct EndToEndMigrationTests {
    private static let lines = (0..<1500).map { "line \($0) " + String(repeating: "x", count: $0 % 1400) }

    @Test(
        "a publisher and a subscriber whose address is replaced in mid-stream lose nothing",
        arguments: [["moqt"], ["moqt", "--draft", "14"], ["https"]], [true, false])
    func replaced(_ way: [String], _ isWildcard: Bool) throws {
        let net = try NamespacePair(), folder = try WorkFolder()
        let source = try folder.file("source", Array(Self.lines.map { $0 + "\n" }.joined().utf8))
        let relay = try net.server("relay", "--listen", isWildcard ? "[::]:4443" : NamespacePair.server + ":4443")
        let fingerprint = try #require(try relay.waitForLine().split(separator: " ").last.map(String.init))
        let common =
            ["\(way[0])://\(NamespacePair.server):4443/", "test--lines", "--fingerprint", fingerprint, "--as", "lines"]
            + way.dropFirst()
        let sub = try net.client(["sub"] + common + ["--wait", "60"])
        let pub = try net.client(["pub"] + common + ["--rate", "500", "--group-size", "100", source])
        // Each time they are in the middle of it.
        for line in [300, 700] {
            _ = try sub.waitForLine { $0 == Self.lines[line] }
            try net.removeClientAddress()
            try net.addClientAddress()
        }
        let published = try pub.wait()
        #expect(published.isQuietSuccess, "\(published)")
        let finished = try sub.wait()
        #expect(finished.isQuietSuccess, "\(finished.stderr)")
        #expect(finished.text == Self.lines.map { $0 + "\n" }.joined())
        relay.send(SIGKILL)
    }
}
