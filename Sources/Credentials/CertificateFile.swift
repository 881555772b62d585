internal import CCrypto

/// Reads certificates and keys from PEM files.
package enum CertificateFile {
    /// The longest file that is read, in bytes.
    private static let limit = 1 << 20

    /// Reads a certificate chain, the leaf first, and the leaf's private key; both may be in one file.
    ///
    /// Throws when a file cannot be read, holds no PEM of its kind, or when the key is not the leaf's.
    package static func load(cert: String, key: String) throws(CredentialsError) -> Identity {
        let certificates = try certificates(in: cert)
        let privateKey = try privateKey(in: key)
        guard X509_check_private_key(certificates.leaf.raw, privateKey.raw) == 1 else {
            ERR_clear_error()
            throw .mismatch(certificate: cert, key: key)
        }
        return Identity(
            chain: certificates.text, key: try PEM.key(privateKey.raw),
            fingerprint: try Fingerprint(x509: certificates.leaf.raw))
    }

    private struct Certificates: ~Copyable {
        let leaf: Owned
        /// All of them, in PEM.
        var text: [UInt8]
    }

    private static func certificates(in file: String) throws(CredentialsError) -> Certificates {
        let stream = try PEM.stream(FileBytes.read(file, limit: limit))
        let leaf = PEM_read_bio_X509(stream.raw, nil, nil, nil)
        guard leaf != nil else {
            ERR_clear_error()
            throw .notPEM(file: file, expected: "certificate")
        }
        let first = try Owned("PEM_read_bio_X509", leaf) { X509_free($0) }
        var text = try PEM.certificate(first.raw)
        while let next = PEM_read_bio_X509(stream.raw, nil, nil, nil) {
            defer { X509_free(next) }
            text += try PEM.certificate(next)
        }
        // A clean end of the file, and not a broken block, is what ends the chain.
        let ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE
        ERR_clear_error()
        if !ended { throw .notPEM(file: file, expected: "certificate") }
        return Certificates(leaf: first, text: text)
    }

    private static func privateKey(in file: String) throws(CredentialsError) -> Owned {
        let stream = try PEM.stream(FileBytes.read(file, limit: limit))
        var asked = false
        let key = withUnsafeMutablePointer(to: &asked) { asked in
            PEM_read_bio_PrivateKey(
                stream.raw, nil,
                { _, _, _, asked in
                    asked?.assumingMemoryBound(to: Bool.self).pointee = true
                    return -1
                }, asked)
        }
        if asked { throw .encrypted(file: file) }
        guard key != nil else {
            ERR_clear_error()
            throw .notPEM(file: file, expected: "private key")
        }
        return try Owned("PEM_read_bio_PrivateKey", key) { EVP_PKEY_free($0) }
    }
}
