import Credentials
import Foundation
import Testing

/// A relay of several loops: clients are on any of them, and each is served as if there were one.
@Suite("End to end, several loops") struct EndToEndLoopsTests {
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
        #expect(finished.loops.count > 1)
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

    @Test("who has not left when the time to drain is up is closed, on every loop")
    func drainTime() throws {
        let relay = try RunningRelay(options: ["--threads", "4", "-v", "--drain", "1"])
        let subs = try (0..<8).map { _ in try relay.sub("test--n", "--wait", "60") }
        for _ in subs { _ = try relay.process.waitForLine(on: .stderr) { $0.contains(" on loop ") } }
        for sub in subs { sub.send(SIGSTOP) }
        relay.process.send(SIGTERM)
        let finished = try relay.process.wait()
        #expect(finished.status == 0 && finished.loops.count > 1)
        for sub in subs { sub.send(SIGKILL) }
    }

    @Test("a certificate is renewed on every loop")
    func renewal() throws {
        let folder = try WorkFolder()
        func write(_ identity: Credentials.Identity) throws -> [String] {
            [
                "--cert", try folder.file("cert.pem", identity.chain), "--key",
                try folder.file("key.pem", identity.key),
            ]
        }
        let first = try CertificateAuthor.selfSigned(names: ["127.0.0.1"])
        let relay = try RunningRelay(options: ["--threads", "4", "-v"] + write(first))
        let second = try CertificateAuthor.selfSigned(names: ["127.0.0.1"])
        _ = try write(second)
        relay.process.send(SIGHUP)
        _ = try relay.process.waitForLine(on: .stderr) { $0.contains("renewed: fingerprint \(second.fingerprint)") }
        for _ in 0..<12 {
            let visit = try Moqt.run("sub", relay.url, "--fingerprint", "\(second.fingerprint)", "no--such")
            #expect(visit.status == 5, "\(visit)")
        }
        relay.process.send(SIGTERM)
        let finished = try relay.process.wait()
        #expect(finished.status == 0 && finished.loops.count > 1)
    }

    @Test("pages show all loops as one", arguments: [2, 4])
    func pages(threads: Int) throws {
        let server = try ServedRelay("--threads", "\(threads)")
        let pub = try server.relay.pub("test--n", "-", "--group-size", "2", input: .open)
        let subs = try subscribers(8, server.relay, "--as", "lines")
        pub.write("one\ntwo\nthree\n")
        for sub in subs { for word in ["one", "two", "three"] { #expect(try sub.waitForLine() == word) } }
        let waiting = try (0..<4).map { _ in try server.relay.sub("later--n", "--wait", "60") }
        // It has three objects in two groups, wherever it is read.
        let metrics = try EventuallyMetrics.when(server.metrics) {
            $0["moqt_sessions{draft=\"22\",transport=\"quic\"}"] == 13 && $0["moqt_tracks"] == 2
        }
        #expect(metrics["moqt_tracks"] == 2 && metrics["moqt_namespaces"] == 1)
        #expect(metrics["moqt_subscriptions"] == 8 && metrics["moqt_publications"] == 1)
        #expect(metrics["moqt_objects_received_total"] == 3)
        #expect(metrics["moqt_objects_sent_total{carrier=\"subgroup\"}"] == 24)
        #expect(metrics["moqt_relay_latency_seconds_count"] == 24)
        let list = try EventuallyMetrics.when({ try server.list("/tracks") }) { $0.first?["waiting"] as? Int == 4 }
        #expect(list.map { $0["track"] as? String } == ["later--n", "test--n"])
        let track = try #require(list.last)
        #expect(track["subscribers"] as? Int == 8 && track["objects"] as? Int == 3)
        let sessions = try EventuallyMetrics.when({ try server.list("/sessions") }) { $0.count == 13 }
        #expect(Set(sessions.compactMap { $0["session"] as? Int }).count == 13)
        #expect(sessions.compactMap { $0["objects_sent"] as? Int }.reduce(0, +) == 24)
        for sub in waiting { sub.send(SIGKILL) }
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
