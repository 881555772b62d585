internal import CCrypto
internal import Glibc

/// Certificates of authorities that vouch for clients; they do not change, so that all threads may use them.
package final class CertificateAuthorities: @unchecked Sendable {
    private let store: OpaquePointer

    /// - Parameter file: for the error.
    package init(pem: [UInt8], file: String) throws(CredentialsError) {
        guard let store = X509_STORE_new() else { throw .library("X509_STORE_new") }
        self.store = store
        let stream = try PEM.stream(pem)
        var count = 0
        while let certificate = PEM_read_bio_X509(stream.raw, nil, nil, nil) {
            X509_STORE_add_cert(store, certificate)
            X509_free(certificate)
            count += 1
        }
        ERR_clear_error()
        if count == 0 { throw .notPEM(file: file, expected: "certificate") }
    }

    deinit { X509_STORE_free(store) }

    /// The most certificates of a chain that are looked at.
    private static let chainLimit = 8

    /// Whether an authority vouches for a client.
    ///
    /// - Parameters:
    ///   - certificates: in DER, the leaf first.
    ///   - time: seconds since 1970.
    ///   - commonName: of the leaf's subject; nil: any.
    /// - Returns: when the leaf is no longer good, in seconds since 1970; nil: nobody vouches for it.
    package func accept(_ certificates: [[UInt8]], at time: Double, commonName: String?) -> Double? {
        defer { ERR_clear_error() }
        let chain = certificates.prefix(Self.chainLimit).map { Self.parse($0) }
        defer { for certificate in chain { X509_free(certificate) } }
        guard let leaf = chain.first ?? nil, let others = OPENSSL_sk_new_null(), let context = X509_STORE_CTX_new()
        else {
            return nil
        }
        defer {
            OPENSSL_sk_free(others)
            X509_STORE_CTX_free(context)
        }
        for case let other? in chain.dropFirst() { OPENSSL_sk_push(others, UnsafeRawPointer(other)) }
        guard X509_STORE_CTX_init(context, store, leaf, others) == 1,
            X509_STORE_CTX_set_default(context, "ssl_client") == 1
        else { return nil }
        X509_STORE_CTX_set_time(context, 0, time_t(max(0, min(time, 1e12))))
        guard X509_verify_cert(context) == 1 else { return nil }
        if let commonName, Self.commonName(of: leaf) != Array(commonName.utf8) { return nil }
        return Self.end(of: leaf)
    }

    /// When a certificate in DER is no longer good, in seconds since 1970; nil: it is none.
    package static func end(of certificate: [UInt8]) -> Double? {
        guard let parsed = parse(certificate) else { return nil }
        defer { X509_free(parsed) }
        return end(of: parsed)
    }

    private static func end(of certificate: OpaquePointer) -> Double? {
        var time = tm()
        guard ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) == 1 else { return nil }
        return Double(timegm(&time))
    }

    private static func parse(_ der: [UInt8]) -> OpaquePointer? {
        defer { ERR_clear_error() }
        return der.withUnsafeBufferPointer { bytes in
            var start = bytes.baseAddress
            return d2i_X509(nil, &start, bytes.count)
        }
    }

    private static func commonName(of certificate: OpaquePointer) -> [UInt8]? {
        let subject = X509_get_subject_name(certificate)
        let index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1)
        guard index >= 0, let data = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)) else { return nil }
        var text: UnsafeMutablePointer<UInt8>?
        let count = ASN1_STRING_to_UTF8(&text, data)
        guard count >= 0, let text else { return nil }
        defer { CRYPTO_free(text, "", 0) }
        return Array(UnsafeBufferPointer(start: text, count: Int(count)))
    }
}
