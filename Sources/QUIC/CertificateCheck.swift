internal import CGnuTLS

extension Connection {
    /// Judges the peer's certificate by the client's policy, and keeps what is wrong with it.
    func acceptsCertificate(of session: gnutls_session_t) -> Bool {
        guard let trust else { return true }
        certificateJudgement = failure(of: session, by: trust.policy)
        return certificateFailure == nil
    }

    /// What the connection fails for.
    var certificateFailure: CertificateFailure? { trust?.judgesOnly ?? true ? nil : certificateJudgement }

    private func failure(of session: gnutls_session_t, by policy: CertificatePolicy) -> CertificateFailure? {
        switch policy {
        case .insecure: nil
        case .fingerprint(let wanted): mismatch(with: wanted, session)
        case .system, .authority: chainFailure(session)
        }
    }

    private func mismatch(with wanted: [UInt8], _ session: gnutls_session_t) -> CertificateFailure? {
        var count: UInt32 = 0
        guard let chain = gnutls_certificate_get_peers(session, &count), count > 0 else { return .missing }
        var digest = [UInt8](repeating: 0, count: 32)
        var length = digest.count
        guard gnutls_fingerprint(GNUTLS_DIG_SHA256, chain, &digest, &length) == 0 else {
            return .other("no fingerprint")
        }
        if digest == wanted { return nil }
        return .fingerprintMismatch(expected: hexadecimal(wanted), actual: hexadecimal(digest))
    }

    private func chainFailure(_ session: gnutls_session_t) -> CertificateFailure? {
        var status: UInt32 = 0
        let result =
            peerName.map { gnutls_certificate_verify_peers3(session, $0, &status) }
            ?? gnutls_certificate_verify_peers2(session, &status)
        guard result == 0 else {
            return result == GNUTLS_E_NO_CERTIFICATE_FOUND ? .missing : .other(String(cString: gnutls_strerror(result)))
        }
        return status == 0 ? nil : reason(status, PeerCertificate(session))
    }

    /// The most telling of the reasons: what the user can do something about comes first.
    private func reason(_ status: UInt32, _ leaf: PeerCertificate?) -> CertificateFailure {
        func has(_ bit: gnutls_certificate_status_t) -> Bool { status & UInt32(bit.rawValue) != 0 }
        if has(GNUTLS_CERT_REVOKED) { return .revoked }
        if has(GNUTLS_CERT_SIGNER_NOT_FOUND) || has(GNUTLS_CERT_SIGNER_NOT_CA) {
            return leaf?.isSelfSigned ?? false ? .selfSigned : .unknownIssuer(leaf?.issuer ?? "?")
        }
        if has(GNUTLS_CERT_EXPIRED) { return .expired }
        if has(GNUTLS_CERT_NOT_ACTIVATED) { return .notYetValid }
        if has(GNUTLS_CERT_UNEXPECTED_OWNER) {
            return .nameMismatch(expected: peerName ?? "", names: leaf?.names ?? [])
        }
        if has(GNUTLS_CERT_INSECURE_ALGORITHM) { return .weak }
        var text = gnutls_datum_t()
        guard gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) == 0 else {
            return .other("status 0x" + String(status, radix: 16))
        }
        defer { CGnuTLS_free(text.data) }
        return .other(String(decoding: text.array, as: UTF8.self))
    }
}

/// The leaf that the peer sent, parsed.
final class PeerCertificate {
    let raw: gnutls_x509_crt_t

    init?(_ session: gnutls_session_t) {
        var count: UInt32 = 0
        var raw: gnutls_x509_crt_t?
        guard let chain = gnutls_certificate_get_peers(session, &count), count > 0,
            gnutls_x509_crt_init(&raw) == 0, let raw
        else { return nil }
        self.raw = raw
        guard gnutls_x509_crt_import(raw, chain, GNUTLS_X509_FMT_DER) == 0 else { return nil }
    }

    deinit { gnutls_x509_crt_deinit(raw) }

    var isSelfSigned: Bool { gnutls_x509_crt_check_issuer(raw, raw) != 0 }

    var issuer: String? {
        var name = gnutls_datum_t()
        return gnutls_x509_crt_get_issuer_dn2(raw, &name) == 0 ? Self.take(name) : nil
    }

    var subject: String? {
        var name = gnutls_datum_t()
        return gnutls_x509_crt_get_dn2(raw, &name) == 0 ? Self.take(name) : nil
    }

    private static func take(_ name: gnutls_datum_t) -> String {
        defer { CGnuTLS_free(name.data) }
        return String(decoding: name.array, as: UTF8.self)
    }

    /// DNS names and IP addresses the certificate is for.
    var names: [String] {
        var names: [String] = []
        for index in 0..<UInt32(64) {
            var buffer = [UInt8](repeating: 0, count: 512)
            var length = buffer.count
            let kind = gnutls_x509_crt_get_subject_alt_name(raw, index, &buffer, &length, nil)
            guard kind >= 0 else { break }
            let value = buffer.prefix(length)
            if kind == CInt(GNUTLS_SAN_DNSNAME.rawValue) { names.append(String(decoding: value, as: UTF8.self)) }
            if kind == CInt(GNUTLS_SAN_IPADDRESS.rawValue) { names.append(Self.address(Array(value))) }
        }
        return names
    }

    private static func address(_ bytes: [UInt8]) -> String {
        if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
        return stride(from: 0, to: bytes.count - 1, by: 2)
            .map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }.joined(separator: ":")
    }
}
