import Commands
import Foundation
import Testing

/// Relays of a cluster find by its registry who has a namespace.
@Suite("End to end, relays of a cluster") struct EndToEndClusterTests {
    /// A relay of a cluster, at an address that it tells the others.
    static func relay(_ cluster: String, _ options: String...) throws -> RunningRelay {
        let address = try RunningRelay.freeAddress()
        return try RunningRelay(
            at: address,
            options: ["--cluster", cluster, "--node", "moqt://" + address, "--upstream-insecure", "-v"] + options)
    }

    private static let key = "origin.:6c697665"

    private func lines(_ range: ClosedRange<Int>) -> String { range.map { "\($0)\n" }.joined() }

    private func subscribed(_ sub: Moqt) throws {
        _ = try sub.waitForLine(on: .stderr) { $0.contains("subscribed to") }
    }

    private func claimed(_ relay: RunningRelay) throws {
        _ = try relay.process.waitForLine(on: .stderr) { $0.contains("is this relay's") }
    }

    @Test("a namespace is registered as moq-api does it, and given back")
    func keys() throws {
        let redis = try RunningRedis()
        let relay = try Self.relay(redis.url)
        let hold = try Moqt("announce", relay.url, "-k", "live")
        try claimed(relay)
        #expect(try redis.ask("GET", Self.key) == "{\"url\":\"\(relay.url)\"}")
        let lifetime = try #require(Int(try redis.ask("TTL", Self.key)))
        #expect((590...600).contains(lifetime))
        hold.send(SIGTERM)
        _ = try hold.wait()
        relay.process.send(SIGTERM)
        #expect(try relay.process.wait().status == 0)
        #expect(try redis.ask("EXISTS", Self.key) == "0")
    }

    /// A password alone is the default user's.
    @Test("a registry with passwords lets in who has one", arguments: ["", "relay"])
    func password(user: String) throws {
        let redis = try RunningRedis("--requirepass", "secret")
        if !user.isEmpty {
            let made = try redis.ask("-a", "secret", "ACL", "SETUSER", user, "on", ">other", "~*", "+@all")
            #expect(made == "OK")
        }
        let word = user.isEmpty ? "secret" : "other"
        let relay = try RunningRelay(
            options: ["--node", "moqt://node.test", "--cluster", "redis+unix://\(user):\(word)@\(redis.socket)?db=3"])
        let hold = try Moqt(["announce", relay.url, "-k", "live"])
        let keys = try EventuallyMetrics.when({ try redis.ask("-a", "secret", "-n", "3", "KEYS", "*") }) { !$0.isEmpty }
        #expect(keys == "origin.:6c697665")
        #expect(try redis.ask("-a", "secret", "-n", "0", "KEYS", "*").isEmpty)
        hold.send(SIGTERM)
        let rest = try EventuallyMetrics.when({ try redis.ask("-a", "secret", "-n", "3", "KEYS", "*") }) { $0.isEmpty }
        #expect(rest.isEmpty)
    }

    @Test("who is not let in by the registry says why, without the password, and goes on", arguments: ["", ":wrong@"])
    func wrongPassword(credentials: String) throws {
        let redis = try RunningRedis("--requirepass", "secret")
        let relay = try RunningRelay(
            options: ["--node", "moqt://node.test", "--cluster", "redis+unix://\(credentials)\(redis.socket)"])
        let sub = try relay.sub("live--a", "--wait", "60")
        let line = try relay.process.waitForLine(on: .stderr) { $0.contains("redis+unix://") }
        #expect(line.contains(credentials.isEmpty ? "NOAUTH" : "WRONGPASS") && !line.contains("wrong@"), "\(line)")
        #expect(try relay.pub("live--a", input: .bytes(Array("x\n".utf8))).wait().status == 0)
        #expect(try sub.wait().text == "x")
    }

