internal import CCrypto

/// Certificates and keys to and from PEM, through libcrypto's memory streams.
enum PEM {
    /// What `write` wrote.
    static func text(
        _ call: String, _ write: (OpaquePointer) -> CInt
    ) throws(CredentialsError) -> [UInt8] {
        let stream = try Owned("BIO_new", BIO_new(BIO_s_mem())) { BIO_free($0) }
        try check(call, write(stream.raw))
        var start: UnsafeMutablePointer<UInt8>?
        let count = BIO_ctrl(stream.raw, BIO_CTRL_INFO, 0, &start)
        return Array(UnsafeBufferPointer(start: start, count: count))
    }

    static func certificate(_ certificate: OpaquePointer) throws(CredentialsError) -> [UInt8] {
        try text("PEM_write_bio_X509") { PEM_write_bio_X509($0, certificate) }
    }

    static func key(_ key: OpaquePointer) throws(CredentialsError) -> [UInt8] {
        try text("PEM_write_bio_PKCS8PrivateKey") { PEM_write_bio_PKCS8PrivateKey($0, key, nil, nil, 0, nil, nil) }
    }

    /// A stream over `bytes`, which it copies.
    static func stream(_ bytes: [UInt8]) throws(CredentialsError) -> Owned {
        let stream = try Owned("BIO_new", BIO_new(BIO_s_mem())) { BIO_free($0) }
        if !bytes.isEmpty { try check("BIO_write", BIO_write(stream.raw, bytes, CInt(clamping: bytes.count))) }
        return stream
    }
}

extension Fingerprint {
    /// The fingerprint of a parsed certificate.
    init(x509 certificate: OpaquePointer) throws(CredentialsError) {
        var der: UnsafeMutablePointer<UInt8>?
        let count = i2d_X509(certificate, &der)
        try check("i2d_X509", count)
        defer { CRYPTO_free(der, "", 0) }
        self.init(of: Array(UnsafeBufferPointer(start: der, count: Int(count))))
    }
}
