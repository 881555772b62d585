import Credentials
import Foundation
import Glibc
import Testing

/// `moqt relay --cert --key` and SIGHUP.
@Suite struct RelayRenewalTests {
    private let folder: WorkFolder
    private let cert: String
    private let key: String
    private let first: Credentials.Identity

    init() throws {
        folder = try WorkFolder()
        first = try CertificateAuthor.selfSigned(names: ["127.0.0.1"])
        cert = try folder.file("cert.pem", first.chain)
        key = try folder.file("key.pem", first.key)
    }

    private func replace(with identity: Credentials.Identity) throws {
        _ = try folder.file("cert.pem", identity.chain)
        _ = try folder.file("key.pem", identity.key)
    }

    /// How a new client fares that trusts one certificate.
    private func visit(_ relay: RunningRelay, trusting fingerprint: Fingerprint) throws -> Int32 {
        try Moqt.run("sub", relay.url, "--fingerprint", "\(fingerprint)", "no--such").status
    }

    @Test("new connections get the new certificate, and open sessions go on")
    func renewal() throws {
        let relay = try RunningRelay(options: ["--cert", cert, "--key", key])
        #expect(relay.fingerprint == "\(first.fingerprint)")
        let pub = try relay.pub("a--b", "-", input: .open)
        let sub = try relay.sub("a--b", "--as", "lines", "--wait", "60", "-v")
        _ = try sub.waitForLine(on: .stderr) { $0.contains("subscribed to a--b") }
        pub.write("before\n")
        #expect(try sub.waitForLine() == "before")

        let second = try CertificateAuthor.selfSigned(names: ["127.0.0.1"])
        try replace(with: second)
        relay.process.send(SIGHUP)
        _ = try relay.process.waitForLine(on: .stderr) { $0.contains("renewed: fingerprint \(second.fingerprint)") }
        // Refused by the relay, that is, connected to it.
        #expect(try visit(relay, trusting: second.fingerprint) == 5)
        #expect(try visit(relay, trusting: first.fingerprint) == 3)
        pub.write("after\n")
        #expect(try sub.waitForLine() == "after")
        pub.closeInput()
        #expect(try sub.wait().status == 0)
    }

    @Test("files that cannot be used change nothing", arguments: ["garbage", "other key", "missing"])
    func broken(_ how: String) throws {
        let relay = try RunningRelay(options: ["--cert", cert, "--key", key])
        switch how {
        case "garbage": _ = try folder.file("cert.pem", Array("not a certificate\n".utf8))
        case "other key":
            _ = try folder.file("key.pem", try CertificateAuthor.selfSigned(names: ["127.0.0.1"]).key)
        default: try FileManager.default.removeItem(atPath: cert)
        }
        relay.process.send(SIGHUP)
        _ = try relay.process.waitForLine(on: .stderr) { $0.contains("error: the certificate stays as it was: ") }
        #expect(try visit(relay, trusting: first.fingerprint) == 5)
        relay.process.send(SIGTERM)
        #expect(try relay.process.wait().status == 0)
    }

    @Test("a self-signed certificate stays")
    func selfSigned() throws {
        let relay = try RunningRelay()
        relay.process.send(SIGHUP)
        _ = try relay.process.waitForLine(on: .stderr) { $0.contains("self-signed") }
        #expect(try relay.sub("no--such").wait().status == 5)
    }
}
