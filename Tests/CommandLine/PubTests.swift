import Foundation
import Testing

/// A relay of this test run on a port of its own.
private struct LocalRelay {
    private let run: Moqt
    let url: String

    init() throws {
        run = try Moqt("relay", "--listen", "127.0.0.1:0", "--drain", "0")
        let line = try run.waitForLine { $0.hasPrefix("listening on ") }
        url = "moqt://" + line.split(separator: " ")[2]
    }

    /// A subscriber that waits for its publisher.
    func sub(_ name: String, _ options: String...) throws -> Moqt {
        try Moqt(["sub", "-k", url, name, "--wait", "60"] + options)
    }

    func pub(_ name: String, _ arguments: String..., input: Moqt.Input = .none) throws -> Moqt {
        try Moqt(["pub", "-k", url, name] + arguments, input: input)
    }

    func kill() throws {
        run.send(SIGKILL)
        _ = try run.wait()
    }
}

/// A file that lasts as long as the test.
private final class TemporaryFile {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("moqt-pub-\(UUID().uuidString)").path

    init(_ bytes: [UInt8] = []) { _ = FileManager.default.createFile(atPath: path, contents: Data(bytes)) }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

private func noise(_ count: Int) -> [UInt8] {
    var bytes = Data(count: count)
    bytes.withUnsafeMutableBytes { memory in
        if let base = memory.baseAddress { arc4random_buf(base, memory.count) }
    }
    return Array(bytes)
}

private func numbers(_ range: ClosedRange<Int>) -> [UInt8] { Array(range.map { "\($0)\n" }.joined().utf8) }

@Suite struct PubErrorTests {
    /// Nothing listens there: input that is no use is found out before that matters.
    private static let nowhere = "moqt://127.0.0.1:9"

    private func fails(_ arguments: [String], _ status: Int32, _ line: String) throws {
        let finished = try Moqt(["pub", "-k", Self.nowhere] + arguments).wait()
        #expect(finished.status == status && finished.stdout.isEmpty && finished.stderr == "moqt pub: \(line)\n")
    }

    @Test func aMissingFileIsUnusable() throws {
        try fails(["a--b", "/nonexistent"], 8, "/nonexistent: No such file or directory")
        try fails(["a", "/nonexistent"], 8, "/nonexistent: no such file or directory")
        let file = TemporaryFile()
        try fails(["a--b", file.path, "/nonexistent"], 8, "/nonexistent: No such file or directory")
    }

    @Test func aDirectoryIsUnusable() throws {
        try fails(["a--b", "/tmp"], 8, "/tmp: Is a directory")
        try fails(["a", "/tmp"], 8, "/tmp: is a directory")
    }

    @Test func whatIsNotMediaIsUnusable() throws {
        let file = TemporaryFile(noise(5000))
        let finished = try Moqt.run("pub", "-k", Self.nowhere, "a", file.path)
        #expect(finished.status == 8 && finished.stdout.isEmpty)
        #expect(finished.stderr.hasPrefix("moqt pub: \(file.path): not a media file"))
        #expect(finished.stderr.count { $0 == "\n" } == 1)
    }

    /// Those who receive are told that it is not all.
    @Test func inputThatBreaksOffIsNotTheEndOfTheTrack() throws {
        let relay = try LocalRelay()
        let sub = try Moqt(["sub", "-k", relay.url, "a--b", "--wait", "60", "--as", "frames"])
        let frames: [UInt8] = [0, 0, 0, 2, 7, 7, 0, 0, 0, 9, 1]
        let pub = try relay.pub("a--b", "--as", "frames", input: .bytes(frames)).wait()
        #expect(pub.status == 8)
        let finished = try sub.wait()
        #expect(finished.status == 6 && finished.stdout == Array(frames[..<6]), "\(finished)")
    }

    @Test func aPipeIsNotReadAgain() throws {
        let folder = try WorkFolder(), path = folder.path("pipe")
        #expect(mkfifo(path, 0o600) == 0)
        try fails(["a--b", path, "--loop", "2"], 2, "--loop: \(path): a pipe cannot be read again")
    }

    @Test func datagramsHaveASizeThatFits() throws {
        let relay = try LocalRelay()
        let file = TemporaryFile(noise(50_000))
        let sub = try Moqt(["sub", "-k", relay.url, "a--b", "--wait", "60"])
        let pub = try relay.pub("a--b", "--datagrams", "--rate", "500", file.path).wait()
        #expect(pub.status == 0 && pub.stderr.isEmpty)
        // A busy host may drop some: they are not sent again (RFC 9221 §5.2).
        #expect(try sub.wait().stdout.count > 25_000)
    }

