/// The parts of a URI that SETUP carries (RFC 3986 §3).
enum URISyntax {
    /// path-abempty, then possibly `?` and a query (RFC 3986 §3.3, §3.4).
    static func isPath(_ bytes: [UInt8]) -> Bool {
        guard bytes.isEmpty || bytes[0] == UInt8(ascii: "/") || bytes[0] == UInt8(ascii: "?") else { return false }
        return consists(bytes, ofAnd: ":@/?")
    }

    /// Userinfo, host and port (RFC 3986 §3.2), the host not empty.
    static func isAuthority(_ bytes: [UInt8]) -> Bool {
        guard consists(bytes, ofAnd: ":@[]") else { return false }
        let afterUser = bytes.lastIndex(of: UInt8(ascii: "@")).map { bytes[($0 + 1)...] } ?? bytes[...]
        if afterUser.first == UInt8(ascii: "[") {
            guard let end = afterUser.lastIndex(of: UInt8(ascii: "]")) else { return false }
            return isPort(afterUser[(end + 1)...])
        }
        let colon = afterUser.firstIndex(of: UInt8(ascii: ":")) ?? afterUser.endIndex
        return colon > afterUser.startIndex && isPort(afterUser[colon...])
    }

    private static func isPort(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first else { return true }
        return first == UInt8(ascii: ":") && bytes.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Only unreserved characters, sub-delims, complete percent-escapes and `others`.
    private static func consists(_ bytes: [UInt8], ofAnd others: StaticString) -> Bool {
        let others = Array("\(others)".utf8)
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%") {
                guard index + 2 < bytes.count, isHex(bytes[index + 1]), isHex(bytes[index + 2]) else { return false }
                index += 3
            } else {
                guard isPlain(bytes[index]) || others.contains(bytes[index]) else { return false }
                index += 1
            }
        }
        return true
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-._~!$&'()*+,;=".utf8.contains(byte)
        }
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }
}
