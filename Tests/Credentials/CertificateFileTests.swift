import CCrypto
import Foundation
import Testing

@testable import Credentials

@Suite struct CertificateFileTests {
    private let identity: Identity
    private let files: PairOfFiles

    init() throws {
        identity = try CertificateAuthor.selfSigned(names: ["localhost"])
        files = try PairOfFiles(identity)
    }

    private func load(_ cert: String? = nil, _ key: String? = nil) throws -> Identity {
        try CertificateFile.load(cert: cert ?? files.cert, key: key ?? files.key)
    }

    @Test func `a pair of files gives the same identity`() throws {
        #expect(try load() == identity)
    }

    @Test func `one file may hold both, in any order`() throws {
        try files.write(identity.key + identity.chain, "both.pem")
        #expect(try load(files.path("both.pem"), files.path("both.pem")) == identity)
    }

    @Test func `the chain keeps its order, and the fingerprint is the first's`() throws {
        let issuer = try CertificateAuthor.selfSigned(names: ["issuer.example"])
        try files.write(identity.chain + issuer.chain, "chain.pem")
        let loaded = try load(files.path("chain.pem"))
        #expect(loaded.chain == identity.chain + issuer.chain)
        #expect(loaded.fingerprint == identity.fingerprint)
    }

    @Test func `a missing file is named, in the system's words`() {
        let missing = files.path("missing.pem")
        let expected = CredentialsError.unreadable(file: missing, reason: "No such file or directory")
        #expect(throws: expected) { try load(missing) }
        #expect(throws: expected) { try load(nil, missing) }
        #expect(expected.description == "\(missing): No such file or directory")
    }

    @Test(arguments: ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
    func `a file without the PEM wanted is an error that says what was wanted`(text: String) throws {
        let path = files.path("other.pem")
        try files.write(Array(text.utf8), "other.pem")
        #expect(throws: CredentialsError.notPEM(file: path, expected: "certificate")) { try load(path) }
        #expect(throws: CredentialsError.notPEM(file: path, expected: "private key")) { try load(nil, path) }
    }

    @Test func `a chain that breaks off is an error`() throws {
        let path = files.path("cut.pem")
        try files.write(identity.chain + identity.chain.dropLast(40), "cut.pem")
        #expect(throws: CredentialsError.notPEM(file: path, expected: "certificate")) { try load(path) }
    }

    @Test func `the key of another certificate is an error`() throws {
        let other = try PairOfFiles(try CertificateAuthor.selfSigned(names: ["localhost"]))
        #expect(throws: CredentialsError.mismatch(certificate: files.cert, key: other.key)) { try load(nil, other.key) }
    }

    @Test func `an encrypted key is an error, not a prompt`() throws {
        let path = files.path("secret.pem")
        try files.write(try encrypted(identity.key), "secret.pem")
        #expect(throws: CredentialsError.encrypted(file: path)) { try load(nil, path) }
    }

    private func encrypted(_ key: [UInt8]) throws -> [UInt8] {
        let stream = BIO_new_mem_buf(key, CInt(key.count))
        let parsed = PEM_read_bio_PrivateKey(stream, nil, nil, nil)
        defer {
            EVP_PKEY_free(parsed)
            BIO_free(stream)
        }
        return try PEM.text("write") {
            PEM_write_bio_PKCS8PrivateKey($0, parsed, EVP_aes_128_cbc(), "word", 4, nil, nil)
        }
    }
}

@Suite struct FingerprintTests {
    private let digits = String(repeating: "0123456789abcdef", count: 4)

    @Test func `hexadecimal of any case is read, with and without colons`() throws {
        let plain = try Fingerprint(digits)
        #expect(plain.description == digits)
        #expect(try Fingerprint(digits.uppercased()) == plain)
        let pairs = plain.bytes.map { String(format: "%02X", $0) }
        #expect(try Fingerprint(pairs.joined(separator: ":")) == plain)
    }

    @Test func `other text is an error that says what is wrong`() {
        #expect(throws: FingerprintError.wrongLength(digits: 0)) { try Fingerprint("") }
        #expect(throws: FingerprintError.wrongLength(digits: 63)) { try Fingerprint(String(digits.dropLast())) }
        #expect(throws: FingerprintError.wrongLength(digits: 66)) { try Fingerprint(digits + "00") }
        #expect(throws: FingerprintError.notHex(offset: 2)) { try Fingerprint("00 " + digits) }
        #expect(throws: FingerprintError.notHex(offset: 0)) { try Fingerprint(":" + digits) }
        #expect(throws: FingerprintError.notHex(offset: 1)) { try Fingerprint("0:" + digits) }
        #expect(throws: FingerprintError.notHex(offset: 64)) { try Fingerprint(digits + ":") }
    }

    // FIPS 180-4 example.
    @Test func `SHA-256 agrees with its published example`() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(SHA256.digest(Array("abc".utf8)).map { String(format: "%02x", $0) }.joined() == expected)
        #expect(SHA256.digest([]).count == 32)
    }
}
