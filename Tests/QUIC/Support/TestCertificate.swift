import CGnuTLS
import Foundation
import QUIC

/// A self-signed certificate for `localhost` and 127.0.0.1.
struct TestCertificate: Sendable {
    var identity: Identity
    /// A file with the certificate in PEM, for use as its own authority; it goes with the process.
    var path: String
    /// SHA-256 of the DER.
    var fingerprint: [UInt8]

    static let good = make(until: 86_400)
    static let other = make(until: 86_400, name: "other")
    static let expired = make(until: -60)

    /// `until`: seconds from now to its end.
    private static func make(until: Int, name: String = "localhost") -> TestCertificate {
        var key: gnutls_x509_privkey_t!, certificate: gnutls_x509_crt_t!
        check(gnutls_x509_privkey_init(&key))
        // GNUTLS_CURVE_TO_BITS, a macro.
        let bits = 1 << 31 | UInt32(GNUTLS_ECC_CURVE_SECP256R1.rawValue)
        check(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, bits, 0))
        check(gnutls_x509_crt_init(&certificate))
        defer {
            gnutls_x509_crt_deinit(certificate)
            gnutls_x509_privkey_deinit(key)
        }
        let now = time(nil)
        check(gnutls_x509_crt_set_version(certificate, 3))
        check(gnutls_x509_crt_set_serial(certificate, [1, 2, 3], 3))
        check(gnutls_x509_crt_set_activation_time(certificate, now - 86_400))
        check(gnutls_x509_crt_set_expiration_time(certificate, now + until))
        check(gnutls_x509_crt_set_dn(certificate, "CN=" + name, nil))
        check(gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, "localhost", 9, 0))
        check(gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_IPADDRESS, [127, 0, 0, 1] as [UInt8], 4, 1))
        check(gnutls_x509_crt_set_basic_constraints(certificate, 1, -1))
        check(gnutls_x509_crt_set_key(certificate, key))
        check(gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0))
        return package(certificate, key)
    }

    private static func package(_ certificate: gnutls_x509_crt_t, _ key: gnutls_x509_privkey_t) -> TestCertificate {
        let chain = exported { gnutls_x509_crt_export(certificate, GNUTLS_X509_FMT_PEM, $0, $1) }
        let secret = exported { gnutls_x509_privkey_export(key, GNUTLS_X509_FMT_PEM, $0, $1) }
        let digest = exported { gnutls_x509_crt_get_fingerprint(certificate, GNUTLS_DIG_SHA256, $0, $1) }
        return TestCertificate(
            identity: Identity(chain: chain, key: secret), path: file(chain), fingerprint: digest)
    }

    private static func file(_ bytes: [UInt8]) -> String {
        var name = Array((NSTemporaryDirectory() + "/moqt-XXXXXX").utf8CString)
        let file = mkstemp(&name)
        precondition(unlink(name) == 0 && write(file, bytes, bytes.count) == bytes.count, "no temporary file")
        return "/proc/self/fd/\(file)"
    }

    private static func exported(_ export: (UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>) -> CInt) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 8192), count = bytes.count
        check(bytes.withUnsafeMutableBytes { export($0.baseAddress, &count) })
        return Array(bytes.prefix(count))
    }

    private static func check(_ status: CInt) {
        precondition(status == 0, String(cString: gnutls_strerror(status)))
    }
}