    @Test func anEmptyMovieFromStdinIsUnusable() throws {
        let relay = try LocalRelay()
        let finished = try relay.pub("a", input: .bytes([])).wait()
        #expect(finished.status == 8 && finished.stdout.isEmpty && finished.stderr.count { $0 == "\n" } == 1)
    }

    @Test func nothingListeningIsUnreachable() throws {
        let file = TemporaryFile([1])
        try fails(["a--b", file.path], 3, "127.0.0.1:9: connection refused: nothing listens there")
    }

    @Test func withoutASubscriberItWaitsForMaxTime() throws {
        let relay = try LocalRelay()
        let finished = try relay.pub("a--b", "--max-time", "200ms", input: .bytes([1])).wait()
        #expect(finished.status == 6 && finished.stderr == "moqt pub: --max-time has passed\n")
    }

    @Test func aSignalEndsTheWait() throws {
        let relay = try LocalRelay()
        let run = try relay.pub("a--b", "-v", input: .open)
        _ = try run.waitForLine(on: .stderr) { $0.contains("accepted") }
        run.send(SIGTERM)
        #expect(try run.wait().status == 143)
    }

    @Test func aTruncatedFrameIsUnusableAfterWhatCameBeforeIt() throws {
        let relay = try LocalRelay()
        let sub = try relay.sub("a--b", "--as", "lines")
        let pub = try relay.pub("a--b", "--as", "frames", input: .bytes([0, 0, 0, 1, 65, 0, 0, 0, 9, 66])).wait()
        #expect(pub.status == 8)
        #expect(pub.stderr == "moqt pub: stdin: ends 8 bytes before the end of a frame of 9 bytes\n")
        #expect(try sub.wait().text == "A\n")
    }

    @Test func aLostRelayIsUnreachable() throws {
        let relay = try LocalRelay()
        let run = try relay.pub("a--b", "-v", "--idle-timeout", "3", input: .open)
        _ = try run.waitForLine(on: .stderr) { $0.contains("accepted") }
        try relay.kill()
        let finished = try run.wait()
        #expect(finished.status == 3 && finished.stderr.hasSuffix("connection lost: nothing was heard any more\n"))
    }
}

@Suite struct PubTests {
    @Test func linesArriveInOrder() throws {
        let relay = try LocalRelay()
        let sub = try relay.sub("a--b", "--as", "lines")
        let bytes = numbers(1...20_000)
        #expect(try relay.pub("a--b", input: .bytes(bytes)).wait().status == 0)
        let finished = try sub.wait()
        #expect(finished.status == 0 && finished.stdout == bytes)
    }

    @Test func linesMayHoldAnyByteAndTheLastMayLackItsNewline() throws {
        let relay = try LocalRelay()
        let sub = try relay.sub("a--b", "--as", "lines")
        let bytes: [UInt8] = [0, 0xFF, 10, 10, 13, 10, 0xC3, 0x28]
        #expect(try relay.pub("a--b", input: .bytes(bytes)).wait().status == 0)
        #expect(try sub.wait().stdout == bytes + [10])
    }

    @Test func framesOfEverySizeSurvive() throws {
        let relay = try LocalRelay()
        let file = TemporaryFile()
        let sub = try relay.sub("a--b", "--as", "frames", "-o", file.path)
        let bytes = [0, 1, 65_535, 5_000_000, 0].flatMap { size in
            withUnsafeBytes(of: UInt32(size).bigEndian) { Array($0) } + noise(size)
        }
        #expect(try relay.pub("a--b", "--as", "frames", input: .bytes(bytes)).wait().status == 0)
        #expect(try sub.wait().status == 0)
        #expect(try Data(contentsOf: URL(fileURLWithPath: file.path)) == Data(bytes))
    }

