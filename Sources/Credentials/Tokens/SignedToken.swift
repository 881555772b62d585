/// A token in three parts, whose signature has not been looked at yet: `HEADER.CLAIMS.SIGNATURE`, each in base64url.
package struct SignedToken: Sendable {
    /// The longest one that is read, in bytes.
    package static let limit = 16 << 10

    /// The header's bytes.
    package let header: [UInt8]
    package let payload: [UInt8]
    let signature: [UInt8]
    /// What was signed.
    let message: [UInt8]

    package init(_ bytes: [UInt8]) throws(TokenError) {
        guard bytes.count <= Self.limit else { throw .malformed("it is longer than \(Self.limit) bytes") }
        let parts = bytes.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed("expected three parts, got \(parts.count)") }
        guard let header = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { throw .malformed("a part is not base64url") }
        self.header = header
        self.payload = payload
        self.signature = signature
        message = Array(bytes[..<parts[1].endIndex])
    }
}

/// Why a token says nothing.
package enum TokenError: Error, Hashable, Sendable {
    /// It is not what it should be; why.
    case malformed(String)
    /// Nobody is known who could have signed it so; why.
    case unverified(String)
}

/// What a token says, and who signed it.
package struct TokenClaims: Hashable, Sendable {
    /// Seconds since 1970 from which on it is no longer good; nil: never.
    package var expires: Double?
    /// Seconds since 1970 before which it is not good yet; nil: it always was.
    package var notBefore: Double?
    /// Whom it is for; nil: anybody.
    package var audience: [String]?
}
