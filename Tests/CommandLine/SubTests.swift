import Foundation
import Glibc
import Testing

private func lines(_ range: ClosedRange<Int>) -> [UInt8] { Array(range.map { "\($0)\n" }.joined().utf8) }

/// `moqt sub` of a track: what it takes, how it writes it, how it ends.
@Suite struct SubTests {
    @Test func aCountIsExactThoughSeveralGroupsAreUnderWay() throws {
        let relay = try RunningRelay()
        let sub = try relay.sub("a--b", "--wait", "60", "--as", "lines", "-n", "50")
        #expect(try relay.pub("a--b", "--group-size", "3", input: .bytes(lines(1...1000))).wait().status == 0)
        let finished = try sub.wait()
        #expect(finished.isQuietSuccess && finished.stdout == lines(1...50))
    }

    @Test func asManyGroupsAsAskedForAreWhole() throws {
        let relay = try RunningRelay()
        let sub = try relay.sub("a--b", "--wait", "60", "--as", "lines", "--groups", "4")
        #expect(try relay.pub("a--b", "--group-size", "3", input: .bytes(lines(1...1000))).wait().status == 0)
        let finished = try sub.wait()
        #expect(finished.isQuietSuccess && finished.stdout == lines(1...12))
    }

    @Test func fromNextBeginsAtTheNextGroup() throws {
        let relay = try RunningRelay()
        let first = try relay.sub("a--b", "--wait", "60", "--as", "lines")
        let pub = try relay.pub("a--b", "--group-size", "2", input: .open)
        pub.write("1\n")
        #expect(try first.waitForLine() == "1")
        let second = try relay.sub("a--b", "--from", "next", "--as", "lines", "-v")
        _ = try second.waitForLine(on: .stderr) { $0.contains("subscribed to") }
        pub.write("2\n3\n4\n5\n")
        pub.closeInput()
        #expect(try pub.wait().status == 0)
        #expect(try first.wait().text == "1\n2\n3\n4\n5\n")
        #expect(try second.wait().text == "3\n4\n5\n")
    }

