/// A certificate chain with its private key, ready for TLS.
package struct Identity: Hashable, Sendable {
    /// The certificates in PEM, the leaf first.
    package let chain: [UInt8]
    /// The leaf's private key in PEM (PKCS#8).
    package let key: [UInt8]
    /// SHA-256 of the leaf.
    package let fingerprint: Fingerprint
}

/// Why there is no identity.
package enum CredentialsError: Error, Hashable, Sendable {
    /// A file cannot be read; `reason` in the system's words.
    case unreadable(file: String, reason: String)
    /// A file holds no PEM block of that kind, "certificate" or "private key", or a broken one.
    case notPEM(file: String, expected: String)
    /// The private key is protected by a passphrase, which nobody is there to type.
    case encrypted(file: String)
    /// The private key is not the leaf certificate's.
    case mismatch(certificate: String, key: String)
    /// A name that no certificate can be made for: neither a DNS name nor an IP address.
    case invalidName(String)
    /// libcrypto refused `call`; `reason` in its words.
    case library(call: String, reason: String)
}

extension CredentialsError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadable(let file, let reason): "\(file): \(reason)"
        case .notPEM(let file, let expected): "\(file): holds no \(expected) in PEM form"
        case .encrypted(let file): "\(file): the private key is encrypted: decrypt it with 'openssl pkey -in FILE'"
        case .mismatch(let certificate, let key):
            "\(key): the private key does not belong to the certificate in \(certificate)"
        case .invalidName(let name): "neither a DNS name nor an IP address: '\(name)'"
        case .library(let call, let reason): "\(call): \(reason)"
        }
    }
}
