import EventLoop
import Foundation
import Testing
import Wire

/// How `moqt sub` and `moqt pub` reach a relay, know it, and record what passes.
@Suite struct SubConnectionTests {
    /// A certificate for a name, and its key.
    private func identity(_ name: String, in folder: WorkFolder) throws -> (certificate: String, key: String) {
        let files = (certificate: folder.path(name + ".crt"), key: folder.path(name + ".key"))
        let made = try Moqt(
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                "2", "-subj", "/CN=" + name, "-addext", "subjectAltName=DNS:" + name, "-out", files.certificate,
                "-keyout", files.key,
            ], program: "/usr/bin/env"
        ).wait()
        try #require(made.status == 0, "\(made.stderr)")
        return files
    }

    /// Asks for a track nobody has: status 5 where the relay was trusted, 3 where it was not.
    private func status(_ url: String, _ options: [String]) throws -> Int32 {
        let finished = try Moqt(["sub", url, "a--b"] + options).wait()
        #expect(finished.isFailure(finished.status), "\(finished)")
        return finished.status
    }

    @Test func aCertificateCountsForItsNameAndItsAuthority() throws {
        let folder = try WorkFolder()
        let (certificate, key) = try identity("relay.test", in: folder)
        let other = try identity("other.test", in: folder)
        let relay = try RunningRelay(at: "127.0.0.1:0", "--cert", certificate, "--key", key)
        let port = try #require(relay.address.split(separator: ":").last)
        let url = "moqt://relay.test:\(port)", resolve = ["--resolve", "relay.test:\(port):127.0.0.1"]
        #expect(try status(url, resolve + ["--cacert", certificate]) == 5)
        #expect(try status(relay.url, ["--cacert", certificate]) == 3)
        #expect(try status(relay.url, ["--cacert", certificate, "--sni", "relay.test"]) == 5)
        #expect(try status(url, resolve + ["--cacert", certificate, "--sni", "other.test"]) == 3)
        #expect(try status(url, resolve + ["--cacert", other.certificate]) == 3)
        #expect(try status(url, resolve) == 3)
        #expect(try status(url, resolve + ["-k"]) == 5)
        #expect(try status(relay.url, ["--fingerprint", relay.fingerprint]) == 5)
        #expect(try status(relay.url, ["--fingerprint", String(repeating: "ab", count: 32)]) == 3)
    }

    @Test func aClientCertificateIsTaken() throws {
        let folder = try WorkFolder()
        let (certificate, key) = try identity("client.test", in: folder)
        let relay = try RunningRelay()
        #expect(try status(relay.url, ["-k", "--cert", certificate, "--key", key]) == 5)
    }

    @Test(arguments: [
        ["--cert", "/nonexistent", "--key", "/nonexistent"], ["--cacert", "/nonexistent"],
        ["--keylog", "/nonexistent/x"], ["--session-file", "/nonexistent/x"], ["--session-file", "/tmp"],
        ["--qlog", "/nonexistent/x"], ["--mlog", "/nonexistent/x"], ["--mlog", "/dev/null"],
        ["--log", "/nonexistent/x"],
    ])
    func aFileThatCannotBeUsedIsNamed(_ options: [String]) throws {
        let finished = try Moqt(["sub", "moqt://127.0.0.1:9", "a--b"] + options).wait()
        #expect(finished.isFailure(8) && finished.stderr.contains("\(options[0]): "), "\(finished)")
    }

    /// Where there is an IPv6 loopback; some containers have none.
    @Test(.enabled { (try? UDPSocket(bind: .loopback(.ipv6, port: 0))) != nil })
    func anIPv6RelayIsReached() throws {
        let relay = try RunningRelay(at: "[::1]:0")
        #expect(relay.url.hasPrefix("moqt://[::1]:"))
        #expect(try status(relay.url, ["-k"]) == 5)
    }

    @Test(arguments: ["bbr", "reno", "cubic"])
    func everyCongestionControlCarriesAFile(_ name: String) throws {
        let relay = try RunningRelay(at: "127.0.0.1:0", "--cc", name), folder = try WorkFolder()
        let bytes = noise(5_000_000)
        let sub = try relay.sub("a--b", "--wait", "60", "--cc", name, "-o", folder.path("copy"))
        #expect(try relay.pub("a--b", "--cc", name, try folder.file("x", bytes)).wait().status == 0)
        #expect(try sub.wait().isQuietSuccess)
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path("copy"))) == Data(bytes))
    }

    /// The labels of TLS 1.3 secrets in the format that NSS made and packet analysers read.
    @Test func secretsAreAppendedToAKeyLog() throws {
        let relay = try RunningRelay(), folder = try WorkFolder()
        let files = [folder.path("option"), folder.path("environment")]
        #expect(try status(relay.url, ["-k", "--keylog", files[0]]) == 5)
        let finished = try Moqt(
            ["sub", "-k", relay.url, "a--b"], environment: ["SSLKEYLOGFILE": files[1]]
        ).wait()
        #expect(finished.isFailure(5))
        for file in files {
            let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
            let labels = lines.compactMap { $0.split(separator: " ").first }
            for side in ["CLIENT", "SERVER"] {
                #expect(labels.contains { $0 == "\(side)_HANDSHAKE_TRAFFIC_SECRET" })
                #expect(labels.contains { $0 == "\(side)_TRAFFIC_SECRET_0" })
            }
            #expect(lines.allSatisfy { $0.split(separator: " ").count == 3 })
            #expect(lines.allSatisfy { $0.split(separator: " ")[1].count == 64 })
        }
    }

    @Test func everyConnectionHasItsQlog() throws {
        let folder = try WorkFolder()
        let directories = ["relay", "pub", "sub"].map { folder.path($0) }
        let relay = try RunningRelay(at: "127.0.0.1:0", "--qlog", directories[0], "--drain", "0")
        let sub = try relay.sub("a--b", "--wait", "60", "--qlog", directories[2])
        #expect(
            try relay.pub("a--b", "--qlog", directories[1], input: .bytes(Array("x\n".utf8))).wait().status == 0)
        #expect(try sub.wait().status == 0)
        relay.process.send(SIGTERM)
        _ = try relay.process.wait()
        for (directory, count) in zip(directories, [2, 1, 1]) {
            let names = try FileManager.default.contentsOfDirectory(atPath: directory)
            #expect(names.count == count && names.allSatisfy { $0.hasSuffix(".sqlog") }, "\(names)")
            for name in names {
                let data = try Data(contentsOf: URL(fileURLWithPath: directory + "/" + name))
                // RFC 7464: each record begins with a record separator and ends with a newline.
                let records = data.split(separator: 0x1E)
                #expect(records.count > 10)
                for record in records { _ = try JSONSerialization.jsonObject(with: Data(record)) }
            }
        }
    }
}
