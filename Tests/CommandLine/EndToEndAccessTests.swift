import Credentials
import Foundation
import Testing

/// `moqt relay --auth`: who may do what, over both transports.
@Suite struct EndToEndAccessTests {
    private static let key = Array("0123456789abcdef0123456789abcdef".utf8)
    /// `{"root":"test","put":"","get":""}`, signed with the key.
    private static let token =
        "eyJhbGciOiJIUzI1NiJ9.eyJyb290IjoidGVzdCIsInB1dCI6IiIsImdldCI6IiJ9."
        + "1DrsUGzOjHDivfmooyo_80bVBwmVTixGTpVklO-T2vk"

    private func relay(_ folder: WorkFolder, _ rules: String) throws -> RunningRelay {
        _ = try folder.file("keys", Self.key)
        return try RunningRelay(
            at: "127.0.0.1:0", "--auth", try folder.file("rules", Array(rules.utf8)), "-v")
    }

    private func run(_ command: String, _ url: String, _ relay: RunningRelay, _ arguments: String...) throws -> Moqt {
        try Moqt([command, url, "--fingerprint", relay.fingerprint, "test--n"] + arguments)
    }

    /// The same relay over either transport, with a query.
    private func url(_ relay: RunningRelay, _ isWeb: Bool, _ query: String = "") -> String {
        (isWeb ? relay.webURL : relay.url + "/") + query
    }

    @Test("a secret or a signed token, shown by --token or in the URL, opens what it is for", arguments: [false, true])
    func tokens(_ isWeb: Bool) throws {
        let folder = try WorkFolder()
        let relay = try relay(folder, "jwt main keys\nsecret studio open-sesame\nallow studio publish,announce test")
        let lines = try folder.file("lines", Array("1\n2\n".utf8)),
            secret = try folder.file("secret", Array("open-sesame\n".utf8))
        let sub = try run(
            "sub", url(relay, isWeb, "?jwt=\(Self.token)"), relay, "--wait", "60", "--as", "lines")
        let pub = try run("pub", url(relay, isWeb), relay, "--as", "lines", lines, "--token", "@\(secret)")
        #expect(try pub.wait().isQuietSuccess)
        let finished = try sub.wait()
        #expect(finished.isQuietSuccess && finished.text == "1\n2\n", "\(finished.stderr)")
    }

    @Test("who shows nothing, or the wrong thing, is refused with 5", arguments: [false, true])
    func refusals(_ isWeb: Bool) throws {
        let folder = try WorkFolder()
        let relay = try relay(folder, "jwt main keys\nsecret studio open-sesame\nallow studio publish test")
        let none = try run("sub", url(relay, isWeb), relay).wait()
        #expect(none.isFailure(5) && none.stderr.contains("UNAUTHORIZED"), "\(none.stderr)")
        let other = try run("sub", url(relay, isWeb), relay, "--token", "open-sesame").wait()
        #expect(other.isFailure(5) && other.stderr.contains("UNAUTHORIZED"), "\(other.stderr)")
        let status = try Moqt.run(
            "announce", "--status", url(relay, isWeb), "test--n", "--fingerprint", relay.fingerprint, "--draft", "18")
        #expect(status.status == 5 && status.stderr.contains("UNAUTHORIZED"), "\(status.stderr)")
        let wrong = try run("sub", url(relay, isWeb), relay, "--token", "\(Self.token).x").wait()
        #expect(wrong.status != 0 && wrong.stderr.contains("MALFORMED_AUTH_TOKEN"), "\(wrong.stderr)")
    }