    @Test(arguments: [["--object-size", "1000", "--group-size", "7"], ["--object-size", "1Mi"], ["--loop", "2"]])
    func rawBytesArriveAsTheyAre(_ options: [String]) throws {
        let relay = try LocalRelay()
        let file = TemporaryFile(noise(3_000_001)), copy = TemporaryFile()
        let sub = try relay.sub("a--b", "-o", copy.path)
        #expect(try Moqt(["pub", "-k", relay.url, "a--b", file.path] + options).wait().status == 0)
        #expect(try sub.wait().status == 0)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file.path))
        let expected = options[0] == "--loop" ? bytes + bytes : bytes
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy.path)) == expected)
    }

    @Test func severalFilesFollowEachOther() throws {
        let relay = try LocalRelay()
        let one = TemporaryFile(Array("a\nb".utf8)), two = TemporaryFile(Array("c\n".utf8))
        let sub = try relay.sub("a--b", "--as", "lines")
        #expect(try relay.pub("a--b", "--as", "lines", one.path, two.path).wait().status == 0)
        #expect(try sub.wait().text == "a\nb\nc\n")
    }

    @Test func groupsHaveTheSizeAndNumberThatWereAsked() throws {
        let relay = try LocalRelay()
        let sub = try relay.sub("a--b", "-F", "%g/%o ")
        #expect(
            try relay.pub(
                "a--b", "--group-size", "2", "--first-group", "7", input: .bytes(numbers(1...5))
            ).wait().status == 0)
        #expect(try sub.wait().text.split(separator: " ") == ["7/0", "7/1", "8/0", "8/1", "9/0"])
    }

    @Test func aRateSpreadsObjects() throws {
        let relay = try LocalRelay()
        let sub = try relay.sub("a--b", "--as", "lines")
        let began = Date()
        #expect(try relay.pub("a--b", "--rate", "20", input: .bytes(numbers(1...11))).wait().status == 0)
        #expect(Date().timeIntervalSince(began) >= 0.5)
        #expect(try sub.wait().stdout == numbers(1...11))
    }

    @Test func datagramsArriveWhenThereIsRoom() throws {
        let relay = try LocalRelay()
        let sub = try relay.sub("a--b", "--as", "lines")
        // No more than a session holds while SUBSCRIBE_OK is on its way.
        #expect(try relay.pub("a--b", "--datagrams", input: .bytes(numbers(1...50))).wait().status == 0)
        // A busy host may drop some: they are not sent again (RFC 9221 §5.2).
        let came = try sub.wait().text.split(separator: "\n").compactMap { Int($0) }
        #expect(came.count > 25)
        #expect(Set(came).isSubset(of: 1...50))
    }

    @Test func anObjectTooLargeForADatagramIsDroppedAndIsAFailureInTheEnd() throws {
        let relay = try LocalRelay()
        let sub = try relay.sub("a--b", "--as", "lines")
        let long = [UInt8](repeating: 65, count: 3000) + [10]
        let pub = try relay.pub("a--b", "--datagrams", input: .bytes(long + long + [66, 10])).wait()
        let lines = pub.stderr.split(separator: "\n")
        #expect(pub.status == 1 && lines.count == 2)
        #expect(
            lines.first?.hasPrefix(
                "moqt pub: warning: objects too large for a datagram are dropped: on this path one takes ") ?? false)
        #expect(lines.last == "moqt pub: not everything was sent")
        let finished = try sub.wait()
        #expect(finished.text == "B\n", "\(finished)")
    }

    @Test func aTrackIsOfferedByPublish() throws {
        let relay = try LocalRelay()
        let pub = try relay.pub("a--b", "--publish", "--announce", "never", input: .bytes(numbers(1...3)))
        let sub = try relay.sub("a--b", "--as", "lines")
        #expect(try pub.wait().status == 0)
        #expect(try sub.wait().stdout == numbers(1...3))
    }

    @Test func aSignalEndsTheTrackInOrder() throws {
        let relay = try LocalRelay()
        let sub = try relay.sub("a--b", "--as", "lines")
        let pub = try relay.pub("a--b", input: .open)
        pub.write("1\n2\n")
        #expect(try sub.waitForLine() == "1")
        #expect(try sub.waitForLine() == "2")
        pub.send(SIGINT)
        #expect(try pub.wait().status == 130)
        let finished = try sub.wait()
        #expect(finished.status == 0 && finished.text == "1\n2\n")
    }

    @Test func aSubscriberThatLeavesHoldsNothingUp() throws {
        let relay = try LocalRelay()
        let sub = try relay.sub("a--b", "-n", "3")
        let file = TemporaryFile(noise(12_000_000))
        #expect(try relay.pub("a--b", file.path).wait().status == 0)
        #expect(try sub.wait().status == 0)
    }

    @Test func liveInputNeedsNoSubscriber() throws {
        let relay = try LocalRelay()
        #expect(try relay.pub("a--b", "--realtime", input: .bytes(numbers(1...3))).wait().status == 0)
    }

    @Test func theSummaryIsOneJSONObject() throws {
        let relay = try LocalRelay()
        let finished = try relay.pub("a--b", "--json", "--start", "now", input: .bytes(numbers(1...300))).wait()
        #expect(finished.text.hasPrefix(#"{"kind":"summary","groups":2,"objects":300,"bytes":792,"#))
        #expect(finished.text.count { $0 == "\n" } == 1)
    }
}
