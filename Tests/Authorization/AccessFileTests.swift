@testable import Authorization
import Credentials
import Foundation
import MoQTCodec
import MoQTRelay
import Testing
import Wire

/// The form of rules files.
@Suite struct AccessFileTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("moqt-\(UUID().uuidString)")
    private let now = Instant(nanoseconds: 1_000_000_000)

    private func read(_ text: String, _ files: [String: String] = [:]) throws -> AccessRules {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
        let file = folder.appendingPathComponent("rules")
        try Data(text.utf8).write(to: file)
        return try AccessFile.read(file.path) { Double($0.nanoseconds) / 1e9 }
    }

    private func name(_ text: String) throws -> TrackNamespace { try TrackNamespace(text: text) }

    @Test func `a file without rules allows nothing`() throws {
        let rules = try read("\n  # only a comment\r\n\t\n")
        #expect(rules.grants(to: [], now: now).isEmpty && !rules.wantsCertificates)
        #expect(throws: TokenRefusal.self) { _ = try rules.grants(by: Bytes([1]), type: 0, now: now) }
    }

    @Test func `rules are by name, action and prefix`() throws {
        let rules = try read(
            """
            secret studio s3cr3t       # in the file
            secret guest  @guest.txt   # beside it
            allow anyone subscribe,fetch public
            allow studio publish,announce live-cam1 live-cam2
            allow guest all *
            """, ["guest.txt": "let me in\n"])
        let get: Grant.Actions = [.subscribe, .subscribeNamespace, .trackStatus, .fetch, .update]
        #expect(rules.grants(to: [], now: now) == [Grant(get, NameScope(prefix: try name("public")))])
        let put: Grant.Actions = [.publish, .publishNamespace, .update]
        #expect(
            try rules.grants(by: Bytes(Array("s3cr3t".utf8)), type: 0, now: now)
                == [
                    Grant(put, NameScope(prefix: try name("live-cam1"))),
                    Grant(put, NameScope(prefix: try name("live-cam2"))),
                ])
        #expect(
            try rules.grants(by: Bytes(Array("let me in".utf8)), type: 0, now: now)
                == [Grant(put.union(get), NameScope())])
        // Of another type it is no secret, and of an unknown one nothing at all.
        #expect(throws: TokenRefusal.self) {
            _ = try rules.grants(by: Bytes(Array("s3cr3t".utf8)), type: 1, now: now)
        }
        #expect(try rules.grants(by: Bytes(Array("s3cr3t".utf8)), type: 0x9D, now: now).isEmpty)
    }

    @Test(arguments: [
        (
            "permit anyone all *", 1,
            "expected secret, jwt, cat, certificate, authority, audience or allow, got 'permit'"
        ),
        ("\nallow", 2, "expected anyone, or a name, got the end of the line"),
        ("allow anyone", 1, "expected publish, announce, subscribe, fetch or all, got the end of the line"),
        ("allow anyone read x", 1, "expected publish, announce, subscribe, fetch or all, got 'read'"),
        ("allow anyone fetch, x", 1, "expected publish, announce, subscribe, fetch or all, got ''"),
        ("allow anyone fetch", 1, "expected a namespace such as live-cam1, or *, got the end of the line"),
        ("allow anyone fetch a/b", 1, "expected a namespace such as live-cam1, or *, got 'a/b'"),
        ("#\n\nallow who fetch a", 3, "expected anyone, or a name that a line defines, got 'who'"),
        ("secret a b\nsecret a c", 2, "expected a name that is not taken, got 'a'"),
        ("secret anyone b", 1, "expected a name that is not taken, got 'anyone'"),
        ("secret a b c", 1, "expected nothing more, got 'c'"),
        ("secret a @none", 1, "FOLDER/none: No such file or directory"),
        ("secret a @empty", 1, "expected a secret in empty, got an empty file"),
        ("jwt a short", 1, "short: expected a secret of 32 bytes or more, got 5"),
        ("jwt a long over x", 1, "expected under, got 'over'"),
        ("cat a long", 1, "expected claim, got the end of the line"),
        ("cat a long claim many", 1, "expected the number of a claim, got 'many'"),
        ("certificate a 0123", 1, "expected 64 hex digits (SHA-256), got '0123'"),
        ("authority a short", 1, "short: holds no certificate in PEM form"),
    ])
    func `what is wrong is said with its line`(text: String, line: Int, words: String) throws {
        let files = ["short": "short", "long": String(repeating: "x", count: 32), "empty": "\n"]
        #expect {
            _ = try read(text, files)
        } throws: {
            "\($0)" == "\(folder.path)/rules:\(line): " + words.replacing("FOLDER", with: folder.path)
        }
    }

    // MARK: - Tokens

    @Test func `a token is good for what it says below what the file allows`() throws {
        let key = TokenVectors.key
        let rules = try read("jwt main keys under live\naudience https://relay", ["keys": key])
        func paths(_ claims: String) throws -> [String] {
            try rules.grants(by: Bytes(TokenVectors.json(claims)), type: 0, now: now).map { "\($0.scope.ceiling)" }
        }
        #expect(try paths(#"{"root":"live/cam1/","get":["/a//b",""]}"#) == ["live-cam1-a-b", "live-cam1"])
        #expect(try paths(#"{"put":""}"#) == ["live"])
        #expect(try paths(#"{"aud":"https://relay","put":"live","get":"dead"}"#) == ["live"])
        for refused in [
            #"{"put":"dead"}"#, "{}", #"{"aud":"https://other","put":"live"}"#, #"{"nbf":2,"put":"live"}"#,
            #"{"put":[],"get":[]}"#,
        ] {
            #expect {
                _ = try paths(refused)
            } throws: {
                ($0 as? TokenRefusal)?.kind == .unauthorized
            }
        }
        for expired in [#"{"exp":1,"put":"live"}"#, #"{"exp":-1e300,"put":"live"}"#] {
            #expect {
                _ = try paths(expired)
            } throws: {
                ($0 as? TokenRefusal)?.kind == .expired
            }
        }
        #expect(
            try rules.grants(by: Bytes(TokenVectors.json(#"{"exp":61.5,"get":"live"}"#)), type: 0, now: now).first?.end
                == Instant(nanoseconds: 61_500_000_000))
        #expect(
            try rules.grants(by: Bytes(TokenVectors.json(#"{"exp":1e300,"get":"live"}"#)), type: 0, now: now).count == 1
        )
    }

    @Test func `a token of an issuer that rules name may do what they say`() throws {
        let rules = try read("jwt main keys\nallow main fetch old", ["keys": TokenVectors.key])
        let grants = try rules.grants(by: Bytes(TokenVectors.json(#"{"exp":9}"#)), type: 0, now: now)
        #expect(grants.count == 1 && grants.first?.end == Instant(nanoseconds: 9_000_000_000))
    }

    @Test func `no token, whole or cut short, is more than refused`() throws {
        let rules = try read("jwt main keys\ncat c4m keys claim 1000", ["keys": TokenVectors.key])
        let whole = TokenVectors.json(#"{"put":"live","get":["a","b"],"root":"x","exp":100}"#)
        #expect(try rules.grants(by: Bytes(whole), type: 0, now: now).count == 3)
        for type in [0, 1] as [UInt64] {
            for count in 0..<whole.count {
                #expect(throws: TokenRefusal.self) {
                    _ = try rules.grants(by: Bytes(Array(whole.prefix(count))), type: type, now: now)
                }
            }
            for byte in UInt8.min...UInt8.max {
                #expect(throws: TokenRefusal.self) {
                    _ = try rules.grants(by: Bytes([byte, byte, byte]), type: type, now: now)
                }
            }
        }
    }

    // MARK: - Certificates

    @Test func `a certificate is known by its digest`() throws {
        let own = try CertificateAuthor.selfSigned(names: ["client"])
        let rules = try read("certificate cam \(own.fingerprint)\nallow cam publish live")
        #expect(rules.wantsCertificates)
        let der = try TokenVectors.der(own.chain)
        #expect(rules.grants(to: [der], now: now).count == 1)
        #expect(rules.grants(to: [der + [0]], now: now).isEmpty && rules.grants(to: [[]], now: now).isEmpty)
        let other = try CertificateAuthor.selfSigned(names: ["client"])
        #expect(rules.grants(to: [try TokenVectors.der(other.chain)], now: now).isEmpty)
    }

    @Test func `an authority vouches for the certificates it has signed, while they are good`() throws {
        let rules = try read(
            "authority all ca\nauthority one ca cn camera.1\nauthority cam ca cn camera-1\nallow all publish a\n"
                + "allow one publish b\nallow cam publish c", ["ca": CertificateVectors.authority])
        let leaf = try TokenVectors.der(Array(CertificateVectors.leaf.utf8))
        let own = try TokenVectors.der(try CertificateAuthor.selfSigned(names: ["camera-1"]).chain)
        let good = Instant(nanoseconds: 2_000_000_000 * 1_000_000_000)
        let grants = rules.grants(to: [leaf], now: good)
        #expect(grants.map { "\($0.scope.ceiling)" } == ["a", "c"])
        #expect(grants.allSatisfy { $0.end != nil })
        #expect(rules.grants(to: [leaf], now: now).isEmpty, "it is not good yet")
        #expect(rules.grants(to: [own], now: good).isEmpty)
        #expect(rules.grants(to: [own, leaf], now: good).isEmpty)
        for count in stride(from: 0, to: leaf.count, by: 7) {
            #expect(rules.grants(to: [Array(leaf.prefix(count))], now: good).isEmpty)
        }
    }
}
