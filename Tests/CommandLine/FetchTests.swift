import Commands
import Foundation
import MoQTCodec
import Testing

private func lines(_ range: ClosedRange<Int>) -> String { range.map { "\($0)\n" }.joined() }

/// A track of numbered lines that is under way at a relay, three to a group; more come by `write`.
private final class Numbers {
    let relay: RunningRelay
    private let pub: Moqt
    private let sub: Moqt

    init(_ count: Int, _ draft: String) throws {
        relay = try RunningRelay()
        sub = try relay.sub("a--b", "--wait", "60", "--as", "lines", "--draft", draft)
        pub = try relay.pub("a--b", "--group-size", "3", "--draft", draft, "-", input: .open)
        pub.write(lines(1...count))
        _ = try sub.waitForLine { $0 == "\(count)" }
    }

    func write(_ range: ClosedRange<Int>) { pub.write(lines(range)) }

    func fetch(_ arguments: String...) throws -> Moqt {
        try Moqt(["fetch", relay.url, "--fingerprint", relay.fingerprint] + arguments)
    }

    /// The track ends.
    func end() throws {
        pub.closeInput()
        #expect(try pub.wait().status == 0)
        #expect(try sub.wait().status == 0)
    }
}

/// `moqt fetch`: past ranges, from what a relay holds.
@Suite struct FetchTests {
    @Test("what was published is fetched byte for byte, on every draft", arguments: Drafts.known)
    func bytes(_ draft: String) throws {
        let relay = try RunningRelay(), folder = try WorkFolder()
        let data = noise(3 << 20)
        let copy = folder.path("copy"), other = folder.path("other")
        let sub = try relay.sub("a--b", "--wait", "60", "-o", other, "--draft", draft, "-v")
        _ = try sub.waitForLine(on: .stderr) { $0.contains("subscribes to a--b") }
        let pub = try relay.pub(
            "a--b", "--as", "raw", "--object-size", "64Ki", "--group-size", "8", "--draft", draft, "-", input: .open)
        pub.write(data)
        // The last object waits for the end of the input, and the relay keeps a track that has somebody.
        let fetch = try Moqt([
            "sub", relay.url, "--fingerprint", relay.fingerprint, "a--b", "--from", "start", "--groups", "5",
            "--draft", draft, "-o", copy, "--wait", "60",
        ])
        #expect(try fetch.wait().isQuietSuccess)
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == Data(data.prefix(5 * 8 * 65_536)))
        let range = try Moqt([
            "fetch", relay.url, "--fingerprint", relay.fingerprint, "a--b", "1:3..4", "--draft", draft, "-o", copy,
        ])
        #expect(try range.wait().isQuietSuccess)
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == Data(data[11 * 65_536..<40 * 65_536]))
        pub.closeInput()
        #expect(try pub.wait().status == 0)
        #expect(try sub.wait().status == 0)
        #expect(try Data(contentsOf: URL(fileURLWithPath: other)) == Data(data))
    }

    @Test("a range has both its ends; a group is whole, an object alone", arguments: Drafts.known)
    func ranges(_ draft: String) throws {
        let numbers = try Numbers(12, draft)
        let expected = [
            ("0..1", lines(1...6)), ("1:2..2:1", lines(6...8)), ("2", lines(7...9)), ("1:1", "5\n"),
            ("3..99", lines(10...12)),
        ]
        for (range, text) in expected {
            let finished = try numbers.fetch("a--b", range, "--as", "lines", "--draft", draft).wait()
            #expect(finished.isQuietSuccess && finished.text == text, "\(range): \(finished.stderr)")
        }
        try numbers.end()
    }

    @Test("what is not there is refused, in one line", arguments: Drafts.known)
    func refusal(_ draft: String) throws {
        let numbers = try Numbers(3, draft)
        let absent = try numbers.fetch("a--c", "0", "--draft", draft).wait()
        #expect(absent.isFailure(5) && absent.stderr.contains("a--c: refused: DOES_NOT_EXIST"), "\(absent.stderr)")
        let future = try numbers.fetch("a--b", "7..9", "--draft", draft).wait()
        #expect(future.isFailure(5) && future.stderr.contains("a--b: refused: INVALID_RANGE"), "\(future.stderr)")
        try numbers.end()
    }

    @Test("a file that nothing comes for stays as it is")
    func untouched() throws {
        let numbers = try Numbers(3, Drafts.known[0]), folder = try WorkFolder()
        let kept = try folder.file("kept", [1, 2, 3])
        #expect(try numbers.fetch("a--b", "7", "-o", kept).wait().isFailure(5))
        #expect(try Data(contentsOf: URL(fileURLWithPath: kept)) == Data([1, 2, 3]))
        try numbers.end()
    }

    @Test("objects are printed as sub prints them")
    func json() throws {
        let numbers = try Numbers(3, Drafts.known[0])
        let finished = try numbers.fetch("a--b", "0:1..0:2", "--json").wait()
        let objects = try finished.text.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        let names = [
            "kind", "track", "group", "subgroup", "object", "status", "priority", "size", "properties", "payload",
        ]
        #expect(objects.allSatisfy { Set($0.keys) == Set(names) && $0["kind"] as? String == "object" })
        #expect(objects.map { $0["object"] as? Int } == [1, 2])
        try numbers.end()
    }

    /// Drafts that have words for it.
    static let withGaps = Profile.spoken.filter { $0.objects.fetch.gaps.isSuperset(of: .unknown) }.map(\.alpn)

    /// Fetches what the relay has mostly evicted, from a track whose publisher is there or not.
    private func fetchEvicted(_ draft: String, _ isPublished: Bool) throws -> Moqt.Finished {
        let relay = try RunningRelay("--cache-size", "256Ki")
        let sub = try relay.sub("a--b", "--wait", "60", "--as", "lines", "--draft", draft)
        let pub = try relay.pub(
            "a--b", "--group-size", "3", "--idle-timeout", "3", "--draft", draft, "-", input: .open)
        pub.write((1...99).map { "\($0)" + String(repeating: "x", count: 10_000) + "\n" }.joined())
        _ = try sub.waitForLine { $0.hasPrefix("99x") }
        // The relay notices at the idle timeout.
        if !isPublished { pub.send(SIGKILL) }
        let fetch = try Moqt([
            "fetch", relay.url, "--fingerprint", relay.fingerprint, "a--b", "0..32", "--json", "--draft", draft,
        ])
        let finished = try fetch.wait()
        #expect(finished.status == 0, "\(finished.stderr)")
        if isPublished {
            pub.closeInput()
            #expect(try pub.wait().status == 0)
        }
        return finished
    }

    @Test("what nobody has is said to be unknown", arguments: withGaps)
    func gap(_ draft: String) throws {
        let finished = try fetchEvicted(draft, false)
        #expect(
            finished.stderr.hasPrefix("moqt fetch: warning: a--b: 0:0 to ") && finished.stderr.contains(" is unknown"))
        let gap = #"{"kind":"gap","track":"a--b","reason":"unknown","group":0,"object":0,"end_group":"#
        #expect(
            finished.text.hasPrefix(gap) && finished.text.contains(#""kind":"object""#), "\(finished.text.prefix(200))")
    }

    @Test("what the relay does not have comes from the publisher", arguments: Drafts.known)
    func evicted(_ draft: String) throws {
        let finished = try fetchEvicted(draft, true)
        #expect(finished.stderr.isEmpty && finished.text.split(separator: "\n").count == 99, "\(finished.stderr)")
    }

    @Test(
        "what is no range, or no track, is refused at once",
        arguments: [
            ("a--b", "x", "RANGE: expected GROUP or GROUP:OBJECT, or two of them as START..END, got 'x'"),
            ("a--b", "1..", "RANGE: expected GROUP or GROUP:OBJECT, or two of them as START..END, got '1..'"),
            ("a--b", "5..4:9", "RANGE: the range ends before it starts, got '5..4:9'"),
            ("live", "1", "NAME: expected a track (NAMESPACE--TRACK), got 'live'"),
        ])
    func usage(_ name: String, _ range: String, _ words: String) throws {
        let finished = try Moqt.run("fetch", "moqt://localhost", name, range)
        #expect(finished.isFailure(2) && finished.stderr == "moqt fetch: \(words)\n", "\(finished.stderr)")
    }
}

