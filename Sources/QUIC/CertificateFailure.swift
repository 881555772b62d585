/// Why a server's certificate was not accepted. The description is one line, for people.
package enum CertificateFailure: Error, Hashable, Sendable {
    case expired
    case notYetValid
    /// Issued by itself and not trusted.
    case selfSigned
    /// No trusted certificate leads to it; the issuer's distinguished name.
    case unknownIssuer(String)
    /// It is for other hosts: the names it holds.
    case nameMismatch(expected: String, names: [String])
    /// SHA-256 of the certificate in DER, in lower-case hexadecimal, against the one that was asked for.
    case fingerprintMismatch(expected: String, actual: String)
    case revoked
    /// Signed with an algorithm that is too weak.
    case weak
    /// The server sent none.
    case missing
    /// Anything else, in GnuTLS's words.
    case other(String)
}

extension CertificateFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .expired: "the certificate has expired"
        case .notYetValid: "the certificate is not valid yet"
        case .selfSigned: "the certificate is self-signed"
        case .unknownIssuer(let issuer): "the certificate's issuer is unknown (\(Self.printable(issuer)))"
        case .nameMismatch(let expected, let names):
            "the certificate is not for '\(expected)' but for "
                + (names.isEmpty ? "no host" : names.prefix(8).map(Self.printable).joined(separator: ", "))
        case .fingerprintMismatch(let expected, let actual):
            "the certificate's SHA-256 fingerprint is \(actual), expected \(expected)"
        case .revoked: "the certificate has been revoked"
        case .weak: "the certificate is signed with a weak algorithm"
        case .missing: "the server sent no certificate"
        case .other(let what): "the certificate is not acceptable: \(Self.printable(what))"
        }
    }

    private static func printable(_ text: String) -> String {
        String(text.unicodeScalars.prefix(256).map { 0x20..<0x7F ~= $0.value ? Character($0) : "?" })
    }
}