    @Test("a claim is renewed while it is wanted, and made again when the registry has lost it")
    func renewal() throws {
        let redis = try RunningRedis()
        let relay = try Self.relay(redis.url, "--cluster-ttl", "2")
        let hold = try Moqt("announce", relay.url, "-k", "live")
        try claimed(relay)
        let end = Date().addingTimeInterval(4)
        while Date() < end { #expect(try redis.ask("EXISTS", Self.key) == "1") }
        redis.stop()
        _ = try relay.process.waitForLine(on: .stderr) { $0.contains("the registry is away") }
        try redis.start()
        _ = try relay.process.waitForLine(on: .stderr) { $0.contains("the registry is back") }
        try poll { try redis.ask("EXISTS", Self.key) == "1" }
        hold.send(SIGTERM)
        try poll { try redis.ask("EXISTS", Self.key) == "0" }
    }

    private func poll(_ condition: () throws -> Bool) throws {
        let end = Date().addingTimeInterval(20)
        while try !condition() { try #require(Date() < end, "it does not come to be") }
    }

    @Test("three relays: published at the first, read at the third, with the registry or without")
    func three() throws {
        let redis = try RunningRedis()
        let relays = try (0..<3).map { _ in try Self.relay(redis.url) }
        let pub = try Moqt("pub", relays[0].url, "-k", "live--a", "-", "--group-size", "3", input: .open)
        let sub = try Moqt("sub", relays[2].url, "-k", "live--a", "--wait", "30", "--as", "lines", "-v")
        try subscribed(sub)
        pub.write(lines(1...4))
        _ = try sub.waitForLine { $0 == "4" }
        redis.stop()
        pub.write(lines(5...8))
        _ = try sub.waitForLine { $0 == "8" }
        // What was found before is remembered.
        let late = try Moqt("sub", relays[2].url, "-k", "live--a", "--as", "lines", "-v")
        try subscribed(late)
        // Relays that have nothing to do with it do not matter.
        relays[1].process.send(SIGKILL)
        pub.write(lines(9...10))
        pub.closeInput()
        #expect(try sub.wait().text == lines(1...10))
        #expect(try late.wait().text == lines(9...10))
        #expect(try pub.wait().status == 0)
    }

    @Test("readers go on from another relay when the one that has the namespace dies")
    func death() throws {
        let redis = try RunningRedis()
        let relays = try (0..<3).map { _ in try Self.relay(redis.url, "--cluster-ttl", "2", "-v") }
        let pubs = try [1, 0].map { index in
            let pub = try Moqt(
                "pub", relays[index].url, "-k", "live--a", "-", "--group-size", "2", "--first-group", "0", "--start",
                "now", "-v", input: .open)
            _ = try relays[index].process.waitForLine(on: .stderr) {
                $0.contains(index == 1 ? "is this relay's" : "is another relay's")
            }
            return pub
        }
        let sub = try Moqt("sub", relays[2].url, "-k", "live--a", "--wait", "60", "--as", "lines", "-v")
        try subscribed(sub)
        for pub in pubs { pub.write(lines(1...4)) }
        _ = try sub.waitForLine { $0 == "4" }
        relays[1].process.send(SIGKILL)
        try claimed(relays[0])
        _ = try relays[0].process.waitForLine(on: .stderr) { $0.contains("received SUBSCRIBE_OK") }
        pubs[1].write(lines(5...8))
        _ = try sub.waitForLine { $0 == "8" }
        pubs[1].closeInput()
        #expect(try sub.wait().text == lines(1...8))
        #expect(try pubs[1].wait().status == 0)
    }

    @Test("a namespace moves to another relay at once, whatever its lifetime")
    func move() throws {
        let redis = try RunningRedis()
        let patience = ["--idle-timeout", "2"]
        let relays = try (0..<3).map { _ in try Self.relay(redis.url, "--cluster-ttl", "600", "--idle-timeout", "2") }
        let sub = try Moqt(["sub", relays[2].url, "-k", "live--a", "--wait", "60", "--as", "lines"] + patience)
        for (round, relay) in relays[0..<2].enumerated() {
            let pub = try Moqt(
                ["pub", relay.url, "-k", "live--a", "-", "--first-group", "\(round)"] + patience, input: .open)
            pub.write("\(round)\n")
            #expect(try sub.waitForLine() == "\(round)")
            #expect(try redis.ask("GET", Self.key) == "{\"url\":\"\(relay.url)\"}")
            // Without a word that the track is over.
            pub.send(SIGKILL)
        }
        sub.send(SIGTERM)
        _ = try sub.wait()
    }

    @Test("relays share a registry over the HTTP interface of one of them")
    func http() throws {
        let redis = try RunningRedis()
        let server = try Self.relay(redis.url, "--http", "127.0.0.1:0")
        let line = try server.process.waitForLine { $0.hasPrefix("serving ") }
        let http = try #require(line.split(separator: " ").last)
        let relays = try (0..<2).map { _ in try Self.relay(String(http)) }
        let pub = try Moqt("pub", relays[0].url, "-k", "live--a", "-", input: .open)
        try claimed(relays[0])
        let port = try #require(UInt16(http.dropLast().split(separator: ":").last ?? ""))
        #expect(try PlainHTTP(port: port, "/origin/:6c697665").body == "{\"url\":\"\(relays[0].url)\"}")
        let subs = try [server, relays[1]].map {
            try Moqt("sub", $0.url, "-k", "live--a", "--wait", "30", "--as", "lines", "-v")
        }
        for sub in subs { try subscribed(sub) }
        pub.write(lines(1...4))
        pub.closeInput()
        for sub in subs { #expect(try sub.wait().text == lines(1...4)) }
        #expect(try pub.wait().status == 0)
        try poll { try PlainHTTP(port: port, "/origin/:6c697665").status == 404 }
        let metrics = try PlainHTTP(port: port, "/metrics").body
        #expect(metrics.contains("\nmoqt_registry_up 1\n"))
        #expect(metrics.contains("\nmoqt_registry_lookups_total{result=\"found\"} 1\n"))
    }

    @Test("what no relay has is refused; what this relay has itself is not looked for")
    func nobody() throws {
        let redis = try RunningRedis()
        let relay = try Self.relay(redis.url)
        let finished = try Moqt.run("sub", relay.url, "-k", "live--a")
        #expect(finished.status == 5, "\(finished)")
        _ = try redis.ask("SET", Self.key, "{\"url\":\"\(relay.url)\"}")
        #expect(try Moqt.run("sub", relay.url, "-k", "live--a").status == 5)
        _ = try redis.ask("SET", Self.key, "{\"url\":\"ftp://nowhere\"}")
        #expect(try Moqt.run("sub", relay.url, "-k", "live--a").status == 5)
        _ = try redis.ask("SET", Self.key, "{\"url\":\"moqt://127.0.0.1:9\"}")
        #expect(try Moqt.run("sub", relay.url, "-k", "live--a").status == 5)
        redis.stop()
        #expect(try Moqt.run("sub", relay.url, "-k", "live--a").status == 5)
    }
}
