import Commands
import Foundation
import Testing

private let standard = [
    "setup-only", "announce-only", "publish-namespace-done", "subscribe-error", "announce-subscribe",
    "subscribe-before-announce",
]
private let cases =
    standard + ["publish-track-subscribe", "fetch", "joining-fetch", "datagrams", "goaway", "malformed"]

extension RunningRelay {
    /// Runs `moqt interop` at this relay, which it trusts.
    fileprivate func interop(_ arguments: String..., environment: [String: String] = [:]) throws -> Moqt {
        try Moqt(["interop", "-r", url, "--fingerprint", fingerprint] + arguments, environment: environment)
    }

    /// The same over WebTransport.
    fileprivate func webInterop(_ arguments: String...) throws -> Moqt {
        try Moqt(["interop", "-r", webURL, "--fingerprint", fingerprint] + arguments)
    }
}

extension Moqt.Finished {
    fileprivate var lines: [String] { text.split(separator: "\n").map(String.init) }
    /// The test points without their diagnostics.
    fileprivate var points: [String] { lines.filter { $0.hasPrefix("ok ") || $0.hasPrefix("not ok ") } }
}

/// `moqt interop` with a relay: its cases, and the contract of the interop runner.
@Suite struct InteropTests {
    @Test("every case passes at our relay, on every draft and transport", arguments: Drafts.known, [false, true])
    func allPass(_ draft: String, overWebTransport: Bool) throws {
        let relay = try RunningRelay()
        let run = try overWebTransport ? relay.webInterop("--draft", draft) : relay.interop("--draft", draft)
        let finished = try run.wait()
        let plan = ["TAP version 14", "1..\(cases.count)"]
        #expect(plan.allSatisfy { finished.lines.contains($0) }, "\(finished.text)")
        #expect(finished.points == cases.enumerated().map { "ok \($0 + 1) - \($1)" }, "\(finished.text)")
        #expect(finished.isQuietSuccess, "\(finished.stderr)")
    }

    @Test("a second run at the same relay passes as the first did")
    func again() throws {
        let relay = try RunningRelay()
        for _ in 0..<2 { #expect(try relay.interop().wait().status == 0) }
    }

    @Test("-l names the cases, one a line")
    func list() throws {
        let finished = try Moqt.run("interop", "-l")
        #expect(finished.isQuietSuccess && finished.lines == cases)
    }

    @Test("-t runs one case")
    func one() throws {
        let relay = try RunningRelay()
        let finished = try relay.interop("-t", "announce-subscribe").wait()
        #expect(finished.status == 0 && finished.lines.contains("1..1"))
        #expect(finished.points == ["ok 1 - announce-subscribe"])
        #expect(finished.lines.contains { $0.hasPrefix("  publisher_connection_id: ") })
        #expect(finished.lines.contains { $0.hasPrefix("  duration_ms: ") })
    }

    @Test("a case that there is none of is status 127")
    func unknown() throws {
        #expect(try Moqt.run("interop", "-t", "xyzzy").isFailure(127))
        #expect(try Moqt.run("interop", environment: ["TESTCASE": "xyzzy"]).isFailure(127))
    }

    @Test("the variables of the runner count, and options more than they")
    func environment() throws {
        let relay = try RunningRelay()
        var variables = ["RELAY_URL": relay.url, "TESTCASE": "setup-only", "TLS_DISABLE_VERIFY": "1"]
        let finished = try Moqt.run("interop", environment: variables)
        #expect(finished.status == 0 && finished.points == ["ok 1 - setup-only"], "\(finished.text)")
        #expect(try Moqt.run("interop", "-t", "announce-only", environment: variables).text.contains("announce-only"))
        variables["VERBOSE"] = "1"
        #expect(try Moqt.run("interop", environment: variables).stderr.contains("case setup-only"))
        variables["TLS_DISABLE_VERIFY"] = "0"
        let distrustful = try Moqt.run("interop", environment: variables)
        #expect(distrustful.status == 1 && distrustful.points == ["not ok 1 - setup-only"], "\(distrustful.text)")
        #expect(try Moqt.run("interop", "--tls-disable-verify", environment: variables).status == 0)
    }

    @Test("a relay that is not there fails every case")
    func noRelay() throws {
        let finished = try Moqt.run("interop", "-k", "-r", "moqt://127.0.0.1:1")
        #expect(finished.status == 1 && finished.points == cases.enumerated().map { "not ok \($0 + 1) - \($1)" })
        #expect(finished.lines.contains("  expected: \"a connection\""))
    }

    @Test("a relay that says nothing fails a case when its time is up")
    func silentRelay() throws {
        let relay = try RoguePeer(alpn: "moqt-18")
        relay.start()
        defer { relay.stop() }
        let finished = try Moqt.run("interop", "-k", "-r", relay.url, "--draft", "18", "-t", "setup-only")
        #expect(finished.status == 1 && finished.points == ["not ok 1 - setup-only"])
        for line in ["  expected: \"SETUP\"", "  received: \"timeout\"", "  message: \"nothing within 2000 ms\""] {
            #expect(finished.lines.contains(line), "\(finished.text)")
        }
    }

    @Test("a relay that breaks the draft fails a case with what it did")
    func rogueRelay() throws {
        // A control message of a type that no draft has.
        let relay = try RoguePeer(alpn: "moqt-18", saying: [0x2F, 0x00, 0x3F, 0x00, 0x00])
        relay.start()
        defer { relay.stop() }
        let finished = try Moqt.run("interop", "-k", "-r", relay.url, "--draft", "18", "-t", "setup-only")
        #expect(
            finished.status == 1 && finished.lines.contains("  received: \"PROTOCOL_VIOLATION\""), "\(finished.text)")
    }

    @Test("a signal ends the run, and the report says so")
    func interrupt() throws {
        let relay = try RoguePeer(alpn: "moqt-18")
        relay.start()
        defer { relay.stop() }
        let interop = try Moqt("interop", "-k", "-r", relay.url, "--draft", "18")
        _ = try interop.waitForLine { $0.hasPrefix("1..") }
        interop.send(SIGINT)
        let finished = try interop.wait()
        #expect(finished.status == 130 && finished.lines.last == "Bail out! interrupted")
        let slow = try Moqt.run("interop", "-k", "-r", relay.url, "--draft", "18", "--max-time", "100ms")
        #expect(slow.status == 6 && slow.lines.last == "Bail out! --max-time has passed")
    }

    @Test("--json reports an object for each case")
    func json() throws {
        let relay = try RunningRelay()
        let finished = try relay.interop("--json", "-t", "setup-only").wait()
        #expect(finished.isQuietSuccess && finished.lines.count == 1)
        #expect(finished.text.hasPrefix(#"{"kind":"test","name":"setup-only","ok":true,"skip":null,"draft":"draft-"#))
    }
}