/// `--from`, `--to` and `--join` of `moqt sub`.
@Suite struct SubRangeTests {
    @Test("it begins where it is told to, and ends there", arguments: Drafts.known)
    func places(_ draft: String) throws {
        let numbers = try Numbers(11, draft)
        func sub(_ arguments: String...) throws -> Moqt {
            let sub = try Moqt(
                ["sub", numbers.relay.url, "--fingerprint", numbers.relay.fingerprint, "a--b", "--as", "lines"]
                    + ["--draft", draft, "-v"] + arguments)
            _ = try sub.waitForLine(on: .stderr) { $0.contains("subscribed to") }
            return sub
        }
        let ended = [
            (["--from", "start", "--to", "1"], lines(1...6)), (["--from", "1:1", "--to", "2:0"], lines(5...7)),
            (["--from", "start", "--to", "0:0"], "1\n"),
        ]
        for (arguments, text) in ended {
            let finished = try Moqt(
                ["sub", numbers.relay.url, "--fingerprint", numbers.relay.fingerprint, "a--b", "--as", "lines"]
                    + ["--draft", draft] + arguments
            ).wait()
            #expect(finished.isQuietSuccess && finished.text == text, "\(arguments): \(finished.stderr)")
        }
        let running = [
            (try sub("--from", "start"), lines(1...15)), (try sub("--from", "-1"), lines(7...15)),
            (try sub("--join", "1"), lines(10...15)), (try sub("--join", "3"), lines(4...15)),
            (try sub("--from", "4:1"), lines(14...15)), (try sub("--from", "2:2", "--to", "4:0"), lines(9...13)),
            (try sub("--to", "3"), lines(12...12)),
        ]
        numbers.write(12...15)
        try numbers.end()
        for (sub, text) in running {
            let finished = try sub.wait()
            #expect(finished.status == 0 && finished.text == text, "\(sub.arguments.suffix(4)): \(finished.stderr)")
        }
    }

    @Test(
        "what excludes each other is refused",
        arguments: [
            ("--from 1:0 --to 0", "--to: before --from"), ("--join 1 --from start", "--join: not with --from"),
            ("--to 1 --unordered", "--to: not with --unordered"),
            ("--to x", "--to: expected GROUP or GROUP:OBJECT, got 'x'"),
            ("--join 0", "--join: expected a number 1 or more, got '0'"),
        ])
    func usage(_ options: String, _ words: String) throws {
        let finished = try Moqt(["sub", "moqt://localhost", "a--b"] + options.split(separator: " ").map(String.init))
            .wait()
        #expect(finished.isFailure(2) && finished.stderr == "moqt sub: \(words)\n", "\(finished.stderr)")
    }
}
