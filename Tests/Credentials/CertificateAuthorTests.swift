import CCrypto
import Foundation
import Testing

@testable import Credentials

@Suite struct CertificateAuthorTests {
    private let identity: Identity
    private let leaf: Leaf

    init() throws {
        identity = try CertificateAuthor.selfSigned(names: ["relay.example", "*.live.example", "127.0.0.1", "::1"])
        leaf = try Leaf(pem: identity.chain)
    }

    @Test func `the leaf is signed by its own ECDSA P-256 key`() throws {
        #expect(EVP_PKEY_get_bits(X509_get0_pubkey(leaf.raw)) == 256)
        #expect(EVP_PKEY_get_base_id(X509_get0_pubkey(leaf.raw)) == NID_X9_62_id_ecPublicKey)
        #expect(X509_verify(leaf.raw, X509_get0_pubkey(leaf.raw)) == 1)
    }

    @Test func `every name is a subject alternative name`() {
        for name in ["relay.example", "a.live.example"] { #expect(X509_check_host(leaf.raw, name, 0, 0, nil) == 1) }
        for address in ["127.0.0.1", "::1"] { #expect(X509_check_ip_asc(leaf.raw, address, 0) == 1) }
        #expect(X509_check_host(leaf.raw, "moqt", 0, 0, nil) == 0)
        #expect(X509_check_ip_asc(leaf.raw, "127.0.0.2", 0) == 0)
    }

    // W3C WebTransport, "Using custom certificates": the total length of the validity must not exceed two weeks.
    @Test func `it is valid from an hour ago for less than 14 days`() {
        var now = time(nil)
        var hourAhead = now - 3500
        #expect(X509_cmp_time(X509_get0_notBefore(leaf.raw), &hourAhead) < 0)
        now += 13 * 86400 - 60
        #expect(X509_cmp_time(X509_get0_notAfter(leaf.raw), &now) > 0)
        var (days, seconds): (CInt, CInt) = (0, 0)
        ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(leaf.raw), X509_get0_notAfter(leaf.raw))
        #expect(days == 13 && seconds == 3600)
    }

    @Test func `it may serve TLS and sign nothing else`() {
        #expect(X509_check_purpose(leaf.raw, X509_PURPOSE_SSL_SERVER, 0) == 1)
        #expect(X509_check_ca(leaf.raw) == 0)
        #expect(X509_get_extended_key_usage(leaf.raw) == UInt32(XKU_SSL_SERVER))
        #expect(X509_get_key_usage(leaf.raw) == UInt32(KU_DIGITAL_SIGNATURE))
    }

    @Test func `two leaves have different keys and serial numbers`() throws {
        let other = try Leaf(pem: try CertificateAuthor.selfSigned(names: ["relay.example"]).chain)
        #expect(EVP_PKEY_eq(X509_get0_pubkey(leaf.raw), X509_get0_pubkey(other.raw)) == 0)
        #expect(ASN1_INTEGER_cmp(X509_get0_serialNumber(leaf.raw), X509_get0_serialNumber(other.raw)) != 0)
    }

    @Test func `the fingerprint is SHA-256 of the leaf in DER`() {
        var digest = [UInt8](repeating: 0, count: 32)
        #expect(X509_digest(leaf.raw, EVP_sha256(), &digest, nil) == 1)
        #expect(identity.fingerprint.bytes == digest)
    }

    @Test(arguments: ["", "a b", "a..b", "ü.example", "a,b", ".", String(repeating: "a", count: 64)])
    func `a name that is neither DNS nor IP is an error that shows it`(name: String) {
        #expect(throws: CredentialsError.invalidName(name)) { try CertificateAuthor.selfSigned(names: [name]) }
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")))
    func `the openssl command reads the pair the same way`() throws {
        let files = try PairOfFiles(identity)
        let text = try openssl([
            "x509", "-in", files.cert, "-noout", "-fingerprint", "-sha256", "-ext", "subjectAltName",
        ])
        #expect(text.contains(where: { $0.hasSuffix(Self.colons(identity.fingerprint)) }))
        #expect(text.contains(where: { $0.contains("DNS:relay.example, DNS:*.live.example, IP Address:127.0.0.1") }))
        #expect(try openssl(["pkey", "-in", files.key, "-noout", "-text"]).contains("ASN1 OID: prime256v1"))
    }

    private static func colons(_ fingerprint: Fingerprint) -> String {
        fingerprint.bytes.map { String(format: "%02X", $0) }.joined(separator: ":")
    }

    private func openssl(_ arguments: [String]) throws -> [String] {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    }
}

/// A certificate as libcrypto reads it.
final class Leaf {
    let raw: OpaquePointer

    init(pem: [UInt8]) throws {
        let stream = BIO_new_mem_buf(pem, CInt(pem.count))
        defer { BIO_free(stream) }
        raw = try #require(PEM_read_bio_X509(stream, nil, nil, nil))
    }

    deinit { X509_free(raw) }
}

/// An identity in files that go with it.
final class PairOfFiles {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("moqt-\(UUID().uuidString)")
    var cert: String { path("cert.pem") }
    var key: String { path("key.pem") }

    init(_ identity: Identity) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try write(identity.chain, "cert.pem")
        try write(identity.key, "key.pem")
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
    func write(_ bytes: [UInt8], _ name: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path(name))) }
}
