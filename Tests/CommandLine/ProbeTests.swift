import Commands
import Credentials
import EventLoop
import Foundation
import Testing
import Wire

/// `moqt inspect URL`: what a server speaks.
@Suite struct ProbeTests {
    private func probe(_ url: String, _ options: String...) throws -> Moqt.Finished {
        try Moqt(["inspect", url] + options).wait()
    }

    private func objects(_ finished: Moqt.Finished) throws -> [[String: Any]] {
        try finished.text.split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    @Test("every draft on both transports, and whose certificate it is")
    func everything() throws {
        let relay = try RunningRelay()
        let finished = try probe(relay.url, "--json")
        #expect(finished.isQuietSuccess, "\(finished)")
        let found = try objects(finished)
        let numbers = Drafts.known.map { Drafts.number(of: $0) }
        for transport in ["quic", "webtransport"] {
            let line = found.first { $0["kind"] as? String == "transport" && $0["transport"] as? String == transport }
            #expect(line?["drafts"] as? [String] == numbers && line?["problem"] is NSNull)
            let sessions = found.filter {
                $0["kind"] as? String == "session" && $0["transport"] as? String == transport
            }
            #expect(sessions.count == numbers.count)
            for session in sessions {
                let setup = session["setup"] as? [String: Any]
                if (session["draft"] as? Int ?? 0) > 14 { #expect(setup?["MOQT_IMPLEMENTATION"] is String) }
                #expect(session["rtt_us"] as? Int ?? 0 > 0 && session["handshake_us"] as? Int ?? 0 > 0)
                #expect((session["quic"] as? [String: Any])?["version"] as? Int == 1)
            }
        }
        let certificate = try #require(found.first { $0["kind"] as? String == "certificate" })
        #expect(certificate["sha256"] as? String == relay.fingerprint)
        #expect(certificate["trusted"] as? Bool == false && certificate["self_signed"] as? Bool == true)
        #expect(certificate["names"] as? [String] == ["localhost", "127.0.0.1", "0:0:0:0:0:0:0:1"])
        #expect(certificate["key"] as? String == "EC/ECDSA SECP256R1")
    }

    @Test("text for people")
    func text() throws {
        let relay = try RunningRelay()
        let distrusted = try probe(relay.url, "--draft", "18,16")
        #expect(distrusted.isQuietSuccess)
        for words in [
            "NOT TRUSTED: the certificate is self-signed", "SHA-256 \(relay.fingerprint)",
            "  quic         drafts 18 16\n",
            "  webtransport drafts 18 16\n", "  draft 18     MAX_AUTH_TOKEN_CACHE_SIZE 16384, MOQT_IMPLEMENTATION",
            "round trip",
        ] { #expect(distrusted.text.contains(words), "\(words): \(distrusted.text)") }
        let trusted = try probe(relay.url, "--draft", "18", "--transport", "quic", "--fingerprint", relay.fingerprint)
        #expect(trusted.text.contains("\n               trusted\n") && !trusted.text.contains("webtransport"))
        #expect(try probe(relay.url, "--draft", "18", "-k").text.contains("NOT TRUSTED"))
    }

    @Test("a relay of some drafts")
    func someDrafts() throws {
        let relay = try RunningRelay(at: "127.0.0.1:0", "--draft", "19,14")
        let lines = try objects(probe(relay.url, "--json")).filter { $0["kind"] as? String == "transport" }
        #expect(lines.map { $0["drafts"] as? [String] } == [["19", "14"], ["19", "14"]])
        let finished = try probe(relay.url, "--draft", "16")
        #expect(finished.isFailure(4), "\(finished)")
    }

    @Test("status 3: nobody is there")
    func nobody() throws {
        let dead = try UDPSocket(peer: .loopback(.ipv4, port: 9))
        let finished = try probe("moqt://127.0.0.1:\(dead.localAddress.port)")
        #expect(finished.isFailure(3) && finished.stderr.contains("nothing listens"), "\(finished)")
        let deaf = try UDPSocket(bind: .loopback(.ipv4, port: 0))
        let silent = try probe("https://127.0.0.1:\(deaf.localAddress.port)/", "--connect-timeout", "200ms")
        #expect(silent.isFailure(3) && silent.stderr.contains("no answer within 0.2 s"), "\(silent)")
    }

    @Test("status 2: options for bytes do not go with a URL, nor several drafts with a file")
    func usage() throws {
        #expect(try probe("moqt://127.0.0.1:9", "-V").isFailure(2))
        #expect(try Moqt.run("inspect", "--draft", "18,16", "-").isFailure(2))
        #expect(try Moqt.run("inspect", "ftp://127.0.0.1").isFailure(2))
    }
}
