import Commands
import Foundation
import Testing

extension RunningRelay {
    /// Starts `moqt announce` at this relay, which it trusts.
    func announce(_ arguments: String...) throws -> Moqt {
        try Moqt(["announce", url, "--fingerprint", fingerprint] + arguments)
    }
}

/// `moqt announce` with a relay: namespaces and tracks as they come and go.
@Suite struct AnnounceTests {
    @Test("a namespace is there while it is held", arguments: Drafts.known)
    func hold(_ draft: String) throws {
        let relay = try RunningRelay()
        let watch = try relay.announce("--watch", "live", "--draft", draft)
        let pub = try relay.pub("other--t", "--publish", "--announce", "never", "-", input: .open)
        let hold = try relay.announce("live-cam1", "--draft", draft)
        #expect(try watch.waitForLine() == "+ live-cam1")
        pub.closeInput()
        hold.send(SIGINT)
        let held = try hold.wait()
        #expect(held.status == 130 && held.stdout.isEmpty && held.stderr.isEmpty)
        #expect(try watch.waitForLine() == "- live-cam1")
        watch.send(SIGTERM)
        #expect(try watch.wait().status == 143)
    }

    @Test("a watcher is told what is there already, below its prefix only")
    func prefix() throws {
        let relay = try RunningRelay()
        let holders = try ["live-cam1", "live-cam2", "other"].map { try relay.announce($0, "--json") }
        for holder in holders { _ = try holder.waitForLine() }
        let watch = try relay.announce("--watch", "live")
        let names = [try watch.waitForLine(), try watch.waitForLine()]
        #expect(names.sorted() == ["+ live-cam1", "+ live-cam2"])
        holders[2].send(SIGINT)
        _ = try holders[2].wait()
        holders[0].send(SIGINT)
        #expect(try watch.waitForLine() == "- live-cam1")
    }

    @Test("a namespace that two hold is gone with the second")
    func twoHolders() throws {
        let relay = try RunningRelay()
        let holders = try (0..<2).map { _ in try relay.announce("live", "--json") }
        for holder in holders { _ = try holder.waitForLine() }
        let watch = try relay.announce("--watch")
        #expect(try watch.waitForLine() == "+ live")
        for holder in holders {
            holder.send(SIGINT)
            _ = try holder.wait()
        }
        let other = try relay.announce("next")
        #expect(try watch.waitForLine() == "- live")
        #expect(try watch.waitForLine() == "+ next")
        other.send(SIGINT)
    }

    @Test("--json tells the same to programs")
    func json() throws {
        let relay = try RunningRelay()
        let watch = try relay.announce("--watch", "--json")
        let hold = try relay.announce("live", "--json")
        #expect(try hold.waitForLine() == #"{"kind":"namespace","event":"accepted","namespace":"live"}"#)
        #expect(try watch.waitForLine() == #"{"kind":"namespace","event":"added","namespace":"live"}"#)
        hold.send(SIGINT)
        #expect(try watch.waitForLine() == #"{"kind":"namespace","event":"removed","namespace":"live"}"#)
    }

    @Test("--tracks tells of tracks that are published, and when they end", arguments: Drafts.known)
    func tracks(_ draft: String) throws {
        let relay = try RunningRelay()
        let watch = try relay.announce("--tracks", "live", "--draft", draft)
        let pub = try relay.pub("live--t", "--publish", "--start", "now", "--draft", draft, "-", input: .open)
        let lines = [try watch.waitForLine(), try watch.waitForLine()]
        #expect(lines.sorted() == ["+ live", "+ live--t"])
        pub.closeInput()
        #expect(try pub.wait().status == 0)
        let ends = [try watch.waitForLine(), try watch.waitForLine()]
        #expect(ends.sorted() == ["- live", "- live--t"])
    }

    @Test("--status says how far a track is, on every draft")
    func status() throws {
        let relay = try RunningRelay()
        let sub = try relay.sub("test--n", "--wait", "60", "--as", "lines")
        let pub = try relay.pub(
            "test--n", "--group-size", "2", "--delivery-timeout", "60000", "-", input: .open)
        pub.write("1\n2\n3\n")
        _ = try sub.waitForLine { $0 == "3" }
        for draft in Drafts.known {
            let text = try relay.announce("--status", "test--n", "--draft", draft).wait()
            #expect(text.isQuietSuccess && text.text.hasPrefix("test--n largest 1:0"), "\(text.text)\(text.stderr)")
            let json = try relay.announce("--status", "test--n", "--json", "--draft", draft).wait()
            let expected = #"{"kind":"status","track":"test--n","largest":{"group":1,"object":0},"expires_ms":null,"#
            #expect(json.isQuietSuccess && json.text.hasPrefix(expected), "\(json.text)\(json.stderr)")
        }
        // Drafts 16 and 17 leave the properties out of the answer.
        let text = try relay.announce("--status", "test--n", "--draft", "18").wait()
        #expect(text.text == "test--n largest 1:0 0x2=60000\n")
        let json = try relay.announce("--status", "test--n", "--json", "--draft", "18").wait()
        #expect(json.text.hasSuffix(#","properties":{"0x2":60000}}"# + "\n"))
    }

    @Test("--status of a track without subscribers is asked of its publisher")
    func statusOfUnread() throws {
        let relay = try RunningRelay()
        let watch = try relay.announce("--watch")
        let pub = try relay.pub("test--n", "-", input: .open)
        _ = try watch.waitForLine()
        let finished = try relay.announce("--status", "test--n").wait()
        #expect(finished.isQuietSuccess && finished.text == "test--n largest -\n", "\(finished.text)\(finished.stderr)")
        pub.closeInput()
    }

    @Test("what the peer refuses is status 5, and one line says why")
    func refused() throws {
        let relay = try RunningRelay()
        let finished = try relay.announce("--status", "nobody--t").wait()
        #expect(finished.isFailure(5))
        #expect(
            finished.stderr == "moqt announce: the track's status: refused: DOES_NOT_EXIST (no such track)\n",
            "\(finished.stderr)")
    }

    @Test("who asks for a track of a namespace that is only held is told that there is none")
    func heldOnly() throws {
        let relay = try RunningRelay()
        let hold = try relay.announce("live", "--json")
        _ = try hold.waitForLine()
        #expect(try relay.sub("live--t").wait().isFailure(5))
        #expect(hold.isRunning)
    }

    @Test("a relay that goes takes its namespaces along; --retry looks for it again")
    func retry() throws {
        let relay = try RunningRelay(at: "127.0.0.1:0", "--drain", "0")
        let hold = try relay.announce("live")
        let watch = try relay.announce("--watch", "--retry", "20", "-q")
        #expect(try watch.waitForLine() == "+ live")
        relay.process.send(SIGTERM)
        #expect(try relay.process.wait().status == 0)
        #expect(try watch.waitForLine() == "- live")
        #expect(try hold.wait().isFailure(3))
        #expect(watch.isRunning)
    }

    @Test("--max-time ends it with status 6")
    func maximumTime() throws {
        let relay = try RunningRelay()
        #expect(try relay.announce("live", "--max-time", "100ms").wait().isFailure(6))
        #expect(try relay.announce("--watch", "--max-time", "100ms").wait().isFailure(6))
    }

    @Test("a reader that goes ends it quietly")
    func brokenPipe() throws {
        let relay = try RunningRelay()
        let hold = try relay.announce("live", "--json")
        _ = try hold.waitForLine()
        let watch = try Moqt(
            ["announce", "--watch", relay.url, "--fingerprint", relay.fingerprint], output: .brokenPipe)
        #expect(try watch.wait().isQuietSuccess)
    }
}
