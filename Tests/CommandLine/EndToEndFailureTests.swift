import EventLoop
import Foundation
import Testing
import Wire

/// What the statuses of `pub` and `sub` mean, with a clean stdout and one line on stderr each.
@Suite struct EndToEndFailureTests {
    /// Both clients, with what they need after the URL.
    static let clients = [["pub", "-"], ["sub"]]

    /// A client's command line: lines from an empty stdin, or a subscription.
    private func run(_ client: [String], _ url: String, _ options: String..., trusting: Bool = true) throws -> Moqt {
        let trust = trusting ? ["-k"] : []
        return try Moqt([client[0], url, "test--n"] + client.dropFirst() + trust + options)
    }

    /// Seconds until the end, and how that was.
    private func timed(_ run: Moqt) throws -> (seconds: Double, finished: Moqt.Finished) {
        let began = Date()
        let finished = try run.wait()
        return (Date().timeIntervalSince(began), finished)
    }

    @Test("2: the command line is wrong")
    func usage() throws {
        #expect(try Moqt.run("pub", "moqt://127.0.0.1:1", "test", "--as", "raw").isFailure(2))
        #expect(try Moqt.run("sub", "moqt://127.0.0.1:1", "test", "--from", "x").isFailure(2))
    }

    @Test("3 at once: nothing listens there", arguments: clients)
    func nothingListens(_ client: [String]) throws {
        // It hears one port alone, where nobody is.
        let dead = try UDPSocket(peer: .loopback(.ipv4, port: 9))
        let url = "moqt://127.0.0.1:\(dead.localAddress.port)"
        let (seconds, finished) = try timed(run(client, url, "--connect-timeout", "100"))
        #expect(finished.isFailure(3) && finished.stderr.contains("nothing listens"), "\(finished)")
        #expect(seconds < 90)
    }

    @Test("3 at --connect-timeout: nobody answers", arguments: clients)
    func blackHole(_ client: [String]) throws {
        let deaf = try UDPSocket(bind: .loopback(.ipv4, port: 0))
        let finished = try run(client, "moqt://127.0.0.1:\(deaf.localAddress.port)", "--connect-timeout", "300ms")
            .wait()
        #expect(finished.isFailure(3) && finished.stderr.contains("no answer within 0.3 s"), "\(finished)")
    }

    @Test("3: the certificate is not trusted, and the ways out are named", arguments: clients)
    func untrusted(_ client: [String]) throws {
        let relay = try RunningRelay()
        let finished = try run(client, relay.url, trusting: false).wait()
        #expect(finished.isFailure(3), "\(finished)")
        for way in ["--cacert", "--fingerprint", "-k"] { #expect(finished.stderr.contains(way), "\(finished.stderr)") }
        let other = try run(client, relay.url, "--fingerprint", String(repeating: "0", count: 64), trusting: false)
        #expect(try other.wait().isFailure(3))
    }

    @Test("3: the relay was killed")
    func relayKilled() throws {
        let relay = try RunningRelay()
        let sub = try relay.sub("test--n", "--wait", "60", "--idle-timeout", "3", "--as", "lines")
        let pub = try relay.pub("test--n", "--idle-timeout", "3", "-", input: .open)
        pub.write("1\n")
        _ = try sub.waitForLine()
        relay.process.send(SIGKILL)
        for client in [sub, pub] {
            let finished = try client.wait()
            #expect(finished.status == 3 && finished.stderr.contains("connection lost"), "\(finished)")
            #expect(finished.stderr.count { $0 == "\n" } == 1 && finished.text == (client === sub ? "1\n" : ""))
        }
    }

    @Test("--retry outlives a relay that was killed and started again")
    func relayRestarted() throws {
        let relay = try RunningRelay()
        let options = ["--idle-timeout", "3", "--retry", "9", "-k"]
        let sub = try Moqt(["sub", relay.url, "test--n", "--wait", "60", "--as", "lines"] + options)
        let pub = try Moqt(["pub", relay.url, "test--n", "-"] + options, input: .open)
        pub.write("1\n")
        #expect(try sub.waitForLine() == "1")
        relay.process.send(SIGKILL)
        _ = try relay.process.wait()
        let successor = try RunningRelay(at: relay.address)
        for client in [sub, pub] {
            #expect(try client.waitForLine(on: .stderr).contains("connecting again"))
        }
        pub.write("2\n")
        #expect(try sub.waitForLine() == "2")
        pub.closeInput()
        #expect(try pub.wait().status == 0)
        #expect(try sub.wait().status == 0)
        #expect(successor.process.isRunning)
    }

    @Test("4: no draft in common", arguments: clients)
    func noCommonDraft(_ client: [String]) throws {
        let peer = try RoguePeer(alpn: "moqt-99")
        peer.start()
        defer { peer.stop() }
        #expect(try run(client, peer.url).wait().isFailure(4))
    }

    @Test("5: the track is unknown")
    func unknownTrack() throws {
        let relay = try RunningRelay()
        let finished = try relay.sub("test--n").wait()
        #expect(finished.isFailure(5) && finished.stderr.contains("DOES_NOT_EXIST"), "\(finished)")
    }

    @Test("6: --max-time and --wait are over")
    func outOfTime() throws {
        let relay = try RunningRelay()
        #expect(try relay.sub("test--n", "--wait", "60", "--max-time", "300ms").wait().isFailure(6))
        #expect(try relay.sub("test--n", "--wait", "300ms").wait().isFailure(6))
        #expect(try relay.pub("test--n", "--max-time", "300ms", "-", input: .open).wait().isFailure(6))
    }

    /// A control stream's first message, SETUP without options, and what may not follow it (draft-18 "Control
    /// Messages"); and a control stream that does not begin with SETUP.
    static let garbage: [[UInt8]] = [
        [0xAF, 0x00, 0, 0] + [UInt8](repeating: 0x3F, count: 64),
        [0xAF, 0x00, 0, 0, 0xAF, 0x00, 0, 0],
        [0xAF, 0x00, 0xFF, 0xFF] + [UInt8](repeating: 0xFF, count: 65_535),
    ]

    @Test("7: the peer breaks the protocol", arguments: clients, garbage)
    func brokenPeer(_ client: [String], _ bytes: [UInt8]) throws {
        let peer = try RoguePeer(alpn: "moqt-18", saying: bytes)
        peer.start()
        defer { peer.stop() }
        let finished = try run(client, peer.url, "--max-time", "100").wait()
        #expect(finished.isFailure(7), "\(finished)")
    }

    @Test("8: the media, the file or the output is unusable")
    func unusable() throws {
        let relay = try RunningRelay(), folder = try WorkFolder()
        let broken = try folder.file("broken.mp4", noise(10_000))
        for arguments in [["test", broken], ["test", folder.path("absent.mp4")], ["test--n", folder.path("absent")]] {
            let finished = try Moqt(["pub", "-k", relay.url] + arguments).wait()
            #expect(finished.isFailure(8), "\(arguments): \(finished)")
        }
        let finished = try relay.sub("test--n", "-o", folder.path("absent/copy")).wait()
        #expect(finished.isFailure(8), "\(finished)")
    }
}
