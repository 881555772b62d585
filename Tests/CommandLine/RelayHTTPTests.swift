import Foundation
import Glibc
import Testing

/// `moqt relay --http`.
@Suite struct RelayHTTPTests {
    @Test("metrics follow the rules and count what passes", arguments: ["14", "18", "22"])
    func metrics(_ draft: String) throws {
        // Each loop has what its clients read in its own cache.
        let server = try ServedRelay("--threads", "1")
        let before = try server.metrics()
        #expect(before.faults.isEmpty, "\(before.faults)")
        #expect(before["moqt_connections"] == 0 && before["moqt_objects_received_total"] == 0)
        let pub = try server.relay.pub("a--b", "-", "--draft", draft, "--group-size", "2", input: .open)
        let sub = try server.relay.sub("a--b", "--draft", draft, "--as", "lines", "--wait", "60", "-v")
        _ = try sub.waitForLine(on: .stderr) { $0.contains("subscribed to a--b") }
        pub.write("one\ntwo\nthree\n")
        for word in ["one", "two", "three"] { #expect(try sub.waitForLine() == word) }
        let during = try server.metrics()
        #expect(during.faults.isEmpty, "\(during.faults)")
        #expect(during["moqt_sessions{draft=\"\(draft)\",transport=\"quic\"}"] == 2)
        #expect(during["moqt_connections"] == 2 && during["moqt_connections_accepted_total"] == 2)
        #expect(during["moqt_subscriptions"] == 1 && during["moqt_publications"] == 1 && during["moqt_tracks"] == 1)
        #expect(during["moqt_namespaces"] == 1 && during["moqt_cache_objects"] == 3)
        #expect(during["moqt_objects_received_total"] == 3)
        #expect(during["moqt_objects_sent_total{carrier=\"subgroup\"}"] == 3)
        #expect(during["moqt_relay_latency_seconds_count"] == 3)
        #expect(try #require(during["moqt_sent_bytes_total"]) >= 11)
        #expect(try #require(during["moqt_received_bytes_total"]) >= 11)
        #expect(try #require(during["moqt_loop_busy_seconds_total{loop=\"0\"}"]) > 0)
        let tracks = try server.list("/tracks"), sessions = try server.list("/sessions")
        #expect(tracks.map { $0["track"] as? String } == ["a--b"] && tracks[0]["objects"] as? Int == 3)
        #expect(Set(sessions.compactMap { $0["draft"] as? String }) == [draft] && sessions.count == 2)
        pub.closeInput()
        #expect(try pub.wait().status == 0 && sub.wait().status == 0)
        // The relay learns of the ends by and by.
        let after = try EventuallyMetrics.when(server.metrics) { $0["moqt_connections"] == 0 }
        #expect(after.faults.isEmpty && after["moqt_objects_received_total"] == 3)
        #expect(after["moqt_objects_sent_total{carrier=\"subgroup\"}"] == 3)
        #expect(after["moqt_sessions_closed_total{by=\"peer\",code=\"NO_ERROR\"}"] == 2)
    }

    /// Readers of every family of drafts on both transports, one of which leaves in the middle of a group, while the pages
    /// are read all the time.
    @Test("metrics of a busy relay of several loops follow the rules and leave nothing out")
    func busyMetrics() throws {
        let server = try ServedRelay("--threads", "3")
        let pub = try server.relay.pub("a--b", "-", "--group-size", "100000", "--announce", "always", input: .open)
        var subs: [Moqt] = []
        for draft in ["14", "16", "18", "22"] {
            for url in [server.relay.url, server.relay.webURL] {
                subs.append(
                    try Moqt("sub", url, "-k", "a--b", "--draft", draft, "--as", "lines", "--wait", "60", "-v"))
            }
        }
        let leaving = try server.relay.sub("a--b", "--wait", "60", "-n", "1", "-v")
        for sub in subs + [leaving] { _ = try sub.waitForLine(on: .stderr) { $0.contains("subscribed to a--b") } }
        for round in 0..<50 {
            pub.write((0..<20).map { "\(round) \($0)\n" }.joined())
            let metrics = try server.metrics()
            #expect(metrics.faults.isEmpty, "\(metrics.faults)")
        }
        for sub in subs { _ = try sub.waitForLine { $0 == "49 19" } }
        #expect(try leaving.wait().status == 0)
        let metrics = try EventuallyMetrics.when(server.metrics) { $0.sum("moqt_streams_reset_total") > 0 }
        #expect(metrics.faults.isEmpty, "\(metrics.faults)")
        for draft in ["14", "16", "18", "22"] {
            for transport in ["quic", "webtransport"] {
                let sessions = metrics["moqt_sessions{draft=\"\(draft)\",transport=\"\(transport)\"}"] ?? 0
                #expect(sessions == (draft == "22" && transport == "quic" ? 2 : 1), "\(draft) \(transport)")
            }
        }
        #expect(metrics.sum("moqt_streams_reset_total") > 0)
        #expect(metrics.sum("moqt_objects_sent_total") >= 8000)
        #expect(try #require(metrics["moqt_relay_latency_seconds_count"]) >= 8000)
        #expect(try #require(metrics["moqt_relay_latency_seconds_sum"]) > 0)
        for loop in 0..<3 {
            #expect(try #require(metrics["moqt_loop_busy_seconds_total{loop=\"\(loop)\"}"]) > 0)
            #expect(metrics["moqt_loop_up{loop=\"\(loop)\"}"] == 1)
        }
        pub.closeInput()
    }

    @Test("a refused request is counted by its code")
    func refusal() throws {
        let server = try ServedRelay()
        let sub = try server.relay.sub("no--such")
        #expect(try sub.wait().status == 5)
        let metrics = try server.metrics()
        #expect(metrics["moqt_requests_refused_total{code=\"DOES_NOT_EXIST\"}"] == 1)
    }

    @Test("a publisher's words are data")
    func escaping() throws {
        let server = try ServedRelay()
        let waiting = try server.relay.sub(
            "--namespace", "a\"b\\c\u{1b}[31m", "--name", "<x>\n", "--wait", "60", "--draft", "18")
        let tracks = try EventuallyMetrics.when({ try server.list("/tracks") }, { !$0.isEmpty })
        let text = try #require(tracks.first?["track"] as? String)
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 || $0 == "\"" }, "\(text)")
        waiting.send(SIGKILL)
    }

    @Test("health, and the fingerprint for browsers")
    func plainPages() throws {
        let server = try ServedRelay()
        let health = try server.get("/health")
        #expect(health.status == 200 && health.body == "ok\n")
        for path in ["/certificate.sha256", "/fingerprint"] {
            let answer = try server.get(path)
            #expect(answer.status == 200 && answer.body == server.relay.fingerprint && answer.isForEveryOrigin)
        }
        #expect(try server.get("/nowhere").status == 404)
        server.relay.process.send(SIGTERM)
        #expect(try server.relay.process.wait().status == 0)
    }

    @Test("log lines are JSON objects if that is wanted")
    func logFormat() throws {
        let relay = try RunningRelay(options: ["-v", "--log-format", "json", "--threads", "1"])
        let sub = try relay.sub("no--such")
        #expect(try sub.wait().status == 5)
        let line = try relay.process.waitForLine(on: .stderr) { $0.contains("\"session\"") }
        let value = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(value?["session"] as? Int == 1 && value?["level"] as? String == "info")
        #expect((value?["message"] as? String)?.hasSuffix("moqt-22") ?? false)
        #expect((value?["time"] as? String)?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
    }

    @Test("a port that is taken is an error of one line")
    func takenPort() throws {
        let server = try ServedRelay()
        let second = try Moqt.run("relay", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:\(server.port)")
        #expect(second.status == 1)
        #expect(second.stderr.hasSuffix("moqt relay: --http: 127.0.0.1:\(server.port): the port is in use\n"))
    }
}

