import Foundation
import MoQTCodec
import Testing
import Wire

/// Sections that errors name only where a draft has what they are about.
private let conditions: [String: @Sendable (Profile) -> Bool] = [
    "FILL_PARAMETERS Parameter": { $0.has(.fill) },
    "MAX FILTER RANGES": { $0.has(.subgroupFilter) },
    "MAX_REQUEST_ID": { $0.has(SetupOptionKind.maxRequestID) },
    "MAX_REQUEST_UPDATES": { $0.has(SetupOptionKind.maxRequestUpdates) },
    "Mandatory Track Properties": { $0.objects.mandatoryProperties != nil },
    "Range Filters": { $0.has(.subgroupFilter) },
    "Redirect Structure": { $0.has(.redirect) },
    "Required Request ID": { $0.has(.requiredRequestID) },
    "SUBSCRIBE_UPDATE": { $0.has(.updatedRange) },
    "Variable-Length Integers": { $0.integers != .quic },
    "Versions": { $0.has(.versions) },
]

extension Profile {
    fileprivate func has(_ kind: ParameterKind) -> Bool { parameters.contains { $0.kind == kind } }
    fileprivate func has(_ field: MessageField) -> Bool { messages.contains { $0.fields.contains(field) } }

    /// Titles in the tables, and those that the code names and that can come up.
    fileprivate func titles(_ literals: Set<String>) -> Set<String> {
        literals.filter { conditions[$0]?(self) ?? true }.union(parameters.map(\.section))
            .union(trackProperties.map(\.section)).union(messages.map(\.name))
            .union([objects.names.immutableProperties])
    }
}

@Suite("What sections errors name")
struct SectionTests {
    /// Literal titles in the sources of the codec and the session.
    private static let literals: Set<String> = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources").standardized
        var titles: Set<String> = []
        for folder in ["MoQTCodec", "MoQTSession"] {
            let files = FileManager.default.enumerator(
                at: root.appending(path: folder), includingPropertiesForKeys: nil)
            while let file = files?.nextObject() as? URL {
                guard file.pathExtension == "swift", let text = try? String(contentsOf: file, encoding: .utf8) else {
                    continue
                }
                titles.formUnion(
                    text.matches(of: /[sS]ection(?:: String \{|:| =) "([^"\\]+)"/).map { String($0.1) })
            }
        }
        return titles
    }()

    @Test func `there are sections to look for`() {
        #expect(Self.literals.count > 30 && Set(conditions.keys).isSubset(of: Self.literals))
    }

    @Test(
        "they are the draft's",
        arguments: [Profile.draft14, .draft15, .draft16, .draft17, .draft18, .draft19])
    func areTheDrafts(_ profile: Profile) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Sections/\(profile.number).txt")
        let titles = Set(try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init))
        for title in profile.titles(Self.literals).sorted() {
            let own = profile.title(ofSection: title)
            #expect(titles.contains(own), "\(profile.name) has no section \"\(own)\"")
        }
    }

    @Test(
        "what an inspector shows is cited so",
        arguments: [
            (16, "2000050202000000", "Parameters"), (18, "af00000407000000", "Setup Options"),
            (16, "03000a00010161017401210107", "Subscription Filters"),
            (14, "03000c000101610174800001050000", "SUBSCRIBE"),
            (16, "200006010980010000", "Key-Value-Pair Structure"),
            (15, "03000d0001016101740203010303010300", "AUTHORIZATION TOKEN Parameter"),

            (18, "05000600018401aabb", "Reason Phrase Structure"), (17, "fc0000", "Variable-Length Integers"),
        ])
    func citation(_ draft: Int, _ bytes: String, _ section: String) throws {
        let profile = try #require(Profile.all.first { $0.number == draft })
        var inspector = Inspector(Bytes(hex(bytes)), .message, profile: profile)
        var error: CodecError?
        while error == nil, let item = inspector.next() { error = item.error }
        #expect(error?.section == section, "\(String(describing: error))")
    }

    @Test(arguments: [(14, "7f", "Data Streams and Datagrams"), (18, "05048000", "Flags")])
    func `and of streams`(_ draft: Int, _ bytes: String, _ section: String) throws {
        let profile = try #require(Profile.all.first { $0.number == draft })
        var inspector = Inspector(Bytes(hex(bytes)), .uni, profile: profile)
        var error: CodecError?
        while error == nil, let item = inspector.next() { error = item.error }
        #expect(error?.section == section, "\(String(describing: error))")
    }
}
