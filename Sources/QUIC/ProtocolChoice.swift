internal import CGnuTLS

/// A server's choice among the application protocols that a ClientHello offers (RFC 7301).
///
/// GnuTLS compares no more than eight protocols: so the choice is made before it reads the extension, and it is told of
/// that one alone.
enum ProtocolChoice {
    /// What a TLS session can offer or compare.
    static let limit = 8
    private static let extensionType: UInt32 = 16

    /// The first of `supported` that `hello`, a ClientHello, offers; nil: none.
    static func choose(from supported: [String], for hello: UnsafePointer<gnutls_datum_t>) -> String? {
        var offered: [[UInt8]] = []
        let status = withUnsafeMutablePointer(to: &offered) { offered in
            gnutls_ext_raw_parse(
                offered,
                { context, type, data, size in
                    guard type == ProtocolChoice.extensionType, let context, let data else { return 0 }
                    let bytes = UnsafeBufferPointer(start: data, count: Int(size))
                    context.assumingMemoryBound(to: [[UInt8]].self).pointee = ProtocolChoice.names(in: bytes)
                    return 0
                }, hello, UInt32(GNUTLS_EXT_RAW_FLAG_TLS_CLIENT_HELLO))
        }
        guard status == 0 else { return nil }
        return supported.first { offered.contains(Array($0.utf8)) }
    }

    /// The names in an extension's data: two bytes of length, then each behind a byte of length. What is cut off is left
    /// out; GnuTLS refuses it later.
    private static func names(in bytes: UnsafeBufferPointer<UInt8>) -> [[UInt8]] {
        var names: [[UInt8]] = []
        var rest = bytes.dropFirst(2)
        while let length = rest.popFirst(), length > 0, rest.count >= length {
            names.append(Array(rest.prefix(Int(length))))
            rest = rest.dropFirst(Int(length))
        }
        return names
    }
}
