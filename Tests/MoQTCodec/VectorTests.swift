import MoQTCodec
import Testing
import Wire

/// Inputs derived field by field from the drafts' text, or sent by peers: bytes and values must give each other.
@Suite("vector files")
struct VectorTests {
    @Test("good ones decode to the given values", arguments: VectorFiles.good)
    func decodes(_ vector: Vector) throws {
        let items = try vector.items()
        for item in items { #expect(item.error == nil, "\(vector.id): \(item.error.map { "\($0)" } ?? "")") }
        let profile = try #require(vector.profile)
        let words = VectorVocabulary(bytes: vector.bytes, profile: profile)
        let said = words.said(by: items, like: vector.value)
        #expect(said == vector.value, "\(vector.id): \(items.map(\.fields))")
    }

    @Test("good ones encode to the same bytes", arguments: VectorFiles.good)
    func encodes(_ vector: Vector) throws {
        #expect(encoding(try vector.items()) == vector.hexText, "\(vector.id)")
    }

    @Test("items and their fields cover the bytes without a gap", arguments: VectorFiles.good)
    func covers(_ vector: Vector) throws {
        var end: UInt64 = 0
        for item in try vector.items() {
            #expect(item.offset == end, "\(vector.id) \(item.name)")
            var next = item.offset
            for field in item.fields where field.length > 0 {
                #expect(field.offset == next, "\(vector.id) \(item.name) \(field.name)")
                next += UInt64(field.length)
            }
            end = item.offset + UInt64(item.length)
            #expect(next == end, "\(vector.id) \(item.name)")
        }
        #expect(end == UInt64(vector.bytes.count), "\(vector.id)")
    }

    @Test("malformed ones give their code and scope", arguments: VectorFiles.malformed)
    func fails(_ vector: Vector) throws {
        let error = try #require(try vector.items().lazy.compactMap(\.error).first, "\(vector.id)")
        #expect(vector.codes.contains(error.code), "\(vector.id): \(error)")
        let scope =
            switch error.scope {
            case .session: "session"
            case .request: "request"
            case .track: "track"
            case .caller: "caller"
            }
        #expect(scope == vector.scope, "\(vector.id): \(error)")
        #expect(error.offset <= UInt64(vector.bytes.count), "\(vector.id): \(error)")
    }

    @Test(
        "other readings that peers send are understood, and answered in the form advised",
        arguments: VectorFiles.alternates.filter { !$0.id.hasPrefix(backwards) })
    func alternate(_ vector: Vector) throws {
        var vector = vector
        if vector.hexText.hasPrefix("05") { vector.kind = "fet" }
        #expect(encoding(try vector.items()) == vector.sameAs, "\(vector.id)")
    }

    /// The vector whose End of Range goes back when its fields are read as they are meant: as absolute.
    private static let backwards = "20-ALT5"

    @Test("an End of Range that goes back is malformed, whatever a peer means by it")
    func backwardsRange() throws {
        var vector = try #require(VectorFiles.alternates.first { $0.id.hasPrefix(Self.backwards) })
        vector.kind = "fet"
        let error = try #require(try vector.items().lazy.compactMap(\.error).first)
        #expect(error.scope == .track)
    }

    @Test("integers", arguments: VectorFiles.varints)
    func integers(_ row: JSON) throws {
        let value = try #require(row["value"]?.number)
        for profile in Profile.all {
            let key = profile.number < 17 ? "quic" : profile.number == 17 ? "v17" : "v18"
            guard let text = row[key]?.text else {
                #expect(value > profile.integers.maximum, "\(value) in \(profile.name)")
                continue
            }
            var out: [UInt8] = []
            profile.integers.append(value, to: &out)
            #expect(hex(out) == text, "\(value) in \(profile.name)")
            var position = 0
            #expect(profile.integers.read(Bytes(hex(text)).span, at: &position) == value, "\(text) in \(profile.name)")
            #expect(position == hex(text).count, "\(text) in \(profile.name)")
        }
    }

    @Test func theFilesAreThere() {
        #expect(VectorFiles.good.count == 101 && VectorFiles.malformed.count == 60)
        #expect(VectorFiles.alternates.count == 4 && VectorFiles.varints.count == 15)
    }

    private func encoding(_ items: [InspectedItem]) -> String {
        items.map { item in
            switch item.encoding {
            case .bytes(let bytes): hex(bytes)
            case .refused(let error): "\(error)"
            case nil: item.error.map { "\($0)" } ?? "nothing"
            }
        }.joined()
    }
}
