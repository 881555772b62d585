/// How a token is signed, by its name in JOSE (RFC 7518 §3.1, RFC 8037 §3.1).
package enum SignatureAlgorithm: String, CaseIterable, Hashable, Sendable {
    case hs256 = "HS256"
    case hs384 = "HS384"
    case hs512 = "HS512"
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case edDSA = "EdDSA"

    /// What a key has to be to be used with it.
    enum Family { case secret, rsa, p256, p384, ed25519 }

    var family: Family {
        switch self {
        case .hs256, .hs384, .hs512: .secret
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: .rsa
        case .es256: .p256
        case .es384: .p384
        case .edDSA: .ed25519
        }
    }

    /// In libcrypto; nil where the signature has its own.
    var digestName: String? {
        switch self {
        case .hs256, .rs256, .ps256, .es256: "SHA256"
        case .hs384, .rs384, .ps384, .es384: "SHA384"
        case .hs512, .rs512, .ps512: "SHA512"
        case .edDSA: nil
        }
    }

    /// Bytes of the digest, 0 for none: a secret has at least as many (RFC 7518 §3.2).
    var digestLength: Int {
        switch self {
        case .hs256, .rs256, .ps256, .es256: 32
        case .hs384, .rs384, .ps384, .es384: 48
        case .hs512, .rs512, .ps512: 64
        case .edDSA: 0
        }
    }

    var hasPSSPadding: Bool {
        switch self {
        case .ps256, .ps384, .ps512: true
        default: false
        }
    }
}
