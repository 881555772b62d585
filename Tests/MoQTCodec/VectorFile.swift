import Foundation
import MoQTCodec
import Testing
import Wire

/// JSON as a value that tests can pass on and compare. Numbers of more than 53 bits are written as strings in the
/// files; they are numbers here.
enum JSON: Hashable, Sendable {
    case null
    case number(UInt64)
    case text(String)
    case array([JSON])
    case object([String: JSON])

    init(_ any: Any) {
        switch any {
        case let text as String: self = UInt64(text).map(JSON.number) ?? .text(text)
        case let number as NSNumber: self = .number(number.uint64Value)
        case let array as [Any]: self = .array(array.map { JSON($0) })
        case let object as [String: Any]:
            self = .object(
                Dictionary(
                    uniqueKeysWithValues: object.map { key, value in
                        (key, (value as? String).flatMap { Self.texts.contains(key) ? .text($0) : nil } ?? JSON(value))
                    }))
        default: self = .null
        }
    }

    /// Members that are text even where they look like a number.
    private static let texts: Set<String> = ["id", "title", "hex", "same_as", "quic", "v17", "v18"]

    subscript(_ key: String) -> JSON? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    var number: UInt64? {
        if case .number(let number) = self { number } else { nil }
    }

    var elements: [JSON] {
        if case .array(let elements) = self { elements } else { [] }
    }

    static func hex(_ bytes: [UInt8]) -> JSON { .object(["hex": .text(MoQTCodecTests.hex(bytes))]) }
}

/// One input of the vector files, with what it must decode to or why it must not.
struct Vector: Sendable, CustomTestStringConvertible {
    var id: String
    var draft: Int
    var kind: String
    var title: String
    var hexText: String
    /// What a good one says.
    var value: JSON
    /// Of a malformed one: the codes that are right, and the scope.
    var codes: [String]
    var scope: String
    /// Of an alternate: the bytes that say the same.
    var sameAs: String
    var context: JSON

    var testDescription: String { "\(id) \(title)" }

    init(_ json: JSON) {
        id = json["id"]?.text ?? ""
        draft = Int(json["draft"]?.number ?? json["d"]?.number ?? 0)
        kind = json["kind"]?.text ?? "ctl"
        title = json["title"]?.text ?? ""
        hexText = json["hex"]?.text ?? ""
        value = json["value"] ?? .null
        codes = [json["code"], json["or"]].compactMap { $0?.text }
        scope = json["scope"]?.text ?? ""
        sameAs = json["same_as"]?.text ?? ""
        context = json["ctx"] ?? .object([:])
    }

    /// nil when there is no such draft.
    var profile: Profile? { Profile.all.first { $0.number == draft } }

    var bytes: [UInt8] { hex(hexText) }

    /// Where the bytes are from.
    var source: InspectedSource {
        switch kind {
        case "sub", "fet", "uni": .uni
        case "dg": .datagram
        case "raw": context["f"]?.text == "dg" ? .datagram : .uni
        default: context["stream"]?.text.flatMap(InspectedSource.init) ?? .message
        }
    }

    var inspection: InspectionContext {
        var result = InspectionContext()
        result.receiver = context["i_am"]?.text.map { $0 == "client" ? .client : .server }
        result.answers = context["answers"]?.text.flatMap(RequestKind.init(named:))
        result.updates = context["updates"]?.text.flatMap(RequestKind.init(named:))
        result.isFirst = context["first"]?.number == 1
        result.isFirstResponse = context["first_response"]?.number == 1
        result.isDescending = context["desc"]?.number == 1
        result.overWebTransport = context["wt"]?.number == 1
        result.filledRequest = context["fill_of"]?.text
        result.maximumFilterRanges = context["max_ranges"]?.number
        result.offeredVersions = context["offered"]?.elements.compactMap(\.number)
        return result
    }

    /// Everything that the bytes give.
    func items(reencoded: Bool = true) throws -> [InspectedItem] {
        try items(of: bytes, reencoded: reencoded)
    }

    func items(of bytes: [UInt8], reencoded: Bool = true) throws -> [InspectedItem] {
        let profile = try #require(profile)
        var inspector = Inspector(
            Bytes(bytes), source, profile: profile, context: inspection, reencodes: reencoded)
        var items: [InspectedItem] = []
        while let item = inspector.next() { items.append(item) }
        return items
    }
}

extension RequestKind {
    fileprivate init?(named name: String) {
        let layouts = Profile.all.flatMap(\.messages).filter { $0.name == name }
        guard let kind = layouts.lazy.compactMap(\.places.opens).first else { return nil }
        self = kind
    }
}

enum VectorFiles {
    private static func load(_ key: String) -> [JSON] {
        ["vectors.json", "vectors-20-22.json"].flatMap { name -> [JSON] in
            let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
                "Vectors/" + name)
            guard let data = try? Data(contentsOf: file), let any = try? JSONSerialization.jsonObject(with: data) else {
                return []
            }
            return JSON(any)[key]?.elements ?? []
        }
    }

    static let good = load("good").map { Vector($0) }
    static let malformed = load("malformed").map { Vector($0) }
    static let alternates = load("alternates").map { Vector($0) }
    static let varints = load("varints")
}
