import Credentials
import Foundation

/// Tokens that a test makes itself.
enum TokenVectors {
    static let key = "0123456789abcdef0123456789abcdef"

    /// A JSON Web Token signed with HMAC and SHA-256 (RFC 2104).
    static func json(_ claims: String) -> [UInt8] {
        let message = Array((encode(Array(#"{"alg":"HS256"}"#.utf8)) + "." + encode(Array(claims.utf8))).utf8)
        let block = Array(key.utf8) + [UInt8](repeating: 0, count: 32)
        let inner = SHA256.digest(block.map { $0 ^ 0x36 } + message)
        return message + Array(("." + encode(SHA256.digest(block.map { $0 ^ 0x5C } + inner))).utf8)
    }

    private static func encode(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// The first certificate of a PEM text.
    static func der(_ pem: [UInt8]) throws -> [UInt8] {
        let lines = String(decoding: pem, as: UTF8.self).split(separator: "\n")
        let body = lines.dropFirst().prefix { !$0.hasPrefix("-----") }.joined()
        return Array(Data(base64Encoded: body) ?? Data())
    }
}

/// An authority, and a certificate `camera-1` for clients that it has signed; from November 2026 for a century.
enum CertificateVectors {
    static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBhjCCASugAwIBAgIUW1nR3MqVc7D5Pxa5MpBa47yVPHgwCgYIKoZIzj0EAwIw
        FzEVMBMGA1UEAwwMVGVzdCBjbGllbnRzMCAXDTI2MTEyMTIzMDkyMVoYDzIxMjYx
        MDI4MjMwOTIxWjAXMRUwEwYDVQQDDAxUZXN0IGNsaWVudHMwWTATBgcqhkjOPQIB
        BggqhkjOPQMBBwNCAAS2l+8lAoVKUPMAE4dZn8F5GGWc9GiZpJs1pwMhtrbXBJbP
        y7w+EXq0KHRlDvf2Q1cdC55ftLD02VTjef2Hz010o1MwUTAdBgNVHQ4EFgQUBDzq
        S7agyIWK/FWGDaegtkWVNxgwHwYDVR0jBBgwFoAUBDzqS7agyIWK/FWGDaegtkWV
        NxgwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAmH8MtsdMunN9
        2/AAlAzJMzoMffoTmEsDy7a2u7gKCXQCIQCDVpTZCU0pVhabKPtoQl+bZmI0sawF
        Z2cQOOZGZ/s3ng==
        -----END CERTIFICATE-----

        """
    static let leaf = """
        -----BEGIN CERTIFICATE-----
        MIIBhTCCASugAwIBAgIUVC8uZtpXm6uOfhCJKLCef6KP510wCgYIKoZIzj0EAwIw
        FzEVMBMGA1UEAwwMVGVzdCBjbGllbnRzMCAXDTI2MTEyMTIzMzcyMloYDzIxMjYx
        MDI4MjMzNzIyWjATMREwDwYDVQQDDAhjYW1lcmEtMTBZMBMGByqGSM49AgEGCCqG
        SM49AwEHA0IABPkfi9HIVwykn8xqwSFS9HbFNWWNhQ/x47pTlQvGIX3aapAAETrM
        6rxVSXZzwS4L9HGOMaGV+f82X4qIu/c930+jVzBVMBMGA1UdJQQMMAoGCCsGAQUF
        BwMCMB0GA1UdDgQWBBRG3RtcmA/EI0e4jTgRjZJxCfVr6jAfBgNVHSMEGDAWgBQE
        POpLtqDIhYr8VYYNp6C2RZU3GDAKBggqhkjOPQQDAgNIADBFAiEAxc3FyBXK16sG
        IKLLGr4bzNjy//d/AzzCDaKDWLkarR8CIE+VMHThZNKcQ4Xe+OSNtezZ29zA1xLj
        T6Qdnfm6GLj5
        -----END CERTIFICATE-----

        """
}
