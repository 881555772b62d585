import Foundation
import Testing

/// Tracks of bytes, lines and frames from `moqt pub` through `moqt relay` to `moqt sub`.
@Suite struct EndToEndTrackTests {
    @Test("a file arrives byte for byte, at eight subscribers as at one")
    func raw() throws {
        let relay = try RunningRelay(), folder = try WorkFolder()
        let source = try folder.file("source", noise(16 << 20))
        let copies = (1...8).map { folder.path("copy\($0)") }
        let subs = try copies.map { try relay.sub("test--data", "--wait", "60", "-v", "-o", $0) }
        // The publisher begins for the first that asks: all have to be there by then.
        for sub in subs { _ = try sub.waitForLine(on: .stderr) { $0.contains("subscribes to test--data") } }
        let pub = try relay.pub("test--data", "--as", "raw", "--object-size", "64Ki", "--group-size", "64", source)
        #expect(try pub.wait().isQuietSuccess)
        for (sub, copy) in zip(subs, copies) {
            #expect(try sub.wait().status == 0)
            #expect(FileManager.default.contentsEqual(atPath: source, andPath: copy))
        }
    }

    @Test("lines arrive as they were, in their order")
    func lines() throws {
        let relay = try RunningRelay()
        let text = Array((1...100_000).map { "\($0)\n" }.joined().utf8)
        let sub = try relay.sub("test--numbers", "--wait", "60", "--as", "lines")
        let pub = try relay.pub("test--numbers", "--as", "lines", "-", input: .bytes(text))
        #expect(try pub.wait().isQuietSuccess)
        let finished = try sub.wait()
        #expect(finished.isQuietSuccess && finished.stdout == text)
    }

    @Test("frames of any size arrive whole", arguments: [[0, 1, 65_535, 0], [50_000_000]])
    func frames(_ sizes: [Int]) throws {
        let relay = try RunningRelay(), folder = try WorkFolder()
        var frames: [UInt8] = []
        for size in sizes {
            withUnsafeBytes(of: UInt32(size).bigEndian) { frames += $0 }
            frames += noise(size)
        }
        let source = try folder.file("source", frames), copy = folder.path("copy")
        let sub = try relay.sub("test--frames", "--wait", "60", "--as", "frames", "-o", copy)
        #expect(try relay.pub("test--frames", "--as", "frames", source).wait().isQuietSuccess)
        #expect(try sub.wait().isQuietSuccess)
        #expect(FileManager.default.contentsEqual(atPath: source, andPath: copy))
    }

    @Test("datagrams arrive, each an object")
    func datagrams() throws {
        let relay = try RunningRelay()
        let sub = try relay.sub("test--ticks", "--wait", "60", "--as", "lines", "-n", "3")
        let pub = try relay.pub(
            "test--ticks", "--as", "lines", "--datagrams", "-", input: .bytes(Array("a\nb\nc\n".utf8)))
        #expect(try sub.wait().text == "a\nb\nc\n")
        #expect(try pub.wait().isQuietSuccess)
    }

    @Test("each object can be written by a template")
    func template() throws {
        let relay = try RunningRelay()
        let sub = try relay.sub("test--t", "--wait", "60", "-F", "%n %g/%o %s %p\\n")
        _ = try relay.pub("test--t", "--group-size", "2", "-", input: .bytes(Array("a\nbb\nccc\n".utf8))).wait()
        #expect(try sub.wait().text == "test--t 0/0 1 a\ntest--t 0/1 2 bb\ntest--t 1/0 3 ccc\n")
    }

    @Test("-n ends after so many objects; the publisher ends with its input")
    func count() throws {
        let relay = try RunningRelay()
        let sub = try relay.sub("test--n", "--wait", "60", "--as", "lines", "-n", "2")
        let pub = try relay.pub("test--n", "-", input: .open)
        pub.write("a\nb\nc\n")
        #expect(try sub.wait().text == "a\nb\n")
        pub.closeInput()
        #expect(try pub.wait().status == 0)
    }

    @Test("a publisher that was killed and started again is picked up where it was lost")
    func publisherRestart() throws {
        let relay = try RunningRelay()
        let sub = try relay.sub("test--n", "--wait", "60", "--as", "lines")
        let first = try relay.pub("test--n", "--idle-timeout", "3", "-", input: .open)
        first.write("1\n2\n3\n")
        #expect(try sub.waitForLine { $0 == "3" } == "3")
        first.send(SIGKILL)
        _ = try first.wait()
        let second = try relay.pub("test--n", "-", input: .bytes(Array("1\n2\n3\n4\n5\n".utf8)))
        #expect(try second.wait().status == 0)
        let finished = try sub.wait()
        #expect(finished.status == 0 && finished.text == "1\n2\n3\n4\n5\n", "\(finished.stderr)")
    }

    @Test("a subscriber that is interrupted has what had come, and ends with 130")
    func interrupt() throws {
        let relay = try RunningRelay()
        let sub = try relay.sub("test--n", "--wait", "60", "--as", "lines")
        let pub = try relay.pub("test--n", "-", input: .open)
        pub.write("1\n")
        _ = try sub.waitForLine()
        sub.send(SIGINT)
        let finished = try sub.wait()
        #expect(finished.status == 130 && finished.text == "1\n" && finished.stderr.isEmpty)
    }

    @Test("a relay drains on SIGTERM and ends with 0")
    func drain() throws {
        let relay = try RunningRelay()
        relay.process.send(SIGTERM)
        #expect(try relay.process.wait().status == 0)
    }
}
