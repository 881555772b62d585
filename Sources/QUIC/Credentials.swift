internal import CGnuTLS

/// Certificates or keys that cannot be used, and why.
package struct CredentialsError: Error, Hashable, CustomStringConvertible {
    package var description: String

    init(_ what: String, _ status: CInt) { description = "\(what): \(String(cString: gnutls_strerror(status)))" }
}

/// A certificate chain with its private key, both in PEM, leaf first.
package struct Identity: Sendable {
    package var chain: [UInt8]
    package var key: [UInt8]

    package init(chain: [UInt8], key: [UInt8]) {
        self.chain = chain
        self.key = key
    }
}

/// How a client decides whether to believe a server's certificate.
package enum CertificatePolicy: Sendable {
    /// The machine's certificate authorities.
    case system
    /// The certificate authorities of a PEM file, and no others.
    case authority(path: String)
    /// Exactly the certificate whose DER has this SHA-256: 32 bytes. Names and dates are not looked at.
    case fingerprint([UInt8])
    /// Any. The connection is encrypted to whoever answers.
    case insecure
}

/// GnuTLS credentials; immutable once made, so that any number of connections on any thread may share them.
class CertificateCredentials: @unchecked Sendable {
    // Set by initialisers only; GnuTLS reads them from then on.
    let raw: gnutls_certificate_credentials_t

    init() throws(CredentialsError) {
        var raw: gnutls_certificate_credentials_t?
        let status = gnutls_certificate_allocate_credentials(&raw)
        guard status == 0, let raw else { throw CredentialsError("credentials", status) }
        self.raw = raw
    }

    deinit { gnutls_certificate_free_credentials(raw) }

    func add(_ identity: Identity) throws(CredentialsError) {
        let status = identity.chain.withUnsafeBufferPointer { chain in
            identity.key.withUnsafeBufferPointer { key in
                var certificate = gnutls_datum_t(chain)
                var secret = gnutls_datum_t(key)
                return gnutls_certificate_set_x509_key_mem(raw, &certificate, &secret, GNUTLS_X509_FMT_PEM)
            }
        }
        guard status >= 0 else { throw CredentialsError("certificate and key", status) }
    }
}

/// What a server proves its name with; shared by its connections. Put another in its place to renew it.
package final class ServerCredentials: Sendable {
    let certificates: CertificateCredentials
    let asksForCertificates: Bool

    /// Throws when the PEM cannot be read or the key is not the leaf's.
    ///
    /// - Parameter asksForCertificates: clients are asked for a certificate, and need not have one. That it is theirs is
    ///   proved; who vouches for it is not looked at.
    package init(_ identity: Identity, asksForCertificates: Bool = false) throws(CredentialsError) {
        self.asksForCertificates = asksForCertificates
        certificates = try CertificateCredentials()
        try certificates.add(identity)
    }
}

/// What a client trusts and, if asked, proves itself with; shared by its connections.
package final class ClientCredentials: Sendable {
    let certificates: CertificateCredentials
    let policy: CertificatePolicy
    let judgesOnly: Bool

    /// Throws when an authority or identity cannot be read.
    ///
    /// - Parameter judgesOnly: a certificate that the policy does not allow is accepted; what is wrong with it can be
    ///   asked for.
    package init(
        _ policy: CertificatePolicy, identity: Identity? = nil, judgesOnly: Bool = false
    ) throws(CredentialsError) {
        certificates = try CertificateCredentials()
        self.policy = policy
        self.judgesOnly = judgesOnly
        switch policy {
        case .system:
            let status = gnutls_certificate_set_x509_system_trust(certificates.raw)
            guard status >= 0 else { throw CredentialsError("the system's certificate authorities", status) }
        case .authority(let path):
            let status = gnutls_certificate_set_x509_trust_file(certificates.raw, path, GNUTLS_X509_FMT_PEM)
            guard status > 0 else {
                throw CredentialsError(path, status == 0 ? GNUTLS_E_NO_CERTIFICATE_FOUND : status)
            }
        case .fingerprint, .insecure: break
        }
        if let identity { try certificates.add(identity) }
    }
}

extension gnutls_datum_t {
    /// Lends `bytes`; GnuTLS does not write through it.
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.init(data: UnsafeMutablePointer(mutating: bytes.baseAddress), size: UInt32(clamping: bytes.count))
    }

    /// A copy.
    var array: [UInt8] { Array(UnsafeBufferPointer(start: data, count: Int(size))) }
}
