import Foundation
import Testing

/// `moqt sub` of a namespace: which tracks, and a file that plays however it ends.
@Suite struct SubMovieTests {
    /// A relay with a movie that goes on and on.
    private func endless() throws -> (RunningRelay, Moqt) {
        let relay = try RunningRelay()
        let pub = try relay.pub("a", "--loop", "forever", "--start", "now", "-v", try SourceMovie.plain.path())
        _ = try pub.waitForLine(on: .stderr) { $0.contains("accepted") }
        return (relay, pub)
    }

    /// Kinds of the streams of a file that decodes without a word.
    private func playing(_ path: String) throws -> [String] {
        let decoded = try Moqt(
            ["ffmpeg", "-v", "error", "-i", path, "-f", "null", "-"], program: "/usr/bin/env"
        ).wait()
        #expect(decoded.isQuietSuccess, "\(decoded.stderr)")
        let listed = try Moqt(
            ["ffprobe", "-v", "error", "-show_entries", "stream=codec_type", "-of", "csv=p=0", path],
            program: "/usr/bin/env"
        ).wait()
        return listed.text.split(separator: "\n").map(String.init)
    }

    @Test func listIsTextOrJSON() throws {
        let (relay, pub) = try endless()
        defer { pub.send(SIGKILL) }
        let text = try relay.sub("a", "--wait", "60", "--list").wait()
        let json = try relay.sub("a", "--wait", "60", "--list", "--json").wait()
        #expect(text.isQuietSuccess && json.isQuietSuccess)
        let rows = text.text.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
        let tracks = try json.text.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(rows.count == 2 && tracks.map { $0["name"] as? String } == rows.map { $0[1] })
        #expect(tracks.map { $0["role"] as? String } == ["video", "audio"])
        #expect(tracks.map { $0["number"] as? Int } == [1, 2] && tracks[0]["width"] as? Int == 160)
    }

    @Test(
        arguments: [
            ([], ["video", "audio"]), (["--video", "none"], ["audio"]), (["--audio", "none"], ["video"]),
            (["--video", "1", "--audio", "1"], ["video", "audio"]),
        ] as [([String], [String])])
    func groupsOfTheChosenTracksPlay(_ options: [String], _ kinds: [String]) throws {
        let (relay, pub) = try endless(), folder = try WorkFolder()
        defer { pub.send(SIGKILL) }
        let copy = folder.path("copy.mp4")
        let arguments = ["sub", "-k", relay.url, "a", "--wait", "60", "--groups", "2", "-o", copy] + options
        #expect(try Moqt(arguments).wait().isQuietSuccess)
        #expect(try playing(copy) == kinds)
    }

    @Test func aTrackIsChosenByItsName() throws {
        let (relay, pub) = try endless(), folder = try WorkFolder()
        defer { pub.send(SIGKILL) }
        let list = try relay.sub("a", "--wait", "60", "--list").wait().text.split(separator: "\n")
        let name = try #require(list.last?.split(separator: "\t").dropFirst().first.map(String.init))
        let copy = folder.path("copy.mp4")
        #expect(try relay.sub("a", "--track", name, "--groups", "1", "-o", copy).wait().isQuietSuccess)
        #expect(try playing(copy) == ["audio"])
        let unknown = try relay.sub("a", "--track", "nothing").wait()
        #expect(unknown.isFailure(8) && unknown.stderr.contains("--track: expected one of "))
        let tooMany = try relay.sub("a", "--video", "2").wait()
        #expect(tooMany.isFailure(8) && tooMany.stderr == "moqt sub: --video: expected at most 1, got '2'\n")
    }

    @Test func aMovieThatIsCutShortPlays() throws {
        let (relay, pub) = try endless(), folder = try WorkFolder()
        defer { pub.send(SIGKILL) }
        let copies = ["int.mp4", "time.mp4"].map { folder.path($0) }
        let interrupted = try relay.sub("a", "--wait", "60", "-v", "-o", copies[0])
        let timed = try relay.sub("a", "--wait", "60", "-o", copies[1], "--max-time", "8")
        #expect(try timed.wait().isFailure(6))
        interrupted.send(SIGINT)
        #expect(try interrupted.wait().status == 130)
        for copy in copies { #expect(try playing(copy) == ["video", "audio"]) }
    }

    @Test func whatOnlyATrackCanDoIsAUsageError() throws {
        for options in [["-n", "1"], ["--unordered"], ["--as", "raw"], ["-o", "x/"], ["--json"]] {
            #expect(try Moqt(["sub", "moqt://127.0.0.1:9", "a"] + options).wait().isFailure(2), "\(options)")
        }
        let both = ["sub", "moqt://127.0.0.1:9", "a--b", "--groups", "1", "--unordered"]
        #expect(try Moqt(both).wait().isFailure(2))
    }
}