    @Test("a client's certificate opens what it is for", arguments: [false, true])
    func certificates(_ isWeb: Bool) throws {
        let folder = try WorkFolder()
        let own = try CertificateAuthor.selfSigned(names: ["client"])
        let relay = try relay(
            folder, "certificate cam \(own.fingerprint)\nallow cam publish,announce test\nallow anyone subscribe test")
        let cert = try folder.file("cert", own.chain), key = try folder.file("key", own.key)
        let lines = try folder.file("lines", Array("1\n".utf8))
        let sub = try run("sub", url(relay, isWeb), relay, "--wait", "60", "--as", "lines")
        let pub = try run(
            "pub", url(relay, isWeb), relay, "--as", "lines", lines, "--cert", cert, "--key", key)
        #expect(try pub.wait().isQuietSuccess)
        #expect(try sub.wait().text == "1\n")
        let other = try Moqt.run("announce", url(relay, isWeb), "test", "--fingerprint", relay.fingerprint)
        #expect(other.isFailure(5) && other.stderr.contains("UNAUTHORIZED"), "\(other.stderr)")
    }

    @Test("SIGHUP rereads the rules; what is wrong with them changes nothing")
    func reread() throws {
        let folder = try WorkFolder()
        let relay = try relay(folder, "allow anyone subscribe elsewhere")
        #expect(try run("sub", relay.url, relay).wait().stderr.contains("UNAUTHORIZED"))
        _ = try folder.file("rules", Array("allow anyone subscribe test".utf8))
        relay.process.send(SIGHUP)
        _ = try relay.process.waitForLine(on: .stderr) { $0.contains("the rules are renewed") }
        #expect(try run("sub", relay.url, relay).wait().stderr.contains("DOES_NOT_EXIST"))
        _ = try folder.file("rules", Array("\nallow everyone all *".utf8))
        relay.process.send(SIGHUP)
        _ = try relay.process.waitForLine(on: .stderr) {
            $0.contains("rules:2: expected anyone, or a name that a line")
        }
        #expect(try run("sub", relay.url, relay).wait().stderr.contains("DOES_NOT_EXIST"))
    }

    @Test(
        "SIGHUP: rules that name a certificate for the first time count for who connects then",
        arguments: [false, true])
    func newCertificates(_ isWeb: Bool) throws {
        let folder = try WorkFolder()
        let own = try CertificateAuthor.selfSigned(names: ["client"])
        let cert = try folder.file("cert", own.chain), key = try folder.file("key", own.key)
        let relay = try relay(folder, "allow anyone subscribe test")
        let lines = try folder.file("lines", Array("1\n".utf8))
        func publish() throws -> Moqt {
            try run("pub", url(relay, isWeb), relay, "--as", "lines", lines, "--cert", cert, "--key", key)
        }
        let refused = try Moqt.run(
            "announce", url(relay, isWeb), "test", "--fingerprint", relay.fingerprint, "--cert", cert, "--key", key)
        #expect(refused.isFailure(5) && refused.stderr.contains("UNAUTHORIZED"), "\(refused.stderr)")
        _ = try folder.file(
            "rules",
            Array("certificate cam \(own.fingerprint)\nallow cam publish,announce test\n".utf8)
                + Array("allow anyone subscribe test".utf8))
        relay.process.send(SIGHUP)
        _ = try relay.process.waitForLine(on: .stderr) { $0.contains("the rules are renewed") }
        let sub = try run("sub", url(relay, isWeb), relay, "--wait", "60", "--as", "lines")
        #expect(try publish().wait().isQuietSuccess)
        #expect(try sub.wait().text == "1\n")
    }

    @Test("8: rules that make no sense are refused with their line")
    func mistakes() throws {
        let folder = try WorkFolder()
        let file = try folder.file("rules", Array("\nallow anyone read live".utf8))
        let finished = try Moqt.run("relay", "--listen", "127.0.0.1:0", "--auth", file)
        let words = "--auth: \(file):2: expected publish, announce, subscribe, fetch or all, got 'read'"
        #expect(finished.isFailure(8) && finished.stderr.contains(words), "\(finished.stderr)")
        #expect(try Moqt.run("relay", "--auth", folder.path("none")).isFailure(8))
    }
}