/// A relay with its HTTP server.
final class ServedRelay {
    let relay: RunningRelay
    let port: UInt16

    init(_ options: String...) throws {
        relay = try RunningRelay(options: ["--http", "127.0.0.1:0"] + options)
        let line = try relay.process.waitForLine()
        port = try #require(line.wholeMatch(of: /serving http:\/\/127\.0\.0\.1:(\d+)\//).flatMap { UInt16($0.1) })
    }

    func get(_ path: String) throws -> PlainHTTP { try PlainHTTP(port: port, path) }

    func metrics() throws -> MetricsRules {
        let answer = try get("/metrics")
        try #require(answer.status == 200)
        return MetricsRules(answer.body)
    }

    func list(_ path: String) throws -> [[String: Any]] {
        let answer = try get(path)
        try #require(answer.status == 200 && answer.contentType == "application/json")
        let value = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any]
        #expect((value?["silent_loops"] as? [Int])?.isEmpty ?? false)
        return try #require(value?[String(path.dropFirst())] as? [[String: Any]])
    }
}

enum EventuallyMetrics {
    /// What `read` gives once `condition` holds for it; after a minute, what it gives then.
    static func when<Value>(_ read: () throws -> Value, _ condition: (Value) -> Bool) throws -> Value {
        let end = Date() + 60
        while true {
            let value = try read()
            if condition(value) || Date() > end { return value }
        }
    }
}

/// A GET of a port of this host.
struct PlainHTTP {
    var status = 0
    var contentType = ""
    var isForEveryOrigin = false
    var body = ""

    init(port: UInt16, _ path: String) throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0, "no connection")
        let request = "GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        _ = request.withCString { send(socket, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = recv(socket, &buffer, buffer.count, 0), count > 0 { bytes += buffer[..<count] }
        let text = String(decoding: bytes, as: UTF8.self)
        let end = try #require(text.range(of: "\r\n\r\n"), "no answer")
        body = String(text[end.upperBound...])
        for line in text[..<end.lowerBound].components(separatedBy: "\r\n") {
            if line.hasPrefix("HTTP/") { status = Int(line.split(separator: " ")[1]) ?? 0 }
            if line.hasPrefix("Content-Type: ") { contentType = String(line.dropFirst(14)) }
            if line == "Access-Control-Allow-Origin: *" { isForEveryOrigin = true }
        }
    }
}
