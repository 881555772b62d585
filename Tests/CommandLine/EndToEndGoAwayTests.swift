import Commands
import Foundation
import Testing

/// Clients of a relay that goes away go on at the one that it names, without losing an object (draft-18 "Session
/// Migration").
@Suite struct EndToEndGoAwayTests {
    struct Way: Sendable, CustomStringConvertible {
        var draft: String
        var transport: String
        var description: String { "\(draft) over \(transport)" }

        static let every = Drafts.known.flatMap { draft in
            ["quic", "webtransport"].map { Way(draft: draft, transport: $0) }
        }
        static let all = every.filter {
            [Drafts.known.last, "moqt-16", "moqt-18", "moqt-22"].contains($0.draft)
        }
    }

    /// A relay that clients come to, and the one that it sends them to.
    struct Relays {
        let next: RunningRelay
        let first: RunningRelay
        let way: Way

        init(_ way: Way, drain: String = "300") throws {
            self.way = way
            next = try RunningRelay()
            first = try RunningRelay(at: "127.0.0.1:0", "--goaway-uri", next.url, "--drain", drain)
        }

        func start(_ command: String, _ arguments: String..., input: Moqt.Input = .none) throws -> Moqt {
            let url = way.transport == "quic" ? first.url : first.webURL
            return try Moqt([command, url, "-k", "-v", "--draft", way.draft] + arguments, input: input)
        }

        func drain() { first.process.send(SIGTERM) }
    }

    private func lines(_ range: ClosedRange<Int>) -> String { range.map { "\($0)\n" }.joined() }

    private func left(_ client: Moqt) throws {
        _ = try client.waitForLine(on: .stderr) { $0.contains("leaves session") }
    }

    @Test("a track between two objects", arguments: Way.every)
    func quietTrack(_ way: Way) throws {
        let relays = try Relays(way)
        let sub = try relays.start("sub", "a--b", "--wait", "60", "--as", "lines")
        let pub = try relays.start("pub", "a--b", "--group-size", "3", "-", input: .open)
        pub.write(lines(1...8))
        _ = try sub.waitForLine { $0 == "8" }
        relays.drain()
        try left(sub)
        try left(pub)
        #expect(try relays.first.process.wait().status == 0)
        pub.write(lines(9...20))
        pub.closeInput()
        let finished = try sub.wait()
        #expect(finished.status == 0 && finished.text == lines(1...20), "\(finished.stderr)")
        #expect(try pub.wait().status == 0)
    }

    @Test("a track as fast as it can", arguments: Way.all)
    func busyTrack(_ way: Way) throws {
        let relays = try Relays(way)
        let sub = try relays.start("sub", "a--b", "--wait", "60", "--as", "lines")
        let all = lines(1...8_000)
        let pub = try relays.start("pub", "a--b", "--group-size", "100", "-", input: .bytes(Array(all.utf8)))
        _ = try sub.waitForLine { $0 == "500" }
        relays.drain()
        let finished = try sub.wait(), source = try pub.wait()
        #expect(finished.status == 0, "\(finished.stderr.suffix(2000)) \(source.stderr.suffix(2000))")
        #expect(finished.text == all && source.status == 0)
        #expect(try relays.first.process.wait().status == 0)
    }

    @Test("a file in large objects, at a steady pace", arguments: Way.all)
    func pacedFile(_ way: Way) throws {
        let relays = try Relays(way), folder = try WorkFolder()
        let bytes = noise(3 << 20), source = try folder.file("source", bytes)
        let sub = try relays.start("sub", "a--b", "--wait", "60", "-o", folder.path("copy"))
        let pub = try relays.start(
            "pub", "a--b", "--object-size", "16Ki", "--group-size", "16", "--rate", "150", source)
        _ = try pub.waitForLine(on: .stderr) { $0.contains("begins") }
        relays.drain()
        try left(sub)
        #expect(try sub.wait().status == 0)
        #expect(try pub.wait().status == 0)
        #expect(FileManager.default.contentsEqual(atPath: source, andPath: folder.path("copy")))
    }

    @Test("a movie, track by track", arguments: ["moqt-16", "moqt-22"])
    func movie(_ draft: String) throws {
        let relays = try Relays(Way(draft: draft, transport: "quic")), folder = try WorkFolder()
        let source = try SourceMovie.plain.path(), copy = folder.path("copy.mp4")
        let sub = try relays.start("sub", "test-movie", "--wait", "60", "-o", copy)
        let pub = try relays.start("pub", "test-movie", source)
        _ = try pub.waitForLine(on: .stderr) { $0.contains("begins") }
        relays.drain()
        try left(sub)
        #expect(try pub.wait().status == 0)
        #expect(try sub.wait().status == 0)
        let original = try Packets(of: source, "framehash", "-c", "copy")
        #expect(original.isSame(as: try Packets(of: copy, "framehash", "-c", "copy")))
    }

    @Test("objects are written once, in whatever order")
    func unordered() throws {
        let relays = try Relays(Way(draft: "moqt-18", transport: "quic"))
        let sub = try relays.start("sub", "a--b", "--wait", "60", "--as", "lines", "--unordered")
        let pub = try relays.start("pub", "a--b", "--group-size", "3", "-", input: .open)
        pub.write(lines(1...8))
        for _ in 1...8 { _ = try sub.waitForLine() }
        relays.drain()
        try left(sub)
        pub.write(lines(9...20))
        pub.closeInput()
        let finished = try sub.wait()
        let numbers = finished.text.split(separator: "\n").compactMap { Int($0) }
        #expect(finished.status == 0 && numbers.sorted() == Array(1...20), "\(numbers)")
        #expect(try pub.wait().status == 0)
    }

