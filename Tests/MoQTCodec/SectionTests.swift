import Foundation
import MoQTCodec
import Testing
import Wire

/// Sections that errors name only where a draft has what they are about.
private let conditions: [String: @Sendable (Profile) -> Bool] = [
    "FILL_PARAMETERS Parameter": { $0.has(.fill) },
    "MAX FILTER RANGES": { $0.has(.subgroupFilter) },
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

    @Test func `what an inspector shows is cited so`() {
        func section(_ hex: String, _ profile: Profile, _ source: InspectedSource = .message) -> String? {
            var inspector = Inspector(Bytes(MoQTCodecTests.hex(hex)), source, profile: profile)
            while let item = inspector.next() { if let error = item.error { return error.section } }
            return nil
        }
        #expect(section("2000020100", .draft16) == "CLIENT_SETUP and SERVER_SETUP")
        #expect(section("03000a00010161017401210107", .draft16) == "Subscription Filters")
        #expect(section("7f", .draft14, .uni) == "Data Streams and Datagrams")
    }
}
