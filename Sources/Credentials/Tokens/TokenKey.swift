internal import CCrypto

/// A key that tokens are verified with.
package struct TokenKey: Sendable {
    enum Material: Sendable {
        case secret([UInt8])
        case published(PublicKey)
    }

    /// `kid`; nil: it goes with any.
    package let id: String?
    /// Those it may be used with; a token does not choose beyond them.
    package let algorithms: Set<SignatureAlgorithm>
    private let material: Material

    /// - Parameter algorithm: the only one; nil: all that its kind is good for.
    init(id: String?, _ material: Material, only algorithm: SignatureAlgorithm?) throws(TokenKeyError) {
        let fitting = SignatureAlgorithm.allCases.filter { candidate in
            switch material {
            case .secret(let secret): candidate.family == .secret && secret.count >= candidate.digestLength
            case .published(let key): candidate.family == key.family
            }
        }
        let allowed = fitting.filter { algorithm == nil || $0 == algorithm }
        guard !allowed.isEmpty else {
            if case .secret(let secret) = material { throw .shortSecret(byteCount: secret.count) }
            throw .unusable("not for \(algorithm?.rawValue ?? "any signature that is known here")")
        }
        self.id = id
        self.material = material
        algorithms = Set(allowed)
    }

    /// A shared secret of 32 bytes or more.
    package init(secret: [UInt8], id: String? = nil) throws(TokenKeyError) {
        try self.init(id: id, .secret(secret), only: nil)
    }

    /// Whether `signature` is one of `message` by this key.
    package func verifies(_ signature: [UInt8], of message: [UInt8], _ algorithm: SignatureAlgorithm) -> Bool {
        guard algorithms.contains(algorithm), !message.isEmpty else { return false }
        return switch material {
        case .secret(let secret): Self.isCode(signature, of: message, secret, algorithm)
        case .published(let key): key.verifies(signature, of: message, algorithm)
        }
    }

    private static func isCode(
        _ code: [UInt8], of message: [UInt8], _ secret: [UInt8], _ algorithm: SignatureAlgorithm
    ) -> Bool {
        var length = 0
        var expected = [UInt8](repeating: 0, count: algorithm.digestLength)
        let made = EVP_Q_mac(
            nil, "HMAC", nil, algorithm.digestName, nil, secret, secret.count, message, message.count, &expected,
            expected.count, &length)
        guard made != nil, length == expected.count else { return false }
        return isEqual(code, expected)
    }

    /// Compares in a time that does not tell where they differ.
    package static func isEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.count == b.count && CRYPTO_memcmp(a, b, a.count) == 0
    }
}

/// Why there is no key.
package enum TokenKeyError: Error, Hashable, Sendable, CustomStringConvertible {
    case unreadable(String)
    /// A shared secret that is easier to guess than the digest.
    case shortSecret(byteCount: Int)
    case unusable(String)

    package var description: String {
        switch self {
        case .unreadable(let reason): reason
        case .shortSecret(let count): "expected a secret of 32 bytes or more, got \(count)"
        case .unusable(let what): "a key that cannot be used: \(what)"
        }
    }
}
