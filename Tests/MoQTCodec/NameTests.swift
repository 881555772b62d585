import MoQTCodec
import Testing

@Suite("names")
struct NameTests {
    @Test("the draft's example (Parsing Serialized Names)")
    func example() throws {
        let name = try FullTrackName(text: "example.2enet-team2-project_x--report")
        #expect(name.namespace == (try TrackNamespace(utf8: "example.net", "team2", "project_x")))
        #expect(name.name == TrackName(utf8: "report"))
        #expect(name.description == "example.2enet-team2-project_x--report")
    }

    @Test(
        "text that has no other form comes back",
        arguments: ["--", "a--", "--a", "a-b--c", ".00-.ff--.2d.2d", "a--.2e"])
    func canonical(_ text: String) throws {
        #expect(try FullTrackName(text: text).description == text)
    }

    @Test(
        "errors say which byte",
        arguments: [
            ("a", NameError.Reason.missingSeparator, 1), ("a-", .missingSeparator, 2), ("a.2--b", .truncatedEscape, 1),
            ("a--b.", .truncatedEscape, 4), ("a--.2E", .upperCaseHex, 5), ("a--.61", .redundantEscape, 3),
            ("a--b-c", .invalidCharacter, 4), ("a---b", .invalidCharacter, 3), ("a b--c", .invalidCharacter, 1),
            ("-a--b", .emptyField, 0), ("a--é", .invalidCharacter, 3), ("a--.zz", .truncatedEscape, 3),
        ])
    func errors(_ text: String, _ reason: NameError.Reason, _ offset: Int) {
        let error = #expect(throws: NameError.self) { try FullTrackName(text: text) }
        #expect(error == NameError(reason, at: offset))
    }

    @Test("random names come back from their text", arguments: 0..<50 as Range<UInt64>)
    func random(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let name = try random.fullTrackName()
        #expect(try FullTrackName(text: name.description) == name)
    }

    @Test("prefixes match field by field (Publisher Interactions)")
    func prefixes() throws {
        let whole = try TrackNamespace(utf8: "foo", "bar", "baz")
        #expect(whole.hasPrefix(TrackNamespace()))
        #expect(whole.hasPrefix(try TrackNamespace(utf8: "foo", "bar")))
        #expect(whole.hasPrefix(whole))
        #expect(!whole.hasPrefix(try TrackNamespace(utf8: "foo", "ba")))
        #expect(!(try TrackNamespace(utf8: "foobar")).hasPrefix(try TrackNamespace(utf8: "foo")))
        let suffix = try #require(whole.suffix(after: try TrackNamespace(utf8: "foo")))
        #expect(suffix == (try TrackNamespace(utf8: "bar", "baz")))
        #expect(try TrackNamespace(utf8: "foo").appending(suffix) == whole)
        #expect(whole.parent == (try TrackNamespace(utf8: "foo", "bar")))
        #expect(TrackNamespace().parent == nil)
    }

    @Test("limits (Track Naming)")
    func limits() throws {
        #expect(throws: NameError(.tooManyFields, at: 32)) {
            try TrackNamespace(Array(repeating: [1], count: 33))
        }
        #expect(throws: NameError(.emptyField, at: 1)) { try TrackNamespace([[1], []]) }
        let large = try TrackNamespace([Array(repeating: 1, count: 4096)])
        #expect(throws: NameError.self) { try FullTrackName(namespace: large, name: TrackName([1])) }
        #expect(try FullTrackName(namespace: large, name: TrackName()).namespace == large)
    }

    @Test("locations are ordered by group, then object (Location Structure)")
    func locations() {
        #expect(Location(group: 1, object: 9) < Location(group: 2, object: 0))
        #expect(Location(group: 1, object: 1) < Location(group: 1, object: 2))
        #expect(LocationFilter.nextObject.start(largest: nil) == .zero)
        #expect(
            LocationFilter.nextGroup.start(largest: Location(group: 4, object: 2))
                == Location(group: 5, object: 0))
    }
}
