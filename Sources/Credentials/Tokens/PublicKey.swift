internal import CCrypto

/// A public key in libcrypto; it does not change, so that all threads may use it.
final class PublicKey: @unchecked Sendable {
    let family: SignatureAlgorithm.Family
    private let raw: OpaquePointer

    /// The largest RSA key, in bits, so that verifying takes a bounded time.
    private static let largestRSA = 8192

    /// Takes the key over; throws for one of a kind that no algorithm is known for.
    init(_ raw: OpaquePointer) throws(TokenKeyError) {
        do throws(TokenKeyError) { family = try Self.family(of: raw) } catch {
            EVP_PKEY_free(raw)
            throw error
        }
        self.raw = raw
    }

    deinit { EVP_PKEY_free(raw) }

    private static func family(of raw: OpaquePointer) throws(TokenKeyError) -> SignatureAlgorithm.Family {
        if EVP_PKEY_is_a(raw, "RSA") == 1 {
            let bits = Int(EVP_PKEY_get_bits(raw))
            guard (2048...largestRSA).contains(bits) else {
                throw .unusable("an RSA key of \(bits) bits, not of 2048 to \(largestRSA)")
            }
            return .rsa
        }
        if EVP_PKEY_is_a(raw, "ED25519") == 1 { return .ed25519 }
        guard EVP_PKEY_is_a(raw, "EC") == 1, let curve = curve(of: raw) else {
            throw .unusable("expected RSA, P-256, P-384 or Ed25519")
        }
        return curve
    }

    private static func curve(of raw: OpaquePointer) -> SignatureAlgorithm.Family? {
        var name = [CChar](repeating: 0, count: 64)
        guard EVP_PKEY_get_group_name(raw, &name, name.count, nil) == 1 else { return nil }
        let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return switch text {
        case "prime256v1", "P-256": .p256
        case "secp384r1", "P-384": .p384
        default: nil
        }
    }

    // MARK: - Making

    static func rsa(modulus: [UInt8], exponent: [UInt8]) throws(TokenKeyError) -> PublicKey {
        guard modulus.count <= largestRSA / 8, exponent.count <= 8 else {
            throw .unusable("an RSA key of \(8 * modulus.count) bits")
        }
        let numbers = DER.sequence(DER.integer(modulus[...]) + DER.integer(exponent[...]))
        return try make(DER.rsaEncryption + [0x05, 0x00], numbers)
    }

    /// - Parameter group: `P-256` or `P-384`; each coordinate has the length of the field.
    static func curve(_ group: String, x: [UInt8], y: [UInt8]) throws(TokenKeyError) -> PublicKey {
        let length = group == "P-256" ? 32 : 48
        guard x.count == length, y.count == length else { throw .unusable("coordinates of \(x.count) bytes") }
        return try make(DER.ecPublicKey + (group == "P-256" ? DER.p256 : DER.p384), [4] + x + y)
    }

    static func ed25519(_ bytes: [UInt8]) throws(TokenKeyError) -> PublicKey {
        guard bytes.count == 32 else { throw .unusable("an Ed25519 key of \(bytes.count) bytes") }
        return try make(DER.ed25519, bytes)
    }

    /// From SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), which libcrypto holds to its rules.
    private static func make(_ algorithm: [UInt8], _ key: [UInt8]) throws(TokenKeyError) -> PublicKey {
        let info = DER.sequence(DER.sequence(algorithm) + DER.element(0x03, [0] + key))
        let raw = info.withUnsafeBufferPointer { bytes in
            var start = bytes.baseAddress
            return d2i_PUBKEY(nil, &start, bytes.count)
        }
        ERR_clear_error()
        guard let raw else { throw .unusable("not a point of its curve, or numbers that make no key") }
        return try PublicKey(raw)
    }

    /// `-----BEGIN PUBLIC KEY-----`, or the key of a certificate.
    static func pem(_ bytes: [UInt8]) throws(TokenKeyError) -> PublicKey {
        defer { ERR_clear_error() }
        if let stream = try? PEM.stream(bytes), let raw = PEM_read_bio_PUBKEY(stream.raw, nil, nil, nil) {
            return try PublicKey(raw)
        }
        if let stream = try? PEM.stream(bytes), let certificate = PEM_read_bio_X509(stream.raw, nil, nil, nil) {
            defer { X509_free(certificate) }
            if let raw = X509_get_pubkey(certificate) { return try PublicKey(raw) }
        }
        throw .unusable("expected a public key or a certificate in PEM form")
    }

    // MARK: - Verifying

    func verifies(_ signature: [UInt8], of message: [UInt8], _ algorithm: SignatureAlgorithm) -> Bool {
        guard algorithm.family == family, let signature = family.libraryForm(of: signature),
            let context = EVP_MD_CTX_new()
        else { return false }
        defer {
            EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        var terms: OpaquePointer?
        guard EVP_DigestVerifyInit_ex(context, &terms, algorithm.digestName, nil, nil, raw, nil) == 1 else {
            return false
        }
        if algorithm.hasPSSPadding {
            guard EVP_PKEY_CTX_set_rsa_padding(terms, RSA_PKCS1_PSS_PADDING) == 1,
                EVP_PKEY_CTX_set_rsa_pss_saltlen(terms, CInt(algorithm.digestLength)) == 1
            else { return false }
        }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}

extension SignatureAlgorithm.Family {
    /// A signature as libcrypto wants it; nil when its length is wrong. ECDSA is two numbers of the field's length (RFC
    /// 7518 §3.4), and in libcrypto their DER.
    fileprivate func libraryForm(of signature: [UInt8]) -> [UInt8]? {
        switch self {
        case .p256: signature.count == 64 ? Self.sequence(signature) : nil
        case .p384: signature.count == 96 ? Self.sequence(signature) : nil
        case .secret, .rsa, .ed25519: signature.isEmpty ? nil : signature
        }
    }

    private static func sequence(_ halves: [UInt8]) -> [UInt8] {
        DER.sequence(DER.integer(halves.prefix(halves.count / 2)) + DER.integer(halves.suffix(halves.count / 2)))
    }
}
