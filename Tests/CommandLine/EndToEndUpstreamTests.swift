import Commands
import Foundation
import Testing

/// A relay with --upstream is an edge of another: whoever is at one of them has what is published at the other.
@Suite("End to end, a relay above another") struct EndToEndUpstreamTests {
    /// A relay, and others below it.
    struct Relays {
        let origin: RunningRelay
        let edges: [RunningRelay]
        var edge: RunningRelay { edges[0] }

        init(edges count: Int = 1, _ options: String..., origin originOptions: [String] = []) throws {
            let origin = try RunningRelay(options: originOptions)
            self.origin = origin
            edges = try (0..<count).map { _ in try EndToEndUpstreamTests.edge(of: origin, options) }
        }
    }

    /// A relay that has found the one above it.
    static func edge(of origin: RunningRelay, _ options: [String] = []) throws -> RunningRelay {
        let edge = try RunningRelay(
            options: ["--upstream", origin.url, "--upstream-fingerprint", origin.fingerprint, "-v"] + options)
        try connected(edge)
        return edge
    }

    static func connected(_ edge: RunningRelay) throws {
        _ = try edge.process.waitForLine(on: .stderr) { $0.contains("connected as session") }
    }

    private func subscribed(_ sub: Moqt) throws {
        _ = try sub.waitForLine(on: .stderr) { $0.contains("subscribed to") }
    }

    private func lines(_ range: ClosedRange<Int>) -> String { range.map { "\($0)\n" }.joined() }

    @Test("a track that is published at the origin", arguments: ["14", "moqt-16", "moqt-18", "moqt-22"])
    func down(draft: String) throws {
        let relays = try Relays("--draft", draft)
        let pub = try relays.origin.pub("a--b", "-", "--group-size", "3", input: .open)
        let subs = try (0..<3).map { _ in try relays.edge.sub("a--b", "--wait", "30", "--as", "lines", "-v") }
        for sub in subs { try subscribed(sub) }
        pub.write(lines(1...8))
        for sub in subs { _ = try sub.waitForLine { $0 == "8" } }
        pub.write(lines(9...10))
        pub.closeInput()
        for sub in subs {
            let finished = try sub.wait()
            #expect(finished.status == 0 && finished.text == lines(1...10), "\(finished)")
        }
        #expect(try pub.wait().isQuietSuccess)
    }

    @Test(
        "a track that is published at an edge, announced or by PUBLISH", arguments: ["14", "moqt-16", "moqt-22"],
        [[], ["--publish", "--announce", "never"]])
    func up(draft: String, how: [String]) throws {
        let relays = try Relays(edges: 2, "--draft", draft)
        let subs = try ([relays.origin] + relays.edges).map {
            try $0.sub("a--b", "--wait", "30", "--as", "lines", "-v")
        }
        let pub = try Moqt(["pub", relays.edge.url, "-k", "a--b", "-"] + how, input: .open)
        for sub in subs { try subscribed(sub) }
        pub.write(lines(1...3))
        for sub in subs { _ = try sub.waitForLine { $0 == "3" } }
        pub.closeInput()
        for sub in subs {
            let finished = try sub.wait()
            #expect(finished.status == 0 && finished.text == lines(1...3), "\(finished)")
        }
        #expect(try pub.wait().isQuietSuccess)
    }

