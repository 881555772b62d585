internal import CCrypto
internal import Glibc

/// Makes certificates for servers that were given none.
package enum CertificateAuthor {
    /// A self-signed ECDSA P-256 certificate for a server.
    ///
    /// Valid from an hour ago, for clocks that are behind. The default stays under the 14 days that browsers allow
    /// for certificates known by hash (WebTransport, `serverCertificateHashes`).
    ///
    /// - Parameters:
    ///   - names: DNS names and IP addresses of the server, 1 or more; each becomes a subject alternative name.
    ///   - validDays: days from now to the end of validity.
    package static func selfSigned(
        names: [String], validDays: Int = 13
    ) throws(CredentialsError) -> Identity {
        let key = try makeKey()
        let certificate = try Owned("X509_new", X509_new()) { X509_free($0) }
        try describe(certificate.raw, validDays: validDays)
        try check("X509_set_pubkey", X509_set_pubkey(certificate.raw, key.raw))
        try addUsage(certificate.raw)
        try addNames(names, to: certificate.raw)
        try check("X509_sign", X509_sign(certificate.raw, key.raw, EVP_sha256()))
        return Identity(
            chain: try PEM.certificate(certificate.raw), key: try PEM.key(key.raw),
            fingerprint: try Fingerprint(x509: certificate.raw))
    }

    private static func makeKey() throws(CredentialsError) -> Owned {
        let context = try Owned("EVP_PKEY_CTX_new_from_name", EVP_PKEY_CTX_new_from_name(nil, "EC", nil)) {
            EVP_PKEY_CTX_free($0)
        }
        try check("EVP_PKEY_keygen_init", EVP_PKEY_keygen_init(context.raw))
        try check("EVP_PKEY_CTX_set_group_name", EVP_PKEY_CTX_set_group_name(context.raw, "P-256"))
        var key: OpaquePointer?
        try check("EVP_PKEY_generate", EVP_PKEY_generate(context.raw, &key))
        return try Owned("EVP_PKEY_generate", key) { EVP_PKEY_free($0) }
    }

    /// Version, serial number, subject, issuer and validity.
    private static func describe(_ certificate: OpaquePointer, validDays: Int) throws(CredentialsError) {
        try check("X509_set_version", X509_set_version(certificate, CLong(X509_VERSION_3)))
        let serial = try Owned("BN_new", BN_new()) { BN_free($0) }
        try check("BN_rand", BN_rand(serial.raw, 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY))
        _ = BN_to_ASN1_INTEGER(serial.raw, X509_get_serialNumber(certificate))
        let name = X509_get_subject_name(certificate)
        let added = X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, "moqt", -1, -1, 0)
        try check("X509_NAME_add_entry_by_txt", added)
        try check("X509_set_issuer_name", X509_set_issuer_name(certificate, name))
        var now = time(nil)
        X509_time_adj_ex(X509_getm_notBefore(certificate), 0, -3600, &now)
        X509_time_adj_ex(X509_getm_notAfter(certificate), CInt(clamping: validDays), 0, &now)
    }

    private static func addUsage(_ certificate: OpaquePointer) throws(CredentialsError) {
        let extensions = [
            (NID_basic_constraints, "critical,CA:FALSE"),
            (NID_key_usage, "critical,digitalSignature"),
            (NID_ext_key_usage, "serverAuth"),
        ]
        for (kind, value) in extensions {
            let made = X509V3_EXT_conf_nid(nil, nil, kind, value)
            let entry = try Owned("X509V3_EXT_conf_nid", made) { X509_EXTENSION_free($0) }
            try check("X509_add_ext", X509_add_ext(certificate, entry.raw, -1))
        }
    }

    private static func addNames(_ names: [String], to certificate: OpaquePointer) throws(CredentialsError) {
        let list = try Owned("GENERAL_NAMES_new", GENERAL_NAMES_new()) { GENERAL_NAMES_free($0) }
        for name in names {
            let entry = try generalName(name)
            guard OPENSSL_sk_push(list.raw, entry) > 0 else {
                GENERAL_NAME_free(entry)
                throw .library("OPENSSL_sk_push")
            }
        }
        let added = X509_add1_ext_i2d(certificate, NID_subject_alt_name, UnsafeMutableRawPointer(list.raw), 0, 0)
        try check("X509_add1_ext_i2d", added)
    }

    private static func generalName(_ name: String) throws(CredentialsError) -> UnsafeMutablePointer<GENERAL_NAME> {
        let entry = GENERAL_NAME_new()
        guard let entry else { throw .library("GENERAL_NAME_new") }
        if let address = a2i_IPADDRESS(name) {
            GENERAL_NAME_set0_value(entry, GEN_IPADD, address)
            return entry
        }
        ERR_clear_error()
        guard isDNSName(name), let text = ASN1_STRING_type_new(V_ASN1_IA5STRING),
            ASN1_STRING_set(text, name, CInt(name.utf8.count)) > 0
        else {
            GENERAL_NAME_free(entry)
            throw .invalidName(name)
        }
        GENERAL_NAME_set0_value(entry, GEN_DNS, text)
        return entry
    }

    /// Letters, digits, hyphens and underscores in labels of 1 to 63, 253 bytes in all; the first label may be `*`.
    private static func isDNSName(_ name: String) -> Bool {
        guard name.utf8.count <= 253 else { return false }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        return labels.enumerated().allSatisfy { index, label in
            if index == 0, label == "*", labels.count > 1 { return true }
            return (1...63).contains(label.utf8.count)
                && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
        }
    }
}