    @Test("who waits for a publisher waits on where that comes", arguments: ["moqt-16", "moqt-22"])
    func waiting(_ draft: String) throws {
        let relays = try Relays(Way(draft: draft, transport: "quic"))
        let sub = try relays.start("sub", "a--b", "--wait", "60", "--as", "lines", "-vv")
        _ = try sub.waitForLine(on: .stderr) { $0.contains("sent SUBSCRIBE") }
        relays.drain()
        _ = try sub.waitForLine(on: .stderr) { $0.contains("moves a--b") }
        let pub = try Moqt("pub", relays.next.url, "-k", "a--b", "-", input: .bytes(Array(lines(1...3).utf8)))
        let finished = try sub.wait()
        #expect(finished.status == 0 && finished.text == lines(1...3), "\(finished.stderr)")
        #expect(try pub.wait().status == 0)
    }

    @Test("a fetch ends where it began")
    func fetch() throws {
        let relays = try Relays(Way(draft: "moqt-18", transport: "quic"))
        let sub = try relays.start("sub", "a--b", "--wait", "60", "--as", "lines")
        let pub = try relays.start("pub", "a--b", "--group-size", "100", "-", input: .open)
        let all = lines(1...20_000)
        pub.write(all)
        _ = try sub.waitForLine { $0 == "20000" }
        let fetch = try relays.start("fetch", "a--b", "0..199", "--as", "lines")
        _ = try fetch.waitForLine { $0 == "10" }
        relays.drain()
        let finished = try fetch.wait()
        #expect(finished.status == 0 && finished.text == all, "\(finished.stderr)")
    }

    @Test("namespaces are announced and watched on", arguments: ["moqt-16", "moqt-22"])
    func announcements(_ draft: String) throws {
        let relays = try Relays(Way(draft: draft, transport: "quic"))
        let hold = try relays.start("announce", "live")
        let watch = try relays.start("announce", "--watch")
        #expect(try watch.waitForLine() == "+ live")
        relays.drain()
        try left(hold)
        try left(watch)
        #expect(try relays.first.process.wait().status == 0)
        hold.send(SIGTERM)
        #expect(try watch.waitForLine() == "- live")
        watch.send(SIGTERM)
        #expect(try watch.wait().text == "+ live\n- live\n")
    }

    @Test("relays that go one after the other")
    func chain() throws {
        let last = try RunningRelay()
        let second = try RunningRelay(at: "127.0.0.1:0", "--goaway-uri", last.url)
        let first = try RunningRelay(at: "127.0.0.1:0", "--goaway-uri", second.url)
        let sub = try Moqt("sub", first.url, "-k", "a--b", "--wait", "60", "--as", "lines", "-v")
        let pub = try Moqt("pub", first.url, "-k", "a--b", "-v", "-", input: .open)
        for (round, relay) in [first, second].enumerated() {
            pub.write("\(round)\n")
            #expect(try sub.waitForLine() == "\(round)")
            relay.process.send(SIGTERM)
            try left(sub)
            try left(pub)
            #expect(try relay.process.wait().status == 0)
        }
        pub.write("2\n")
        pub.closeInput()
        #expect(try sub.wait().text == "0\n1\n2\n")
        #expect(try pub.wait().status == 0)
    }

    // MARK: - Where it leads nowhere

    /// SETUP and GOAWAY on the server's control stream (draft-18 "GOAWAY").
    private func goAway(_ uri: String) -> [UInt8] {
        let body = [UInt8(uri.utf8.count)] + Array(uri.utf8) + [0, 0]
        return [0xAF, 0x00, 0, 0, 0x10, 0, UInt8(body.count)] + body
    }

    @Test("a URI that is none is said, and the session is used until it ends")
    func badURI() throws {
        let peer = try RoguePeer(alpn: "moqt-18", saying: goAway("ftp://nowhere"))
        peer.start()
        defer { peer.stop() }
        let finished = try Moqt("sub", peer.url, "-k", "a--b", "--max-time", "6").wait()
        #expect(finished.status == 6 && finished.stderr.contains("bad URI 'ftp://nowhere'"), "\(finished)")
    }

    @Test("a server that sends to itself for ever is not followed for ever")
    func circle() throws {
        let peer = try RoguePeer(alpn: "moqt-18")
        peer.bytes = goAway(peer.url)
        peer.start()
        defer { peer.stop() }
        let sub = try Moqt("sub", peer.url, "-k", "a--b", "--max-time", "30")
        let words = try sub.waitForLine(on: .stderr) { $0.contains("cannot follow") }
        #expect(words.contains("8 servers in a row"))
        sub.send(SIGINT)
        #expect(try sub.wait().status == 130)
    }

    @Test("a relay that is not there is looked for while the old one lasts, then the session is lost")
    func unreachable() throws {
        let relay = try RunningRelay(at: "127.0.0.1:0", "--goaway-uri", "moqt://127.0.0.1:9", "--drain", "5")
        let sub = try Moqt("sub", relay.url, "-k", "a--b", "--wait", "60", "--as", "lines", "-v")
        let pub = try Moqt("pub", relay.url, "-k", "a--b", "-", input: .open)
        pub.write("1\n")
        #expect(try sub.waitForLine() == "1")
        relay.process.send(SIGTERM)
        _ = try sub.waitForLine(on: .stderr) { $0.contains("going away") }
        pub.write("2\n")
        let finished = try sub.wait()
        #expect(finished.status == 3 && finished.text == "1\n2\n", "\(finished)")
        #expect(try pub.wait().status == 3)
    }
}