    @Test("one subscription at the origin serves all subscribers of an edge; the past is fetched there")
    func once() throws {
        // Each loop of an edge is one.
        let relays = try Relays("--threads", "1", origin: ["-vv", "--threads", "1"])
        let pub = try relays.origin.pub("a--b", "-", "--group-size", "2", input: .open)
        let first = try relays.origin.sub("a--b", "--wait", "30", "--as", "lines", "-v")
        try subscribed(first)
        pub.write(lines(1...6))
        _ = try first.waitForLine { $0 == "6" }
        let fetch = try Moqt.run("fetch", relays.edge.url, "-k", "a--b", "0..1", "--as", "lines")
        #expect(fetch.status == 0 && fetch.text == lines(1...4), "\(fetch)")
        let subs = try (0..<4).map { _ in try relays.edge.sub("a--b", "--wait", "30", "--as", "lines", "-v") }
        for sub in subs { try subscribed(sub) }
        pub.write(lines(7...8))
        pub.closeInput()
        for sub in subs { #expect(try sub.wait().text == lines(7...8)) }
        #expect(try first.wait().text == lines(1...8))
        relays.origin.process.send(SIGTERM)
        let log = try relays.origin.process.wait().stderr
        #expect(log.split(separator: "\n").count { $0.contains("received SUBSCRIBE,") } == 2, "\(log)")
    }

    @Test("what neither relay has is refused at once; who waits gets it when it comes")
    func unknown() throws {
        let relays = try Relays()
        let finished = try relays.edge.sub("a--b").wait()
        #expect(finished.status == 5, "\(finished)")
        let sub = try relays.edge.sub("a--b", "--wait", "30", "--as", "lines", "-v")
        let pub = try relays.origin.pub("a--b", "-", input: .bytes(Array("1\n".utf8)))
        #expect(try sub.wait().text == "1\n")
        #expect(try pub.wait().status == 0)
    }

    @Test("namespaces come down and go up", arguments: ["14", "moqt-16", "moqt-18", "moqt-22"])
    func namespaces(draft: String) throws {
        let relays = try Relays(edges: 2, "--draft", draft)
        let watch = try Moqt("announce", "--watch", relays.edges[0].url, "-k", "live")
        for relay in [relays.origin, relays.edges[1], relays.edges[0]] {
            let hold = try Moqt("announce", relay.url, "-k", "live-cam")
            #expect(try watch.waitForLine() == "+ live-cam")
            hold.send(SIGTERM)
            #expect(try watch.waitForLine() == "- live-cam")
        }
        watch.send(SIGTERM)
        _ = try watch.wait()
    }

    @Test("subscribers wait while the relay above is gone, and go on when it is back")
    func back() throws {
        var origin: RunningRelay? = try RunningRelay()
        let address = try #require(origin?.address)
        let edge = try RunningRelay(options: ["--upstream", "moqt://" + address, "--upstream-insecure", "-v"])
        try Self.connected(edge)
        let sub = try edge.sub("a--b", "--wait", "60", "--as", "lines")
        let first = try Moqt("pub", "moqt://" + address, "-k", "a--b", "-", "--first-group", "1", input: .open)
        first.write("1\n")
        #expect(try sub.waitForLine() == "1")
        origin = nil
        _ = try edge.process.waitForLine(on: .stderr) { $0.contains("connecting again") }
        let next = try RunningRelay(at: address)
        try Self.connected(edge)
        let second = try next.pub("a--b", "-", "--first-group", "2", input: .bytes(Array("2\n".utf8)))
        #expect(try second.wait().status == 0)
        let finished = try sub.wait()
        #expect(finished.status == 0 && finished.text == "1\n2\n", "\(finished)")
    }

    @Test("GOAWAY of the relay above is followed without losing an object", arguments: ["moqt-16", "moqt-22"])
    func goAway(draft: String) throws {
        let next = try RunningRelay()
        let origin = try RunningRelay(options: ["--goaway-uri", next.url])
        let edge = try RunningRelay(
            options: ["--upstream", origin.url, "--upstream-insecure", "-v", "--draft", draft])
        try Self.connected(edge)
        let sub = try edge.sub("a--b", "--wait", "30", "--as", "lines")
        let pub = try Moqt("pub", origin.url, "-k", "a--b", "--group-size", "3", "-", input: .open)
        pub.write(lines(1...8))
        _ = try sub.waitForLine { $0 == "8" }
        origin.process.send(SIGTERM)
        try Self.connected(edge)
        #expect(try origin.process.wait().status == 0)
        pub.write(lines(9...20))
        pub.closeInput()
        let finished = try sub.wait()
        #expect(finished.status == 0 && finished.text == lines(1...20), "\(finished)")
        #expect(try pub.wait().status == 0)
    }

    @Test("a relay that is its own upstream, or its upstream's, is found out")
    func circles() throws {
        let address = try RunningRelay.freeAddress()
        func relay(at own: String, under other: String) throws -> RunningRelay {
            try RunningRelay(at: own, "--upstream", "moqt://" + other, "--upstream-insecure", "-v")
        }
        let alone = try relay(at: address, under: address)
        _ = try alone.process.waitForLine(on: .stderr) { $0.contains("each other's upstream") }
        #expect(try alone.sub("a--b").wait(deadline: 30).status == 5)
        let next = try RunningRelay.freeAddress()
        let first = try relay(at: "127.0.0.1:0", under: next)
        let second = try relay(at: next, under: first.address)
        try Self.connected(second)
        for relay in [first, second] { #expect(try relay.sub("a--b").wait(deadline: 30).status == 5) }
        let watch = try Moqt("announce", "--watch", second.url, "-k", "live")
        let hold = try Moqt("announce", first.url, "-k", "live")
        #expect(try watch.waitForLine() == "+ live")
        hold.send(SIGTERM)
        #expect(try watch.waitForLine() == "- live")
    }

    /// Three relays, each the upstream of another: whichever connection is the last, one of the three is given up, and the
    /// others have what is published anywhere.
    @Test("a circle of three is found out, in whatever order it closes", arguments: [1, 2], [[0, 1, 2], [2, 1, 0]])
    func longCircle(threads: Int, order: [Int]) throws {
        let addresses = try (0..<3).map { _ in try RunningRelay.freeAddress() }
        var relays: [Int: RunningRelay] = [:]
        for number in order {
            relays[number] = try RunningRelay(
                at: addresses[number], "--upstream", "moqt://" + addresses[(number + 1) % 3], "--upstream-insecure",
                "--threads", "\(threads)", "-v")
        }
        let found = Found()
        for process in relays.values.map(\.process) {
            Thread.detachNewThread {
                let line = try? process.waitForLine(on: .stderr, deadline: 60) {
                    $0.contains("each other's upstream")
                }
                if line != nil { found.set() }
            }
        }
        #expect(found.wait(seconds: 60))
        for relay in relays.values { #expect(try relay.sub("a--b").wait(deadline: 60).status == 5) }
    }

    private final class Found: @unchecked Sendable {
        // It is made for several threads.
        private let semaphore = DispatchSemaphore(value: 0)
        func set() { semaphore.signal() }
        func wait(seconds: Double) -> Bool { semaphore.wait(timeout: .now() + seconds) == .success }
    }

    @Test("a chain of relays of several loops")
    func chain() throws {
        let relays = try Relays("--threads", "2")
        let last = try Self.edge(of: relays.edge, ["--threads", "2"])
        let bytes = noise(1_000_000, seed: 3)
        let subs = try ([last, last, last, relays.edge, relays.edge]).map {
            try Moqt("sub", $0.url, "-k", "a--b", "--wait", "30", "-v")
        }
        let pub = try relays.origin.pub(
            "a--b", "-", "--as", "raw", "--object-size", "10000", "--group-size", "7", input: .open)
        for sub in subs { try subscribed(sub) }
        pub.write(bytes)
        pub.closeInput()
        for sub in subs {
            let finished = try sub.wait()
            #expect(finished.status == 0 && finished.stdout == bytes, "\(finished.stderr)")
        }
    }
}
