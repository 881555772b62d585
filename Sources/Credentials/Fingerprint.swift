internal import CCrypto

/// SHA-256 of a certificate in DER, by which a client may pin its server.
package struct Fingerprint: Hashable, Sendable {
    /// 32 bytes.
    package let bytes: [UInt8]

    /// The fingerprint of a certificate in DER.
    package init(of certificate: [UInt8]) { bytes = SHA256.digest(certificate) }

    /// Reads 64 hexadecimal digits of any case, with or without a colon between the bytes.
    package init(_ text: String) throws(FingerprintError) {
        var bytes: [UInt8] = []
        var high: UInt8?
        for (offset, character) in text.utf8.enumerated() {
            // A colon may stand between two bytes only.
            if character == UInt8(ascii: ":"), high == nil, !bytes.isEmpty, bytes.count < 32 { continue }
            guard let digit = Self.value(character) else { throw .notHex(offset: offset) }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        let digits = 2 * bytes.count + (high == nil ? 0 : 1)
        guard digits == 64 else { throw .wrongLength(digits: digits) }
        self.bytes = bytes
    }

    private static func value(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension Fingerprint: CustomStringConvertible {
    /// 64 lower-case hexadecimal digits.
    package var description: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

/// Why text is no fingerprint.
package enum FingerprintError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A byte that is no hexadecimal digit, counted from 0.
    case notHex(offset: Int)
    case wrongLength(digits: Int)

    package var description: String {
        switch self {
        case .notHex(let offset): "expected 64 hexadecimal digits, got another character at position \(offset + 1)"
        case .wrongLength(let digits): "expected 64 hexadecimal digits, got \(digits)"
        }
    }
}

/// SHA-256 by libcrypto.
package enum SHA256 {
    /// The 32 bytes of the digest.
    package static func digest(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { out, count in
            // Fails only if libcrypto has no SHA-256 at all.
            let done = EVP_Digest(bytes.baseAddress, bytes.count, out.baseAddress, nil, EVP_sha256(), nil)
            precondition(done == 1, "libcrypto without SHA-256")
            count = 32
        }
    }

    /// The 32 bytes of the digest.
    package static func digest(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { digest($0) } }
}
