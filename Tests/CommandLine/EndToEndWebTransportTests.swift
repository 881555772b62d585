import Foundation
import Testing

/// `moqt pub`, `moqt relay` and `moqt sub` over WebTransport.
@Suite struct EndToEndWebTransportTests {
    /// Starts a command of this relay, which it trusts.
    private func start(
        _ command: String, _ url: String, _ relay: RunningRelay, _ arguments: String..., input: Moqt.Input = .none
    )
        throws -> Moqt
    {
        try Moqt([command, url, "--fingerprint", relay.fingerprint] + arguments, input: input)
    }

    @Test(
        "a movie arrives packet for packet, whatever carries either half of its way",
        arguments: [(true, true), (true, false), (false, true)])
    func movie(_ isWebPublisher: Bool, _ isWebSubscriber: Bool) throws {
        let relay = try RunningRelay(), folder = try WorkFolder()
        let source = try SourceMovie.plain.path(), copy = folder.path("copy.mp4")
        let sub = try start(
            "sub", isWebSubscriber ? relay.webURL : relay.url, relay, "test-movie", "--wait", "60", "-o", copy)
        let pub = try start(
            "pub", isWebPublisher ? relay.webURL : relay.url, relay, "test-movie", "--no-realtime", source)
        #expect(try pub.wait().isQuietSuccess)
        #expect(try sub.wait().isQuietSuccess)
        #expect(
            try Packets(of: source, "framehash", "-c", "copy").isSame(as: Packets(of: copy, "framehash", "-c", "copy")))
    }

    @Test("a file arrives byte for byte")
    func raw() throws {
        let relay = try RunningRelay(), folder = try WorkFolder()
        let source = try folder.file("source", noise(16 << 20)), copy = folder.path("copy")
        let sub = try start("sub", relay.webURL, relay, "test--data", "--wait", "60", "-o", copy)
        let pub = try start(
            "pub", relay.webURL, relay, "test--data", "--as", "raw", "--object-size", "64Ki", "--group-size", "64",
            source)
        #expect(try pub.wait().isQuietSuccess)
        #expect(try sub.wait().isQuietSuccess)
        #expect(FileManager.default.contentsEqual(atPath: source, andPath: copy))
    }

    @Test("datagrams arrive, each an object")
    func datagrams() throws {
        let relay = try RunningRelay()
        let sub = try start("sub", relay.webURL, relay, "test--ticks", "--wait", "60", "--as", "lines", "-n", "3")
        let pub = try start(
            "pub", relay.webURL, relay, "test--ticks", "--as", "lines", "--datagrams", "-",
            input: .bytes(Array("a\nb\nc\n".utf8)))
        #expect(try sub.wait().text == "a\nb\nc\n")
        #expect(try pub.wait().isQuietSuccess)
    }

    @Test("--transport overrides the URL; auto offers both")
    func transports() throws {
        let relay = try RunningRelay(at: "127.0.0.1:0", "--path", "/moq")
        for (url, transport) in [
            (relay.webURL, "quic"), (relay.webURL + "moq", "webtransport"), (relay.url + "/moq?x", "webtransport"),
            (relay.url, "auto"),
        ] {
            let sub = try start("sub", url, relay, "test--no", "--transport", transport)
            // It has reached the relay, which knows no such track.
            #expect(try sub.wait().status == 5, "\(url) \(transport)")
        }
    }

    @Test("a path that is not served is a failure to connect")
    func path() throws {
        let relay = try RunningRelay(at: "127.0.0.1:0", "--path", "/moq")
        let finished = try start("sub", relay.webURL, relay, "test--no").wait()
        #expect(finished.isFailure(3))
        #expect(finished.stderr.contains("the server refused the WebTransport session: HTTP status 404"))
    }

    @Test("a server without HTTP/3 has no version in common")
    func noHTTP3() throws {
        let peer = try RoguePeer(alpn: "moqt-18")
        peer.start()
        defer { peer.stop() }
        let url = peer.url.replacingOccurrences(of: "moqt://", with: "https://")
        #expect(try Moqt.run("sub", url, "a--b", "-k").isFailure(4))
    }

    @Test("a session that a relay ends by draining is over for both")
    func draining() throws {
        let relay = try RunningRelay(at: "127.0.0.1:0", "--drain", "1")
        let pub = try start("pub", relay.webURL, relay, "test--t", "-v", "-", input: .open)
        _ = try pub.waitForLine(on: .stderr) { $0.contains("accepted") }
        relay.process.send(SIGTERM)
        #expect(try relay.process.wait().status == 0)
        #expect(try pub.wait().status == 3)
    }
}
