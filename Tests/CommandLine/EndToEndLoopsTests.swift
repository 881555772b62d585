import Foundation
import Testing

/// A relay of several loops: clients are on any of them, and each is served as if there were one.
@Suite("End to end, several loops") struct EndToEndLoopsTests {
    /// The loops that sessions of the relay are on, by its log.
    private func loops(_ relay: Moqt.Finished) -> Set<Substring> {
        Set(
            relay.stderr.split(separator: "\n").filter { $0.contains(" on loop ") }.compactMap {
                $0.split(separator: " ").last
            })
    }

    /// Subscribers whose subscriptions have been accepted.
    private func subscribers(_ count: Int, _ relay: RunningRelay, _ options: String...) throws -> [Moqt] {
        let subs = try (0..<count).map { _ in
            try Moqt(["sub", relay.url, "-k", "test--n", "--wait", "60", "-v"] + options)
        }
        for sub in subs { _ = try sub.waitForLine(on: .stderr) { $0.contains("subscribed to") } }
        return subs
    }

    @Test("what is published on one loop arrives whole on all", arguments: [2, 4], ["quic", "webtransport"])
    func everywhere(threads: Int, transport: String) throws {
        let relay = try RunningRelay(at: "127.0.0.1:0", "--threads", "\(threads)", "-v")
        let bytes = noise(3_000_000, seed: UInt64(threads))
        let pub = try relay.pub(
            "test--n", "-", "--as", "raw", "--object-size", "10000", "--group-size", "7", input: .open)
        let subs = try subscribers(12, relay, "--transport", transport)
        pub.write(bytes)
        pub.closeInput()
        for sub in subs {
            let finished = try sub.wait()
            #expect(finished.status == 0 && finished.stdout == bytes, "\(finished.status) \(finished.stderr)")
        }
        #expect(try pub.wait().isQuietSuccess)
        relay.process.send(SIGTERM)
        let finished = try relay.process.wait()
        #expect(finished.status == 0)
        #expect(loops(finished).count > 1)
    }

    @Test("a relay of several loops drains: publishers on one go on for subscribers on another")
    func drain() throws {
        let relay = try RunningRelay(at: "127.0.0.1:0", "--threads", "3", "-v")
        let pub = try relay.pub("test--n", "-", input: .open)
        let subs = try subscribers(6, relay, "--as", "lines")
        pub.write("1\n")
        for sub in subs { #expect(try sub.waitForLine() == "1") }
        relay.process.send(SIGTERM)
        _ = try relay.process.waitForLine(on: .stderr) { $0.contains("draining") }
        pub.write("2\n")
        pub.closeInput()
        for sub in subs { #expect(try sub.wait().text == "1\n2\n") }
        #expect(try pub.wait().status == 0)
        #expect(try relay.process.wait().status == 0)
    }

    @Test("a port in use is an error, shared or not")
    func portInUse() throws {
        let relay = try RunningRelay(at: "127.0.0.1:0", "--threads", "2")
        for threads in ["1", "2"] {
            let second = try Moqt.run("relay", "--listen", relay.address, "--threads", threads)
            #expect(second.isFailure(1), "\(second)")
            #expect(second.stderr.contains("the port is in use"))
        }
    }

    @Test("--max-connections counts the clients of all loops")
    func limit() throws {
        let relay = try RunningRelay(at: "127.0.0.1:0", "--threads", "4", "--max-connections", "3", "-v")
        let subs = try (0..<3).map { _ in try relay.sub("test--n", "--wait", "60", "--as", "lines") }
        for _ in subs { _ = try relay.process.waitForLine(on: .stderr) { $0.contains(" on loop ") } }
        let refused = try relay.sub("test--n", "--connect-timeout", "5").wait()
        #expect(refused.status == 3, "\(refused)")
        for sub in subs { sub.send(SIGKILL) }
    }
}
