import CommandLine
import Commands
import MoQTCodec
import Testing

private func announce(_ line: String) throws -> AnnounceSettings {
    let words = ("moqt://h " + line).split(separator: " ").map(String.init)
    guard case .run(let settings) = try AnnounceCommand.command.parse(words) else { throw UsageError("interrupted") }
    return settings
}

@Suite struct AnnounceSettingsTests {
    @Test func aNamespaceIsHeld() throws {
        #expect(try announce("live-cam1").action == .hold(try TrackNamespace(utf8: "live", "cam1")))
        #expect(try announce("--namespace a.b").action == .hold(try TrackNamespace(utf8: "a.b")))
    }

    @Test func aPrefixIsWatched() throws {
        #expect(try announce("--watch").action == .watch(TrackNamespace(), tracks: false))
        #expect(try announce("--watch live").action == .watch(try TrackNamespace(utf8: "live"), tracks: false))
        #expect(try announce("--tracks live").action == .watch(try TrackNamespace(utf8: "live"), tracks: true))
        #expect(try announce("--watch --tracks").action == .watch(TrackNamespace(), tracks: true))
    }

    @Test func aTrackHasAStatus() throws {
        #expect(try announce("--status a--b").action == .status(try FullTrackName(text: "a--b")))
        #expect(try announce("--status --namespace a --name b").action == .status(try FullTrackName(text: "a--b")))
    }

    @Test(
        "names and options that do not go together are refused",
        arguments: [
            ("", "NAME: expected a namespace, got nothing"),
            ("a--b", "NAME: expected a namespace, got 'a--b'"),
            ("--watch a--b", "NAME: expected a namespace with --watch, got 'a--b'"),
            ("--tracks a--b", "NAME: expected a namespace with --tracks, got 'a--b'"),
            ("--status", "NAME: expected a track, got nothing"),
            ("--status a", "NAME: expected a track (NAMESPACE--TRACK) with --status, got 'a'"),
            ("--status --watch a--b", "--watch: not with --status"),
            ("--status --tracks a--b", "--tracks: not with --status"),
            ("a b", "expected no more operands, got 'b'"),
        ])
    func refusals(_ line: String, _ message: String) {
        #expect { _ = try announce(line) } throws: { ($0 as? UsageError)?.line == message }
    }
}