    @Test func aTemplateHasEveryField() throws {
        let relay = try RunningRelay()
        let sub = try relay.sub("a--b", "--wait", "60", "-F", #"%n %g/%o %s %t %p 100%%\t\\\n"#)
        #expect(try relay.pub("a--b", "--group-size", "1", input: .bytes(Array("x\nyy\n".utf8))).wait().status == 0)
        #expect(try sub.wait().text == "a--b 0/0 1 - x 100%\t\\\na--b 1/0 2 - yy 100%\t\\\n")
    }

    @Test func jsonIsAnObjectPerLine() throws {
        let relay = try RunningRelay()
        let sub = try relay.sub("a--b", "--wait", "60", "--json")
        #expect(try relay.pub("a--b", "--group-size", "1", input: .bytes(Array("x\nyy\n".utf8))).wait().status == 0)
        let objects = try sub.wait().text.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        let normal = objects.filter { $0["status"] as? String == "normal" }
        let names = [
            "kind", "track", "group", "subgroup", "object", "status", "priority", "size", "properties", "payload",
        ]
        #expect(objects.allSatisfy { Set($0.keys) == Set(names) && $0["kind"] as? String == "object" })
        #expect(normal.map { $0["payload"] as? String } == ["eA==", "eXk="])
        #expect(normal.map { $0["group"] as? Int } == [0, 1] && normal.map { $0["size"] as? Int } == [1, 2])
        #expect(normal.allSatisfy { $0["track"] as? String == "a--b" && $0["subgroup"] as? Int == 0 })
    }

    @Test func aDirectoryTakesAFilePerObject() throws {
        let relay = try RunningRelay(), folder = try WorkFolder()
        let sub = try relay.sub("a--b", "--wait", "60", "-o", folder.path("objects") + "/")
        #expect(try relay.pub("a--b", "--group-size", "2", input: .bytes(Array("x\n\nzz\n".utf8))).wait().status == 0)
        #expect(try sub.wait().isQuietSuccess)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("objects")).sorted()
        #expect(names == ["0-0-0", "0-0-1", "1-0-0"])
        let texts = try names.map { try String(contentsOfFile: folder.path("objects/" + $0), encoding: .utf8) }
        #expect(texts == ["x", "", "zz"])
    }

    @Test func unorderedObjectsAreAllThere() throws {
        let relay = try RunningRelay()
        let sub = try relay.sub("a--b", "--wait", "60", "--as", "lines", "--unordered")
        #expect(try relay.pub("a--b", "--group-size", "10", input: .bytes(lines(1...2000))).wait().status == 0)
        let finished = try sub.wait()
        #expect(finished.isQuietSuccess)
        #expect(finished.text.split(separator: "\n").compactMap { Int($0) }.sorted() == Array(1...2000))
    }

    @Test func statisticsAreLinesOnStderr() throws {
        let relay = try RunningRelay()
        let sub = try relay.sub("a--b", "--wait", "60", "--as", "lines", "--stats", "200ms")
        #expect(try relay.pub("a--b", "--rate", "20", input: .bytes(lines(1...10))).wait().status == 0)
        let finished = try sub.wait()
        #expect(finished.status == 0 && finished.stdout == lines(1...10))
        let counts = finished.stderr.split(separator: "\n").map { line in
            line.split(separator: " ").firstIndex(of: "objects,").flatMap { Int(line.split(separator: " ")[$0 - 1]) }
        }
        #expect(counts.count > 1 && counts.allSatisfy { $0 != nil }, "\(finished.stderr)")
    }

    @Test func aTerminalShowsProgressThatGoesAwayAtTheEnd() throws {
        let relay = try RunningRelay(), folder = try WorkFolder()
        let command = "\(Moqt.executable) sub -k \(relay.url) a--b --wait 20 -o \(folder.path("copy"))"
        let sub = try Moqt(["-qec", command, "/dev/null"], program: "/usr/bin/script")
        #expect(try relay.pub("a--b", "--rate", "10", input: .bytes(lines(1...10))).wait().status == 0)
        let finished = try sub.wait()
        #expect(finished.status == 0 && finished.text.contains(" groups, ") && finished.text.contains(" objects, "))
        #expect(finished.text.hasSuffix("\r\u{1B}[K"))
    }

    @Test func everyMessageIsLoggedOnceMoreIsAskedFor() throws {
        let relay = try RunningRelay()
        let sub = try relay.sub("a--b", "--wait", "60", "-vv")
        let pub = try relay.pub("a--b", "-vv", input: .bytes(lines(1...3))).wait()
        #expect(pub.status == 0 && pub.stderr.contains(" sent PUBLISH_NAMESPACE, "))
        let stderr = try sub.wait().stderr
        for words in ["sent SETUP, ", "sent SUBSCRIBE, ", "received SUBSCRIBE_OK, ", "received PUBLISH_DONE, "] {
            #expect(stderr.contains("moqt sub: debug: session 1: \(words)"), "\(stderr)")
        }
    }

    @Test func aFileIsTouchedOnlyWhenThereIsSomethingToWrite() throws {
        let relay = try RunningRelay(), folder = try WorkFolder()
        let kept = try folder.file("kept", [1, 2, 3]), new = folder.path("new")
        for path in [kept, new] { #expect(try relay.sub("a--b", "-o", path).wait().isFailure(5)) }
        #expect(FileManager.default.contents(atPath: kept) == Data([1, 2, 3]))
        #expect(!FileManager.default.fileExists(atPath: new))
        let subs = try [kept, new].map { try relay.sub("a--b", "--wait", "60", "-v", "-o", $0) }
        for sub in subs { _ = try sub.waitForLine(on: .stderr) { $0.contains("subscribes to a--b") } }
        #expect(try relay.pub("a--b", "--publish", input: .bytes([])).wait().status == 0)
        for sub in subs { #expect(try sub.wait().status == 0) }
        for path in [kept, new] { #expect(FileManager.default.contents(atPath: path) == Data()) }
    }

    @Test func logLinesGoWhereTheyAreSent() throws {
        let relay = try RunningRelay(), folder = try WorkFolder()
        let log = folder.path("log")
        let subs = try [["-v"], ["-v", "-q"], ["-v", "--log", log]].map { options in
            try Moqt(["sub", "-k", relay.url, "a--b", "--wait", "60", "--as", "lines"] + options)
        }
        let pub = try relay.pub("a--b", "--rate", "20", input: .bytes(lines(1...10_000)))
        defer { pub.send(SIGKILL) }
        for sub in subs { _ = try sub.waitForLine() }
        for sub in subs { sub.send(SIGINT) }
        let stderr = try subs.map { try $0.wait().stderr }
        #expect(stderr[0].contains("moqt sub: info: subscribed to a--b\n"))
        #expect(stderr[1].isEmpty && stderr[2].isEmpty)
        #expect(try String(contentsOfFile: log, encoding: .utf8).contains("Z info subscribed to a--b\n"))
    }
}

/// The endings of `moqt sub`.
@Suite struct SubEndingTests {
    @Test func aClosedPipeIsAQuietSuccess() throws {
        let relay = try RunningRelay(), folder = try WorkFolder()
        let sub = try relay.sub("a--b", "--wait", "60", output: .brokenPipe)
        let pub = try relay.pub("a--b", try folder.file("x", noise(1_000_000)))
        #expect(try sub.wait().isQuietSuccess)
        #expect(try pub.wait().status == 0)
    }

    @Test func maxTimeFinishesTheFile() throws {
        let relay = try RunningRelay(), folder = try WorkFolder()
        let copy = folder.path("copy")
        let sub = try relay.sub("a--b", "--wait", "60", "--as", "lines", "-o", copy, "--max-time", "8")
        let pub = try relay.pub("a--b", input: .open)
        pub.write("1\n2\n")
        let finished = try sub.wait()
        #expect(finished.isFailure(6) && finished.stderr == "moqt sub: --max-time has passed\n")
        #expect(try String(contentsOfFile: copy, encoding: .utf8) == "1\n2\n")
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func aSignalFinishesTheFile(_ signal: Int32) throws {
        let relay = try RunningRelay()
        let sub = try relay.sub("a--b", "--wait", "60", "--as", "lines")
        let pub = try relay.pub("a--b", input: .open)
        pub.write("1\n2\n")
        _ = try sub.waitForLine { $0 == "2" }
        sub.send(signal)
        let finished = try sub.wait()
        #expect(finished.status == 128 + signal && finished.stderr.isEmpty && finished.text == "1\n2\n")
    }

    @Test func aLostPublisherEndsItAtOnceUnlessItIsToWait() throws {
        let relay = try RunningRelay()
        let first = try relay.sub("a--b", "--wait", "60", "--as", "lines")
        let pub = try relay.pub("a--b", "--idle-timeout", "3", input: .open)
        pub.write("1\n")
        _ = try first.waitForLine()
        let second = try relay.sub("a--b", "-v", "--as", "lines")
        _ = try second.waitForLine(on: .stderr) { $0.contains("subscribed to") }
        pub.write("2\n")
        _ = try second.waitForLine()
        pub.send(SIGKILL)
        let finished = try second.wait()
        let failures = finished.stderr.split(separator: "\n").filter { !$0.contains(" info: ") }
        #expect(finished.status == 6 && failures.count == 1 && finished.text == "2\n", "\(finished)")
        #expect(first.isRunning)
    }

    @Test func anOutputThatCannotBeMadeFailsBeforeConnecting() throws {
        for path in ["/nonexistent/copy", "/nonexistent/objects/", "/dev/null/"] {
            let finished = try Moqt.run("sub", "-k", "moqt://127.0.0.1:9", "a--b", "-o", path)
            #expect(finished.isFailure(8) && finished.stderr.hasPrefix("moqt sub: \(path): "), "\(finished)")
        }
    }

    @Test func aFullDiskIsUnusable() throws {
        let relay = try RunningRelay(), folder = try WorkFolder()
        let sub = try relay.sub("a--b", "--wait", "60", "-o", "/dev/full")
        _ = try relay.pub("a--b", try folder.file("x", noise(100_000))).wait()
        let finished = try sub.wait()
        #expect(finished.isFailure(8) && finished.stderr == "moqt sub: /dev/full: No space left on device\n")
    }
}

/// A pipe with a name, which nobody reads before the test does.
private final class UnreadPipe {
    let path: String
    let descriptor: Int32

    init(in folder: WorkFolder) throws {
        path = folder.path("pipe")
        try #require(mkfifo(path, 0o600) == 0)
        descriptor = open(path, O_RDWR | O_CLOEXEC)
        try #require(descriptor >= 0)
    }

    deinit { close(descriptor) }

    func read(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let step = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress! + done, count - done) }
            if step <= 0 { break }
            done += step
        }
        return Array(bytes[..<done])
    }
}

/// A reader of stdout that does not read.
@Suite struct SubBlockedOutputTests {
    @Test(arguments: [["--object-size", "64Ki", "--group-size", "4"], ["--object-size", "1000", "--group-size", "8"]])
    func itHoldsThePublisherUpNotTheMemory(_ options: [String]) throws {
        let relay = try RunningRelay(), folder = try WorkFolder()
        let pipe = try UnreadPipe(in: folder)
        let bytes = noise(options[1] == "64Ki" ? 200_000_000 : 50_000_000)
        let sub = try relay.sub("a--b", "--wait", "60", "--idle-timeout", "2", output: .file(pipe.path))
        let pub = try Moqt(["pub", "-k", relay.url, "a--b", try folder.file("x", bytes)] + options)
        #expect(throws: Moqt.Failure.self) { try sub.waitForLine(on: .stderr, deadline: 5) }
        #expect(sub.isRunning && pub.isRunning)
        #expect(try sub.peakMemory < 160_000 || Moqt.isSanitized)
        #expect(pipe.read(bytes.count) == bytes)
        #expect(try sub.wait().isQuietSuccess)
        #expect(try pub.wait().status == 0)
    }

    @Test func itDoesNotKeepASignalFromEndingTheCommand() throws {
        let relay = try RunningRelay(), folder = try WorkFolder()
        let pipe = try UnreadPipe(in: folder)
        let sub = try relay.sub("a--b", "--wait", "60", "-v", output: .file(pipe.path))
        let pub = try relay.pub("a--b", "--object-size", "64Ki", try folder.file("x", noise(1_000_000)))
        _ = try sub.waitForLine(on: .stderr) { $0.contains("subscribed to") }
        #expect(pipe.read(1).count == 1)
        sub.send(SIGTERM)
        #expect(try sub.wait().status == 143)
        _ = pub
    }
}
