internal import CGnuTLS

/// What a peer's certificate says, for people. Names are the peer's own words: unprintable characters and all.
package struct CertificateDescription: Hashable, Sendable {
    /// Distinguished name (RFC 4514); may be empty.
    package var subject: String
    package var issuer: String
    package var isSelfSigned: Bool
    /// DNS names and IP addresses it is for.
    package var names: [String]
    /// First and last second of its validity, in seconds since 1970.
    package var validity: ClosedRange<Int64>
    /// Kind and size of its key, such as "EC/ECDSA SECP256R1" or "RSA 2048".
    package var key: String
    /// SHA-256 of its DER, 32 bytes.
    package var fingerprint: [UInt8]
}

extension Connection {
    /// The certificate that the peer has shown; nil before the handshake has come so far, or when it has none.
    package var peerCertificate: CertificateDescription? {
        tls.flatMap { PeerCertificate($0.raw) }?.description
    }
}

extension PeerCertificate {
    fileprivate var description: CertificateDescription {
        let first = Int64(gnutls_x509_crt_get_activation_time(raw))
        let last = Int64(gnutls_x509_crt_get_expiration_time(raw))
        return CertificateDescription(
            subject: subject ?? "", issuer: issuer ?? "", isSelfSigned: isSelfSigned, names: names,
            validity: first...max(first, last), key: key, fingerprint: fingerprint)
    }

    private var key: String {
        var bits: UInt32 = 0
        let algorithm = gnutls_x509_crt_get_pk_algorithm(raw, &bits)
        let kind = gnutls_pk_algorithm_get_name(gnutls_pk_algorithm_t(UInt32(max(algorithm, 0))))
        var curve = gnutls_ecc_curve_t(0)
        let hasCurve = gnutls_x509_crt_get_pk_ecc_raw(raw, &curve, nil, nil) == 0
        let size = hasCurve ? gnutls_ecc_curve_get_name(curve).map { String(cString: $0) } : String(bits)
        return [kind.map { String(cString: $0) }, size].compactMap { $0 }.joined(separator: " ")
    }

    private var fingerprint: [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        var length = digest.count
        return gnutls_x509_crt_get_fingerprint(raw, GNUTLS_DIG_SHA256, &digest, &length) == 0 ? digest : []
    }
}
